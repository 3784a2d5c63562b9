//! What can go wrong inside a command, and whether it is the command's fault or the disk's.

use rusqlite::ErrorCode;
use symbolon_core::store::StoreError;

/// The result of a command or query.
pub(super) type Outcome<T> = Result<T, Failure>;

/// Why a command or query failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the store says itself. The database is fine.
    Store(StoreError),
    /// What SQLite says.
    Sqlite(rusqlite::Error),
}

impl Failure {
    /// Whether the connection or the disk is to blame, so that nothing else in the same
    /// transaction can be trusted to have worked.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Self::Store(_) => false,
            Self::Sqlite(error) => error.sqlite_error_code().is_some_and(|code| {
                !matches!(
                    code,
                    ErrorCode::ConstraintViolation
                        | ErrorCode::TypeMismatch
                        | ErrorCode::TooBig
                        | ErrorCode::ParameterOutOfRange
                        | ErrorCode::Unknown
                )
            }),
        }
    }

    /// Whether others use the database, or all that the process may open is open: nothing that another query would
    /// not meet as well.
    pub(super) fn is_busy(&self) -> bool {
        let Self::Sqlite(error) = self else {
            return false;
        };
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen)
        )
    }

    /// What the caller is told when it is known that nothing was changed.
    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Sqlite(error) => match error.sqlite_error_code() {
                // "Not a database" is what it says of a header that cannot be read now, too.
                Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error.to_string()),
                _ => StoreError::Unavailable(error.to_string()),
            },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// A row or an argument that contradicts the domain.
pub(super) fn inconsistent(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
) -> StoreError {
    StoreError::Inconsistent {
        table,
        column,
        row: row.to_string(),
    }
}
