//! A rolling upgrade under traffic: the schema becomes that of a newer release, and the nodes are replaced one
//! by one, while users log in, are checked, refresh and log out over all of them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use symbolon_store::postgres::{Migration, PostgresOptions, migrate_with};
use symbolon_testing::{
    Answer, Api, Login, PostgresDatabase, SeededEntropy, ServerProcess,
    api::{Call, PASSWORD},
};

use super::{node, until};

/// What a release may do to a schema on which the release before still works: it adds.
const NEXT: Migration = Migration {
    version: 2,
    oldest_compatible: 1,
    sql: "ALTER TABLE accounts ADD COLUMN next_note TEXT;
          ALTER TABLE sessions ADD COLUMN next_count BIGINT NOT NULL DEFAULT 0;
          ALTER TABLE grants ADD COLUMN next_flag BOOLEAN NOT NULL DEFAULT false;
          ALTER TABLE revocations ADD COLUMN next_note TEXT;
          CREATE INDEX grants_next ON grants (account) WHERE next_flag;
          CREATE TABLE next_things (id UUID PRIMARY KEY, account UUID NOT NULL);",
};

/// One after which the release before can no longer work.
const TOO_NEW: Migration = Migration {
    version: 3,
    oldest_compatible: 2,
    sql: "ALTER TABLE next_things ADD COLUMN what TEXT",
};

const USERS: usize = 6;

/// What stands before the nodes: each request goes to the next one that takes connections.
#[derive(Clone)]
struct Balancer {
    nodes: Arc<Mutex<Vec<Api>>>,
    turn: Arc<AtomicU32>,
}

impl Balancer {
    fn next(&self) -> Api {
        let nodes = self.nodes.lock().unwrap();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) as usize;
        nodes[turn % nodes.len()].clone()
    }

    async fn send(&self, call: impl Fn(&Api) -> Call) -> Answer {
        loop {
            match call(&self.next()).try_send().await {
                Ok(answer) => return answer,
                // It has not left: a node that stops takes no more connections.
                Err(error) if error.is_connect() => tokio::task::yield_now().await,
                Err(error) => panic!("a request was lost: {error:?}"),
            }
        }
    }
}

#[derive(Default)]
struct Figures {
    log_ins: u32,
    checks: u32,
    refreshes: u32,
    ends: u32,
}

/// One user's acts until told to stop: what was acknowledged as ended, what as alive.
struct User {
    balancer: Balancer,
    name: String,
    live: Vec<Login>,
    ended: Vec<Login>,
    figures: Figures,
}

impl User {
    async fn act(mut self, stop: Arc<AtomicBool>) -> Self {
        while !stop.load(Ordering::Relaxed) {
            let body = json!({
                "identifier": self.name, "password": PASSWORD, "credentials": ["cookie", "tokens"],
            });
            let answer = self
                .balancer
                .send(|api| api.post("/api/v1/login").json(&body));
            let mut login = answer.await.expect(200).login();
            self.figures.log_ins += 1;
            for _ in 0..3 {
                self.check(&login, 200).await;
                self.refresh(&mut login).await;
            }
            if self.live.len() < 3 {
                self.live.push(login);
                continue;
            }
            let cookie = login.cookie.clone();
            let answer = self
                .balancer
                .send(|api| api.post("/api/v1/logout").cookie(&cookie));
            let _ = answer.await.expect(200);
            self.figures.ends += 1;
            self.ended.push(login);
        }
        self
    }

    async fn check(&mut self, login: &Login, status: u16) {
        let cookie = &login.cookie;
        let answer = self
            .balancer
            .send(|api| api.get("/api/v1/me").cookie(cookie));
        let _ = answer.await.expect(status);
        self.figures.checks += 1;
    }

    async fn refresh(&mut self, login: &mut Login) {
        let body = json!({"refresh_token": login.refresh});
        let answer = self
            .balancer
            .send(|api| api.post("/api/v1/refresh").json(&body));
        login.refresh = answer.await.expect(200).text("/refresh_token");
        self.figures.refreshes += 1;
    }
}

async fn start(database: &PostgresDatabase) -> ServerProcess {
    node(&database.url()).start().await
}

/// As long as users need for so many log-ins.
async fn let_them_act(database: &PostgresDatabase, log_ins: u32) {
    let count = || -> u32 {
        let count = database.sql("SELECT count(*) FROM sessions");
        count.parse().unwrap()
    };
    let before = count();
    until(Duration::from_secs(60), async || {
        count() >= before + log_ins
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_and_nothing_is_lost_while_nodes_are_replaced() {
    let database = PostgresDatabase::new();
    let mut nodes = vec![start(&database).await, start(&database).await];
    let apis = nodes.iter().map(ServerProcess::api).collect();
    let balancer = Balancer {
        nodes: Arc::new(Mutex::new(apis)),
        turn: Arc::default(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let mut users = Vec::new();
    for number in 0..USERS {
        let name = format!("user{number}");
        nodes[0].api().register(&name).await;
        let user = User {
            balancer: balancer.clone(),
            name,
            live: Vec::new(),
            ended: Vec::new(),
            figures: Figures::default(),
        };
        users.push(tokio::spawn(user.act(Arc::clone(&stop))));
    }
    let_them_act(&database, 20).await;
    // As the newer release's first node, or its `symbolon migrate`, does it.
    let options = PostgresOptions::new(database.url().parse().unwrap());
    let before = migrate_with(&options, &SeededEntropy::new(7), &[NEXT]).await;
    assert_eq!(before.unwrap().version, 1);
    let_them_act(&database, 20).await;
    for (place, node) in nodes.iter_mut().enumerate() {
        let newer = start(&database).await;
        // What the newer release keeps in its columns is no concern of the older one's.
        database.sql("UPDATE sessions SET next_count = next_count + 1");
        balancer.nodes.lock().unwrap()[place] = newer.api();
        let mut old = std::mem::replace(node, newer);
        assert!(old.terminate().success());
        let_them_act(&database, 20).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut total = Figures::default();
    for user in users {
        let mut user = user.await.unwrap();
        for mut login in std::mem::take(&mut user.live) {
            user.check(&login, 200).await;
            user.refresh(&mut login).await;
        }
        for login in std::mem::take(&mut user.ended) {
            for node in &nodes {
                let answer = node.api().me(&login.cookie).await;
                answer.expect_problem(401, "revoked_session");
            }
            let answer = nodes[0].api().refresh(&login.refresh).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        total.log_ins += user.figures.log_ins;
        total.checks += user.figures.checks;
        total.refreshes += user.figures.refreshes;
        total.ends += user.figures.ends;
    }
    println!(
        "{} log-ins, {} checks, {} refreshes, {} ends, none failed",
        total.log_ins, total.checks, total.refreshes, total.ends
    );

    // A release that is too old for the schema does not start; those that run go on.
    let migrated = migrate_with(&options, &SeededEntropy::new(7), &[NEXT, TOO_NEW]).await;
    assert_eq!(migrated.unwrap().version, 2);
    let mut too_old = node(&database.url()).prepare();
    too_old.launch();
    let ended = too_old.ready_or_ended().await.unwrap();
    assert_eq!(ended.code(), Some(3), "{}", too_old.log());
    assert!(
        too_old
            .log()
            .contains("needs a release that knows schema 2")
    );
    let _ = nodes[0].api().log_in("user0").await;
}
