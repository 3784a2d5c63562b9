//! One account with a few sessions, an administrator, and what must be true of them while the store
//! fails and afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use symbolon_protocol::{Kind, SessionId};
use symbolon_testing::{
    Answer, Api, Login, ServerProcess,
    api::{Call, PASSWORD},
};

use crate::log_reader::LogReader;

/// What is there before the store fails.
pub(crate) struct Witness {
    api: Api,
    pub(crate) admin: Login,
    /// Its cookie is answered from memory.
    pub(crate) cached: Login,
    /// Somebody will try to end it.
    pub(crate) other: Login,
    /// Its cookie was never shown to the server.
    pub(crate) fresh: Login,
    pub(crate) log: LogReader,
    /// Every session that the account has.
    sessions: BTreeSet<String>,
    keys: Value,
}

impl Witness {
    pub(crate) async fn new(server: &ServerProcess) -> Self {
        let api = server.api();
        api.register("root").await;
        let admin = make_admin(server).await;
        api.register("anna").await;
        let keys = api.get("/api/v1/admin/keys").bearer(&admin.access);
        let keys = keys.send().await.expect(200).json();
        let mut witness = Self {
            admin,
            cached: api.log_in("anna").await,
            other: api.log_in("anna").await,
            fresh: api.log_in("anna").await,
            log: LogReader::new(server).await,
            sessions: BTreeSet::new(),
            keys,
            api,
        };
        for login in [&witness.cached, &witness.other, &witness.fresh] {
            witness.sessions.insert(login.session.clone());
        }
        witness.reads_from_memory_work().await;
        witness.log.catch_up().await;
        witness
    }

    /// Every changing request, by name, as somebody would send it who may.
    pub(crate) fn changes(&self) -> Vec<(&'static str, Call)> {
        let (api, anna, root) = (&self.api, &self.cached, &self.admin.access);
        let account = format!("/api/v1/admin/accounts/{}", anna.account);
        let new = json!({"identifier": "berta", "password": PASSWORD});
        let login = json!({"identifier": "anna", "password": PASSWORD});
        let tokens = json!({
            "identifier": "anna", "password": PASSWORD, "credentials": ["tokens"],
        });
        let refresh = json!({"refresh_token": anna.refresh});
        let password = json!({"current": PASSWORD, "new": "a different battery"});
        let one = format!("/api/v1/sessions/{}", self.other.session);
        let by_admin = format!("/api/v1/admin/sessions/{}", self.other.session);
        vec![
            ("register", api.post("/api/v1/register").json(&new)),
            ("login", api.post("/api/v1/login").json(&login)),
            ("login for tokens", api.post("/api/v1/login").json(&tokens)),
            ("refresh", api.post("/api/v1/refresh").json(&refresh)),
            ("logout", api.post("/api/v1/logout").cookie(&anna.cookie)),
            ("end one", api.delete(&one).cookie(&anna.cookie)),
            (
                "end others",
                api.delete("/api/v1/sessions").cookie(&anna.cookie),
            ),
            (
                "password",
                api.post("/api/v1/password")
                    .cookie(&anna.cookie)
                    .json(&password),
            ),
            (
                "admin: create",
                api.post("/api/v1/admin/accounts").bearer(root).json(&new),
            ),
            (
                "admin: disable",
                api.post(&format!("{account}/disable")).bearer(root),
            ),
            (
                "admin: roles",
                api.put(&format!("{account}/roles"))
                    .bearer(root)
                    .json(&json!({"roles": ["clerk"]})),
            ),
            (
                "admin: end all",
                api.delete(&format!("{account}/sessions")).bearer(root),
            ),
            ("admin: end one", api.delete(&by_admin).bearer(root)),
            (
                "admin: rotate",
                api.post("/api/v1/admin/keys/rotate")
                    .bearer(root)
                    .json(&json!({})),
            ),
        ]
    }

    /// Every change is refused as the store's failure, twice.
    pub(crate) async fn changes_fail(&self) {
        for _ in 0..2 {
            for (name, call) in self.changes() {
                let answer = call.send().await;
                must_be_the_store(name, &answer);
            }
        }
    }

    /// What memory alone can answer is answered.
    pub(crate) async fn reads_from_memory_work(&self) {
        for login in [&self.cached, &self.admin] {
            let me = self.api.me(&login.cookie).await.expect(200);
            assert_eq!(me.text("/session/id"), login.session);
        }
    }

    /// What memory cannot answer is answered rightly or not at all: never as if nobody were logged
    /// in.
    pub(crate) async fn other_reads_are_right_or_fail(&self) {
        for answer in [
            self.api.me(&self.fresh.cookie).await,
            self.api.me_by_token(&self.cached.access).await,
            self.api.me_by_token(&self.fresh.access).await,
        ] {
            if answer.status != 200 {
                must_be_the_store("me", &answer);
            }
        }
    }

    /// Nothing of what was refused has happened, not even in part.
    pub(crate) async fn nothing_happened(&mut self) {
        let entries = self.log.len();
        self.log.catch_up().await;
        assert_eq!(self.log.len(), entries, "the log grew");
        for login in [&self.cached, &self.other, &self.fresh] {
            let by_cookie = self.api.me(&login.cookie).await.expect(200);
            let by_token = self.api.me_by_token(&login.access).await.expect(200);
            for me in [by_cookie, by_token] {
                assert_eq!(me.text("/session/id"), login.session);
                assert_eq!(me.json()["account"]["roles"], json!([]));
                assert_eq!(me.text("/account/state"), "active");
            }
        }
        let list = self.api.get("/api/v1/sessions").cookie(&self.cached.cookie);
        let list = list.send().await.expect(200).json();
        let listed: BTreeSet<_> = list["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(listed, self.sessions, "sessions came or went");
        let keys = self
            .api
            .get("/api/v1/admin/keys")
            .bearer(&self.admin.access);
        assert_eq!(keys.send().await.expect(200).json(), self.keys);
        let berta = self.api.get("/api/v1/admin/accounts?identifier=berta");
        let berta = berta.bearer(&self.admin.access).send().await;
        assert_eq!(berta.status, 404, "{berta:?}");
    }

    /// Changes work, and say what they did.
    pub(crate) async fn changes_work(&mut self) {
        let spent = self.cached.refresh.clone();
        let step = self.api.refresh(&spent).await.expect(200);
        self.cached.refresh = step.text("/refresh_token");
        let again = self.api.refresh(&spent).await.expect(200);
        assert_eq!(again.text("/refresh_token"), self.cached.refresh);
        let entries = self.log.len();
        let ended = self.api.post("/api/v1/logout").cookie(&self.other.cookie);
        assert_eq!(ended.send().await.expect(200).json()["sessions_ended"], 1);
        let refused = self.api.me_by_token(&self.other.access).await;
        refused.expect_problem(401, "revoked_session");
        self.log.catch_up().await;
        assert_eq!(self.log.len(), entries + 1);
        let session: SessionId = self.other.session.parse().unwrap();
        assert!(self.log.names(Kind::Session, session));
        self.sessions.remove(&self.other.session);
        self.other = self.api.log_in("anna").await;
        self.sessions.insert(self.other.session.clone());
    }

    /// Another session whose cookie was never shown, made by a change after which whoever reads
    /// must look into the file again.
    pub(crate) async fn log_in_afresh(&mut self) {
        self.fresh = self.api.log_in("anna").await;
        self.sessions.insert(self.fresh.session.clone());
    }

    /// What a later start of the server must know.
    pub(crate) async fn history_is_whole(&mut self) {
        self.nothing_happened().await;
        self.log.reread_all().await;
        self.log.reread_from(0).await;
        self.changes_work().await;
    }
}

/// 503, to be tried again, with the code of the store's failures.
pub(crate) fn must_be_the_store(name: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{name}: {answer:?}");
    answer.expect_problem(503, "store_unavailable");
    let retry: u32 = answer.header("retry-after").parse().unwrap();
    assert!(retry >= 1, "{name}: {answer:?}");
    assert_eq!(answer.set_cookies(), [""; 0], "{name}");
}

/// The process lives, and says that it cannot work.
pub(crate) async fn is_alive_but_not_ready(server: &ServerProcess) {
    assert_eq!(server.ops().get("/livez").send().await.status, 200);
    let ready = server.ops().get("/readyz").send().await;
    assert_eq!(ready.status, 503, "{ready:?}");
    // A page that the disk does not read looks like one that is damaged.
    let honest = ["store_unavailable", "store_damaged"];
    assert!(honest.contains(&ready.code().as_str()), "{ready:?}");
}

/// Waits until it says that it can work again.
pub(crate) async fn becomes_ready(server: &ServerProcess) {
    let ready = async {
        while server.ops().get("/readyz").send().await.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ready)
        .await
        .unwrap();
}

/// A path as the process sees it, which may have a disk of its own.
pub(crate) fn seen_by(server: &ServerProcess, path: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", server.pid()));
    root.join(path.strip_prefix("/").unwrap())
}

async fn make_admin(server: &ServerProcess) -> Login {
    let mut roles = server.command();
    let data = seen_by(server, &server.data_dir());
    roles.env("SYMBOLON_SERVER__DATA_DIR", data);
    roles.args(["accounts", "roles", "root", "admin"]);
    let done = roles.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    server.api().log_in("root").await
}
