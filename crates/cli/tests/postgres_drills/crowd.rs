//! Many members under steady load.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use symbolon_testing::{Api, PostgresDatabase, ServerProcess, api::PASSWORD};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    dice::{self, Dice},
    history::History,
    member::Member,
    stage::until,
};

const MEMBERS: u64 = 8;

/// A crowd that acts.
pub(crate) struct Crowd {
    nodes: Vec<Api>,
    /// Who looks whether everything works.
    probe: String,
    history: Arc<Mutex<History>>,
    stop: watch::Sender<bool>,
    acting: JoinSet<Member>,
}

impl Crowd {
    /// Registers everybody and sets them going.
    pub(crate) async fn gather(servers: &[ServerProcess]) -> Self {
        let nodes: Vec<_> = servers.iter().map(ServerProcess::api).collect();
        let history = Arc::new(Mutex::new(History::default()));
        let (seed, stop) = (dice::seed(), watch::Sender::new(false));
        let mut acting = JoinSet::new();
        static CROWDS: AtomicU64 = AtomicU64::new(0);
        let crowd = CROWDS.fetch_add(1, Ordering::Relaxed);
        let probe = format!("probe-{crowd}");
        servers[0].api().register(&probe).await;
        for number in 0..dice::from_env("SYMBOLON_TEST_USERS", || MEMBERS) {
            let dice = Dice::new(seed ^ (number + 1));
            let name = format!("member-{crowd}-{number}");
            let made = Member::register(nodes.clone(), name, dice, Arc::clone(&history));
            acting.spawn(made.await.act(stop.subscribe()));
        }
        Self {
            nodes,
            probe,
            history,
            stop,
            acting,
        }
    }

    /// Lets them act for so long. A member that was told something wrong ends the test.
    pub(crate) async fn acts(&mut self, time: Duration) {
        let wrong = tokio::time::timeout(time, self.acting.join_next()).await;
        if let Ok(Some(ended)) = wrong {
            drop(ended.unwrap());
        }
    }

    /// Until every node does everything again; how long that took.
    pub(crate) async fn recovers(&self) -> Duration {
        until("recovery", async || {
            for node in &self.nodes {
                let login = node.try_log_in(&self.probe, PASSWORD).await;
                if login.status != 200 {
                    return false;
                }
                let cookie = login.cookie("symbolon");
                let check = node.get("/authz/forward").cookie(&cookie).send().await;
                let end = node.post("/api/v1/logout").cookie(&cookie).send().await;
                if (check.status, end.status) != (200, 200) {
                    return false;
                }
            }
            true
        })
        .await
    }

    /// Stops everybody and looks whether all is as it was acknowledged.
    pub(crate) async fn disperses(mut self, database: &PostgresDatabase) -> History {
        self.stop.send_replace(true);
        while let Some(member) = self.acting.join_next().await {
            member.unwrap().look(database).await;
        }
        let history = Arc::into_inner(self.history).unwrap();
        history.into_inner().unwrap()
    }
}
