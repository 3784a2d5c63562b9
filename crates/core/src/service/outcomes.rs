//! Counting what became of authentications, and telling it.

use symbolon_protocol::{RejectReason, Timestamp};

use crate::{
    error::Error,
    issuer::Issuer,
    outcomes::{Attempt, MINUTES, OK, OutcomeHistory},
};

impl Issuer {
    /// Counts an authentication's outcome under its reason.
    pub(super) fn count<T>(&self, attempt: Attempt, result: &Result<T, Error>) {
        self.count_at(attempt, result, self.ambient.now());
    }

    /// The same, for who has looked at the clock already.
    pub(super) fn count_at<T>(&self, attempt: Attempt, result: &Result<T, Error>, now: Timestamp) {
        let reason = match result {
            Ok(_) => OK,
            Err(error) => label(error),
        };
        self.outcomes.count(attempt, reason, now);
    }

    /// What became of authentications since `from`, in steps of so many minutes; the whole of what
    /// is remembered without `from`.
    ///
    /// # Errors
    /// `step_invalid` when it is not from one minute to a day.
    pub fn outcome_history(
        &self,
        from: Option<Timestamp>,
        step_minutes: u32,
    ) -> Result<OutcomeHistory, Error> {
        if !(1..=MINUTES).contains(&step_minutes) {
            return Err(Error::invalid(
                "step_invalid",
                "a step takes from 1m to 24h",
            ));
        }
        let from = from.unwrap_or(Timestamp::from_millis(0));
        Ok(self.outcomes.read(from, step_minutes, self.ambient.now()))
    }
}

fn label(error: &Error) -> &'static str {
    match error {
        Error::Rejected(reason) => reason.code(),
        Error::RateLimited { .. } => RejectReason::RateLimited.code(),
        Error::Busy { .. } => "busy",
        Error::Store(_) => "store_unavailable",
        Error::Invalid { code, .. } | Error::Conflict { code, .. } => code,
        Error::NotFound { .. } => "not_found",
        Error::UnknownSecret { .. } => "unknown_server_secret",
        Error::Sealed(_) | Error::ClockSkewed { .. } | Error::Internal(_) => "internal",
    }
}
