//! Somebody who uses all nodes, remembers what was acknowledged, and holds them to it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use serde_json::json;
use symbolon_testing::{Answer, Api, Login, PostgresDatabase, api::PASSWORD};
use tokio::sync::watch;

use crate::{
    dice::Dice,
    history::{Ask, History},
    stage::now,
};

/// Sessions that somebody keeps.
const LIVE: usize = 3;
/// Between two requests of one member.
const PAUSE: Duration = Duration::from_millis(20);
/// After which an end is known to every node whose database answers.
const TOLD: Duration = Duration::from_secs(2);

/// What is known of a session.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Live,
    /// It was to be ended, and nobody said that it was.
    Doubtful,
    /// It was ended by this node at this moment.
    Ended(usize, Instant),
}

#[derive(Debug)]
struct Kept {
    login: Login,
    fate: Fate,
    /// Refreshes that were acknowledged.
    refreshes: u64,
    /// The newest token was used, and nobody said what became of it.
    refresh_doubtful: bool,
}

pub(crate) struct Member {
    nodes: Vec<Api>,
    name: String,
    dice: Dice,
    kept: Vec<Kept>,
    /// By refresh token, the one successor that it ever gave.
    successors: HashMap<String, String>,
    history: Arc<Mutex<History>>,
}

impl Member {
    pub(crate) async fn register(
        nodes: Vec<Api>,
        name: String,
        dice: Dice,
        history: Arc<Mutex<History>>,
    ) -> Self {
        nodes[0].register(&name).await;
        Self {
            nodes,
            name,
            dice,
            kept: Vec::new(),
            successors: HashMap::new(),
            history,
        }
    }

    /// Acts until it is told to stop.
    pub(crate) async fn act(mut self, mut stop: watch::Receiver<bool>) -> Self {
        while !*stop.borrow() {
            self.act_once().await;
            let _stopped = tokio::time::timeout(PAUSE, stop.changed()).await;
        }
        self
    }

    async fn act_once(&mut self) {
        let node = self.dice.index(self.nodes.len());
        let of = |wanted: fn(&Fate) -> bool| -> Vec<usize> {
            let all = self.kept.iter().enumerate();
            all.filter(|(_, kept)| wanted(&kept.fate))
                .map(|(at, _)| at)
                .collect()
        };
        let live = of(|fate| *fate == Fate::Live);
        let ended = of(|fate| matches!(fate, Fate::Ended(..)));
        if live.is_empty() {
            return self.log_in(node).await;
        }
        let at = live[self.dice.index(live.len())];
        match self.dice.below(20) {
            0..8 => self.check(node, at).await,
            8..11 if !ended.is_empty() => {
                let at = ended[self.dice.index(ended.len())];
                self.check_ended(node, at).await;
            }
            11..13 if live.len() < LIVE => self.log_in(node).await,
            13..15 => self.end(node, at).await,
            _ => self.refresh(node, at).await,
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap()
    }

    async fn log_in(&mut self, node: usize) {
        let body = json!({
            "identifier": self.name,
            "password": PASSWORD,
            "credentials": ["cookie", "tokens"],
        });
        let call = self.nodes[node].post("/api/v1/login").json(&body);
        let (asked, answer) = (now(), call.try_send().await.ok());
        if !self.history().note(Ask::LogIn, asked, answer.as_ref()) {
            return must_be_outage(answer.as_ref());
        }
        self.kept.push(Kept {
            login: answer.unwrap().login(),
            fate: Fate::Live,
            refreshes: 0,
            refresh_doubtful: false,
        });
    }

    async fn check(&self, node: usize, at: usize) {
        let call = self.nodes[node].get("/authz/forward");
        let call = call.cookie(&self.kept[at].login.cookie);
        let (asked, answer) = (now(), call.try_send().await.ok());
        if !self.history().note(Ask::Check, asked, answer.as_ref()) {
            must_be_outage(answer.as_ref());
        }
    }

    /// Where it was ended it is over since then; elsewhere soon.
    async fn check_ended(&self, node: usize, at: usize) {
        let kept = &self.kept[at];
        let Fate::Ended(by, since) = kept.fate else {
            return;
        };
        let must_know = node == by || since.elapsed() > TOLD;
        let call = self.nodes[node].get("/authz/forward");
        let answer = call.cookie(&kept.login.cookie).try_send().await;
        if let Ok(answer) = answer
            && must_know
        {
            assert!(
                [401, 503].contains(&answer.status),
                "it was ended: {answer:?}"
            );
        }
    }

    async fn try_refresh(&self, node: usize, token: &str) -> Option<Answer> {
        let body = json!({"refresh_token": token});
        let call = self.nodes[node].post("/api/v1/refresh").json(&body);
        let (asked, answer) = (now(), call.try_send().await.ok());
        self.history().note(Ask::Refresh, asked, answer.as_ref());
        answer
    }

    async fn refresh(&mut self, node: usize, at: usize) {
        let token = self.kept[at].login.refresh.clone();
        let answer = self.try_refresh(node, &token).await;
        match answer {
            Some(answer) if answer.status == 200 => self.take_successor(at, &token, &answer),
            other => {
                must_be_outage(other.as_ref());
                self.kept[at].refresh_doubtful = true;
            }
        }
    }

    /// A refresh token has one successor, whenever and wherever it is asked for.
    fn take_successor(&mut self, at: usize, token: &str, answer: &Answer) {
        let successor = answer.text("/refresh_token");
        let known = self.successors.entry(token.to_owned());
        let known = known.or_insert_with(|| successor.clone());
        assert_eq!(*known, successor, "a refresh token was spent twice");
        let kept = &mut self.kept[at];
        if kept.login.refresh == token {
            kept.login.refresh = successor;
            kept.refreshes += 1;
            kept.refresh_doubtful = false;
        }
    }

    async fn end(&mut self, node: usize, at: usize) {
        let login = &self.kept[at].login;
        let call = match self.dice.below(2) {
            0 => self.nodes[node].post("/api/v1/logout"),
            _ => self.nodes[node].delete(&format!("/api/v1/sessions/{}", login.session)),
        };
        let call = call.cookie(&login.cookie);
        let (asked, answer) = (now(), call.try_send().await.ok());
        self.kept[at].fate = if self.history().note(Ask::End, asked, answer.as_ref()) {
            Fate::Ended(node, now())
        } else {
            must_be_outage(answer.as_ref());
            Fate::Doubtful
        };
    }

    /// Everything acknowledged is so on every node, and everything else happened or did not.
    pub(crate) async fn look(&mut self, database: &PostgresDatabase) {
        for at in 0..self.kept.len() {
            match self.kept[at].fate {
                Fate::Ended(..) => self.is_over(at).await,
                Fate::Live => self.is_live(at, database).await,
                Fate::Doubtful => {
                    let me = self.nodes[0].me(&self.kept[at].login.cookie).await;
                    if me.status == 200 {
                        self.kept[at].fate = Fate::Live;
                        self.is_live(at, database).await;
                    } else {
                        self.history().happened += 1;
                        self.is_over(at).await;
                    }
                }
            }
        }
    }

    async fn is_over(&self, at: usize) {
        let login = &self.kept[at].login;
        for node in &self.nodes {
            let me = node.me(&login.cookie).await;
            assert_eq!(me.status, 401, "{me:?}");
            let me = node.me_by_token(&login.access).await;
            assert_eq!(me.status, 401, "{me:?}");
        }
    }

    async fn is_live(&mut self, at: usize, database: &PostgresDatabase) {
        let kept = &self.kept[at];
        for node in &self.nodes {
            let me = node.me(&kept.login.cookie).await.expect(200);
            assert_eq!(me.text("/session/id"), kept.login.session);
        }
        // The counter has moved once for each acknowledged use, and once at most for a doubtful one.
        let (grant, least) = (&kept.login.grant, 1 + kept.refreshes);
        let counter = database.sql(&format!(
            "SELECT generation FROM grants WHERE id = '{grant}'"
        ));
        let counter: u64 = counter.parse().unwrap();
        let most = least + u64::from(kept.refresh_doubtful);
        assert!(
            (least..=most).contains(&counter),
            "{least} {counter} {most}"
        );
        if counter > least {
            self.history().happened += 1;
        }
        // The newest token that is known works on every node, and gives the same on each.
        let newest = kept.login.refresh.clone();
        for node in 0..self.nodes.len() {
            let answer = self.try_refresh(node, &newest).await;
            self.take_successor(at, &newest, &answer.unwrap().expect(200));
        }
    }
}

/// No answer, or one that says that the store is the reason (to proxies: that nothing can be known);
/// never that nobody is logged in.
fn must_be_outage(answer: Option<&Answer>) {
    if let Some(answer) = answer {
        assert_eq!(answer.status, 503, "{answer:?}");
        let honest = ["store_unavailable", "unavailable", "busy"];
        assert!(honest.contains(&answer.code().as_str()), "{answer:?}");
    }
}
