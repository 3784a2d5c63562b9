//! A running server and somebody who administers it.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{io::Write as _, process::Stdio};

use serde_json::Value;
use symbolon_jose::{base64url, digest};

use crate::{
    api::{Answer, Api, Login, PASSWORD},
    server_process::{ServerProcess, ServerSetup},
};

/// The secret of the client `orders`.
pub const SECRET: &str = "a secret of 128 bits";

/// A server with a client that may read the log, an API, and more lists in the configuration, in
/// which `HASH` is that of [`SECRET`].
#[must_use]
pub fn setup(binary: &str, more: &str) -> ServerSetup {
    let hash: String = digest::sha256(SECRET.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let lists = format!(
        "[[clients]]\nid = \"orders\"\nsecret_sha256 = \"HASH\"\nscopes = [\"revocations:read\"]\n\
         [[resources]]\naudience = \"orders\"\nscopes = [\"orders:read\"]\n\
         access_lifetime = \"1m\"\nalgorithm = \"ES256\"\n{more}"
    );
    ServerSetup::new(binary).lists(&lists.replace("HASH", &hash))
}

/// HTTP Basic (RFC 7617).
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    let secret = secret.replace(' ', "+");
    let pair = base64url::encode(format!("{id}:{secret}").as_bytes());
    let padding = "=".repeat((4 - pair.len() % 4) % 4);
    let pair = pair.replace('-', "+").replace('_', "/");
    format!("Basic {pair}{padding}")
}

/// The server, and `admin` logged in to it.
#[derive(Debug)]
pub struct Administrator {
    /// The server.
    pub server: ServerProcess,
    /// What `admin` has.
    pub login: Login,
}

impl Administrator {
    /// Starts it and makes the administrator.
    pub async fn new(setup: ServerSetup) -> Self {
        let server = setup.start().await;
        add_admin(&server);
        let login = server.api().log_in("admin").await;
        Self { server, login }
    }

    /// A client without credentials.
    #[must_use]
    pub fn api(&self) -> Api {
        self.server.api()
    }

    /// A GET with the access token.
    pub async fn get(&self, path: &str) -> Answer {
        let call = self.api().get(path).bearer(&self.login.access);
        call.send().await
    }

    /// The document that a GET answers.
    pub async fn read(&self, path: &str) -> Value {
        self.get(path).await.expect(200).json()
    }

    /// A GET with the session cookie, as a browser does it.
    pub async fn by_cookie(&self, path: &str) -> Answer {
        let call = self.api().get(path).cookie(&self.login.cookie);
        call.send().await
    }

    /// A POST with the access token.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let call = self.api().post(path).bearer(&self.login.access).json(body);
        call.send().await
    }

    /// A DELETE with the access token.
    pub async fn delete(&self, path: &str) -> Answer {
        let call = self.api().delete(path).bearer(&self.login.access);
        call.send().await
    }
}

/// `accounts add --admin`, as an operator does it. The account is named `admin`.
fn add_admin(server: &ServerProcess) {
    let mut add = server.command();
    add.args(["accounts", "add", "--admin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = add.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
