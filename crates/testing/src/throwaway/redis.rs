//! Redis for tests: one server, which keeps nothing when it stops.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Certificates, guard::Guarded};
use crate::port::Port;

/// How long something may take that Redis does by itself, in steps.
const STEPS: u32 = 1_200;
const STEP: Duration = Duration::from_millis(10);

/// A server on a port and in a directory of its own.
#[derive(Debug)]
pub struct RedisServer {
    directory: PathBuf,
    port: Port,
    arguments: Vec<String>,
    /// What `redis-cli` needs beside the port.
    client: Vec<String>,
    is_tls: bool,
    server: Option<Guarded>,
}

impl RedisServer {
    /// Starts one, which has no password.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further settings, such as `--requirepass`, `secret`.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        Self::launch(Port::claim(), settings, None)
    }

    /// One that shows the certificate for `localhost` over TLS, and wants one of a client.
    #[must_use]
    pub fn start_tls(certificates: &Certificates) -> Self {
        let file = |name: &str| certificates.path(name).display().to_string();
        let (ca, certificate, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
        let settings = [
            "--tls-ca-cert-file",
            &ca,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            "yes",
        ];
        Self::launch(Port::claim(), &settings, Some(certificates))
    }

    fn launch(port: Port, settings: &[&str], tls: Option<&Certificates>) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("symbolon-redis-")
            .tempdir()
            .unwrap()
            .keep();
        let number = port.address().port().to_string();
        let listen = match tls {
            None => ["--port", &number, "--tls-port", "0"],
            Some(_) => ["--tls-port", &number, "--port", "0"],
        };
        let home = directory.display().to_string();
        let pid = directory.join("pid").display().to_string();
        let fixed = [
            "--bind",
            "127.0.0.1",
            "--dir",
            &home,
            "--save",
            "",
            "--appendonly",
            "no",
            "--pidfile",
            &pid,
            // Replicas are up to date at once.
            "--repl-diskless-sync-delay",
            "0",
        ];
        let arguments = listen.iter().chain(&fixed).chain(settings);
        let client = match tls {
            None => Vec::new(),
            Some(certificates) => {
                let file = |name: &str| certificates.path(name).display().to_string();
                vec![
                    "--tls".to_owned(),
                    "--insecure".to_owned(),
                    "--cert".to_owned(),
                    file("client.pem"),
                    "--key".to_owned(),
                    file("client.key"),
                ]
            }
        };
        let mut server = Self {
            arguments: arguments.map(|&one| one.to_owned()).collect(),
            directory,
            port,
            client,
            is_tls: tls.is_some(),
            server: None,
        };
        server.restart();
        server
    }

    /// Starts it again on the same port, empty, and waits until it answers.
    pub fn restart(&mut self) {
        assert!(self.server.is_none(), "it runs");
        std::fs::write(self.directory.join("keep"), "").unwrap();
        let program = Path::new("redis-server");
        let server = Guarded::start(None, &self.directory, program, &self.arguments);
        self.server = Some(server);
        self.until(&["PING"], |answer| {
            answer == "PONG" || answer.contains("NOAUTH")
        });
        std::fs::remove_file(self.directory.join("keep")).unwrap();
    }

    /// Stops it as a crash does: nobody is told, and it waits for no replica.
    pub fn crash(&mut self) {
        std::fs::write(self.directory.join("keep"), "").unwrap();
        self.signal(Signal::KILL);
        self.server.take().unwrap().stop();
    }

    /// Holds it up: it takes connections and answers nothing.
    pub fn hold(&self) {
        self.signal(Signal::STOP);
    }

    /// It goes on.
    pub fn release(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = std::fs::read_to_string(self.directory.join("pid")).unwrap();
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> &Port {
        &self.port
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "rediss" } else { "redis" };
        format!("{scheme}://{}", self.port.address())
    }

    /// Has it do something by `redis-cli`, and what that prints.
    pub fn cli(&self, words: &[&str]) -> String {
        let mut client = Command::new("redis-cli");
        client.args(["-h", "127.0.0.1", "-p"]);
        client.arg(self.port.address().port().to_string());
        client.args(&self.client).args(words);
        let output = client.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim_end().to_owned()
    }

    /// Until `redis-cli` prints what is awaited.
    pub fn until(&self, words: &[&str], is_awaited: impl Fn(&str) -> bool) {
        let mut answer = String::new();
        for _ in 0..STEPS {
            answer = self.cli(words);
            if is_awaited(&answer) {
                return;
            }
            std::thread::sleep(STEP);
        }
        let log = std::fs::read_to_string(self.directory.join("log"));
        panic!("{words:?} is {answer}: {log:?}");
    }

    /// Makes it a replica of another, and waits until it has all that is there.
    pub fn follow(&self, master: &Self) {
        let port = master.port.address().port().to_string();
        self.cli(&["REPLICAOF", "127.0.0.1", &port]);
        self.until(&["INFO", "replication"], |answer| {
            answer.contains("master_link_status:up")
        });
    }

    /// Makes it a master of its own with what it has.
    pub fn promote(&self) {
        assert_eq!(self.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    }

    /// Keys that match a pattern.
    #[must_use]
    pub fn keys(&self, pattern: &str) -> Vec<String> {
        let listed = self.cli(&["KEYS", pattern]);
        listed
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.server.take());
        // Of one that was stopped as by a crash the directory is still there.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
