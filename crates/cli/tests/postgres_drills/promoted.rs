//! The primary is killed and its standby promoted. The nodes know both by one URL and go to the one
//! that takes writes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use symbolon_testing::{Api, Login, PostgresCluster, PostgresDatabase};
use symbolon_verifier::{Algorithm, Verifier};

use crate::{
    crowd::Crowd,
    stage::{lasting, node, reachable_node, two, until},
};

/// A primary and its standby, and the URL of a database that leads to whichever takes writes.
struct Pair {
    primary: PostgresCluster,
    standby: PostgresCluster,
    database: PostgresDatabase,
    url: String,
}

impl Pair {
    fn start() -> Self {
        let primary = PostgresCluster::start();
        let standby = primary.standby();
        let database = primary.database();
        let (first, name) = (primary.address(), database.name());
        let second = standby.address();
        let (_, second) = second.split_once('@').unwrap();
        let url = format!("{first},{second}/{name}?target_session_attrs=read-write");
        Self {
            primary,
            standby,
            database,
            url,
        }
    }

    /// Kills the primary and promotes the standby; the database there.
    async fn promote(mut self) -> (Self, PostgresDatabase) {
        let promoting = tokio::task::spawn_blocking(move || {
            self.primary.crash();
            self.standby.promote();
            let database = self.standby.followed(&self.database);
            (self, database)
        });
        promoting.await.unwrap()
    }
}

/// With `synchronous_standby_names` nothing that was acknowledged is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promoted_after_synchronous_replication() {
    let pair = Pair::start();
    pair.primary.wait_for_standby();
    let servers = two(&node(&pair.url)).await;
    let mut crowd = Crowd::gather(&servers).await;
    crowd.acts(lasting(Duration::from_secs(1))).await;
    let (pair, database) = pair.promote().await;
    let recovered = crowd.recovers().await;
    crowd.acts(lasting(Duration::from_secs(1))).await;
    let history = crowd.disperses(&database).await;
    history.print("promoted, synchronous", recovered);
    drop((servers, database, pair));
}

/// Everything that says whether a session may go on.
async fn is_accepted(api: &Api, login: &Login) -> bool {
    let cookie = api.get("/authz/forward").cookie(&login.cookie).send();
    let token = api.me_by_token(&login.access);
    let (cookie, token) = tokio::join!(cookie, token);
    cookie.status == 200 || token.status == 200
}

/// Without it, what the standby had not got is lost, but what had been told to be over is accepted
/// neither by a verifier nor by a node that had been told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promoted_after_asynchronous_replication() {
    const SESSIONS: usize = 6;
    let pair = Pair::start();
    let mut a = reachable_node(&pair.url).prepare();
    let issuer = a.issuer();
    let mut b = node(&pair.url).issuer(&issuer).prepare();
    tokio::join!(a.start(), b.start());
    let (at_a, at_b) = (a.api(), b.api());
    at_a.register("alice").await;
    let mut logins = Vec::new();
    for _ in 0..SESSIONS {
        logins.push(at_a.log_in("alice").await);
    }
    let verifier = Verifier::builder(&issuer)
        .audience(&issuer)
        .algorithms([Algorithm::EdDSA])
        .build()
        .await
        .unwrap();
    for login in &logins {
        let _ = verifier.verify(&login.access).unwrap();
        let _ = at_b.me(&login.cookie).await.expect(200);
    }
    // From here on everything is lost, but was acknowledged.
    pair.standby.stop_following();
    let lost_login = at_b.log_in("alice").await;
    let kept = logins.split_off(SESSIONS / 2);
    for login in &logins {
        let end = at_a.post("/api/v1/logout").cookie(&login.cookie);
        let _ = end.send().await.expect(200);
    }
    let spent = kept[0].refresh.clone();
    let lost_refresh = at_a.refresh(&spent).await.expect(200);
    let lost_refresh = lost_refresh.text("/refresh_token");
    until("both are told", async || {
        let at_b = at_b.me(&logins[0].cookie).await.status;
        at_b == 401
            && logins
                .iter()
                .all(|login| verifier.verify(&login.access).is_err())
    })
    .await;

    let (pair, database) = pair.promote().await;
    let is_over = async |times: u32| {
        for _ in 0..times {
            for login in &logins {
                assert!(
                    !is_accepted(&at_a, login).await,
                    "a node accepts what it ended"
                );
                assert!(
                    !is_accepted(&at_b, login).await,
                    "a node accepts what it was told"
                );
                assert!(
                    verifier.verify(&login.access).is_err(),
                    "a verifier accepts it"
                );
            }
        }
    };
    is_over(5).await;
    let live = |login: &Login| {
        let sql = format!(
            "SELECT count(*) FROM sessions WHERE id = '{}' AND ended_at IS NULL",
            login.session
        );
        database.sql(&sql).parse::<u32>().unwrap()
    };
    let revived: u32 = logins.iter().map(live).sum();
    assert_eq!(revived as usize, logins.len(), "the rows do not know of it");
    assert_eq!(live(&lost_login), 0);
    // The nodes have found it out, and answer nothing from memory any more.
    until("the nodes notice", async || {
        a.log()
            .contains("is not the one that this node has followed")
            && b.log()
                .contains("is not the one that this node has followed")
    })
    .await;
    is_over(3).await;

    // What the operator is told to do: end everything on the copy that is there, and start again.
    assert!(a.terminate().success() && b.terminate().success());
    let restored = a
        .command()
        .args(["restore", "--in-place", "--yes"])
        .output();
    let restored = restored.unwrap();
    assert!(restored.status.success(), "{restored:?}");
    tokio::join!(a.start(), b.start());
    is_over(2).await;
    let _ = at_a.log_in("alice").await;
    let never = at_b.refresh(&lost_refresh).await;
    assert_eq!(never.status, 401, "{never:?}");
    println!(
        "drilled: promoted, asynchronous: writes {}, lost {}, ends-lost {}, revived 0, spent-twice 0",
        SESSIONS + 1 + logins.len() + 1,
        1 + logins.len() + 1,
        revived,
    );
    drop((a, b, database, pair));
}
