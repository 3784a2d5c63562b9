//! The store failed. Never "not found", never "not logged in": a 503 that fails closed.

/// Why a store could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be read or written now (disk full, read-only, gone). Nothing was changed.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Part of what it keeps cannot be read any more, whoever asks and however often. Nothing was
    /// changed.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// It has more waiting than its bound. Nothing was changed.
    #[error("the store has too much waiting")]
    Saturated,
    /// The commit's own answer was lost: the change may or may not have happened.
    #[error("the outcome of the change is unknown: {0}")]
    OutcomeUnknown(String),
    /// A row contradicts the domain.
    #[error("inconsistent row in {table}.{column}: {row}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// The row's id.
        row: String,
    },
}
