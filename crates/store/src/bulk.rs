//! All that a store holds, read and written in pages: for moving to another backend and for making
//! large stores, where one verb a row would take days.
//!
//! Nobody else works on the store meanwhile. What a row means is not known here; which tables and
//! columns there are says [`TABLES`], and a test compares that with both schemas.
//!
//! The one thing that must not be broken: the target of a copy is marked as unfinished before it gets its
//! first row, and until every row was compared with the source's. No server works on one that is
//! marked.

mod copy;
mod seed;
mod tables;
#[cfg(test)]
mod tests;
mod value;

use async_trait::async_trait;
pub use copy::{Copied, Progress, Step, TableCopied, copy};
pub use seed::{SeedPlan, Seeded, name as seed_name, seed};
use symbolon_core::{master_key::SealedFor, secret::Sealed};
pub(crate) use tables::REVOCATIONS;
pub use tables::{Column, Kind, TABLES, Table};
pub(crate) use value::in_words;
pub use value::{Row, Value};

use crate::{postgres, sqlite};

/// Why a store cannot be read or written in bulk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// The SQLite database cannot be opened.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The PostgreSQL database cannot be opened.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    /// Somebody else works on it.
    #[error("the store is in use: {0}")]
    InUse(String),
    /// It does not do what it is asked for.
    #[error("the database: {0}")]
    Database(String),
    /// Its schema is older than this release's.
    #[error("the database has schema {version}, and this release works with {known}")]
    Outdated {
        /// The schema's version.
        version: u32,
        /// The newest that this release knows.
        known: u32,
    },
    /// The database has rows already.
    #[error("the target is not empty: {0} has rows")]
    NotEmpty(&'static str),
    /// The database is an unfinished copy of something else.
    #[error("the target is an unfinished copy of another store")]
    OtherCopy,
    /// The source was used since the copy was begun.
    #[error("the source was used since this copy was begun")]
    SourceChanged,
    /// The database is itself a copy that is not finished.
    #[error("it is a copy that is not finished")]
    Unfinished,
    /// A value that the schema does not allow, or the other backend cannot keep.
    #[error("{table}, row {row}: {problem}")]
    Row {
        /// Which table.
        table: &'static str,
        /// Its key.
        row: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The two stores do not hold the same after all.
    #[error("source and target differ in {table}, at row {row}")]
    Differs {
        /// Which table.
        table: &'static str,
        /// The key of the first row that differs.
        row: String,
    },
    /// It has accounts that were not made by a seed.
    #[error("the store has accounts that are somebody's")]
    ForeignAccounts,
    /// It has no server secret yet.
    #[error("no server was ever opened on the store")]
    NoSecret,
}

/// What a store has of its own beside its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The epoch of the revocation log.
    pub epoch: String,
    /// The mark of the position before the log's first entry.
    pub log_origin: Vec<u8>,
    /// Moved by writes that only prove that writing works.
    pub fence: i64,
    /// The latest moment that its server has noted, in milliseconds since 1970.
    pub latest: i64,
    /// The source of the copy that is not finished here.
    pub copying: Option<String>,
}

/// Bytes that a table or an index takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Its name.
    pub name: String,
    /// The table that it is, or that it is an index of.
    pub table: String,
    /// Whether it is the table itself.
    pub is_table: bool,
    /// How much it takes.
    pub bytes: u64,
}

/// A store that is read and written in pages.
#[async_trait]
pub trait Bulk: Send {
    /// What it has beside its tables.
    async fn meta(&mut self) -> Result<Meta, BulkError>;

    /// How many rows a table has.
    async fn count(&mut self, table: &'static Table) -> Result<u64, BulkError>;

    /// Rows in the order of the table's key, after a key.
    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Result<Vec<Row>, BulkError>;

    /// The highest key that a table has.
    async fn last_key(&mut self, table: &'static Table) -> Result<Option<Vec<Value>>, BulkError>;

    /// Adds rows, all of them or none, durably.
    async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Result<(), BulkError>;

    /// Marks the database as a copy that is not finished.
    async fn mark(&mut self, source: &str) -> Result<(), BulkError>;

    /// Makes a database that has all of a source's rows its equal, and takes the mark away.
    async fn finish(&mut self, meta: &Meta) -> Result<(), BulkError>;

    /// Whether there are accounts that no seed has made.
    async fn has_foreign_accounts(&mut self) -> Result<bool, BulkError>;

    /// What its tables and indexes take.
    async fn sizes(&mut self) -> Result<Vec<Size>, BulkError>;

    /// Lets it go; what was written is in place.
    async fn close(self: Box<Self>) -> Result<(), BulkError>;
}

/// Finds an account of whom no identifier begins as those of a seed do; the same in both dialects.
pub(crate) const FOREIGN_ACCOUNTS: &str = "SELECT EXISTS (SELECT 1 FROM accounts a
     WHERE NOT EXISTS (SELECT 1 FROM identifiers i
         WHERE i.account = a.id AND i.kind = 'username' AND i.normalised LIKE 'seed-%'))";

/// A value that rests under the master key.
#[derive(Debug)]
pub struct SealedValue {
    /// What it is.
    pub what: SealedFor,
    /// The value.
    pub sealed: Sealed,
}

/// All that rests under the master key: what a server needs to open.
///
/// # Errors
/// If it cannot be read.
pub async fn sealed_values(store: &mut dyn Bulk) -> Result<Vec<SealedValue>, BulkError> {
    let mut found = Vec::new();
    for row in store.page(tables::SERVER_SECRETS, None, u32::MAX).await? {
        if let [Value::Integer(id), Value::Bytes(sealed), ..] = &row.0[..] {
            found.push(SealedValue {
                what: SealedFor::ServerSecret(u32::try_from(*id).unwrap_or(u32::MAX)),
                sealed: Sealed(sealed.clone()),
            });
        }
    }
    for row in store.page(tables::SIGNING_KEYS, None, u32::MAX).await? {
        let state = tables::SIGNING_KEYS.value(&row, "state");
        // Nothing is signed any more with the others, whose private parts nobody opens.
        let signs = |state: &Value| matches!(state, Value::Text(text) if text == "active" || text == "next");
        if !state.is_some_and(signs) {
            continue;
        }
        let kid = tables::SIGNING_KEYS.value(&row, "kid");
        let private = tables::SIGNING_KEYS.value(&row, "private");
        if let (Some(Value::Text(kid)), Some(Value::Bytes(sealed))) = (kid, private) {
            found.push(SealedValue {
                what: SealedFor::SigningKey(kid.clone()),
                sealed: Sealed(sealed.clone()),
            });
        }
    }
    Ok(found)
}
