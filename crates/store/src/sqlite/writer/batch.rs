//! One transaction over many commands.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::{Connection, ErrorCode};
use symbolon_core::{Entropy, model::Revocation, store::StoreError};
use tokio::sync::oneshot;

use crate::sqlite::{
    failure::{Failure, Outcome},
    tx::Tx,
};

/// A command that waits for the writer.
pub(super) trait Command: Send {
    /// Does its work inside the batch's transaction and keeps the result to itself.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;

    /// Answers: with the result if the transaction was committed, else with what went wrong.
    fn settle(self: Box<Self>, verdict: Result<(), StoreError>);
}

/// How a command ended.
pub(super) enum Ran {
    /// What it did is to be kept.
    Keep,
    /// It failed by itself: what it did is undone, the others are not touched.
    Undo,
    /// The connection or the disk failed.
    Fatal(StoreError),
}

/// A command made of a closure and the channel on which its caller waits.
pub(super) struct Job<T, F> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job<T, F> {
    pub(super) const fn new(work: F, answer: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self {
            work: Some(work),
            result: None,
            answer,
        }
    }
}

impl<T, F> Command for Job<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Outcome<T> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let Some(work) = self.work.take() else {
            return Ran::Undo;
        };
        match catch_unwind(AssertUnwindSafe(|| work(tx))) {
            Ok(Ok(value)) => {
                self.result = Some(Ok(value));
                Ran::Keep
            }
            Ok(Err(failure)) if failure.is_fatal() => Ran::Fatal(failure.into_store_error()),
            Ok(Err(failure)) => {
                self.result = Some(Err(failure.into_store_error()));
                Ran::Undo
            }
            Err(_) => Ran::Fatal(StoreError::Unavailable("a command panicked".to_owned())),
        }
    }

    fn settle(self: Box<Self>, verdict: Result<(), StoreError>) {
        let result = match (verdict, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Unavailable(
                "the command did not run".to_owned(),
            )),
            // It failed by itself and would have failed alone as well.
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error),
        };
        // A caller that has gone away needs no answer.
        let _gone = self.answer.send(result);
    }
}

/// Nothing of the batch was kept.
pub(super) struct Aborted {
    /// What went wrong.
    pub(super) cause: StoreError,
    /// Whether `COMMIT` itself failed in a way that leaves open what is on the disk.
    pub(super) in_doubt: bool,
}

impl From<rusqlite::Error> for Aborted {
    fn from(error: rusqlite::Error) -> Self {
        Self {
            cause: Failure::from(error).into_store_error(),
            in_doubt: false,
        }
    }
}

/// Runs the commands, each in its savepoint, and commits. Answers the log entries that became
/// durable, in order.
pub(super) fn commit(
    conn: &Connection,
    entropy: &dyn Entropy,
    batch: &mut [Box<dyn Command>],
) -> Result<Vec<Revocation>, Aborted> {
    step(conn, "BEGIN IMMEDIATE")?;
    let mut tx = Tx::new(conn, entropy);
    for command in batch.iter_mut() {
        run_in_savepoint(&mut tx, &mut **command)?;
    }
    step(conn, "COMMIT").map_err(|error| Aborted {
        in_doubt: is_in_doubt(&error),
        ..Aborted::from(error)
    })?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a batch is far smaller than 2^52"
    )]
    metrics::histogram!("symbolon_store_batch_commands").record(batch.len() as f64);
    Ok(tx.into_entries())
}

fn run_in_savepoint(tx: &mut Tx<'_>, command: &mut dyn Command) -> Result<(), Aborted> {
    let entries = tx.entry_count();
    step(tx, "SAVEPOINT command")?;
    match command.run(tx) {
        Ran::Keep => {}
        Ran::Undo => {
            step(tx, "ROLLBACK TO command")?;
            tx.forget_entries_since(entries);
        }
        Ran::Fatal(cause) => {
            return Err(Aborted {
                cause,
                in_doubt: false,
            });
        }
    }
    step(tx, "RELEASE command")?;
    Ok(())
}

fn step(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(drop)
}

/// These failures come before the frame that commits is written. Any other may come after.
fn is_in_doubt(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
        )
    )
}
