//! Reading the sessions of cookies that come at the same time: one snapshot for all of them, and those who
//! ask are woken together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::Connection;
use symbolon_core::{
    secret::CookieHash,
    store::{SessionView, StoreError},
};
use tokio::sync::oneshot;

use crate::sqlite::{
    failure::Outcome,
    readers::{Query, Readers, on_snapshot, unanswered},
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

/// Takes reads into batches.
#[derive(Debug)]
pub(in crate::sqlite) struct Looks {
    /// The batch that no reader has begun, if there is one.
    open: Mutex<Weak<Batch>>,
    /// How many may wait.
    most: usize,
}

impl Looks {
    pub(in crate::sqlite) fn new(most: usize) -> Self {
        Self {
            open: Mutex::default(),
            most: most.max(1),
        }
    }

    /// The session of a cookie that was set at `origin`, and its account.
    pub(in crate::sqlite) async fn ask(
        &self,
        readers: &Readers,
        cookie: CookieHash,
        origin: &str,
    ) -> Result<Found, StoreError> {
        let (answer, answered) = oneshot::channel();
        let new = self.add(Shown {
            cookie,
            origin: origin.to_owned(),
            answer,
        })?;
        if let Some(batch) = new
            && let Err(error) = readers.begin(look(Arc::clone(&batch)))
        {
            for shown in batch.begin() {
                let _gone = shown.answer.send(Err(error.clone()));
            }
        }
        answered.await.map_err(|_| unanswered())?
    }

    /// Adds it to the open batch, or opens one that is to be given to the readers.
    fn add(&self, shown: Shown) -> Result<Option<Arc<Batch>>, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(batch) = open.upgrade()
            && let Some(waiting) = &mut *batch.lock()
        {
            if waiting.len() >= self.most {
                return Err(StoreError::Saturated);
            }
            waiting.push(shown);
            return Ok(None);
        }
        let batch = Arc::new(Batch(Mutex::new(Some(vec![shown]))));
        *open = Arc::downgrade(&batch);
        Ok(Some(batch))
    }
}

fn look(batch: Arc<Batch>) -> Query {
    Box::new(move |conn| {
        let batch = batch.begin();
        let read = conn.map(|conn| read(conn, &batch));
        let (found, good) = match read {
            Ok(Ok(found)) => found,
            // No snapshot: nobody's is read.
            Ok(Err(failure)) => {
                let good = !failure.is_fatal();
                let error = failure.into_store_error();
                (batch.iter().map(|_| Err(error.clone())).collect(), good)
            }
            Err(error) => (batch.iter().map(|_| Err(error.clone())).collect(), false),
        };
        for (shown, found) in batch.into_iter().zip(found) {
            // A caller that has gone away needs no answer.
            let _gone = shown.answer.send(found);
        }
        good
    })
}

/// What each is told, and whether the connection is still good.
fn read(conn: &Connection, batch: &[Shown]) -> Outcome<(Vec<Result<Found, StoreError>>, bool)> {
    on_snapshot(conn, |conn| {
        let shown = batch.iter().map(|one| (&one.cookie, one.origin.as_str()));
        Ok(match rows::session::views_by_cookies(conn, shown) {
            Ok(found) => (found.into_iter().map(Ok).collect(), true),
            // What is wrong with one row or page is no failure of the others.
            Err(_) => each(conn, batch),
        })
    })
}

fn each(conn: &Connection, batch: &[Shown]) -> (Vec<Result<Found, StoreError>>, bool) {
    let mut good = true;
    let found = batch.iter().map(|shown| {
        let found = rows::session::view_by_cookie(conn, &shown.cookie, &shown.origin);
        found.map_err(|failure| {
            good &= !failure.is_fatal();
            failure.into_store_error()
        })
    });
    let found = found.collect();
    (found, good)
}
