//! The demo's processes, on free loopback ports and in a directory that goes with them.

use std::net::SocketAddr;

use tempfile::TempDir;
use tokio::process::Child;

use super::{AUDIENCE, GRACE_MS, SHORT_LIVED, client::Client, report::Told};
use crate::{
    child::{end, free_addresses, spawn, spawn_server, wait_until_ready},
    failure::Failure,
};

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
        let [server_at, ops_at, orders_at] = free_addresses().map_err(failed)?;
        let processes = Self {
            server: None,
            orders: None,
            server_at,
            ops_at,
            orders_at,
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

    /// The sample API's URL.
    pub(super) fn orders(&self) -> String {
        format!("http://{}", self.orders_at)
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
        let log = self.log("server.log");
        self.server = Some(spawn_server(&self.config(), &data, &log)?);
        let url = format!("http://{}/readyz", self.ops_at);
        wait_until_ready(client.http(), &url, self.server.as_mut()).await?;
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
        wait_until_ready(client.http(), &url, self.orders.as_mut()).await?;
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
