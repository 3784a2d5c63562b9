//! One client that logs in, refreshes three times, has its grant revoked and logs out, one request
//! after the other, and remembers what was acknowledged.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use symbolon_protocol::{GrantId, Kind, SessionId};
use symbolon_testing::{Answer, Api, Login, ServerProcess, api::PASSWORD};

use tokio::time::Instant;

use crate::{database, log_reader::LogReader};

/// `tokens.refresh_grace` of the server, the longest that there is.
const GRACE: Duration = Duration::from_secs(60);

/// A change that the client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    LogIn,
    Refresh,
    Revoke,
    LogOut,
}

/// What the client asks for, in order.
pub(crate) const STEPS: [Step; 6] = [
    Step::LogIn,
    Step::Refresh,
    Step::Refresh,
    Step::Refresh,
    Step::Revoke,
    Step::LogOut,
];

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Acknowledged,
    /// 503 `store_unavailable`.
    Refused,
    /// The connection was lost.
    Lost,
}

/// What is known of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NotAsked,
    /// It was asked for, and nobody said that it happened.
    Unknown,
    Acknowledged,
}

/// What was acknowledged, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) logins: u64,
    pub(crate) refreshes: u64,
    pub(crate) ends: u64,
}

/// The client and its memory. A clone remembers the past up to here.
#[derive(Debug, Clone)]
pub(crate) struct History {
    api: Api,
    /// Of an administrator, who revokes.
    admin: String,
    name: String,
    login: Option<Login>,
    /// Log-ins of which nothing was heard.
    lost_logins: usize,
    /// The spent refresh tokens, the last one last.
    spent: Vec<String>,
    refresh_unknown: bool,
    /// The last time that it asked for one.
    refreshed: Instant,
    grant: End,
    session: End,
    pub(crate) acknowledged: Acknowledged,
}

impl History {
    pub(crate) fn new(api: Api, admin: &str, name: &str) -> Self {
        Self {
            api,
            admin: admin.to_owned(),
            name: name.to_owned(),
            login: None,
            lost_logins: 0,
            spent: Vec::new(),
            refresh_unknown: false,
            refreshed: Instant::now(),
            grant: End::NotAsked,
            session: End::NotAsked,
            acknowledged: Acknowledged::default(),
        }
    }

    /// Asks for one change. Whatever is neither a success nor the store's failure fails the test.
    pub(crate) async fn take(&mut self, step: Step) -> Reply {
        let call = match step {
            Step::LogIn => self.api.post("/api/v1/login").json(&json!({
                "identifier": self.name,
                "password": PASSWORD,
                "credentials": ["cookie", "tokens"],
            })),
            Step::Refresh => {
                self.refreshed = Instant::now();
                let body = json!({"refresh_token": self.known().refresh});
                self.api.post("/api/v1/refresh").json(&body)
            }
            Step::Revoke => {
                let body = json!({"grant": self.known().grant});
                let call = self.api.post("/api/v1/admin/revocations").json(&body);
                call.bearer(&self.admin)
            }
            Step::LogOut => {
                let call = self.api.post("/api/v1/logout");
                call.cookie(&self.known().cookie)
            }
        };
        match call.try_send().await {
            Ok(answer) if answer.status == 503 => {
                answer.expect_problem(503, "store_unavailable");
                self.not_acknowledged(step);
                Reply::Refused
            }
            Ok(answer) => {
                self.acknowledged(step, answer);
                Reply::Acknowledged
            }
            Err(_) => {
                self.not_acknowledged(step);
                Reply::Lost
            }
        }
    }

    /// The step was asked for, and nobody said that it happened.
    pub(crate) fn not_acknowledged(&mut self, step: Step) {
        match step {
            Step::LogIn => self.lost_logins += 1,
            Step::Refresh => self.refresh_unknown = true,
            Step::Revoke => self.grant = End::Unknown,
            Step::LogOut => self.session = End::Unknown,
        }
    }

    fn acknowledged(&mut self, step: Step, answer: Answer) {
        match step {
            Step::LogIn => {
                self.login = Some(answer.expect(200).login());
                self.acknowledged.logins += 1;
            }
            Step::Refresh => {
                let answer = answer.expect(200);
                let login = self.login.as_mut().unwrap();
                self.spent.push(login.refresh.clone());
                login.refresh = answer.text("/refresh_token");
                login.access = answer.text("/access_token");
                self.refresh_unknown = false;
                self.acknowledged.refreshes += 1;
            }
            Step::Revoke => {
                drop(answer.expect(200));
                self.grant = End::Acknowledged;
                self.acknowledged.ends += 1;
            }
            Step::LogOut => {
                // Asked again, it says that the session is no more.
                if self.session == End::Unknown && answer.status == 401 {
                    answer.expect_problem(401, "revoked_session");
                } else {
                    drop(answer.expect(200));
                }
                self.session = End::Acknowledged;
                self.acknowledged.ends += 1;
            }
        }
    }

    fn known(&self) -> &Login {
        self.login.as_ref().unwrap()
    }

    /// Whether what a server has is what was acknowledged, and whether everything else happened
    /// or did not, with nothing between. Goes on from there afterwards: the server must take
    /// changes.
    pub(crate) async fn must_hold(mut self, server: &ServerProcess, log: &mut LogReader) {
        log.reread_all().await;
        log.reread_from(0).await;
        let entries = self.must_be_whole(server);
        assert_eq!(log.len(), entries, "the log and its table");
        if let Some(login) = self.login.clone() {
            let (session, grant) = self.observe(&login, log).await;
            match (session, grant) {
                (false, false) => self.must_live(&login).await,
                (false, true) => {
                    assert_eq!(self.api.me(&login.cookie).await.status, 200);
                    self.tokens_must_be_refused(&login, &["revoked_grant"])
                        .await;
                }
                (true, _) => {
                    let me = self.api.me(&login.cookie).await;
                    me.expect_problem(401, "revoked_session");
                    let codes = ["revoked_session", "revoked_grant"];
                    self.tokens_must_be_refused(&login, &codes).await;
                }
            }
        }
        self.must_list_what_lives(log).await;
    }

    /// Nothing that was ended is taken again, whatever else is broken.
    pub(crate) async fn must_not_be_good_again(&self) {
        let login = self.known();
        let mut answers = vec![
            self.api.me(&login.cookie).await,
            self.api.me_by_token(&login.access).await,
        ];
        for token in self.spent.iter().chain([&login.refresh]) {
            answers.push(self.api.refresh(token).await);
        }
        for answer in answers {
            assert!(matches!(answer.status, 401 | 503), "{answer:?}");
        }
    }

    /// Whether the session and the grant were ended, by what the session's cookie gives and by the
    /// log, which must agree with what was acknowledged.
    async fn observe(&self, login: &Login, log: &LogReader) -> (bool, bool) {
        let session: SessionId = login.session.parse().unwrap();
        let grant: GrantId = login.grant.parse().unwrap();
        let found = (
            log.names(Kind::Session, session),
            log.names(Kind::Grant, grant),
        );
        for (what, known, found) in [
            ("session", self.session, found.0),
            ("grant", self.grant, found.1),
        ] {
            match (known, found) {
                (End::NotAsked, true) => panic!("the {what} was ended by nobody"),
                (End::Acknowledged, false) => panic!("the end of the {what} was lost"),
                _ => {}
            }
        }
        found
    }

    /// Both credentials work, the newest refresh token is the newest one, and the spent ones are not.
    async fn must_live(&self, login: &Login) {
        for answer in [
            self.api.me(&login.cookie).await,
            self.api.me_by_token(&login.access).await,
        ] {
            assert_eq!(answer.expect(200).text("/session/id"), login.session);
        }
        // Whatever became of the last use of a token: used again it gives its one successor.
        if let Some(last) = self.spent.last()
            && !self.refresh_unknown
        {
            let again = self.api.refresh(last).await;
            if self.came_too_late(&again) {
                return;
            }
            let successor = again.expect(200).text("/refresh_token");
            assert_eq!(successor, login.refresh, "another successor");
        }
        let next = self.api.refresh(&login.refresh).await;
        if self.refresh_unknown && self.came_too_late(&next) {
            return;
        }
        let next = next.expect(200);
        let again = self.api.refresh(&login.refresh).await.expect(200);
        assert_eq!(
            next.text("/refresh_token"),
            again.text("/refresh_token"),
            "two descendants of one refresh token"
        );
        if let Some(last) = self.spent.last() {
            let reused = self.api.refresh(last).await;
            reused.expect_problem(401, "refresh_reused");
        }
    }

    /// Long after a refresh, its token is reuse and not asked for again.
    fn came_too_late(&self, answer: &Answer) -> bool {
        let is_reuse = answer.status == 401 && answer.code() == "refresh_reused";
        is_reuse && self.refreshed.elapsed() > GRACE - Duration::from_secs(10)
    }

    async fn tokens_must_be_refused(&self, login: &Login, codes: &[&str]) {
        let refused = self.api.me_by_token(&login.access).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        assert!(codes.contains(&refused.code().as_str()), "{refused:?}");
        for token in self.spent.iter().chain([&login.refresh]) {
            let refused = self.api.refresh(token).await;
            refused.expect_problem(401, "refresh_invalid");
        }
    }

    /// The account's sessions are those that were acknowledged and live, and those of which nothing
    /// was heard at most.
    async fn must_list_what_lives(&mut self, log: &LogReader) {
        let new = self.api.log_in(&self.name).await;
        let list = self.api.get("/api/v1/sessions").cookie(&new.cookie);
        let list = list.send().await.expect(200).json();
        let sessions = list.get("sessions").and_then(serde_json::Value::as_array);
        let listed: BTreeSet<_> = sessions
            .unwrap()
            .iter()
            .map(|session| session.get("id").unwrap().as_str().unwrap().to_owned())
            .collect();
        let lives = |login: &&Login| {
            let id: SessionId = login.session.parse().unwrap();
            !log.names(Kind::Session, id)
        };
        let known = self.login.iter().filter(lives).chain([&new]);
        let known: BTreeSet<_> = known.map(|login| login.session.clone()).collect();
        let missing: Vec<_> = known.difference(&listed).collect();
        assert!(missing.is_empty(), "sessions were lost: {missing:?}");
        let orphans = listed.difference(&known).count();
        assert!(orphans <= self.lost_logins, "{orphans} sessions of nobody");
        let ended = self.api.post("/api/v1/logout").cookie(&new.cookie);
        assert_eq!(ended.send().await.status, 200);
    }

    /// Nothing is half there; how many entries the log has.
    fn must_be_whole(&self, server: &ServerProcess) -> usize {
        let one = |query: &str| {
            let rows = database::rows(server, query);
            rows.into_iter().flatten().next().unwrap_or_default()
        };
        assert_eq!(one("PRAGMA integrity_check"), "ok");
        assert_eq!(one("SELECT count(*) FROM pragma_foreign_key_check"), "0");
        let sessions = one("SELECT count(*) FROM sessions");
        assert_eq!(sessions, one("SELECT count(*) FROM session_cookies"));
        assert_eq!(
            sessions,
            one("SELECT count(*) FROM sessions JOIN grants ON grants.session = sessions.id")
        );
        let unlogged = "SELECT count(*) FROM (
                 SELECT id FROM sessions WHERE ended_at IS NOT NULL
                 EXCEPT SELECT id FROM revocations WHERE kind = 'session')";
        assert_eq!(one(unlogged), "0", "an end that is not in the log");
        one("SELECT count(*) FROM revocations").parse().unwrap()
    }
}
