//! The real binary as a process of its own, on free loopback ports and in a directory that goes
//! with it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use reqwest::{Client, StatusCode, header::HOST, redirect::Policy};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

use crate::{
    api::{Answer, Api},
    port::Port,
};

/// How long a start may take before a test gives up on it.
const START_LIMIT: Duration = Duration::from_secs(30);

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct ServerSetup {
    binary: PathBuf,
    settings: Vec<(String, String)>,
    lists: String,
    under: Vec<String>,
    issuer: Option<String>,
}

impl ServerSetup {
    /// The binary, usually `env!("CARGO_BIN_EXE_symbolon")`, with registration open, the log
    /// public, cheap passwords and limits that tests do not meet by accident.
    #[must_use]
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            settings: Vec::new(),
            lists: "[[resources]]\naudience = \"orders\"\nscopes = [\"orders:read\"]\n".to_owned(),
            under: Vec::new(),
            issuer: None,
        }
        .set("registration.open", "true")
        .set("revocations.public", "true")
        .set("passwords.memory_kib", "8192")
        .set("passwords.iterations", "1")
        .set("passwords.queue", "4096")
        .set("limits.login_per_account_burst", "100000")
        .set("limits.login_per_device_burst", "100000")
        .set("limits.login_per_address_burst", "100000")
        .set("limits.register_per_address_burst", "100000")
        .set("log.format", "json")
    }

    /// Sets a configuration key; the last one counts.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the `[[resources]]` and `[[clients]]` of the configuration file.
    #[must_use]
    pub fn lists(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.lists);
        self
    }

    /// Another issuer than where it listens, as behind a proxy. Calls of [`ServerProcess::api`]
    /// still go straight to the server.
    #[must_use]
    pub fn issuer(mut self, origin: &str) -> Self {
        self.issuer = Some(origin.to_owned());
        self
    }

    /// Runs the binary under another program, e.g. `strace`.
    #[must_use]
    pub fn under(mut self, command: &[&str]) -> Self {
        self.under = command.iter().map(|&part| part.to_owned()).collect();
        self
    }

    /// Starts it on an empty directory and waits until it is ready.
    pub async fn start(self) -> ServerProcess {
        let mut server = self.prepare();
        server.start().await;
        server
    }

    /// Makes the directory without starting anything.
    #[must_use]
    pub fn prepare(self) -> ServerProcess {
        let home = tempfile::Builder::new()
            .prefix("symbolon-test-")
            .tempdir()
            .unwrap();
        std::fs::write(home.path().join("symbolon.toml"), &self.lists).unwrap();
        let host = self.issuer.iter().map(|origin| {
            let (_, host) = origin.split_once("://").unwrap();
            (HOST, host.parse().unwrap())
        });
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .default_headers(host.collect())
            .build()
            .unwrap();
        ServerProcess {
            setup: self,
            home,
            public: Port::claim(),
            ops: Port::claim(),
            http,
            child: None,
        }
    }
}

/// A server that runs, or ran.
#[derive(Debug)]
pub struct ServerProcess {
    setup: ServerSetup,
    home: TempDir,
    public: Port,
    ops: Port,
    http: Client,
    child: Option<Child>,
}

impl ServerProcess {
    /// The issuer's URL.
    #[must_use]
    pub fn issuer(&self) -> String {
        let listens = || format!("http://{}", self.public.address());
        self.setup.issuer.clone().unwrap_or_else(listens)
    }

    /// A URL of the public listener.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.public.address())
    }

    /// A URL of the ops listener.
    #[must_use]
    pub fn ops_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.ops.address())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.public.address()
    }

    /// A client without proxies, redirects and cookies.
    #[must_use]
    pub const fn http(&self) -> &Client {
        &self.http
    }

    /// Its API.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(self.http.clone(), self.url(""))
    }

    /// Its ops listener.
    #[must_use]
    pub fn ops(&self) -> Api {
        Api::new(self.http.clone(), format!("http://{}", self.ops.address()))
    }

    /// One number of `/metrics`; 0 if the series is not there. `labels` in any order.
    pub async fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let Answer { body, .. } = self.ops().get("/metrics").send().await;
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let found = body.lines().find_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (found, rest) = series.split_once('{').unwrap_or((series, ""));
            let fits = found == name && labels.iter().all(|label| rest.contains(label));
            fits.then(|| value.parse().unwrap())
        });
        found.unwrap_or_default()
    }

    /// Its data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Its configuration file.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.home.path().join("symbolon.toml")
    }

    /// The directory that holds everything of it.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The process id, of the outer program if it runs under one.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// What it has logged, from its first start on.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// The log's lines, each a JSON object.
    #[must_use]
    pub fn log_lines(&self) -> Vec<serde_json::Value> {
        let log = self.log();
        // What it says to whoever started it stands before the log.
        let lines = log.lines().filter(|line| !line.starts_with("symbolon: "));
        lines
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// The same binary with the same data directory and configuration, for other commands.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.setup.binary);
        self.configure(&mut command);
        command
    }

    fn configure(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| !name.starts_with("SYMBOLON_")))
            .env("SYMBOLON_SERVER__ISSUER", self.issuer())
            .env("SYMBOLON_SERVER__LISTEN", self.public.address().to_string())
            .env(
                "SYMBOLON_SERVER__OPS_LISTEN",
                self.ops.address().to_string(),
            )
            .env("SYMBOLON_SERVER__DATA_DIR", self.data_dir())
            .current_dir(self.home.path());
        for (key, value) in &self.setup.settings {
            let name = format!("SYMBOLON_{}", key.replace('.', "__").to_uppercase());
            command.env(name, value);
        }
    }

    /// Starts it again and waits until it is ready.
    pub async fn start(&mut self) {
        self.launch();
        self.wait_until_ready().await;
    }

    /// Starts it without waiting.
    pub fn launch(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = File::options()
            .append(true)
            .create(true)
            .open(self.home.path().join("log"))
            .unwrap();
        let binary = self.setup.binary.to_str().unwrap();
        let words: Vec<&str> = self
            .setup
            .under
            .iter()
            .map(String::as_str)
            .chain([binary])
            .collect();
        let mut command = Command::new(words[0]);
        self.configure(&mut command);
        command.args(&words[1..]).arg("serve");
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Waits until `/readyz` says so. A process that ends before that fails the test with its log.
    pub async fn wait_until_ready(&mut self) {
        let ended = self.ready_or_ended().await;
        assert!(
            ended.is_none(),
            "the server ended: {ended:?}\n{}",
            self.log()
        );
    }

    /// Waits until `/readyz` says so or the process ends; then how it did.
    pub async fn ready_or_ended(&mut self) -> Option<ExitStatus> {
        self.answers_or_ended(StatusCode::is_success).await
    }

    /// Waits until `/readyz` answers anything or the process ends; then how it did.
    pub async fn listening_or_ended(&mut self) -> Option<ExitStatus> {
        self.answers_or_ended(|_| true).await
    }

    async fn answers_or_ended(
        &mut self,
        is_awaited: impl Fn(&StatusCode) -> bool,
    ) -> Option<ExitStatus> {
        let url = self.ops_url("/readyz");
        let http = self.http.clone();
        let mut child = self.child.take().expect("the server runs");
        let awaited = async {
            loop {
                if let Ok(answer) = http.get(&url).send().await
                    && is_awaited(&answer.status())
                {
                    return None;
                }
                let ended = child.try_wait().unwrap();
                if ended.is_some() {
                    return ended;
                }
                // A process tells nobody else that it listens now.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let awaited = tokio::time::timeout(START_LIMIT, awaited).await;
        if !matches!(awaited, Ok(Some(_))) {
            self.child = Some(child);
        }
        awaited.unwrap_or_else(|_| panic!("the server was not ready in time\n{}", self.log()))
    }

    /// What the binary runs under from the next start on; nothing for nothing.
    pub fn run_under(&mut self, command: &[impl AsRef<str>]) {
        let words = command.iter().map(|word| word.as_ref().to_owned());
        self.setup.under = words.collect();
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        self.ask_to_stop();
        let mut child = self.child.take().expect("the server runs");
        child.wait().unwrap()
    }

    /// SIGTERM, without waiting.
    pub fn ask_to_stop(&self) {
        kill_process(self.kernel_pid(), Signal::TERM).unwrap();
    }

    /// Waits until it ends by itself, and how it did.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        let waiting = tokio::task::spawn_blocking(move || child.wait().unwrap());
        waiting.await.unwrap()
    }

    /// Bounds the size of every file that it writes from now on (`RLIMIT_FSIZE`); `None` lifts the
    /// bound.
    pub fn limit_file_size(&self, bytes: Option<u64>) {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(Some(self.kernel_pid()), Resource::Fsize, limit).unwrap();
    }

    fn kernel_pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("the server runs"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}
