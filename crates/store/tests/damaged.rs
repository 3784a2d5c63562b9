//! Bits that turned over, and files that end too early: the database is refused, or answers with an
//! error, or with what was acknowledged. An end is never forgotten, neither by its session nor by the
//! log.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot be set up fails, and says what it found"
)]

#[path = "support/acknowledged.rs"]
mod acknowledged;

use std::fs;

use acknowledged::{DATABASE, Harm, INDEX, LOG, World, open};
use symbolon_core::{
    entropy::EntropyExt as _,
    store::{LogStore, SessionStore, StoreError},
};
use symbolon_store::sqlite::{OpenError, check};
use symbolon_testing::{SeededEntropy, TestClock};

/// Damages of each kind; `SYMBOLON_TEST_DAMAGES` is another number.
const DAMAGES: u64 = 60;

fn damages() -> u64 {
    let number = std::env::var("SYMBOLON_TEST_DAMAGES").ok();
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or(DAMAGES)
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

/// Frames of a transaction that was rolled back, behind the last that was committed.
#[tokio::test]
async fn what_a_failed_transaction_left_is_no_damage() {
    let world = World::new(false).await;
    let (dir, path) = world.copy();
    let shell = rusqlite::Connection::open(&path).unwrap();
    let before = fs::metadata(dir.path().join(LOG)).unwrap().len();
    for _ in 0..3 {
        shell
            .execute_batch(
                "PRAGMA cache_size = 10; PRAGMA cache_spill = ON;
                 BEGIN; CREATE TABLE much (x);
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
                 INSERT INTO much SELECT randomblob(4000) FROM n; ROLLBACK;
                 UPDATE meta SET fence = fence + 1;",
            )
            .unwrap();
    }
    let after = fs::metadata(dir.path().join(LOG)).unwrap().len();
    assert!(after > before + 100 * 4096, "{before} {after}");
    // Copied while it is open: a kill.
    let copied = tempfile::tempdir().unwrap();
    for missing in [false, true] {
        for file in [DATABASE, LOG, INDEX] {
            fs::copy(dir.path().join(file), copied.path().join(file)).unwrap();
        }
        if missing {
            fs::remove_file(copied.path().join(INDEX)).unwrap();
        }
        let path = copied.path().join(DATABASE);
        assert_eq!(check(&path, false).unwrap(), [""; 0]);
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
