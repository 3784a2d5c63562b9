//! Bits that turned over, and files that end too early: the database is refused, or answers with an
//! error, or with what was acknowledged. An end is never forgotten, neither by its session nor by the
//! log.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot be set up fails, and says what it found"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use symbolon_core::{
    entropy::EntropyExt as _,
    model::{AuditContext, GrantState, Revocation, SessionState},
    store::{
        AccountStore, Change, ChangeOutcome, ChangeStore, GrantStore, LogStore, Rotation,
        SessionStore, StoreError,
    },
};
use symbolon_protocol::{AccountId, EndReason, GrantId, SessionId};
use symbolon_store::sqlite::{OpenError, SqliteOptions, SqliteStore, check};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy, TestClock,
    fixtures::{horizon, refresh},
};
use tempfile::TempDir;

const DATABASE: &str = "symbolon.db";
const LOG: &str = "symbolon.db-wal";
const INDEX: &str = "symbolon.db-shm";

/// Damages of each kind; `SYMBOLON_TEST_DAMAGES` is another number.
const DAMAGES: u64 = 60;

fn damages() -> u64 {
    let number = std::env::var("SYMBOLON_TEST_DAMAGES").ok();
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(DAMAGES)
}

fn open(path: &Path) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(
        SqliteOptions::new(path),
        Arc::new(SeededEntropy::new(1)),
        Arc::new(RecordingObserver::default()),
    )
}

/// What was acknowledged of one session.
struct Known {
    account: AccountId,
    session: SessionId,
    grant: GrantId,
    is_over: bool,
    generation: u64,
}

/// A database's files, and what was acknowledged.
struct World {
    files: TempDir,
    known: Vec<Known>,
    log: Vec<Revocation>,
}

impl World {
    /// `closed`: all in one file; else as a kill leaves it, a part of it in the file and a part in the
    /// log.
    async fn new(closed: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir.path().join(DATABASE)).unwrap();
        let make = Fixtures::default();
        let now = make.now();
        let mut known = Vec::new();
        for number in 0..40 {
            if number == 20 {
                store.close().await;
                store = open(&dir.path().join(DATABASE)).unwrap();
            }
            known.push(one(&store, &make, number).await);
        }
        // The last transaction is one whose loss nobody would see.
        store.check_writable(now).await.unwrap();
        let log = store.revocations_after(0, 1000).await.unwrap();
        let files = tempfile::tempdir().unwrap();
        if closed {
            store.close().await;
        }
        copy(dir.path(), files.path());
        Self { files, known, log }
    }

    /// A copy that may be damaged.
    fn copy(&self) -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        copy(self.files.path(), dir.path());
        let path = dir.path().join(DATABASE);
        (dir, path)
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.files.path().join(file)).unwrap()
    }

    /// What a damaged copy does to those who rely on it.
    async fn harm(&self, path: &Path) -> Harm {
        let store = match open(path) {
            Ok(store) => store,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return Harm::Refused;
            }
        };
        let mut harm = Harm::None;
        match store.revocations_after(0, 1000).await {
            Ok(log) => assert_eq!(log, self.log, "the log says something else"),
            Err(error) => harm = harm.error(&error),
        }
        for known in &self.known {
            match store.session(known.session).await {
                Ok(view) => {
                    let view = view.expect("a session was forgotten");
                    let is_over = view.session.state != SessionState::Active;
                    assert_eq!(is_over, known.is_over, "the end of a session");
                    assert_eq!(view.account.id, known.account, "whose session it is");
                }
                Err(error) => harm = harm.error(&error),
            }
            match store.grant(known.grant).await {
                Ok(grant) => {
                    let grant = grant.expect("a grant was forgotten");
                    let is_over = grant.state != GrantState::Active;
                    assert_eq!(is_over, known.is_over, "the end of a grant");
                    if grant.generation != known.generation {
                        harm = Harm::Unnoticed;
                    }
                }
                Err(error) => harm = harm.error(&error),
            }
        }
        store.close().await;
        harm
    }
}

/// An account with a session that was refreshed twice; every second one was ended.
async fn one(store: &SqliteStore, make: &Fixtures, number: u64) -> Known {
    let now = make.now();
    let context = AuditContext::system;
    let account = make.account(&format!("user{number}"));
    let new = make.session_with_grant(account.id);
    let (account_id, session) = (account.id, new.session.id);
    let grant = new.grant.as_ref().unwrap().id;
    store.create_account(account, context(), now).await.unwrap();
    store.create_session(new, horizon(now), now).await.unwrap();
    for generation in 1..3 {
        let rotate = refresh(grant, generation);
        let rotated = store.rotate(rotate, horizon(now), context(), now).await;
        assert!(matches!(rotated, Ok(Rotation::Rotated(_))));
    }
    let is_over = number % 2 == 1;
    if is_over {
        let change = Change::EndSession {
            session,
            owner: None,
        };
        let ended = store.change(make.change(change, EndReason::Logout)).await;
        assert!(matches!(ended, Ok(ChangeOutcome::Applied(_))));
    }
    Known {
        account: account_id,
        session,
        grant,
        is_over,
        generation: 3,
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    None,
    /// It does not start.
    Refused,
    /// It starts, and some answers are errors.
    Errors,
    /// It answers something else: a bit inside of a number that no check covers.
    Unnoticed,
}

impl Harm {
    fn error(self, error: &StoreError) -> Self {
        assert!(
            matches!(
                error,
                StoreError::Damaged(_) | StoreError::Inconsistent { .. }
            ),
            "{error}"
        );
        match self {
            Self::Unnoticed => self,
            _ => Self::Errors,
        }
    }
}

/// How often each harm was done.
#[derive(Debug, Default)]
struct Tally {
    none: u64,
    refused: u64,
    errors: u64,
    unnoticed: u64,
}

impl Tally {
    fn count(&mut self, harm: Harm) {
        let count = match harm {
            Harm::None => &mut self.none,
            Harm::Refused => &mut self.refused,
            Harm::Errors => &mut self.errors,
            Harm::Unnoticed => &mut self.unnoticed,
        };
        *count += 1;
    }
}

/// A place below `bound`.
fn place(chance: &SeededEntropy, bound: usize) -> usize {
    usize::try_from(u64::from_le_bytes(chance.bytes()) % bound as u64).unwrap()
}

/// Turns one bit of a file over, at many places, with some files missing.
async fn turn_bits(world: &World, file: &str, missing: &[&str], seed: u64) -> Tally {
    let chance = SeededEntropy::new(seed);
    let bytes = world.bytes(file);
    let mut tally = Tally::default();
    for _ in 0..damages() {
        let (dir, path) = world.copy();
        for missing in missing {
            fs::remove_file(dir.path().join(missing)).unwrap();
        }
        let bit = place(&chance, bytes.len() * 8);
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(dir.path().join(file), damaged).unwrap();
        println!("{file}: byte {}, bit {}", bit / 8, bit % 8);
        tally.count(world.harm(&path).await);
    }
    println!("{file} without {missing:?}: {tally:?}");
    tally
}

#[tokio::test]
async fn a_bit_of_a_closed_database() {
    let world = World::new(true).await;
    let tally = turn_bits(&world, DATABASE, &[], 1).await;
    assert!(tally.refused > 0 && tally.none > 0, "{tally:?}");
}

#[tokio::test]
async fn a_bit_of_a_killed_database() {
    let world = World::new(false).await;
    let tally = turn_bits(&world, DATABASE, &[], 2).await;
    assert!(tally.refused > 0 && tally.none > 0, "{tally:?}");
}

/// Every bit of the log is covered, by its own checksums and by what the index remembers.
#[tokio::test]
async fn a_bit_of_a_write_ahead_log() {
    let world = World::new(false).await;
    let tally = turn_bits(&world, LOG, &[], 3).await;
    assert_eq!((tally.errors, tally.unnoticed), (0, 0), "{tally:?}");
    assert!(tally.refused > damages() / 2, "{tally:?}");
}

/// As after a loss of power: what was committed later tells of the damage.
#[tokio::test]
async fn a_bit_of_a_write_ahead_log_without_its_index() {
    let world = World::new(false).await;
    let tally = turn_bits(&world, LOG, &[INDEX], 4).await;
    assert_eq!((tally.errors, tally.unnoticed), (0, 0), "{tally:?}");
    assert!(tally.refused > damages() / 2, "{tally:?}");
}

#[tokio::test]
async fn a_bit_of_the_logs_index_does_no_harm() {
    let world = World::new(false).await;
    let tally = turn_bits(&world, INDEX, &[], 5).await;
    assert_eq!(tally.none, damages(), "{tally:?}");
}

fn is_damaged(error: Option<OpenError>, named: &str) -> bool {
    match error {
        Some(OpenError::Damaged(found)) => found.contains(named),
        _ => false,
    }
}

/// Wherever it ends, and whatever it is left with.
#[tokio::test]
async fn a_database_that_ends_too_early_is_refused() {
    let chance = SeededEntropy::new(6);
    for closed in [true, false] {
        let world = World::new(closed).await;
        let bytes = world.bytes(DATABASE);
        for cut in 0..damages() {
            let (_dir, path) = world.copy();
            let len = match cut {
                0 => 0,
                _ => place(&chance, bytes.len()),
            };
            fs::write(&path, &bytes[..len]).unwrap();
            let harm = world.harm(&path).await;
            // What the log has need not be in the file.
            let is_fine = harm == Harm::Refused || (!closed && harm == Harm::None && len > 0);
            assert!(is_fine, "{len} bytes left of {closed}: {harm:?}");
        }
    }
}

#[tokio::test]
async fn a_write_ahead_log_that_ends_too_early_is_refused() {
    let chance = SeededEntropy::new(7);
    let world = World::new(false).await;
    let bytes = world.bytes(LOG);
    for _ in 0..damages() {
        let (dir, path) = world.copy();
        // With less than a header it is none.
        let len = 33 + place(&chance, bytes.len() - 33);
        fs::write(dir.path().join(LOG), &bytes[..len]).unwrap();
        let refused = open(&path).err();
        assert!(is_damaged(refused, LOG), "{len} bytes of {}", bytes.len());
        // Nothing was touched, so that the next start refuses it, too.
        assert!(is_damaged(open(&path).err(), LOG));
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_missed() {
    let world = World::new(false).await;
    let (_dir, path) = world.copy();
    fs::remove_file(&path).unwrap();
    assert!(is_damaged(open(&path).err(), DATABASE));
    assert!(!path.exists());
}

#[tokio::test]
async fn a_kill_is_no_damage() {
    let world = World::new(false).await;
    for missing in [&[][..], &[INDEX]] {
        let (dir, path) = world.copy();
        for missing in missing {
            fs::remove_file(dir.path().join(missing)).unwrap();
        }
        assert_eq!(check(&path, false).unwrap(), [""; 0]);
        assert_eq!(check(&path, true).unwrap(), [""; 0]);
        assert_eq!(world.harm(&path).await, Harm::None);
    }
}

/// A table that lost its index, and an entry of the log that names something else now.
#[tokio::test]
async fn what_sqlite_does_not_look_for_is_found() {
    let world = World::new(true).await;
    for (damage, finding) in [
        (
            "DROP INDEX sessions_dead",
            "index sessions_dead is not there",
        ),
        (
            "UPDATE revocations SET id = zeroblob(16) WHERE seq = 7",
            "revocations.sum: 7",
        ),
        (
            "PRAGMA foreign_keys = OFF; DELETE FROM accounts WHERE subject = (
                 SELECT min(subject) FROM accounts)",
            "that is not there",
        ),
    ] {
        let (_dir, path) = world.copy();
        let shell = rusqlite::Connection::open(&path).unwrap();
        shell.execute_batch(damage).unwrap();
        shell.close().unwrap();
        let findings = check(&path, false).unwrap();
        let found = findings.iter().any(|found| found.contains(finding));
        assert!(found, "{damage}: {findings:?}");
    }
}

/// Found while the store is open: an error, and not ready from then on.
#[tokio::test]
async fn damage_that_is_met_later_is_told() {
    let world = World::new(true).await;
    let (_dir, path) = world.copy();
    let store = open(&path).unwrap();
    let now = TestClock::START;
    store.check_writable(now).await.unwrap();
    let shell = rusqlite::Connection::open(&path).unwrap();
    let root: i64 = shell
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sessions'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(shell);
    let mut bytes = fs::read(&path).unwrap();
    let page = usize::try_from(root - 1).unwrap() * 4096;
    bytes[page..page + 4096].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let read = store.session(world.known[0].session).await;
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    let ready = store.check_writable(now).await;
    assert!(matches!(ready, Err(StoreError::Damaged(_))), "{ready:?}");
    // What does not lie there is still answered.
    assert_eq!(store.revocations_after(0, 1000).await.unwrap(), world.log);
}
