//! PostgreSQL for tests: one cluster for each process, or the one that `SYMBOLON_TEST_POSTGRES` names,
//! and a database of its own for each test, empty or a copy of one that was prepared once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    ffi::OsStr,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    net::SocketAddr,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use super::guard::{Guarded, Unprivileged};
use crate::port::Port;

/// Names a running cluster, e.g. `postgres://symbolon@127.0.0.1:5433`, so that tests start none.
const SHARED: &str = "SYMBOLON_TEST_POSTGRES";

/// The superuser of a cluster that we start.
pub(super) const USER: &str = "symbolon";

/// How long a start may take, in steps.
const START_STEPS: u32 = 1_200;
const START_STEP: Duration = Duration::from_millis(25);

/// Where files are in memory on Linux, and how much has to be free there.
const MEMORY: &str = "/dev/shm";
const MEMORY_BYTES: u64 = 2 << 30;

/// Settings for tests: nothing here has to survive a power cut, and a killed server loses nothing all
/// the same.
const SETTINGS: [&str; 8] = [
    "fsync=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=64MB",
    "max_wal_size=256MB",
    "autovacuum_naptime=10s",
    "logging_collector=off",
    "deadlock_timeout=200ms",
];

/// A cluster in a directory that goes with it.
#[derive(Debug)]
pub struct PostgresCluster {
    directory: PathBuf,
    settings: Vec<String>,
    user: Option<Unprivileged>,
    port: Port,
    server: Option<Guarded>,
}

impl PostgresCluster {
    /// Makes one and starts it. Its files are in memory if there is room: they outlive the server, as
    /// those on a disk do, but cost a fifth.
    #[must_use]
    pub fn start() -> Self {
        let free = rustix::fs::statvfs(MEMORY).map_or(0, |there| there.f_bavail * there.f_frsize);
        if free >= MEMORY_BYTES {
            Self::start_in(Path::new(MEMORY), &[])
        } else {
            Self::start_with(&[])
        }
    }

    /// One on the disk, with further settings, such as `synchronous_commit=off`; later ones count.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_in(&std::env::temp_dir(), settings)
    }

    fn start_in(parent: &Path, settings: &[&str]) -> Self {
        let mut cluster = Self::with_directory(parent, settings);
        let mut initdb = Unprivileged::command(cluster.user, &program("initdb"));
        initdb
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--username={USER}"))
            .arg("--pgdata")
            .arg(cluster.data());
        run(&mut initdb);
        cluster.restart();
        cluster
    }

    /// One that has nothing yet but a place.
    pub(super) fn with_directory(parent: &Path, settings: &[&str]) -> Self {
        let user = Unprivileged::find();
        let directory = tempfile::Builder::new()
            .prefix("symbolon-pg-")
            .tempdir_in(parent)
            .unwrap()
            .keep();
        if let Some(Unprivileged { uid, gid }) = user {
            chown(&directory, Some(uid), Some(gid)).unwrap();
        }
        Self {
            directory,
            settings: SETTINGS
                .iter()
                .chain(settings)
                .map(|&one| one.to_owned())
                .collect(),
            user,
            port: Port::claim(),
            server: None,
        }
    }

    /// The user whom a server runs as, if that is not us: whose its files have to be.
    #[must_use]
    pub fn server_uid() -> Option<u32> {
        Unprivileged::find().map(|user| user.uid)
    }

    /// Starts it on its directory, on the same port, and waits until it takes connections.
    pub fn restart(&mut self) {
        assert!(self.server.is_none(), "it runs");
        let mut arguments = vec!["-D".to_owned(), self.data(), "-h".to_owned()];
        arguments.push("127.0.0.1".to_owned());
        let port = self.port.address().port().to_string();
        arguments.extend(["-p".to_owned(), port, "-k".to_owned(), String::new()]);
        for setting in &self.settings {
            arguments.extend(["-c".to_owned(), setting.clone()]);
        }
        // It stays when the server stops, until the cluster is dropped.
        std::fs::write(self.directory.join("keep"), "").unwrap();
        let server = Guarded::start(self.user, &self.directory, &program("postgres"), &arguments);
        self.server = Some(server);
        for _ in 0..START_STEPS {
            let ready = Command::new(program("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p"])
                .arg(self.port.address().port().to_string())
                .status();
            if ready.unwrap().success() {
                // From now on it goes with us.
                std::fs::remove_file(self.directory.join("keep")).unwrap();
                return;
            }
            std::thread::sleep(START_STEP);
        }
        let log = std::fs::read_to_string(self.directory.join("log"));
        panic!("PostgreSQL did not start: {log:?}");
    }

    /// Stops it as a crash does: no connection is told, nothing is written that was not.
    pub fn crash(&mut self) {
        std::fs::write(self.directory.join("keep"), "").unwrap();
        self.server.take().unwrap().stop();
    }

    /// The address of a database of it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.address())
    }

    /// A new and empty database.
    #[must_use]
    pub fn database(&self) -> PostgresDatabase {
        PostgresDatabase::on(&self.address())
    }

    /// Its address without a database, as `SYMBOLON_TEST_POSTGRES` names it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("postgres://{USER}@{}", self.port.address())
    }

    pub(super) const fn user(&self) -> Option<Unprivileged> {
        self.user
    }

    pub(super) fn parent(&self) -> &Path {
        self.directory.parent().unwrap()
    }

    pub(super) fn address_of_port(&self) -> SocketAddr {
        self.port.address()
    }

    pub(super) fn data(&self) -> String {
        self.directory.join("data").display().to_string()
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        drop(self.server.take());
        // Of one that was stopped as by a crash the directory is still there.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A database that goes with its value.
#[derive(Debug)]
pub struct PostgresDatabase {
    base: String,
    name: String,
}

impl PostgresDatabase {
    /// A new and empty one, on the cluster that the environment names or that this process started.
    #[must_use]
    pub fn new() -> Self {
        Self::on(&shared())
    }

    /// A copy of one that `prepare` got, with its address, when the first test of this build came for
    /// one. It must have left no connection.
    pub async fn prepared(prepare: impl AsyncFnOnce(String)) -> Self {
        let template = format!("template_{:016x}", this_build());
        let copy = Self::named(&shared());
        if !copy.is_there(&template) {
            let first = Self::on(&copy.base);
            prepare(first.url()).await;
            let rename = format!("ALTER DATABASE {} RENAME TO {template}", first.name);
            // Another process may have been quicker: then there is one all the same.
            let renamed = first.run_psql("postgres", &rename);
            assert!(copy.is_there(&template), "{renamed:?}");
        }
        copy.create(&format!(" TEMPLATE {template}"));
        copy
    }

    fn on(base: &str) -> Self {
        let database = Self::named(base);
        database.create("");
        database
    }

    fn named(base: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self::of(base, &format!("test_{}_{number}", std::process::id()))
    }

    /// One that is there.
    pub(super) fn of(base: &str, name: &str) -> Self {
        Self {
            base: base.to_owned(),
            name: name.to_owned(),
        }
    }

    fn create(&self, from: &str) {
        let create = format!("CREATE DATABASE {}{from}", self.name);
        if self.run_psql("postgres", &create).is_ok() {
            return;
        }
        // Of an earlier process with our number.
        let name = &self.name;
        self.psql("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
        self.psql("postgres", &create);
    }

    fn is_there(&self, database: &str) -> bool {
        let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{database}'");
        !self.psql("postgres", &sql).is_empty()
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}", self.base, self.name)
    }

    /// Where its server listens.
    pub(super) fn host_and_port(&self) -> (String, u16) {
        let url: url::Url = self.base.parse().unwrap();
        (url.host_str().unwrap().to_owned(), url.port().unwrap())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL in it and answers what psql prints, one row a line, columns with `|`.
    pub fn sql(&self, sql: &str) -> String {
        self.psql(&self.name, sql)
    }

    /// Runs SQL beside it, in the cluster's own database.
    pub fn sql_beside(&self, sql: &str) -> String {
        self.psql("postgres", sql)
    }

    fn psql(&self, database: &str, sql: &str) -> String {
        let ran = self.run_psql(database, sql);
        ran.unwrap_or_else(|why| panic!("{why}"))
    }

    fn run_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(program("psql"));
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            "-d",
        ])
        .arg(format!("{}/{database}", self.base));
        try_run(&mut psql)
    }
}

impl Default for PostgresDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let url = format!("{}/postgres", self.base);
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A server that a test has stopped takes its databases with it.
        let _ = Command::new(program("psql"))
            .args(["-X", "-q", "-c", &sql, "-d", &url])
            .output();
    }
}

/// The address of the cluster for tests that need none of their own.
fn shared() -> String {
    static OWN: OnceLock<PostgresCluster> = OnceLock::new();
    std::env::var(SHARED).unwrap_or_else(|_| OWN.get_or_init(PostgresCluster::start).address())
}

/// Which build of which tests this is, so that what another one prepared is not used.
fn this_build() -> u64 {
    let program = std::env::current_exe().unwrap();
    let built = program.metadata().unwrap().modified().unwrap();
    BuildHasherDefault::<DefaultHasher>::default().hash_one((program, built))
}

pub(super) fn run(command: &mut Command) -> String {
    try_run(command).unwrap_or_else(|why| panic!("{why}"))
}

fn try_run(command: &mut Command) -> Result<String, String> {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {stderr}"));
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    Ok(stdout.trim_end().to_owned())
}

/// A program of the newest PostgreSQL that Debian has installed, or of the path.
pub(super) fn program(name: &str) -> PathBuf {
    let version = |path: &Path| -> u32 {
        let name = path.file_name().and_then(OsStr::to_str);
        name.and_then(|name| name.parse().ok()).unwrap_or(0)
    };
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("bin").join(name).is_file())
        .max_by_key(|path| version(path));
    installed.map_or_else(|| PathBuf::from(name), |path| path.join("bin").join(name))
}
