//! A disk that is really full and writes that really fail: nothing is half-written, nobody is told
//! of it, reading goes on, and the store recovers by itself.
//!
//! Each test runs itself once more as a process of its own: one inside a mount namespace with a
//! tiny file system, one with a limit on the size of its files.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]
#![cfg(target_os = "linux")]

use std::{path::Path, process::Command, sync::Arc};

use symbolon_core::{
    model::AuditContext,
    store::{
        AccountStore, Change, ChangeOutcome, ChangeStore, CreateAccount, GrantStore, LogStore,
        Rotation, SessionStore, StoreError,
    },
};
use symbolon_protocol::EndReason;
use symbolon_store::sqlite::{SqliteOptions, SqliteStore};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy,
    contract::Made,
    fixtures::{horizon, refresh},
};

const INSIDE: &str = "SYMBOLON_TEST_INSIDE";

/// Runs one test of this file again, behind `wrapper`. Answers whether it is that inner run.
fn is_inside(test: &str, wrapper: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let (program, arguments) = wrapper.split_first().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("1 passed"), "{text}\n{errors}");
    false
}

struct World {
    store: Arc<SqliteStore>,
    observer: Arc<RecordingObserver>,
    make: Fixtures,
    made: Made,
    generation: u64,
}

impl World {
    async fn new(path: &Path) -> Self {
        let observer = Arc::new(RecordingObserver::default());
        let store = SqliteStore::open(
            SqliteOptions::new(path),
            Arc::new(SeededEntropy::new(1)),
            observer.clone(),
        )
        .unwrap();
        let make = Fixtures::default();
        let now = make.now();
        let account = make.account("ada");
        let new = make.session_with_grant(account.id);
        let made = Made::of(&new, &make);
        store
            .create_account(account, AuditContext::system(), now)
            .await
            .unwrap();
        store.create_session(new, horizon(now), now).await.unwrap();
        // A reader that is at work keeps the write-ahead log from being tidied away.
        store.session(made.session).await.unwrap();
        Self {
            store,
            observer,
            make,
            made,
            generation: 1,
        }
    }

    async fn refresh(&self) -> Result<Rotation, StoreError> {
        let now = self.make.now();
        let rotate = refresh(self.made.grant, self.generation);
        self.store
            .rotate(rotate, horizon(now), AuditContext::system(), now)
            .await
    }

    /// Writes until it fails; what was acknowledged is counted.
    async fn write_until_it_fails(&mut self) -> StoreError {
        loop {
            match self.refresh().await {
                Ok(Rotation::Rotated(_)) => self.generation += 1,
                Ok(other) => panic!("{other:?}"),
                Err(error) => return error,
            }
        }
    }

    /// The disk does not take anything now.
    async fn assert_intact_and_readable(&self) {
        let now = self.make.now();
        let change = Change::EndSession {
            session: self.made.session,
            owner: None,
        };
        let ended = self
            .store
            .change(self.make.change(change, EndReason::Logout))
            .await;
        assert!(is_outage(&ended.clone().map(drop)), "{ended:?}");
        let account = self.make.account("grace");
        let created = self
            .store
            .create_account(account, AuditContext::system(), now)
            .await;
        assert!(is_outage(&created.clone().map(drop)), "{created:?}");
        let view = self
            .store
            .session(self.made.session)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            self.store
                .live_sessions(view.account.id, now)
                .await
                .unwrap()
                .len(),
            1
        );
        let grant = self.store.grant(self.made.grant).await.unwrap().unwrap();
        assert_eq!(grant.generation, self.generation);
        assert!(grant.is_live(now));
        assert_eq!(self.store.accounts(None, 10).await.unwrap().len(), 1);
        assert_eq!(self.store.revocations_after(0, 10).await, Ok(Vec::new()));
        assert!(self.observer.seen().is_empty());
    }

    /// The disk takes everything again.
    async fn assert_recovered(&mut self) {
        let now = self.make.now();
        assert_eq!(self.store.check_writable(now).await, Ok(()));
        let rotation = self.refresh().await.unwrap();
        assert!(matches!(rotation, Rotation::Rotated(_)), "{rotation:?}");
        self.generation += 1;
        let account = self.make.account("grace");
        let created = self
            .store
            .create_account(account, AuditContext::system(), now)
            .await;
        assert_eq!(created, Ok(CreateAccount::Created));
        let change = Change::EndSession {
            session: self.made.session,
            owner: None,
        };
        let ended = self
            .store
            .change(self.make.change(change, EndReason::Logout))
            .await
            .unwrap();
        let ChangeOutcome::Applied(applied) = ended else {
            panic!("{ended:?}");
        };
        assert_eq!(applied.revocations.len(), 1);
        assert!(applied.revocations.iter().all(|one| one.entry.seq == 1));
        assert_eq!(self.observer.seen(), applied.revocations);
    }
}

fn is_outage(answer: &Result<(), StoreError>) -> bool {
    matches!(
        answer,
        Err(StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_))
    )
}

const NAMESPACE: [&str; 5] = ["unshare", "--user", "--map-root-user", "--mount", "--"];

fn has_namespaces() -> bool {
    let (program, arguments) = NAMESPACE.split_first().unwrap();
    let probe = Command::new(program).args(arguments).arg("true").status();
    probe.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn a_full_disk_is_an_outage_that_passes() {
    if std::env::var_os(INSIDE).is_none() && !has_namespaces() {
        eprintln!("not run: this system gives no mount namespaces");
        return;
    }
    if !is_inside("a_full_disk_is_an_outage_that_passes", &NAMESPACE) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(mounted.success());
    let path = dir.path().join("symbolon.db");
    let filler = dir.path().join("filler");
    let mut world = World::new(&path).await;
    for _ in 0..3 {
        // Takes all that is left.
        let full = std::fs::write(&filler, vec![0_u8; 4 << 20]).err().unwrap();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        let error = world.write_until_it_fails().await;
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        world.assert_intact_and_readable().await;
        std::fs::remove_file(&filler).unwrap();
        let rotation = world.refresh().await.unwrap();
        assert!(matches!(rotation, Rotation::Rotated(_)), "{rotation:?}");
        world.generation += 1;
    }
    world.assert_recovered().await;
    world.store.close().await;
    let state = world.make.now();
    assert_eq!(
        reopened_generation(&path, &world).await,
        world.generation,
        "{state:?}"
    );
}

/// A write in the middle of a commit fails with an I/O error, not with "full".
#[tokio::test]
async fn a_failing_write_is_an_outage_that_passes() {
    // A process over its limit gets a signal; ignored, the write fails instead.
    let ignoring = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
    if !is_inside("a_failing_write_is_an_outage_that_passes", &ignoring) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("symbolon.db");
    let mut world = World::new(&path).await;
    let wal = dir.path().join("symbolon.db-wal");
    for pages in 0..6 {
        limit_growth(&wal, pages);
        let error = world.write_until_it_fails().await;
        assert!(is_outage(&Err(error.clone())), "{error:?}");
        world.assert_intact_and_readable().await;
        limit_files(None);
        let rotation = world.refresh().await.unwrap();
        assert!(matches!(rotation, Rotation::Rotated(_)), "{rotation:?}");
        world.generation += 1;
    }
    // There is room for the small write that settles what became of the big one.
    limit_growth(&wal, 3);
    let account = world.make.account("grace");
    let created = world
        .store
        .create_account(account, AuditContext::system(), world.make.now())
        .await;
    assert!(
        matches!(created, Err(StoreError::Unavailable(_))),
        "{created:?}"
    );
    limit_files(None);
    world.assert_recovered().await;
    world.store.close().await;
    assert_eq!(reopened_generation(&path, &world).await, world.generation);
}

/// The write-ahead log can grow by this many pages. The limit is not on a page's border, so that
/// some of the next one is written.
fn limit_growth(wal: &Path, pages: u64) {
    let size = std::fs::metadata(wal).unwrap().len();
    limit_files(Some(size + pages * 4120 + 1000));
}

fn limit_files(bytes: Option<u64>) {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
}

async fn reopened_generation(path: &Path, world: &World) -> u64 {
    let observer = Arc::new(RecordingObserver::default());
    let entropy = Arc::new(SeededEntropy::new(2));
    let store = SqliteStore::open(SqliteOptions::new(path), entropy, observer).unwrap();
    let grant = store.grant(world.made.grant).await.unwrap().unwrap();
    store.close().await;
    grant.generation
}
