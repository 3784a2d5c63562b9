//! A user who remembers what the server has acknowledged, and holds it to that.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::json;
use symbolon_protocol::{GrantId, Kind, SessionId};
use symbolon_testing::{Answer, Api, Login, api::PASSWORD};
use tokio::sync::Mutex;

use crate::{dice::Dice, figures::Figures, log_reader::LogReader};

/// Live sessions that a user keeps; more of them are ended first.
const LIVE: usize = 4;
/// Ended sessions that each look back takes another look at.
const LOOKS_BACK: u64 = 2;

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It lives with its grant.
    Live,
    /// It was to be ended, and no answer came.
    EndUnknown,
    /// A spent refresh token was used, and no answer came.
    ReuseUnknown,
    /// It lives, but its grant was ended for reuse.
    GrantEnded,
    /// It was ended, and the server said so.
    Ended,
}

#[derive(Debug)]
struct Tracked {
    /// With the newest refresh token that is known.
    login: Login,
    /// The spent tokens, the last one last.
    spent: Vec<String>,
    fate: Fate,
    /// The newest token was used, and no answer came.
    refresh_unknown: bool,
    /// Something happened since the last look.
    touched: bool,
}

/// One account and one client of it.
pub(crate) struct User {
    api: Api,
    name: String,
    dice: Dice,
    sessions: Vec<Tracked>,
    /// Log-ins that were never answered.
    lost_logins: usize,
    /// By refresh token, the one successor that it ever gave.
    successors: HashMap<String, String>,
    pub(crate) figures: Figures,
}

/// The connection was lost: the round is over.
struct Lost;

impl User {
    pub(crate) async fn register(api: Api, name: String, dice: Dice) -> Self {
        api.register(&name).await;
        Self {
            api,
            name,
            dice,
            sessions: Vec::new(),
            lost_logins: 0,
            successors: HashMap::new(),
            figures: Figures::default(),
        }
    }

    /// Acts until the connection is lost.
    pub(crate) async fn act(mut self) -> Self {
        while self.act_once().await.is_ok() {}
        self.figures.lost += 1;
        self
    }

    async fn act_once(&mut self) -> Result<(), Lost> {
        let live: Vec<_> = (0..self.sessions.len())
            .filter(|&at| self.sessions[at].fate == Fate::Live)
            .collect();
        if live.is_empty() || (live.len() < LIVE && self.dice.below(4) == 0) {
            return self.log_in().await;
        }
        let at = live[self.dice.index(live.len())];
        self.sessions[at].touched = true;
        let can_reuse = self.sessions[at].spent.len() >= 2;
        match self.dice.below(20) {
            0..10 => self.refresh(at).await,
            10..14 => self.refresh_twice_at_once(at).await,
            14 if can_reuse => self.reuse(at).await,
            _ => self.end(at).await,
        }
    }

    async fn log_in(&mut self) -> Result<(), Lost> {
        let body = json!({
            "identifier": self.name,
            "password": PASSWORD,
            "credentials": ["cookie", "tokens"],
        });
        let call = self.api.post("/api/v1/login").json(&body);
        let Ok(answer) = call.try_send().await else {
            self.lost_logins += 1;
            return Err(Lost);
        };
        self.sessions.push(Tracked {
            login: answer.expect(200).login(),
            spent: Vec::new(),
            fate: Fate::Live,
            refresh_unknown: false,
            touched: true,
        });
        self.figures.logins += 1;
        Ok(())
    }

    async fn try_refresh(&self, token: &str) -> Option<Answer> {
        let body = json!({"refresh_token": token});
        let call = self.api.post("/api/v1/refresh").json(&body);
        call.try_send().await.ok()
    }

    async fn refresh(&mut self, at: usize) -> Result<(), Lost> {
        let token = self.sessions[at].login.refresh.clone();
        let Some(answer) = self.try_refresh(&token).await else {
            self.sessions[at].refresh_unknown = true;
            return Err(Lost);
        };
        self.take_successor(at, &token, answer);
        Ok(())
    }

    async fn refresh_twice_at_once(&mut self, at: usize) -> Result<(), Lost> {
        let token = self.sessions[at].login.refresh.clone();
        let (one, other) = tokio::join!(self.try_refresh(&token), self.try_refresh(&token));
        let is_lost = one.is_none() || other.is_none();
        self.sessions[at].refresh_unknown = one.is_none() && other.is_none();
        for answer in [one, other].into_iter().flatten() {
            self.take_successor(at, &token, answer);
        }
        if is_lost { Err(Lost) } else { Ok(()) }
    }

    /// Notes what a refresh token gave: always the same.
    fn take_successor(&mut self, at: usize, token: &str, answer: Answer) {
        let answer = answer.expect(200);
        assert_eq!(answer.set_cookies(), [""; 0]);
        let (successor, access) = (answer.text("/refresh_token"), answer.text("/access_token"));
        let known = self.successors.entry(token.to_owned());
        let known = known.or_insert_with(|| successor.clone());
        assert_eq!(*known, successor, "two descendants of one refresh token");
        let tracked = &mut self.sessions[at];
        tracked.refresh_unknown = false;
        tracked.login.access = access;
        if tracked.login.refresh == token {
            tracked.spent.push(token.to_owned());
            tracked.login.refresh = successor;
            self.figures.refreshes += 1;
        }
    }

    /// Uses a refresh token that was spent before the last one.
    async fn reuse(&mut self, at: usize) -> Result<(), Lost> {
        let tracked = &self.sessions[at];
        let older = &tracked.spent[self.dice.index(tracked.spent.len() - 1)];
        let Some(answer) = self.try_refresh(older).await else {
            self.sessions[at].fate = Fate::ReuseUnknown;
            return Err(Lost);
        };
        answer.expect_problem(401, "refresh_reused");
        self.sessions[at].fate = Fate::GrantEnded;
        self.figures.reuses += 1;
        Ok(())
    }

    /// Ends a session, in one of the ways that there are.
    async fn end(&mut self, at: usize) -> Result<(), Lost> {
        let login = &self.sessions[at].login;
        let path = format!("/api/v1/sessions/{}", login.session);
        let call = match self.dice.below(3) {
            0 => self.api.post("/api/v1/logout").cookie(&login.cookie),
            1 => self.api.post("/api/v1/logout").bearer(&login.access),
            _ => self.api.delete(&path).cookie(&login.cookie),
        };
        let Ok(answer) = call.try_send().await else {
            self.sessions[at].fate = Fate::EndUnknown;
            return Err(Lost);
        };
        let ended = answer.expect(200).json();
        assert_eq!(ended["sessions_ended"], 1);
        self.sessions[at].fate = Fate::Ended;
        self.figures.ends += 1;
        Ok(())
    }

    /// Looks whether everything acknowledged is as it was acknowledged, and whether everything else
    /// either happened or did not. `everything`: also what was looked at before.
    pub(crate) async fn look(mut self, log: Arc<Mutex<LogReader>>, everything: bool) -> Self {
        for at in 0..self.sessions.len() {
            if everything || self.sessions[at].touched {
                self.look_at(at).await;
            }
        }
        let ended: Vec<_> = (0..self.sessions.len())
            .filter(|&at| self.sessions[at].fate == Fate::Ended)
            .collect();
        for _ in 0..LOOKS_BACK.min(ended.len() as u64) {
            self.look_at(ended[self.dice.index(ended.len())]).await;
        }
        self.look_at_list().await;
        let mut log = log.lock().await;
        log.catch_up().await;
        self.compare_with_log(&log);
        drop(log);
        for tracked in &mut self.sessions {
            tracked.touched = false;
        }
        self
    }

    async fn look_at(&mut self, at: usize) {
        match self.sessions[at].fate {
            Fate::Live => self.must_live(at).await,
            Fate::Ended => self.must_be_over(at).await,
            Fate::GrantEnded => self.grant_must_be_over(at).await,
            Fate::EndUnknown => {
                let answer = self.api.me(&self.sessions[at].login.cookie).await;
                if answer.status == 200 {
                    self.sessions[at].fate = Fate::Live;
                    self.must_live(at).await;
                } else {
                    self.figures.happened += 1;
                    self.sessions[at].fate = Fate::Ended;
                    self.must_be_over(at).await;
                }
            }
            Fate::ReuseUnknown => {
                let access = self.sessions[at].login.access.clone();
                if self.api.me_by_token(&access).await.status == 200 {
                    self.sessions[at].fate = Fate::Live;
                    self.must_live(at).await;
                } else {
                    self.figures.happened += 1;
                    self.sessions[at].fate = Fate::GrantEnded;
                    self.grant_must_be_over(at).await;
                }
            }
        }
    }

    async fn must_live(&mut self, at: usize) {
        let login = self.sessions[at].login.clone();
        for answer in [
            self.api.me(&login.cookie).await,
            self.api.me_by_token(&login.access).await,
        ] {
            assert_eq!(answer.expect(200).text("/session/id"), login.session);
        }
        if !self.sessions[at].touched {
            return;
        }
        // Whatever became of the last use of a token: used again it gives its one successor.
        let last = self.sessions[at].spent.last().cloned();
        let again = match last {
            Some(last) if !self.sessions[at].refresh_unknown => last,
            _ => login.refresh,
        };
        for _ in 0..2 {
            let answer = self.try_refresh(&again).await.unwrap();
            self.take_successor(at, &again, answer);
        }
        // And the successor works, once.
        let newest = self.sessions[at].login.refresh.clone();
        for _ in 0..2 {
            let answer = self.try_refresh(&newest).await.unwrap();
            self.take_successor(at, &newest, answer);
        }
        let access = &self.sessions[at].login.access;
        assert_eq!(self.api.me_by_token(access).await.status, 200);
    }

    async fn must_be_over(&self, at: usize) {
        let tracked = &self.sessions[at];
        let refused = self.api.me(&tracked.login.cookie).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        let refused = self.api.me_by_token(&tracked.login.access).await;
        refused.expect_problem(401, "revoked_session");
        for token in tracked.spent.iter().rev().take(2) {
            self.refresh_must_fail(token).await;
        }
        self.refresh_must_fail(&tracked.login.refresh).await;
    }

    async fn grant_must_be_over(&mut self, at: usize) {
        let tracked = &self.sessions[at];
        self.refresh_must_fail(&tracked.login.refresh).await;
        let refused = self.api.me_by_token(&tracked.login.access).await;
        refused.expect_problem(401, "revoked_grant");
        assert_eq!(self.api.me(&tracked.login.cookie).await.status, 200);
    }

    async fn refresh_must_fail(&self, token: &str) {
        let refused = self.try_refresh(token).await.unwrap();
        refused.expect_problem(401, "refresh_invalid");
    }

    /// The list has every session that lives and none that does not; log-ins that were never
    /// answered may have left one each, which is ended here.
    async fn look_at_list(&mut self) {
        let has_session = |tracked: &&Tracked| {
            assert!(!matches!(
                tracked.fate,
                Fate::EndUnknown | Fate::ReuseUnknown
            ));
            tracked.fate != Fate::Ended
        };
        let Some(one) = self.sessions.iter().find(has_session) else {
            return;
        };
        let list = self.api.get("/api/v1/sessions").cookie(&one.login.cookie);
        let list = list.send().await.expect(200).json();
        let listed: BTreeSet<_> = list["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["id"].as_str().unwrap().to_owned())
            .collect();
        let known: BTreeSet<_> = self
            .sessions
            .iter()
            .filter(has_session)
            .map(|tracked| tracked.login.session.clone())
            .collect();
        let missing: Vec<_> = known.difference(&listed).collect();
        assert!(
            missing.is_empty(),
            "acknowledged and not there: {missing:?}"
        );
        let orphans: Vec<_> = listed.difference(&known).collect();
        assert!(
            orphans.len() <= self.lost_logins,
            "sessions from nowhere: {orphans:?}"
        );
        for orphan in &orphans {
            let path = format!("/api/v1/sessions/{orphan}");
            let call = self.api.delete(&path).cookie(&one.login.cookie);
            assert_eq!(call.send().await.expect(200).json()["sessions_ended"], 1);
        }
        self.figures.happened += orphans.len() as u64;
        self.lost_logins = 0;
    }

    /// The log names what was ended and nothing else.
    fn compare_with_log(&self, log: &LogReader) {
        for Tracked { login, fate, .. } in &self.sessions {
            let session: SessionId = login.session.parse().unwrap();
            let grant: GrantId = login.grant.parse().unwrap();
            let in_log = (
                log.names(Kind::Session, session),
                log.names(Kind::Grant, grant),
            );
            match (fate, in_log) {
                (Fate::Live, (false, false))
                | (Fate::GrantEnded, (false, true))
                | (Fate::Ended, (true, _)) => {}
                _ => panic!("{session} is {fate:?}, in the log (session, grant): {in_log:?}"),
            }
        }
    }
}
