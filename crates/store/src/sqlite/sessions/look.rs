//! Reading the sessions of cookies that come at the same time: one snapshot for all of them, and those who
//! ask are woken together.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use rusqlite::Connection;
use symbolon_core::{
    secret::CookieHash,
    store::{SessionView, StoreError},
};
use tokio::sync::oneshot;

use crate::sqlite::{
    damage::Met,
    failure::Failure,
    readers::{Readers, on_snapshot, unanswered},
    rows,
};

type Found = Option<SessionView>;

/// A cookie that was shown, and whom to tell whose it is.
#[derive(Debug)]
struct Shown {
    cookie: CookieHash,
    origin: String,
    answer: oneshot::Sender<Result<Found, StoreError>>,
}

/// What one reader will read at once; nothing when one has begun. Should it be dropped before, so are all
/// in it, and nobody waits for ever.
#[derive(Debug)]
struct Batch(Mutex<Option<Vec<Shown>>>);

impl Batch {
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Shown>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody can be added any more.
    fn begin(&self) -> Vec<Shown> {
        self.lock().take().unwrap_or_default()
    }
}

/// Reads that are taken together at most, so that all readers have their share and the first does not wait for long.
const MOST: usize = 64;

/// Takes reads into batches.
#[derive(Debug)]
pub(in crate::sqlite) struct Looks {
    /// The batch that no reader has begun and that is not full, if there is one.
    open: Mutex<Weak<Batch>>,
    readers: Arc<Readers>,
    damage: Arc<Met>,
}

impl Looks {
    pub(in crate::sqlite) fn new(readers: Arc<Readers>, damage: Arc<Met>) -> Self {
        Self {
            open: Mutex::default(),
            readers,
            damage,
        }
    }

    /// The session of a cookie that was set at `origin`, and its account.
    pub(in crate::sqlite) async fn ask(
        &self,
        cookie: CookieHash,
        origin: &str,
    ) -> Result<Found, StoreError> {
        let (answer, answered) = oneshot::channel();
        let shown = Shown {
            cookie,
            origin: origin.to_owned(),
            answer,
        };
        if let Some(batch) = self.add(shown) {
            let (readers, damage) = (Arc::clone(&self.readers), Arc::clone(&self.damage));
            let look = Look {
                batch,
                readers,
                damage,
            };
            self.readers.begin(Box::new(move |conn| look.answer(conn)));
        }
        self.damage
            .noting(answered.await.map_err(|_| unanswered())?)
    }

    /// Adds it to the open batch, or opens one that is to be given to the readers.
    fn add(&self, shown: Shown) -> Option<Arc<Batch>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(batch) = open.upgrade()
            && let Some(waiting) = &mut *batch.lock()
            && waiting.len() < MOST
        {
            waiting.push(shown);
            return None;
        }
        let batch = Arc::new(Batch(Mutex::new(Some(vec![shown]))));
        *open = Arc::downgrade(&batch);
        Some(batch)
    }
}

/// Tells all the same.
fn tell(batch: Vec<Shown>, error: &StoreError) {
    for shown in batch {
        // A caller that has gone away needs no answer.
        let _gone = shown.answer.send(Err(error.clone()));
    }
}

/// A batch, and what its failure needs.
struct Look {
    batch: Arc<Batch>,
    readers: Arc<Readers>,
    damage: Arc<Met>,
}

impl Look {
    /// Reads and answers all of the batch; answers whether the connection is still good.
    fn answer(self, conn: Result<&Connection, StoreError>) -> bool {
        let batch = self.batch.begin();
        let conn = match conn {
            Ok(conn) => conn,
            Err(error) => {
                tell(batch, &error);
                return false;
            }
        };
        let shown = batch.iter().map(|one| (&one.cookie, one.origin.as_str()));
        let read = || on_snapshot(conn, |conn| rows::session::views_by_cookies(conn, shown));
        let failure = match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok(found)) => {
                for (shown, found) in batch.into_iter().zip(found) {
                    let _gone = shown.answer.send(Ok(found));
                }
                return true;
            }
            Ok(Err(failure)) => Some(failure),
            Err(_panic) => None,
        };
        let good = failure.as_ref().is_some_and(|failure| !failure.is_fatal());
        let others_wait = failure.as_ref().is_some_and(Failure::is_busy);
        let error = failure.map_or_else(unanswered, Failure::into_store_error);
        if batch.len() < 2 || others_wait {
            tell(batch, &error);
            return good;
        }
        // What is wrong with one row or page is no failure of the others: each has a reader's attention
        // for itself. That something was damaged is noted, even if it can be read then.
        drop(self.damage.noting::<()>(Err(error)));
        for shown in batch {
            self.alone(shown);
        }
        good
    }

    fn alone(&self, shown: Shown) {
        let (cookie, origin) = (shown.cookie, shown.origin);
        if !shown.answer.is_closed() {
            self.readers.answer(shown.answer, move |conn| {
                rows::session::view_by_cookie(conn, &cookie, &origin)
            });
        }
    }
}
