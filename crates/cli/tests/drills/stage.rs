//! A server whose data directory is put back to a saved state as often as one likes, and what was
//! done with it so far, in numbers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path, process::Command};

use rusqlite::Connection;
use symbolon_testing::{Api, Login, ServerProcess, ServerSetup};
use tempfile::TempDir;

use crate::{
    history::{Acknowledged, History, Reply, STEPS, Step},
    log_reader::LogReader,
};

/// The account of [`Stage::history`].
pub(crate) const NAME: &str = "anna";

/// One that nobody has tried to make before.
const ANOTHER: &str = "berta";

/// From so many pages on SQLite moves the write-ahead log into the database by itself.
const CHECKPOINT_PAGES: u64 = 1000;

/// A state of the data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none.
    Nothing,
    /// A database without anything in it: as a first start has it before it makes its keys.
    Schema,
    /// An account and an administrator, and everything in one file.
    Closed,
    /// The same after a kill, with a write-ahead log so long that the client's third change or so
    /// moves it into the database.
    LongLog,
    /// After the client's whole history and a kill.
    Killed,
}

/// The server and its saved states.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) server: ServerProcess,
    saved: TempDir,
    admin: Login,
    /// What the client did before [`State::Killed`].
    past: History,
}

pub(crate) fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("tokens.refresh_grace", "60s")
        .set("tokens.access_lifetime", "60m")
        .set("sessions.browser_idle", "12h")
        .set("log.level", "warn")
}

impl Stage {
    pub(crate) async fn build() -> Self {
        let mut server = setup().start().await;
        let api = server.api();
        api.register(NAME).await;
        api.register("root").await;
        let mut roles = server.command();
        roles.args(["accounts", "roles", "root", "admin"]);
        assert!(roles.output().unwrap().status.success());
        let admin = api.log_in("root").await;
        assert!(server.terminate().success());
        let mut stage = Self {
            past: History::new(server.api(), &admin.access, NAME),
            saved: tempfile::tempdir().unwrap(),
            server,
            admin,
        };
        stage.save(State::Closed);
        stage.put(State::Closed);
        empty(&stage.server);
        stage.save(State::Schema);
        stage.put(State::Closed);
        stage.server.start().await;
        let log = stage.server.data_dir().join("symbolon.db-wal");
        while pages(&log) < CHECKPOINT_PAGES - 20 {
            // Each asks the writer for a commit of one page.
            let ready = stage.server.ops().get("/readyz").send().await;
            assert_eq!(ready.status, 200);
        }
        stage.server.kill();
        stage.save(State::LongLog);
        stage.put(State::Closed);
        stage.server.start().await;
        let mut past = stage.history();
        for step in STEPS {
            assert_eq!(past.take(step).await, Reply::Acknowledged);
        }
        stage.server.kill();
        stage.past = past;
        stage.save(State::Killed);
        stage
    }

    fn save(&self, state: State) {
        copy(&self.server.data_dir(), &self.path(state));
    }

    fn path(&self, state: State) -> std::path::PathBuf {
        self.saved.path().join(format!("{state:?}"))
    }

    /// Puts the data directory, of which nobody makes use now, into a saved state.
    pub(crate) fn put(&self, state: State) {
        self.put_nothing();
        if state != State::Nothing {
            copy(&self.path(state), &self.server.data_dir());
        }
    }

    /// Removes the data directory.
    pub(crate) fn put_nothing(&self) {
        if let Err(error) = fs::remove_dir_all(self.server.data_dir()) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
    }

    pub(crate) fn api(&self) -> Api {
        self.server.api()
    }

    /// A client that has done nothing yet, for the states before [`State::Killed`].
    pub(crate) fn history(&self) -> History {
        History::new(self.api(), &self.admin.access, NAME)
    }

    /// The client as it was when [`State::Killed`] was saved.
    pub(crate) fn past(&self) -> History {
        self.past.clone()
    }

    /// A start that must succeed, and then what `history` says must be so.
    pub(crate) async fn must_hold(&mut self, history: History, log: Option<LogReader>) {
        self.server.run_under(&[""; 0]);
        self.server.start().await;
        let mut log = match log {
            Some(log) => log,
            None => LogReader::new(&self.server).await,
        };
        history.must_hold(&self.server, &mut log).await;
        self.server.kill();
    }

    /// After a first start that went wrong: the next one must succeed, and be one that lasts.
    pub(crate) async fn first_start_must_be_repeatable(&mut self) {
        self.server.run_under(&[""; 0]);
        self.server.start().await;
        self.api().register(ANOTHER).await;
        let mut history = History::new(self.api(), "", ANOTHER);
        for step in [Step::LogIn, Step::Refresh, Step::LogOut] {
            assert_eq!(history.take(step).await, Reply::Acknowledged);
        }
        self.server.kill();
        self.must_hold(history, None).await;
    }
}

/// Frames in a write-ahead log, by its size.
fn pages(log: &Path) -> u64 {
    fs::metadata(log).map_or(0, |file| file.len() / (4096 + 24))
}

/// Files only, which is all there is but for a socket.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Whether this machine has an strace that may trace; says so, if not.
#[expect(
    clippy::print_stdout,
    reason = "that is how a test says that it cannot run"
)]
pub(crate) fn can_trace() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-o", "/dev/null", "true"]);
    let can = strace.output().is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: strace is missing or may not trace");
        assert!(std::env::var_os("CI").is_none(), "CI must run this test");
    }
    can
}

/// What a drill did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    pub(crate) points: u64,
    pub(crate) restarts: u64,
    pub(crate) acknowledged: Acknowledged,
    pub(crate) violations: u64,
}

impl Figures {
    pub(crate) fn add(&mut self, acknowledged: Acknowledged) {
        self.acknowledged.logins += acknowledged.logins;
        self.acknowledged.refreshes += acknowledged.refreshes;
        self.acknowledged.ends += acknowledged.ends;
    }

    /// One line, which `cargo xtask drill` makes a row of its table of.
    #[expect(clippy::print_stdout, reason = "the drill's result")]
    pub(crate) fn print(&self, what: &str) {
        let Acknowledged {
            logins,
            refreshes,
            ends,
        } = self.acknowledged;
        println!(
            "drilled: {what}: points {}, restarts {}, logins {logins}, refreshes {refreshes}, \
             ends {ends}, violations {}",
            self.points, self.restarts, self.violations
        );
    }
}

/// Removes everything that is in the database but what is made together with its tables. The server
/// must not run.
fn empty(server: &ServerProcess) {
    let database = Connection::open(server.data_dir().join("symbolon.db")).unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'";
    let mut tables = database.prepare(tables).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let deletes: String = std::iter::once("PRAGMA foreign_keys = OFF;".to_owned())
        .chain(names.map(|name| format!("DELETE FROM {};", name.unwrap())))
        .collect();
    database.execute_batch(&deletes).unwrap();
}
