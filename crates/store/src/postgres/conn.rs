//! One connection that is ours for a while.
//!
//! The one thing that must not be broken: a connection goes back to the pool only when no
//! transaction is open on it. Whoever leaves in between, by an error, a panic or because nobody
//! waits any more, closes it.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use deadpool_postgres::Object;
use futures_util::TryStreamExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

use super::failure::{Failure, Outcome};

/// A statement's parameters with their types.
pub(super) type Params<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

/// A connection of the pool.
pub(super) struct Conn {
    /// Absent only while it is dropped.
    client: Option<Object>,
    /// Its place among those that may have or wait for one.
    _place: OwnedSemaphorePermit,
    in_transaction: bool,
    /// A statement was given up: its answer, and those behind it, are still to come.
    is_abandoned: AtomicBool,
    prepares: bool,
    /// How long one statement may take until nobody waits for it any more.
    limit: Duration,
}

impl Conn {
    pub(super) const fn new(
        client: Object,
        place: OwnedSemaphorePermit,
        prepares: bool,
        limit: Duration,
    ) -> Self {
        Self {
            client: Some(client),
            _place: place,
            in_transaction: false,
            is_abandoned: AtomicBool::new(false),
            prepares,
            limit,
        }
    }

    fn client(&self) -> Outcome<&Object> {
        self.client.as_ref().ok_or(Failure::TimedOut)
    }

    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>> + Send,
    ) -> Outcome<T> {
        match tokio::time::timeout(self.limit, work).await {
            Ok(done) => Ok(done?),
            Err(_) => {
                self.abandon();
                Err(Failure::TimedOut)
            }
        }
    }

    /// Every row of a statement.
    pub(super) async fn query(&self, sql: &str, params: Params<'_>) -> Outcome<Vec<Row>> {
        let client = self.client()?;
        self.within(async {
            if !self.prepares {
                return client.query_typed(sql, params).await;
            }
            let types: Vec<_> = params.iter().map(|(_, of)| of.clone()).collect();
            let statement = client.prepare_typed_cached(sql, &types).await?;
            let values = params.iter().map(|(value, _)| *value);
            client
                .query_raw(&statement, values)
                .await?
                .try_collect()
                .await
        })
        .await
    }

    /// Runs a statement and answers how many rows it changed.
    pub(super) async fn execute(&self, sql: &str, params: Params<'_>) -> Outcome<u32> {
        let client = self.client()?;
        let changed = self
            .within(async {
                if !self.prepares {
                    return client.execute_typed(sql, params).await;
                }
                let types: Vec<_> = params.iter().map(|(_, of)| of.clone()).collect();
                let statement = client.prepare_typed_cached(sql, &types).await?;
                let values = params.iter().map(|(value, _)| *value);
                client.execute_raw(&statement, values).await
            })
            .await?;
        Ok(u32::try_from(changed).unwrap_or(u32::MAX))
    }

    /// Makes sure that these statements are prepared. Only then may they be sent without waiting for
    /// the one before: otherwise one that is known here would overtake one that is not.
    pub(super) async fn warm(&self, statements: &[(&str, &[Type])]) -> Outcome<()> {
        if !self.prepares {
            return Ok(());
        }
        let client = self.client()?;
        for (sql, types) in statements {
            self.within(client.prepare_typed_cached(sql, types)).await?;
        }
        Ok(())
    }

    /// Runs statements without parameters and without answers.
    pub(super) async fn batch(&self, sql: &str) -> Outcome<()> {
        self.within(self.client()?.batch_execute(sql)).await
    }

    /// From now on the connection is closed if it is dropped.
    pub(super) const fn enter(&mut self) {
        self.in_transaction = true;
    }

    /// The transaction is over, one way or the other.
    pub(super) const fn leave(&mut self) {
        self.in_transaction = false;
    }

    /// An answer is not waited for any more: the connection is closed when it is dropped.
    pub(super) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
    }

    /// Takes back what the transaction did. A connection on which that fails, or on which an answer was
    /// waited for in vain, is closed, which does the same.
    pub(super) async fn roll_back(&mut self) {
        if !self.is_abandoned.load(Ordering::Acquire) && self.batch("ROLLBACK").await.is_ok() {
            self.leave();
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if (self.in_transaction || self.is_abandoned.load(Ordering::Acquire))
            && let Some(client) = self.client.take()
        {
            // Out of the pool: the server takes back what was not committed.
            drop(Object::take(client));
        }
    }
}
