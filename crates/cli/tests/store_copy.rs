//! `symbolon store copy` and `symbolon bench seed`: a deployment moves to another engine, and nobody
//! notices.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/log_reader.rs"]
#[expect(dead_code, reason = "each test uses its own part")]
mod log_reader;

use std::{
    path::Path,
    process::{Child, Output, Stdio},
};

use log_reader::LogReader;
use serde_json::Value;
use symbolon_protocol::{Kind, SessionId};
use symbolon_testing::{Login, PostgresDatabase, ServerProcess, ServerSetup, api::PASSWORD};

const ISSUER: &str = "http://127.0.0.1:10000";
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A server of the deployment, on its own SQLite database if no other store is named.
fn server(url: Option<&str>) -> ServerProcess {
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .issuer(ISSUER)
        .set("master_key", MASTER_KEY)
        .set("revocations.public", "true");
    match url {
        Some(url) => setup.set("store.url", url).prepare(),
        None => setup.prepare(),
    }
}

fn run(server: &ServerProcess, arguments: &[&str]) -> Output {
    let mut command = server.command();
    command.args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

#[track_caller]
fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// It must end with this code and say this.
#[track_caller]
fn refused(output: &Output, code: i32, text: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(text), "{said}");
}

fn rows(document: &Value, table: &str) -> (u64, u64) {
    let tables = document["tables"].as_array().unwrap();
    let table = tables.iter().find(|one| one["name"] == table).unwrap();
    let number = |name: &str| table[name].as_u64().unwrap();
    (number("rows"), number("found"))
}

/// What must be true wherever the deployment is.
struct Deployment {
    alive: Login,
    ended: Login,
    refresh: String,
    reader: LogReader,
}

impl Deployment {
    async fn new(server: &ServerProcess) -> Self {
        let api = server.api();
        api.register("alice").await;
        let alive = api.log_in("alice").await;
        let ended = api.log_in("alice").await;
        let mut deployment = Self {
            refresh: alive.refresh.clone(),
            reader: LogReader::new(server).await,
            alive,
            ended,
        };
        deployment.end(server).await;
        deployment
    }

    /// Ends a session; its entry is the one that follows.
    async fn end(&mut self, server: &ServerProcess) {
        let before = self.reader.len();
        let path = format!("/api/v1/sessions/{}", self.ended.session);
        let call = server.api().delete(&path).cookie(&self.ended.cookie);
        let _ = call.send().await.expect(200);
        self.reader.catch_up().await;
        assert_eq!(self.reader.len(), before + 1);
        let id: SessionId = self.ended.session.parse().unwrap();
        assert!(self.reader.names(Kind::Session, id));
    }

    async fn goes_on(&mut self, server: &ServerProcess) {
        let api = server.api();
        let _ = api.me(&self.alive.cookie).await.expect(200);
        let refreshed = api.refresh(&self.refresh).await.expect(200);
        // The one before is the same step again: the counter moved along.
        let replayed = api.refresh(&self.refresh).await.expect(200);
        self.refresh = refreshed.text("/refresh_token");
        assert_eq!(replayed.text("/refresh_token"), self.refresh);
        let me = api.me(&self.ended.cookie).await;
        me.expect_problem(401, "revoked_session");
        let me = api.me_by_token(&self.ended.access).await;
        me.expect_problem(401, "revoked_session");
        // From its cursor, without a snapshot; then one entry more, and no number twice.
        self.reader.api = server.api();
        self.reader.catch_up().await;
        self.ended = api.log_in("alice").await;
        self.end(server).await;
    }
}

#[tokio::test]
async fn a_deployment_moves_to_postgresql_and_back() {
    let database = PostgresDatabase::new();
    let url = database.url();
    let mut embedded = server(None);
    embedded.start().await;
    let mut deployment = Deployment::new(&embedded).await;
    let copy = ["store", "copy", "--json", "--to", &url];
    refused(&run(&embedded, &copy), 3, "another symbolon process");
    let _ = embedded.terminate();
    let copied = json(&run(&embedded, &copy));
    assert_eq!(copied["resumed"], false);
    assert_eq!(rows(&copied, "sessions"), (2, 0));

    let mut node = server(Some(&url));
    node.start().await;
    deployment.goes_on(&node).await;
    let mut back = server(None);
    let copy = ["store", "copy", "--json", "--from", &url];
    refused(&run(&back, &copy), 3, "in use");
    let _ = node.terminate();
    let copied = json(&run(&back, &copy));
    assert_eq!(rows(&copied, "sessions"), (3, 0));
    back.start().await;
    deployment.goes_on(&back).await;
    let _ = back.terminate();
    refused(&run(&back, &copy), 1, "not empty");
}

/// Kills the copy once the target has rows of the table in which it is most of the time.
fn kill_midway(mut copy: Child, is_underway: impl Fn() -> bool) {
    while !is_underway() {
        assert_eq!(copy.try_wait().unwrap(), None, "it was over too soon");
        std::thread::yield_now();
    }
    copy.kill().unwrap();
    let _ = copy.wait().unwrap();
}

fn begin(server: &ServerProcess, arguments: &[&str]) -> Child {
    let mut command = server.command();
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn size(file: &Path) -> u64 {
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).map_or(0, |file| file.len())
    };
    beside("") + beside("-wal")
}

#[tokio::test]
async fn a_copy_that_was_killed_goes_on() {
    let database = PostgresDatabase::new();
    let url = database.url();
    let embedded = server(None);
    let seed = [
        "bench",
        "seed",
        "--json",
        "--accounts=1000",
        "--sessions=12000",
    ];
    let seeded = json(&run(&embedded, &seed));
    assert_eq!(seeded["rows"]["grants"], 12_000);

    let copy = ["store", "copy", "--json", "--to", &url];
    kill_midway(begin(&embedded, &copy), || {
        // More than one page of the copy, so that one at least is committed.
        let sql = "SELECT coalesce(pg_relation_size(to_regclass('sessions')), 0) > 900000";
        database.sql(sql).trim() == "t"
    });
    let mut node = server(Some(&url));
    refused(&run(&node, &["serve"]), 3, "a copy that is not finished");
    let copied = json(&run(&embedded, &copy));
    assert_eq!(copied["resumed"], true);
    assert!(rows(&copied, "sessions").1 > 0);
    assert_eq!(rows(&copied, "grants").0, 12_000);
    // A log-in on it by one of the names that the seed gave.
    node.start().await;
    let _ = node.terminate();

    let back = server(None);
    let file = back.data_dir().join("symbolon.db");
    let copy = ["store", "copy", "--json", "--from", &url];
    let whole = size(&embedded.data_dir().join("symbolon.db"));
    kill_midway(begin(&back, &copy), || size(&file) > whole / 3);
    refused(&run(&back, &["serve"]), 3, "a copy that is not finished");
    refused(&run(&back, &["backup", "b.db"]), 1, "not finished");
    let copied = json(&run(&back, &copy));
    assert_eq!(copied["resumed"], true);
    assert_eq!(rows(&copied, "session_cookies").0, 12_000);
    let checked = run(&back, &["store", "check"]);
    assert!(checked.status.success(), "{checked:?}");
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_written() {
    let database = PostgresDatabase::new();
    let url = database.url();
    let embedded = server(None);
    let seeded = run(
        &embedded,
        &["bench", "seed", "--accounts=1", "--sessions=1"],
    );
    assert!(seeded.status.success(), "{seeded:?}");
    let is_untouched = || database.sql("SELECT count(*) FROM pg_class WHERE relname = 'accounts'");

    let mut wrong = embedded.command();
    wrong.env("SYMBOLON_MASTER_KEY", OTHER_KEY);
    let wrong = wrong.args(["store", "copy", "--to", &url]).output();
    refused(&wrong.unwrap(), 2, "master key does not fit");
    assert_eq!(is_untouched().trim(), "0");

    let secret = url.replace("symbolon@", "symbolon:canary@");
    let output = run(&embedded, &["store", "copy", "--to", &secret]);
    refused(&output, 2, "PGPASSWORD");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("canary"));
    let output = run(&embedded, &["store", "copy", "--to", "mysql:canary"]);
    refused(&output, 2, "--to");
    refused(&run(&embedded, &["store", "copy"]), 2, "--from");
    let missing = ["store", "copy", "--from", "sqlite:none.db", "--to", &url];
    refused(&run(&embedded, &missing), 3, "no database");
    let same = ["store", "copy", "--from", "sqlite:symbolon.db"];
    refused(&run(&embedded, &same), 2, "same store");
    assert_eq!(is_untouched().trim(), "0");

    // From a file it may have a password.
    std::fs::write(embedded.home().join("target"), format!("{secret}\n")).unwrap();
    let copied = json(&run(
        &embedded,
        &["store", "copy", "--json", "--to", "@target"],
    ));
    assert_eq!(rows(&copied, "grants"), (1, 0));
}

#[tokio::test]
async fn a_seeded_account_can_log_in_and_nobody_elses_store_is_seeded() {
    let mut embedded = server(None);
    let seed = [
        "bench",
        "seed",
        "--json",
        "--accounts=20",
        "--sessions=60",
        "--dead=10",
        "--users=users",
    ];
    let seeded = json(&run(&embedded, &seed));
    assert_eq!(seeded["rows_made"], 20 * 4 + 60 * 3);
    let sizes = seeded["sizes"].as_array().unwrap();
    assert!(
        sizes
            .iter()
            .any(|size| size["name"] == "sessions_dead" && size["kind"] == "index")
    );
    assert!(seeded["bytes_each"]["sessions"].as_f64().unwrap() > 100.0);
    let users = std::fs::read_to_string(embedded.home().join("users")).unwrap();
    assert_eq!(users.lines().count(), 20);
    // More of them is no matter.
    let more = json(&run(
        &embedded,
        &["bench", "seed", "--json", "--accounts=5", "--sessions=0"],
    ));
    assert_eq!(more["rows"]["accounts"], 25);
    embedded.start().await;
    let (name, password) = users.lines().last().unwrap().split_once(' ').unwrap();
    let _ = embedded.api().try_log_in(name, password).await.expect(200);
    embedded.api().register("somebody").await;
    let _ = embedded
        .api()
        .try_log_in("somebody", PASSWORD)
        .await
        .expect(200);
    refused(&run(&embedded, &seed), 3, "another symbolon process");
    let _ = embedded.terminate();
    refused(&run(&embedded, &seed), 1, "somebody's");
}
