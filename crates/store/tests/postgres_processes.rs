//! Verbs that race in two processes: this test starts itself a second time as the other one.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/node.rs"]
mod node;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use node::Node;
use symbolon_core::{
    model::{AuditContext, SessionStatus},
    store::{
        AccountStore as _, Change, ChangeOutcome, ChangeStore as _, CreateAccount, CreateSession,
        GrantStore as _, LogStore as _, Rotation, SessionStore as _,
    },
};
use symbolon_protocol::{AccountId, EndReason, GrantId, RevocationId};
use symbolon_testing::{
    Fixtures, PostgresDatabase, SeededEntropy, TestClock,
    fixtures::{horizon, refresh},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// Tells the second process where the database is.
const OTHER: &str = "SYMBOLON_TEST_OTHER_PROCESS";
const TASKS: usize = 32;
const ROUNDS: u64 = 6;

fn make(seed: u64) -> Fixtures {
    Fixtures::new(Arc::new(SeededEntropy::new(seed)), TestClock::START)
}

async fn open(url: &str, seed: u64) -> Arc<Node> {
    let node = Node::open(url, seed, |options| {
        options.wait = Duration::from_secs(30);
        options.lock_timeout = Duration::from_secs(30);
        options.statement_timeout = Duration::from_secs(30);
    });
    Arc::new(node.await)
}

/// The second process: does what it is told, a line each, and answers with a line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_process() {
    let Ok(url) = std::env::var(OTHER) else {
        return;
    };
    let (node, make) = (open(&url, 2).await, make(2));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let (verb, argument) = line.split_once(' ').unwrap();
        let answer = match verb {
            "log-in" => log_in_many(&node, &make, argument.parse().unwrap()).await,
            "rotate" => rotate_many(&node, argument.parse().unwrap()).await,
            "name" => take_name(&node, &make, argument).await,
            "end" => end_all(&node, &make, argument.parse().unwrap()).await,
            other => panic!("{other}"),
        };
        println!("answer {answer}");
    }
}

/// Logs in from many tasks; how many made it, by their ids.
async fn log_in_many(node: &Arc<Node>, make: &Fixtures, account: AccountId) -> String {
    let now = make.now();
    let tasks = (0..TASKS).map(|_| {
        let (node, new) = (node.clone(), make.session_with_grant(account));
        tokio::spawn(async move {
            let id = new.session.id;
            let made = node.store.create_session(new, horizon(now), now).await;
            match made.unwrap() {
                CreateSession::Created { .. } => Some(id.to_string()),
                _ => None,
            }
        })
    });
    let mut ids = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        ids.extend(task.await.unwrap());
    }
    ids.join(",")
}

/// Uses one refresh token from many tasks; how many moved the counter.
async fn rotate_many(node: &Arc<Node>, grant: GrantId) -> String {
    let now = TestClock::START;
    let tasks = (0..TASKS).map(|_| {
        let node = node.clone();
        tokio::spawn(async move {
            let audit = AuditContext::system();
            let rotated = node
                .store
                .rotate(refresh(grant, 1), horizon(now), audit, now);
            match rotated.await.unwrap() {
                Rotation::Rotated(_) => 1,
                Rotation::Replayed(_) => 0,
                other => panic!("{other:?}"),
            }
        })
    });
    let mut moved = 0;
    for task in tasks.collect::<Vec<_>>() {
        moved += task.await.unwrap();
    }
    moved.to_string()
}

/// Wants one name from many tasks; how many got it.
async fn take_name(node: &Arc<Node>, make: &Fixtures, name: &str) -> String {
    let now = make.now();
    let tasks = (0..TASKS).map(|_| {
        let (node, new) = (node.clone(), make.account(name));
        tokio::spawn(async move {
            let made = node.store.create_account(new, AuditContext::system(), now);
            usize::from(made.await == Ok(CreateAccount::Created))
        })
    });
    let mut got = 0;
    for task in tasks.collect::<Vec<_>>() {
        got += task.await.unwrap();
    }
    got.to_string()
}

/// Ends all sessions of an account from many tasks; how many entries that appended.
async fn end_all(node: &Arc<Node>, make: &Fixtures, account: AccountId) -> String {
    let tasks = (0..TASKS).map(|_| {
        let change = Change::EndSessions {
            account,
            except: None,
        };
        let request = make.change(change, EndReason::LogoutEverywhere);
        let node = node.clone();
        tokio::spawn(async move {
            match node.store.change(request).await.unwrap() {
                ChangeOutcome::Applied(applied) => applied.revocations.len(),
                other => panic!("{other:?}"),
            }
        })
    });
    let mut entries = 0;
    for task in tasks.collect::<Vec<_>>() {
        entries += task.await.unwrap();
    }
    entries.to_string()
}

/// The second process as the first one sees it.
struct Other {
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Other {
    fn start(url: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_other_process", "--nocapture"])
            .env(OTHER, url)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        }
    }

    async fn tell(&mut self, verb: &str, argument: impl ToString) -> String {
        let line = format!("{verb} {}\n", argument.to_string());
        self.stdin.write_all(line.as_bytes()).await.unwrap();
        loop {
            let line = self.answers.next_line().await.unwrap().unwrap();
            // The harness of the tests says things of its own before.
            if let Some((_, answer)) = line.split_once("answer ") {
                return answer.to_owned();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_agree_on_every_race() {
    let database = PostgresDatabase::new();
    let (node, make) = (open(&database.url(), 1).await, make(1));
    let mut other = Other::start(&database.url());
    let now = make.now();
    for round in 0..ROUNDS {
        // One holder of a name.
        let name = format!("user{round}");
        let (ours, theirs) =
            tokio::join!(take_name(&node, &make, &name), other.tell("name", &name));
        assert_eq!(
            ours.parse::<u32>().unwrap() + theirs.parse::<u32>().unwrap(),
            1
        );
        let named = make.account(&name).identifiers[0].clone();
        let found = node.store.account_for_login(&named).await.unwrap();
        let account = found.unwrap().account.id;

        // One step of a counter.
        let new = make.session_with_grant(account);
        let grant = new.grant.as_ref().unwrap().id;
        node.store
            .create_session(new, horizon(now), now)
            .await
            .unwrap();
        let (ours, theirs) = tokio::join!(rotate_many(&node, grant), other.tell("rotate", grant));
        assert_eq!(
            ours.parse::<u32>().unwrap() + theirs.parse::<u32>().unwrap(),
            1
        );
        let moved = node.store.grant(grant).await.unwrap().unwrap();
        assert_eq!(moved.generation, 2);

        // Log-ins of both while one disables: what was acknowledged is dead and named.
        let change = Change::DisableAccount { account };
        let disable = async {
            // A little later in each round.
            for _ in 0..100 * round {
                tokio::task::yield_now().await;
            }
            node.store
                .change(make.change(change, EndReason::AccountDisabled))
                .await
                .unwrap()
        };
        let (ours, theirs, _) = tokio::join!(
            log_in_many(&node, &make, account),
            other.tell("log-in", account),
            disable
        );
        let log = node.store.revocations_after(0, u32::MAX).await.unwrap();
        let made = ours.split(',').chain(theirs.split(','));
        for id in made.filter(|id| !id.is_empty()) {
            let id = id.parse().unwrap();
            let session = node.store.session(id).await.unwrap().unwrap().session;
            assert_ne!(session.status(now), SessionStatus::Live);
            let named = RevocationId::from(id);
            assert_eq!(log.iter().filter(|one| one.entry.id == named).count(), 1);
        }

        // Everything ends once, whoever ends it.
        let enabled = node
            .store
            .enable_account(account, AuditContext::system(), now);
        assert_eq!(enabled.await, Ok(true));
        let made: BTreeSet<_> = log_in_many(&node, &make, account)
            .await
            .split(',')
            .map(str::to_owned)
            .collect();
        let (ours, theirs) =
            tokio::join!(end_all(&node, &make, account), other.tell("end", account));
        let entries = ours.parse::<usize>().unwrap() + theirs.parse::<usize>().unwrap();
        assert_eq!(entries, made.len());
    }
    let log = node.store.revocations_after(0, u32::MAX).await.unwrap();
    let seqs = log.iter().map(|one| one.entry.seq);
    assert!(seqs.eq(1..=log.len() as u64));
    node.sees(log.len() as u64).await;
    assert_eq!(node.observer.seen(), log);
}
