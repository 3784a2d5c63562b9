//! pgbouncer in transaction mode in front of a database.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    net::TcpStream,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    guard::{Guarded, Unprivileged},
    postgres::PostgresDatabase,
};
use crate::port::Port;

/// How long a start may take, in steps.
const START_STEPS: u32 = 400;
const START_STEP: Duration = Duration::from_millis(25);

/// A pooler that gives out few connections, each for one transaction.
#[derive(Debug)]
pub struct PgBouncer {
    port: Port,
    name: String,
    _pooler: Guarded,
}

impl PgBouncer {
    /// Starts one in front of a database.
    #[must_use]
    pub fn start(database: &PostgresDatabase) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("symbolon-pgbouncer-")
            .tempdir()
            .unwrap()
            .keep();
        let user = Unprivileged::find();
        if let Some(Unprivileged { uid, gid }) = user {
            chown(&directory, Some(uid), Some(gid)).unwrap();
        }
        let port = Port::claim();
        let (listen, name) = (port.address().port(), database.name());
        let (host, server_port) = database.host_and_port();
        let configuration = format!(
            "[databases]\n{name} = host={host} port={server_port}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {listen}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n\
             max_client_conn = 200\nlogfile = {}\n",
            directory.join("pgbouncer.log").display(),
        );
        // With `auth_type = any` everybody is the user that the database's line names.
        let configuration = configuration.replace(
            &format!("port={server_port}\n"),
            &format!("port={server_port} user={}\n", super::postgres::USER),
        );
        let file = directory.join("pgbouncer.ini");
        std::fs::write(&file, configuration).unwrap();
        let arguments = [file.display().to_string()];
        let pooler = Guarded::start(user, &directory, &program(), &arguments);
        let started = Self {
            port,
            name: name.to_owned(),
            _pooler: pooler,
        };
        started.wait(&directory);
        started
    }

    fn wait(&self, directory: &Path) {
        for _ in 0..START_STEPS {
            if TcpStream::connect(self.port.address()).is_ok() {
                return;
            }
            std::thread::sleep(START_STEP);
        }
        let log = |file| std::fs::read_to_string(directory.join(file)).unwrap_or_default();
        let said = log("log") + &log("pgbouncer.log");
        assert!(said.is_empty(), "pgbouncer did not start: {said}");
    }

    /// The database's address through it.
    #[must_use]
    pub fn url(&self) -> String {
        let address = self.port.address();
        format!(
            "postgres://{}@{address}/{}",
            super::postgres::USER,
            self.name
        )
    }
}

fn program() -> PathBuf {
    let system = Path::new("/usr/sbin/pgbouncer");
    if system.is_file() {
        system.to_path_buf()
    } else {
        PathBuf::from("pgbouncer")
    }
}
