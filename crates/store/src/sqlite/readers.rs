//! The threads that read: each has a connection that cannot write, and every query sees one
//! snapshot.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::{Builder, JoinHandle},
    time::Duration,
};

use rusqlite::Connection;
use symbolon_core::store::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::{
    SqliteOptions, connection,
    failure::{Failure, Outcome},
};

/// A query; answers whether the connection is still good.
pub(super) type Query = Box<dyn FnOnce(Result<&Connection, StoreError>) -> bool + Send>;

enum Message {
    Run(Query),
    Stop,
}

/// The handle to the reader threads.
#[derive(Debug)]
pub(super) struct Readers {
    queue: mpsc::Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Starts the threads. Each opens its connection with the first query.
    pub(super) fn start(options: &SqliteOptions) -> io::Result<Self> {
        let (queue, waiting) = mpsc::channel(options.queue.max(1));
        let waiting = Arc::new(Mutex::new(waiting));
        let threads = (0..options.readers.max(1))
            .map(|number| {
                let reader = Reader {
                    path: options.path.clone(),
                    busy_timeout: options.busy_timeout,
                    conn: None,
                };
                let waiting = Arc::clone(&waiting);
                Builder::new()
                    .name(format!("sqlite-read-{number}"))
                    .spawn(move || reader.work(&waiting))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            queue,
            threads: Mutex::new(threads),
        })
    }

    /// Runs a query on one of the threads.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.answer(answer, work);
        answered.await.map_err(|_| unanswered())?
    }

    /// Runs a query on one of the threads, for somebody who waits for its answer.
    pub(super) fn answer<T, F>(&self, answer: oneshot::Sender<Result<T, StoreError>>, work: F)
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        self.begin(Box::new(move |conn| {
            let outcome = conn.map(|conn| on_snapshot(conn, work));
            let good = !matches!(&outcome, Ok(Err(failure)) if failure.is_fatal());
            let result = outcome.and_then(|done| done.map_err(Failure::into_store_error));
            // A caller that has gone away needs no answer.
            let _gone = answer.send(result);
            good
        }));
    }

    /// Leaves a query to one of the threads. If they can take no more it is told so here.
    pub(super) fn begin(&self, query: Query) {
        let (refused, error) = match self.queue.try_send(Message::Run(query)) {
            Ok(()) => return,
            Err(mpsc::error::TrySendError::Full(message)) => (message, StoreError::Saturated),
            Err(mpsc::error::TrySendError::Closed(message)) => (message, closed()),
        };
        if let Message::Run(query) = refused {
            query(Err(error));
        }
    }

    /// Answers what is queued and ends the threads.
    pub(super) async fn close(&self) {
        if self.queue.send(Message::Stop).await.is_err() {
            return;
        }
        let threads: Vec<_> = self
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect();
        let joined = tokio::task::spawn_blocking(|| {
            threads
                .into_iter()
                .filter_map(|thread| thread.join().err())
                .count()
        });
        if joined.await.is_ok_and(|panicked| panicked > 0) {
            tracing::error!("a reader thread of the store had panicked");
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// The thread that had the query is gone, or the query.
pub(super) fn unanswered() -> StoreError {
    StoreError::Unavailable("a reader gave no answer".to_owned())
}

/// Runs a query inside a read transaction.
pub(super) fn on_snapshot<T>(
    conn: &Connection,
    work: impl FnOnce(&Connection) -> Outcome<T>,
) -> Outcome<T> {
    conn.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    let outcome = work(conn);
    if !conn.is_autocommit() {
        conn.prepare_cached("ROLLBACK")?.execute([])?;
    }
    outcome
}

/// One thread's state.
struct Reader {
    path: PathBuf,
    busy_timeout: Duration,
    conn: Option<Connection>,
}

impl Reader {
    fn work(mut self, waiting: &Mutex<mpsc::Receiver<Message>>) {
        loop {
            let message = {
                let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                let message = waiting.blocking_recv();
                if matches!(message, Some(Message::Stop)) {
                    // The others take what is queued and then find nothing.
                    waiting.close();
                }
                message
            };
            match message {
                Some(Message::Run(query)) => self.answer(query),
                Some(Message::Stop) => {}
                None => return,
            }
        }
    }

    fn answer(&mut self, query: Query) {
        let conn = match self.conn.take() {
            Some(conn) => Ok(conn),
            None => connection::open_for_reading(&self.path, self.busy_timeout),
        };
        match conn {
            Ok(conn) => {
                // A query that panics must not take the thread with it.
                let good = catch_unwind(AssertUnwindSafe(|| query(Ok(&conn)))).unwrap_or(false);
                if good && conn.is_autocommit() {
                    self.conn = Some(conn);
                }
            }
            Err(error) => {
                query(Err(Failure::from(error).into_store_error()));
            }
        }
    }
}
