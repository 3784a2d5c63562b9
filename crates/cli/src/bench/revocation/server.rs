//! A throwaway server as a process of its own, which goes with this one.

use tempfile::TempDir;
use tokio::process::Child;

use crate::{
    bench::{
        local::{home, settings},
        unreachable,
    },
    child::{end, free_addresses, spawn_server, wait_until_ready},
    demo::client::Client,
    failure::Failure,
};

/// The server.
pub(super) struct Server {
    home: TempDir,
    url: String,
    process: Option<Child>,
}

impl Server {
    /// Makes its directory.
    pub(super) fn prepare() -> Result<Self, Failure> {
        Ok(Self {
            home: home()?,
            url: String::new(),
            process: None,
        })
    }

    /// Starts it; answers a client that calls it.
    pub(super) async fn start(&mut self) -> Result<Client, Failure> {
        let [listen, ops] = free_addresses().map_err(unreachable)?;
        self.url = format!("http://{listen}");
        let config = self.home.path().join(crate::config::FILE_NAME);
        let text = settings(&self.url, &listen.to_string(), &ops.to_string(), None);
        std::fs::write(&config, text).map_err(unreachable)?;
        let log = self.home.path().join("server.log");
        let data = self.home.path().join("data");
        self.process = Some(spawn_server(&config, &data, &log).map_err(unreachable)?);
        let client = Client::new(self.url.clone(), String::new())?;
        let ready = format!("http://{ops}/readyz");
        wait_until_ready(client.http(), &ready, self.process.as_mut())
            .await
            .map_err(|why| {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                unreachable(format_args!("the server: {why}\n{log}"))
            })?;
        Ok(client)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Asks it to stop, waits for that, and takes its directory away.
    pub(super) async fn stop(mut self) {
        if let Some(process) = self.process.take() {
            end(process).await;
        }
    }
}
