//! The demo's processes, on free loopback ports and in a directory that goes with them.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{AUDIENCE, GRACE_MS, SHORT_LIVED, client::Client, report::Told};
use crate::failure::Failure;

/// How long a process may take to be ready.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long a process may take to stop after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Pause between two looks at whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The processes and where they are.
pub(super) struct Processes {
    home: TempDir,
    server: Option<Child>,
    orders: Option<Child>,
    pub(super) server_at: SocketAddr,
    pub(super) ops_at: SocketAddr,
    pub(super) orders_at: SocketAddr,
}

impl Processes {
    /// Finds ports and writes the configuration.
    pub(super) fn prepare() -> Result<Self, Failure> {
        let failed = |error| Failure::unreachable(format_args!("cannot prepare: {error}"));
        let home = tempfile::Builder::new()
            .prefix("symbolon-demo-")
            .tempdir()
            .map_err(failed)?;
        // All are held until each is known, so that no two are the same.
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let ports = [
            free().map_err(failed)?,
            free().map_err(failed)?,
            free().map_err(failed)?,
        ];
        let [server, ops, orders] = &ports;
        let processes = Self {
            server: None,
            orders: None,
            server_at: server.local_addr().map_err(failed)?,
            ops_at: ops.local_addr().map_err(failed)?,
            orders_at: orders.local_addr().map_err(failed)?,
            home,
        };
        std::fs::write(processes.config(), processes.settings()).map_err(failed)?;
        Ok(processes)
    }

    fn config(&self) -> std::path::PathBuf {
        self.home.path().join("symbolon.toml")
    }

    /// The issuer's URL.
    pub(super) fn issuer(&self) -> String {
        format!("http://{}", self.server_at)
    }

    fn settings(&self) -> String {
        format!(
            r#"[server]
issuer = "{issuer}"
listen = "{server}"
ops_listen = "{ops}"

[registration]
open = true

[revocations]
public = true

[tokens]
refresh_grace = "{grace}s"

[[resources]]
audience = "{AUDIENCE}"
scopes = ["orders:read"]

[[resources]]
audience = "{SHORT_LIVED}"
scopes = ["orders:read"]
access_lifetime = "1s"
"#,
            issuer = self.issuer(),
            server = self.server_at,
            ops = self.ops_at,
            grace = GRACE_MS / 1_000,
        )
    }

    pub(super) async fn start_server(&mut self, client: &Client) -> Told {
        let data = self.home.path().join("data");
        let arguments = [
            "serve".into(),
            "--end-with-parent".into(),
            std::process::id().to_string().into(),
            "--config".into(),
            self.config().into_os_string(),
        ];
        let data = ["--data-dir".into(), data.into_os_string()];
        let log = self.log("server.log");
        self.server = Some(spawn(arguments.into_iter().chain(data), &log)?);
        let url = format!("http://{}/readyz", self.ops_at);
        wait_until(client, &url, self.server.as_mut()).await?;
        Ok(self.issuer())
    }

    pub(super) async fn start_orders(&mut self, client: &Client) -> Told {
        let listen = self.orders_at.to_string();
        let issuer = self.issuer();
        let parent = std::process::id().to_string();
        let arguments = [
            "demo-orders",
            "--issuer",
            &issuer,
            "--listen",
            &listen,
            "--parent",
            &parent,
        ];
        let log = self.log("orders.log");
        self.orders = Some(spawn(arguments.map(Into::into), &log)?);
        let url = format!("http://{}/ready", self.orders_at);
        wait_until(client, &url, self.orders.as_mut()).await?;
        Ok(format!(
            "http://{}, with the keys and the revocation log fetched",
            self.orders_at
        ))
    }

    fn log(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    /// The end of both logs, for when something went wrong.
    pub(super) fn last_words(&self) -> String {
        let mut words = String::new();
        for name in ["server.log", "orders.log"] {
            let text = std::fs::read_to_string(self.log(name)).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let tail = lines.iter().skip(lines.len().saturating_sub(8));
            words.push_str(&format!("--- {name}\n"));
            tail.for_each(|line| {
                words.push_str(line);
                words.push('\n');
            });
        }
        words
    }

    /// Where everything is, for who wants to go on by hand.
    pub(super) fn invitation(&self, client: &Client) -> String {
        let (name, password) = client.login();
        format!(
            "\nStill running, until Ctrl-C:\n  server  {}\n  API     http://{}/orders\n  \
             login   {name}  {password}\n",
            self.issuer(),
            self.orders_at
        )
    }

    /// Asks both to stop, and sees to it.
    pub(super) async fn stop(mut self) {
        for child in [self.orders.take(), self.server.take()]
            .into_iter()
            .flatten()
        {
            end(child).await;
        }
    }
}

async fn end(mut child: Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok())
        && let Some(pid) = rustix::process::Pid::from_raw(pid)
    {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(STOP_LIMIT, child.wait())
        .await
        .is_err()
    {
        let _ = child.kill().await;
    }
}

fn spawn(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
    log: &Path,
) -> Result<Child, String> {
    let failed = |error: std::io::Error| format!("cannot start a process: {error}");
    let program = std::env::current_exe().map_err(failed)?;
    let log = File::create(log).map_err(failed)?;
    // What is set for the caller's own server is not meant for the demo's.
    let foreign = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_string_lossy().starts_with("SYMBOLON_"));
    let mut command = Command::new(program);
    foreign.for_each(|name| {
        command.env_remove(name);
    });
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)
}

async fn wait_until(client: &Client, url: &str, child: Option<&mut Child>) -> Result<(), String> {
    let Some(child) = child else {
        return Err("there is no process".to_owned());
    };
    let ready = async {
        while !client.is_ok(url).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = ready => Ok(()),
        status = child.wait() => Err(format!("the process ended: {status:?}")),
        () = tokio::time::sleep(START_LIMIT) => Err("the process was not ready in time".to_owned()),
    }
}
