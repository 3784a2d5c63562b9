//! What can go wrong inside a command, and what that says of its transaction.

use symbolon_core::store::StoreError;
use tokio_postgres::error::SqlState;

/// The result of a command or query.
pub(super) type Outcome<T> = Result<T, Failure>;

/// Why a command or query failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the store says itself. The database is fine.
    Store(StoreError),
    /// What PostgreSQL, or the way to it, says.
    Postgres(tokio_postgres::Error),
    /// It took longer than it may; the connection is not used again.
    TimedOut,
}

impl Failure {
    /// Whether another attempt may go better: others were in the way, or the connection was one
    /// that the server had closed. Of a command that has not been committed, nothing is left.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Store(_) | Self::TimedOut => false,
            Self::Postgres(error) => {
                self.is_lost()
                    || matches!(
                        error.code(),
                        Some(
                            &SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE
                        )
                    )
            }
        }
    }

    /// Whether the connection is gone. The others that were open are likely gone with it.
    pub(super) fn is_lost(&self) -> bool {
        let Self::Postgres(error) = self else {
            return false;
        };
        let source = std::error::Error::source(error);
        error.is_closed()
            || source.is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
            || matches!(
                error.code(),
                Some(&SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN)
            )
    }

    /// Whether the server itself said no. Otherwise nobody knows what it did.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.as_db_error().is_some_and(|answer| {
            // The server goes down: it may say so after the commit.
            !answer.code().code().starts_with("57P")
        }))
    }

    /// Whether it is what was asked for that cannot be done, because of its rows or of who holds them: another
    /// command may well go through. Not so if the server takes no writes or has no room.
    pub(super) fn is_refusal(&self) -> bool {
        let Self::Postgres(error) = self else {
            return matches!(self, Self::Store(_));
        };
        let code = error.code().map(SqlState::code);
        code.is_some_and(|code| {
            let general = ["25", "53", "57P", "58"];
            !general.iter().any(|class| code.starts_with(class)) && !self.is_passing()
        })
    }

    /// Whether something was waited for until the server's time limit.
    pub(super) fn is_late(&self) -> bool {
        let Self::Postgres(error) = self else {
            return false;
        };
        matches!(
            error.code(),
            Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED)
        )
    }

    /// What the caller is told when it is known that nothing was changed.
    pub(super) fn into_store_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::TimedOut => StoreError::Unavailable("the database does not answer".to_owned()),
            Self::Postgres(error) => StoreError::Unavailable(describe(&error)),
        }
    }
}

/// An error in words. Never the values that a statement had: those may be somebody's secrets.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", answer.message(), answer.code().code());
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
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
