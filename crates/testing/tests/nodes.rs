//! Two issuers on one PostgreSQL database, against the clock: what they know of each other's readers, and whose
//! clock is wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{future::ready, sync::Arc};

use symbolon_core::{
    Ambient, Entropy, Error, Issuer,
    keys::RotateKeys,
    master_key::MasterKeys,
    model::{AuditContext, KeyPurpose},
    readers::{Committed, PendingReceipt, ReaderName, ReaderPoll, ReceiptState, Waiter},
    secret::Password,
    service::{ClientContext, RegisterRequest},
    store::{Lease, Store},
    tail::LogTail,
};
use symbolon_protocol::{Cursor, JwksHash, Mark, Timestamp};
use symbolon_store::postgres::{PostgresOptions, PostgresStore};
use symbolon_testing::{PostgresDatabase, SeededEntropy, TestClock, settings};

async fn open(database: &PostgresDatabase, clock: &Arc<TestClock>, seed: u64) -> Issuer {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    let tail = Arc::new(LogTail::default());
    let options = PostgresOptions::new(database.url().parse().unwrap());
    let observer = Arc::clone(&tail) as _;
    let store = PostgresStore::open(options, Arc::clone(&entropy), observer).await;
    let store: Arc<dyn Store> = store.unwrap();
    let master = MasterKeys::new(&[zeroize::Zeroizing::new([7; 32])]).unwrap();
    let ambient = Ambient::new(Arc::clone(clock) as _, entropy);
    Issuer::open(settings(), store, tail, master, ambient)
        .await
        .unwrap()
}

/// Two nodes that know of each other.
struct World {
    clock: Arc<TestClock>,
    nodes: [Issuer; 2],
    database: PostgresDatabase,
}

impl World {
    async fn new() -> Self {
        let database = PostgresDatabase::new();
        let clock = Arc::new(TestClock::new());
        // At the end of this function it shows what the database's does, which nobody can set.
        let shown = database.sql("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
        let begun = Timestamp::from_millis(shown.parse().unwrap());
        clock.set(begun.plus_millis(-10_100));
        let nodes = [
            open(&database, &clock, 1).await,
            open(&database, &clock, 2).await,
        ];
        // The second one was started on a store that others had read.
        clock.advance_secs(10);
        let world = Self {
            clock,
            nodes,
            database,
        };
        world.share().await;
        world
    }

    /// What a server does while somebody waits: first the second node, then the first one hears of it.
    async fn share(&self) {
        self.clock.advance_millis(100);
        for node in [&self.nodes[0], &self.nodes[1], &self.nodes[0]] {
            node.share_readers(true).await.unwrap();
        }
    }

    async fn hear(&self) {
        let mut hearing = self.nodes[0].readers().hear();
        assert!(!is_complete(&mut hearing).await);
        self.share().await;
        assert!(is_complete(&mut hearing).await);
    }

    fn committed(&self, seq: u64) -> Committed {
        let mark = Mark([0; 16]);
        Committed {
            head: Cursor { seq, mark },
            ..self.nodes[0].committed()
        }
    }

    fn receipt(&self, seq: u64) -> PendingReceipt<'_> {
        let committed = self.committed(seq);
        self.nodes[0].readers().receipt(committed, Waiter::Admin)
    }
}

/// A poll that was answered.
fn poll(node: &Issuer, instance: &str, applied: u64, jwks: Option<JwksHash>) {
    let name = ReaderName {
        client: "orders".parse().unwrap(),
        instance: instance.to_owned().try_into().unwrap(),
    };
    drop(node.readers().poll(ReaderPoll {
        name,
        applied,
        jwks,
        software: Some("orders/1.2"),
    }));
}

async fn is_complete(pending: &mut PendingReceipt<'_>) -> bool {
    tokio::select! {
        biased;
        () = pending.completed() => true,
        () = ready(()) => false,
    }
}

fn states(pending: PendingReceipt<'_>) -> (bool, Vec<(String, ReceiptState)>) {
    let receipt = pending.write();
    let verifiers = receipt.verifiers.into_iter();
    let states = verifiers.map(|one| (one.name.instance.as_str().to_owned(), one.state));
    (receipt.complete, states.collect())
}

#[tokio::test]
async fn a_receipt_names_the_readers_of_every_node() {
    let world = World::new().await;
    let [a, b] = &world.nodes;
    poll(a, "here", 5, None);
    poll(b, "there", 5, None);
    let mut pending = world.receipt(6);
    poll(a, "here", 6, None);
    // Whatever was told before is not what was asked for.
    assert!(!is_complete(&mut pending).await);
    world.share().await;
    assert!(!is_complete(&mut pending).await);
    world.clock.advance_millis(50);
    poll(b, "there", 6, None);
    world.share().await;
    assert!(is_complete(&mut pending).await);
    let (complete, states) = states(pending);
    assert!(complete);
    let names: Vec<_> = states.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["here", "there"]);
    for (name, state) in states {
        let ReceiptState::Applied { after_ms } = state else {
            panic!("{name}: {state:?}")
        };
        // Less what the way to the database takes.
        let most = if name == "here" { 0 } else { 150 };
        assert!((0..=most).contains(&after_ms), "{name}: {after_ms}");
    }
    // What polls elsewhere counts there alone.
    assert_eq!(
        (a.readers().tally(6).known, b.readers().tally(6).known),
        (1, 1)
    );
}

#[tokio::test]
async fn a_receipt_is_not_complete_before_every_node_has_told() {
    let world = World::new().await;
    let [a, b] = &world.nodes;
    let mut pending = world.receipt(1);
    // The other one is there, and may have readers.
    a.share_readers(false).await.unwrap();
    assert!(!is_complete(&mut pending).await);
    let (complete, told) = states(pending);
    assert!(!complete && told.is_empty());
    // A reader that polls now this node, now that one is one reader.
    let mut pending = world.receipt(3);
    poll(b, "moves", 1, None);
    world.share().await;
    poll(a, "moves", 3, None);
    assert!(is_complete(&mut pending).await);
    assert_eq!(states(pending).1.len(), 1);
    let mut pending = world.receipt(4);
    poll(b, "moves", 4, None);
    world.share().await;
    assert!(is_complete(&mut pending).await);
    assert_eq!(states(pending).1.len(), 1);
}

#[tokio::test]
async fn a_next_key_waits_for_the_readers_of_every_node() {
    let world = World::new().await;
    let [a, b] = &world.nodes;
    let old = b.keys().ring().token_keys().hash;
    let audit = AuditContext::system();
    let rotated = a.rotate_keys(RotateKeys::Orderly, audit).await.unwrap();
    let next = rotated.waiting.first().unwrap();
    let is_active = async || {
        let keys = a.key_list().await.unwrap();
        let mut keys = keys
            .iter()
            .filter(|one| one.key.purpose == KeyPurpose::Token);
        let key = keys.find(|one| one.key.kid == next.kid).unwrap();
        key.key.state.as_str() == "active"
    };
    assert_eq!(a.claim_jobs().await.unwrap(), Lease::Held);
    world.clock.set(next.signs_from);
    b.follow_keys().await.unwrap();
    poll(b, "late", 0, Some(old));
    // Nothing was heard of the other node's readers.
    a.run_jobs().await.unwrap();
    assert!(!is_active().await);
    world.hear().await;
    a.run_jobs().await.unwrap();
    assert!(!is_active().await);
    let keys = a.key_list().await.unwrap();
    let waits = keys.iter().find(|one| one.key.kid == next.kid).unwrap();
    assert_eq!(waits.missing.len(), 1);
    let new = b.keys().ring().token_keys().hash;
    assert_ne!(new, old);
    poll(b, "late", 0, Some(new));
    world.hear().await;
    // It is the first one's turn.
    b.run_jobs().await.unwrap();
    assert!(!is_active().await);
    a.run_jobs().await.unwrap();
    assert!(is_active().await);
}

#[tokio::test]
async fn a_node_whose_clock_is_not_the_databases_is_not_ready() {
    let world = World::new().await;
    let node = &world.nodes[0];
    assert_eq!(node.claim_jobs().await, Ok(Lease::Held));
    world.clock.advance_secs(3_600);
    let store = node.check_ready().await;
    let Err(Error::ClockSkewed { ahead_ms }) = store else {
        panic!("{store:?}")
    };
    assert_eq!(node.clock_skew_ms(), ahead_ms);
    // By such a clock what is in force would be deleted: the jobs are another node's at once.
    let refused = node.claim_jobs().await;
    assert!(
        matches!(refused, Err(Error::ClockSkewed { .. })),
        "{refused:?}"
    );
    assert!(!node.has_jobs());
    assert_eq!(world.database.sql("SELECT count(*) FROM leases"), "0");
    let ready = async |ahead: i64| {
        // By the database's clock, which is this machine's.
        world.clock.advance_millis(ahead - node.clock_skew_ms());
        node.check_ready().await
    };
    assert_eq!(ready(0).await, Ok(()));
    assert_eq!(ready(1_000).await, Ok(()));
    assert_eq!(ready(-1_000).await, Ok(()));
    for ahead in [60_000, -60_000] {
        let refused = ready(ahead).await;
        assert!(
            matches!(refused, Err(Error::ClockSkewed { .. })),
            "{refused:?}"
        );
        assert!((node.clock_skew_ms() - ahead).abs() < 5_000);
    }
}

#[tokio::test]
async fn every_node_offers_the_same_setup_code() {
    let world = World::new().await;
    let [a, b] = &world.nodes;
    let code = async |node: &Issuer| {
        let offered = node.open_setup().await.unwrap().unwrap();
        (offered.code.expose().to_owned(), offered.expires_at)
    };
    let first = code(a).await;
    world.clock.advance_secs(3_599);
    assert_eq!(code(b).await, first);
    // It is over: there is another one, for both.
    world.clock.advance_secs(1);
    let second = code(b).await;
    assert_ne!(second.0, first.0);
    assert_eq!(code(a).await, second);
}

#[tokio::test]
async fn the_jobs_stop_where_they_are_when_the_turn_is_lost() {
    let world = World::new().await;
    let [a, b] = &world.nodes;
    // Two entries that nobody needs any more; the last one always stays.
    world.database.sql(
        "INSERT INTO revocations
         SELECT seq, decode(repeat('00', 16), 'hex'), 'session', decode(repeat('00', 16), 'hex'), NULL,
                'logout', 0, 1
         FROM generate_series(1, 2) AS seq",
    );
    let left = || world.database.sql("SELECT count(*) FROM revocations");
    assert_eq!(a.claim_jobs().await.unwrap(), Lease::Held);
    assert!(a.has_jobs());
    // As when it was suspended for longer than the lease.
    world.database.sql("UPDATE leases SET holder = 'another'");
    a.run_jobs().await.unwrap();
    assert_eq!(left(), "2");
    assert!(!a.has_jobs());
    // Giving back what it does not have takes it from nobody.
    a.release_jobs().await.unwrap();
    let lease = b.claim_jobs().await.unwrap();
    assert!(matches!(lease, Lease::Elsewhere { .. }), "{lease:?}");
    // Of a database's clock that has been set back since.
    world
        .database
        .sql("UPDATE leases SET until = until + 24 * 3600000");
    b.run_jobs().await.unwrap();
    assert_eq!(left(), "1");
    assert!(b.has_jobs());
}

#[tokio::test]
async fn the_traces_of_erased_accounts_are_removed_by_one_node_at_a_time() {
    let world = World::new().await;
    let [a, b] = &world.nodes;
    let erase = async |node: &Issuer, name: &str| {
        let request = RegisterRequest {
            identifier: name.to_owned(),
            password: Password::new("correct horse battery".to_owned()),
            context: ClientContext::default(),
            audit: AuditContext::system(),
        };
        let account = node.register(request).await.unwrap();
        let erased = node.erase_account(account.id, AuditContext::system());
        erased.await.unwrap().traces_removed
    };
    assert!(erase(a, "ada").await);
    // The other one leaves it to the jobs: it was done a moment ago.
    assert!(!erase(b, "grace").await);
    b.claim_jobs().await.unwrap();
    b.run_jobs().await.unwrap();
    let traces = || world.database.sql("SELECT traces FROM symbolon_meta");
    assert_eq!(traces(), "1");
    world.database.sql("UPDATE leases SET until = 0");
    b.run_jobs().await.unwrap();
    assert_eq!(traces(), "0");
}
