//! A database of which it is known what was acknowledged, and what becomes of that when its files are
//! damaged.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up fails"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use symbolon_core::{
    model::{AuditContext, GrantState, Revocation, SessionState},
    store::{
        AccountStore, Change, ChangeOutcome, ChangeStore, GrantStore, LogStore, Rotation,
        SessionStore, StoreError,
    },
};
use symbolon_protocol::{AccountId, EndReason, GrantId, SessionId};
use symbolon_store::sqlite::{OpenError, SqliteOptions, SqliteStore};
use symbolon_testing::{
    Fixtures, RecordingObserver, SeededEntropy,
    fixtures::{horizon, refresh},
};
use tempfile::TempDir;

pub(crate) const DATABASE: &str = "symbolon.db";
pub(crate) const LOG: &str = "symbolon.db-wal";
pub(crate) const INDEX: &str = "symbolon.db-shm";

pub(crate) fn open(path: &Path) -> Result<Arc<SqliteStore>, OpenError> {
    SqliteStore::open(
        SqliteOptions::new(path),
        Arc::new(SeededEntropy::new(1)),
        Arc::new(RecordingObserver::default()),
    )
}

/// What was acknowledged of one session.
pub(crate) struct Known {
    account: AccountId,
    pub(crate) session: SessionId,
    grant: GrantId,
    is_over: bool,
    generation: u64,
}

/// A database's files, and what was acknowledged.
pub(crate) struct World {
    files: TempDir,
    pub(crate) known: Vec<Known>,
    pub(crate) log: Vec<Revocation>,
}

impl World {
    /// `closed`: all in one file; else as a kill leaves it, a part of it in the file and a part in the
    /// log.
    pub(crate) async fn new(closed: bool) -> Self {
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
    pub(crate) fn copy(&self) -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        copy(self.files.path(), dir.path());
        let path = dir.path().join(DATABASE);
        (dir, path)
    }

    pub(crate) fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.files.path().join(file)).unwrap()
    }

    /// What a damaged copy does to those who rely on it.
    pub(crate) async fn harm(&self, path: &Path) -> Harm {
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
pub(crate) enum Harm {
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
