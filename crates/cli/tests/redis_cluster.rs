//! Two servers with a Redis cluster that loses a master, whose replica takes its place: requests are
//! answered all the while. `cargo xtask drill redis-cluster` does it for every master, again and again.

#[path = "support/dice.rs"]
#[expect(dead_code, reason = "this test needs no seed")]
mod dice;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use symbolon_testing::{
    Api, PostgresDatabase, RedisCluster, ServerProcess, ServerSetup, api::PASSWORD,
};

const ISSUER: &str = "http://127.0.0.1:10000";
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What came of the traffic.
#[derive(Default)]
struct Figures {
    checks: u64,
    log_ins: u64,
    ends: u64,
    slowest: Duration,
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
fn now() -> Instant {
    Instant::now()
}

impl Figures {
    /// One log-in on the first, used on both, ended on the second, refused on both.
    async fn go_round(&mut self, a: &Api, b: &Api, kept: &[String]) {
        let cookie = self.timed(a.try_log_in("alice", PASSWORD)).await;
        let cookie = cookie.expect(200).cookie("symbolon");
        self.log_ins += 1;
        for api in [a, b] {
            for cookie in kept.iter().chain([&cookie]) {
                let check = api.get("/authz/forward").cookie(cookie).send();
                let _ = self.timed(check).await.expect(200);
                self.checks += 1;
            }
        }
        let logout = b.post("/api/v1/logout").cookie(&cookie).send();
        let _ = self.timed(logout).await.expect(200);
        self.ends += 1;
        b.me(&cookie).await.expect_problem(401, "revoked_session");
        let told = now();
        while a.me(&cookie).await.status != 401 {
            assert!(
                told.elapsed() < Duration::from_secs(2),
                "a log-out arrived late"
            );
        }
    }

    async fn timed<T>(&mut self, call: impl Future<Output = T>) -> T {
        let started = now();
        let answer = call.await;
        self.slowest = self.slowest.max(started.elapsed());
        answer
    }
}

async fn in_use(node: &ServerProcess) -> bool {
    node.metric("symbolon_shared_up", &[]).await > 0.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_master_costs_time_and_nothing_else() {
    let rounds = dice::from_env("SYMBOLON_TEST_ROUNDS", || 1);
    let database = PostgresDatabase::new();
    let mut redis = RedisCluster::replicated();
    let start = || {
        let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"));
        let setup = setup.issuer(ISSUER).set("master_key", MASTER_KEY);
        let setup = setup.set("store.url", &database.url());
        setup.set("sessions.url", &redis.url()).start()
    };
    let (first, second) = tokio::join!(start(), start());
    let (a, b) = (first.api(), second.api());
    a.register("alice").await;
    let mut kept = Vec::new();
    for _ in 0..8 {
        kept.push(a.try_log_in("alice", PASSWORD).await.cookie("symbolon"));
    }
    let mut figures = Figures::default();
    let (mut taken_over, mut longest) = (0, Duration::ZERO);
    for round in 0..rounds {
        for master in 0..3_usize {
            // One in each round of a short run: the first that goes is as good as any.
            if rounds == 1 && master > 0 {
                break;
            }
            let lost = now();
            // Whoever of the two is the master of these slots by now.
            let is_master = redis.masters[master].cli(&["ROLE"]).starts_with("master");
            let group = if is_master {
                &mut redis.masters
            } else {
                &mut redis.replicas
            };
            group[master].crash();
            loop {
                figures.go_round(&a, &b, &kept).await;
                // The nodes need not notice it: what was asked of it may be asked of its replica by then.
                let other = if is_master {
                    &redis.replicas
                } else {
                    &redis.masters
                };
                let role = other[master].cli(&["ROLE"]);
                if role.starts_with("master") && in_use(&first).await && in_use(&second).await {
                    break;
                }
                let waited = lost.elapsed();
                assert!(
                    waited < Duration::from_secs(60),
                    "round {round}: {waited:?}, {role}"
                );
            }
            // And what they share is of use again.
            figures.go_round(&a, &b, &kept).await;
            longest = longest.max(lost.elapsed());
            taken_over += 1;
            let group = if is_master {
                &mut redis.masters
            } else {
                &mut redis.replicas
            };
            group[master].restart();
            group[master].until(&["INFO", "replication"], |info| {
                // A busy machine may have had it take over again by now.
                info.contains("master_link_status:up") || info.contains("connected_slaves:1")
            });
        }
    }
    let Figures {
        checks,
        log_ins,
        ends,
        slowest,
    } = figures;
    println!(
        "drilled: a master of three lost: points {taken_over}, checks {checks}, logins {log_ins}, \
         ends {ends}, slowest_ms {}, away_ms {}",
        slowest.as_millis(),
        longest.as_millis()
    );
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}
