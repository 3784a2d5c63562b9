//! SIGKILL at any moment of a restore: whoever opens the data directory next finds the old database
//! with all that was acknowledged, or the new one, whole.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[expect(dead_code, reason = "each test uses its own part")]
#[path = "support/archive.rs"]
mod archive;
#[expect(dead_code, reason = "each test uses its own part")]
#[path = "support/dice.rs"]
mod dice;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use archive::{copy, json_of, log_in, put_back, run, start};
use dice::Dice;
use symbolon_testing::{Login, ServerProcess};

/// Kills at moments that dice choose.
const ROUNDS: u64 = 25;
/// What changes which files there are, and what is in them durably.
const CALLS: &str = "rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync,ftruncate";

/// What there is to tell the old database from the new one.
struct Scene {
    server: ServerProcess,
    /// The data directory of a server that was killed: what it had acknowledged last is in the
    /// write-ahead log alone.
    original: std::path::PathBuf,
    epoch: String,
    login: Login,
}

/// How a look found it.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Old,
    New,
}

async fn scene() -> Scene {
    let mut server = start().await;
    let login = log_in(&server).await;
    let backup = json_of(&server, &["backup", "backup.db"]);
    server.api().register("later").await;
    server.kill();
    let original = server.home().join("original");
    copy(&server.data_dir(), &original);
    let wal = original.join("symbolon.db-wal").metadata().unwrap().len();
    assert!(wal > 0, "nothing is in the write-ahead log");
    Scene {
        server,
        original,
        epoch: backup["contents"]["epoch"].as_str().unwrap().to_owned(),
        login,
    }
}

impl Scene {
    /// Everything as it was before any restore.
    fn begin(&self) {
        put_back(&self.original, &self.server.data_dir());
    }

    fn restore(&self, under: &[&str]) -> Command {
        let plain = self.server.command();
        let program = plain.get_program().to_str().unwrap().to_owned();
        let words: Vec<&str> = under.iter().copied().chain([program.as_str()]).collect();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .args(["restore", "backup.db", "--yes"]);
        command.current_dir(self.server.home()).env_clear();
        let variables = plain
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        command
            .envs(variables)
            .env("PATH", std::env::var_os("PATH").unwrap());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Opens the directory as the next process does, and fails unless it is one or the other.
    fn look(&self) -> Found {
        let listed = json_of(&self.server, &["accounts", "list"]);
        let accounts = listed["accounts"].as_array().unwrap().len();
        let sessions = json_of(&self.server, &["sessions", "list", &self.login.account]);
        let sessions = sessions["sessions"].as_array().unwrap().len();
        let contents = json_of(&self.server, &["backup", "--force", "look.db"]);
        let is_old_epoch = contents["contents"]["epoch"] == *self.epoch;
        match (accounts, sessions, is_old_epoch) {
            (2, 1, true) => Found::Old,
            (1, 0, false) => Found::New,
            other => panic!("neither old nor new: {other:?}"),
        }
    }

    /// Nothing that was there is gone, wherever it is now; nothing half-made is in the way.
    fn is_tidy(&self, found: &Found) {
        let names = std::fs::read_dir(self.server.data_dir()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let (mut aside, mut others) = (0, Vec::new());
        for name in names.filter(|name| name.starts_with("symbolon.db.")) {
            match name.strip_prefix("symbolon.db.before-restore-") {
                Some(stamp) if !stamp.contains('-') => aside += 1,
                Some(_) => {}
                None => others.push(name),
            }
        }
        assert_eq!(aside, i32::from(*found == Found::New));
        // A restore that did not come to its decisive step leaves what it had prepared.
        others.retain(|name| !name.starts_with("symbolon.db.restoring"));
        assert_eq!(others, [""; 0]);
    }

    /// The old database, where it was moved to, has what it had.
    fn aside_is_whole(&self) {
        let directory = self.server.data_dir();
        let aside = std::fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| is_aside(path))
            .unwrap();
        let database = rusqlite::Connection::open(aside).unwrap();
        let count = "SELECT count(*) FROM accounts";
        assert_eq!(database.query_row(count, [], |row| row.get(0)), Ok(2));
    }
}

fn is_aside(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    let stamp = name.strip_prefix("symbolon.db.before-restore-");
    stamp.is_some_and(|stamp| !stamp.contains('-'))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_system_call_that_matters() {
    let trace = Command::new("strace")
        .args(["-D", "-o", "/dev/null", "true"])
        .status();
    if !trace.is_ok_and(|status| status.success()) {
        println!("skipped: strace is missing or may not trace");
        assert!(std::env::var_os("CI").is_none(), "CI must run this test");
        return;
    }
    let mut scene = scene().await;
    let (mut kills, mut old) = (0, 0);
    for call in CALLS.split(',') {
        for number in 1.. {
            scene.begin();
            let trace = format!("trace={call}");
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let strace = [
                "strace",
                "-f",
                "-o",
                "/dev/null",
                "-e",
                &trace,
                "-e",
                &inject,
            ];
            let status = scene.restore(&strace).status().unwrap();
            if status.success() {
                break;
            }
            kills += 1;
            let found = scene.look();
            scene.is_tidy(&found);
            match found {
                Found::Old => old += 1,
                Found::New => scene.aside_is_whole(),
            }
        }
    }
    println!(
        "{kills} kills, {old} left the old database, {} the new one",
        kills - old
    );
    assert!(old > 0 && old < kills);
    // What a kill has left is not in the way of the next restore, nor of the server.
    let done = run(&scene.server, &["restore", "backup.db", "--yes"]);
    assert!(done.status.success(), "{done:?}");
    scene.server.start().await;
    let me = scene.server.api().me(&scene.login.cookie).await;
    assert_eq!(me.status, 401, "{me:?}");
    log_in(&scene.server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment() {
    let scene = scene().await;
    let dice = Dice::new(dice::seed());
    let begun = tokio::time::Instant::now();
    scene.begin();
    assert!(scene.restore(&["env"]).status().unwrap().success());
    let takes = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let mut old = 0;
    let rounds = dice::from_env("SYMBOLON_TEST_ROUNDS", || ROUNDS);
    for _ in 0..rounds {
        scene.begin();
        let mut restore = scene.restore(&["env"]).spawn().unwrap();
        // The moment of the kill is to be anywhere, so it is no event that could be waited for.
        tokio::time::sleep(Duration::from_micros(dice.below(takes))).await;
        restore.kill().unwrap();
        restore.wait().unwrap();
        let found = scene.look();
        scene.is_tidy(&found);
        old += u64::from(found == Found::Old);
    }
    println!("{rounds} kills, {old} left the old database");
}
