//! The thread that writes: group commit.
//!
//! Whatever waits is taken into one transaction; the cost of making it durable is shared by all.
//! The longer a commit takes, the more commands the next one carries.

mod batch;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::{Builder, JoinHandle},
    time::Duration,
};

use rusqlite::Connection;
use symbolon_core::{
    Entropy,
    model::Revocation,
    store::{LogObserver, StoreError},
};
use tokio::sync::{mpsc, oneshot, watch};

use self::batch::{Aborted, Command, Job};
use super::{
    SqliteOptions, connection,
    failure::{Failure, Outcome},
    log, traces,
    tx::Tx,
};

enum Message {
    Run(Box<dyn Command>),
    RemoveTraces(oneshot::Sender<Result<(), StoreError>>),
    Stop,
}

/// The handle to the writer thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    is_tidying: watch::Receiver<bool>,
}

impl Writer {
    /// Starts the thread. `observed` is the last log entry that the observer need not be told of.
    pub(super) fn start(
        options: &SqliteOptions,
        conn: Connection,
        observed: u64,
        entropy: Arc<dyn Entropy>,
        observer: Arc<dyn LogObserver>,
    ) -> io::Result<Self> {
        let (queue, waiting) = mpsc::channel(options.queue.max(1));
        let (tells, is_tidying) = watch::channel(false);
        let thread = WriterThread {
            path: options.path.clone(),
            busy_timeout: options.busy_timeout,
            max_batch: options.max_batch.max(1),
            waiting,
            conn: Some(conn),
            entropy,
            observer,
            observed,
            tidying: Vec::new(),
            is_tidying: tells,
        };
        let thread = Builder::new()
            .name("sqlite-write".to_owned())
            .spawn(move || thread.work())?;
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
            is_tidying,
        })
    }

    /// Until the thread removes traces; for ever if it never does. It then works, however long a
    /// write has to wait.
    pub(super) async fn tidies(&self) {
        let mut is_tidying = self.is_tidying.clone();
        if is_tidying.wait_for(|tidying| *tidying).await.is_err() {
            std::future::pending().await
        }
    }

    /// Runs a command and waits until its transaction is durable. A caller that goes away does not
    /// stop a command that is queued: a log-out happens even if nobody waits for its answer.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Outcome<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Job::new(work, answer));
        self.queue.try_send(Message::Run(job)).map_err(refused)?;
        answered.await.map_err(|_| unanswered())?
    }

    /// Writes the file anew without what was deleted, after what is queued.
    pub(super) async fn remove_traces(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Message::RemoveTraces(answer))
            .map_err(refused)?;
        answered.await.map_err(|_| unanswered())?
    }

    /// Does what is queued, moves the write-ahead log into the database and ends the thread.
    pub(super) async fn close(&self) {
        if self.queue.send(Message::Stop).await.is_err() {
            return;
        }
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else {
            return;
        };
        if !matches!(
            tokio::task::spawn_blocking(|| thread.join()).await,
            Ok(Ok(()))
        ) {
            tracing::error!("the writer thread of the store had panicked");
        }
    }
}

const FAILED_COMMITS: &str = "symbolon_store_failed_commits_total";

fn refused(error: mpsc::error::TrySendError<Message>) -> StoreError {
    match error {
        mpsc::error::TrySendError::Full(_) => StoreError::Saturated,
        mpsc::error::TrySendError::Closed(_) => {
            StoreError::Unavailable("the store is closed".to_owned())
        }
    }
}

fn unanswered() -> StoreError {
    StoreError::OutcomeUnknown("the writer thread ended without an answer".to_owned())
}

/// What the thread owns.
struct WriterThread {
    path: PathBuf,
    busy_timeout: Duration,
    max_batch: usize,
    waiting: mpsc::Receiver<Message>,
    /// Absent after a failure: the next batch opens a new one.
    conn: Option<Connection>,
    entropy: Arc<dyn Entropy>,
    observer: Arc<dyn LogObserver>,
    /// The last log entry that the observer has been told of.
    observed: u64,
    /// Who waits for traces to be removed.
    tidying: Vec<oneshot::Sender<Result<(), StoreError>>>,
    /// Whether they are being removed now.
    is_tidying: watch::Sender<bool>,
}

impl WriterThread {
    fn work(mut self) {
        // From zero, so that the first failure is seen to be one more.
        metrics::counter!(FAILED_COMMITS).increment(0);
        while let Some(first) = self.waiting.blocking_recv() {
            let mut batch = Vec::new();
            self.take(first, &mut batch);
            while batch.len() < self.max_batch
                && let Ok(message) = self.waiting.try_recv()
            {
                self.take(message, &mut batch);
            }
            self.process(batch);
            self.tidy();
        }
        if let Some(conn) = self.conn.take()
            && let Err((_, error)) = conn.close()
        {
            tracing::warn!(%error, "the store's database was not closed cleanly");
        }
    }

    fn take(&mut self, message: Message, batch: &mut Vec<Box<dyn Command>>) {
        match message {
            Message::Run(command) => batch.push(command),
            Message::RemoveTraces(answer) => self.tidying.push(answer),
            // What was queued before is still received.
            Message::Stop => self.waiting.close(),
        }
    }

    /// Commits a batch, tells the observer, then the callers.
    fn process(&mut self, mut batch: Vec<Box<dyn Command>>) {
        if batch.is_empty() {
            return;
        }
        let verdict = match self.commit(&mut batch) {
            Ok(entries) => {
                self.tell(&entries);
                Ok(())
            }
            Err(error) => {
                metrics::counter!(FAILED_COMMITS).increment(1);
                tracing::warn!(%error, commands = batch.len(), "the store could not commit");
                Err(error)
            }
        };
        for command in batch {
            command.settle(verdict.clone());
        }
    }

    /// Removes traces once for everybody who waits for that. Outside any transaction: a file cannot be
    /// written anew inside one.
    fn tidy(&mut self) {
        if self.tidying.is_empty() {
            return;
        }
        self.is_tidying.send_replace(true);
        let removed = self.connection().and_then(|conn| {
            traces::remove(&conn).map_err(Failure::into_store_error)?;
            self.conn = Some(conn);
            Ok(())
        });
        self.is_tidying.send_replace(false);
        for answer in self.tidying.drain(..) {
            // A caller that has gone away needs no answer.
            let _gone = answer.send(removed.clone());
        }
    }

    fn tell(&mut self, entries: &[Revocation]) {
        if let Some(last) = entries.last() {
            self.observer.committed(entries);
            self.observed = last.entry.seq;
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Command>]) -> Result<Vec<Revocation>, StoreError> {
        let conn = self.connection()?;
        match batch::commit(&conn, &*self.entropy, batch) {
            Ok(entries) => {
                self.conn = Some(conn);
                Ok(entries)
            }
            Err(Aborted { cause, in_doubt }) => {
                // Closing rolls back whatever is still open.
                drop(conn);
                if in_doubt && !self.fence() {
                    return Err(StoreError::OutcomeUnknown(cause.to_string()));
                }
                Err(cause)
            }
        }
    }

    /// The connection, opened anew after a failure.
    fn connection(&mut self) -> Result<Connection, StoreError> {
        if let Some(conn) = self.conn.take() {
            return Ok(conn);
        }
        self.reopen().map_err(|failure| failure.into_store_error())
    }

    /// Opens a new connection. Should a commit whose answer was lost have happened after all, the
    /// observer is told of its entries here.
    fn reopen(&mut self) -> Outcome<Connection> {
        let conn = connection::open_for_writing(&self.path, self.busy_timeout)?;
        connection::make_durable(&conn)?;
        loop {
            let missed = log::entries_after(&conn, self.observed, 1000)?;
            if missed.is_empty() {
                return Ok(conn);
            }
            self.tell(&missed);
        }
    }

    /// Settles a commit that failed while it was written: frames of it may lie in the write-ahead
    /// log, where a restart would find them. A durable write over the same place removes them.
    fn fence(&mut self) -> bool {
        let fenced = self.reopen().and_then(|conn| {
            log::write_fence(&conn)?;
            Ok(conn)
        });
        match fenced {
            Ok(conn) => {
                self.conn = Some(conn);
                true
            }
            Err(_) => false,
        }
    }
}
