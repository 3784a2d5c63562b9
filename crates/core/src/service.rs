//! What an issuer does, one file for each thing. Handlers extract, call one of these, map the
//! result.

mod accounts;
mod authenticate;
mod clients;
mod erasure;
mod housekeeping;
mod import;
mod introspection;
mod login;
mod password_change;
mod password_quality;
mod profile;
mod refresh;
mod register;
mod revocations;
mod revoke;
mod sessions;
mod setup;
mod throttles;
mod tokens;

pub use accounts::{AccountPage, NewAccountRequest};
pub use authenticate::{Caller, Credentials, Via};
pub use erasure::{Erased, RECENT_LOGIN_SECS};
pub use import::{ForeignAccount, ImportOutcome, MAX_IMPORTED};
pub use introspection::{ActiveToken, INTROSPECT_SCOPE};
pub use login::{ClientContext, LoggedIn, LoginRequest, TokenRequest};
pub use password_change::{PasswordChange, PasswordChanged};
pub use password_quality::PasswordScore;
pub use refresh::{RefreshRequest, Refreshed};
pub use register::RegisterRequest;
pub use revocations::{LogReader, READ_SCOPE};
pub use revoke::Node;
pub use sessions::{Ended, SessionCheck};
pub use setup::ClaimRequest;
pub use tokens::{AccessToken, IssuedTokens};

pub(crate) use sessions::SessionCache;
pub(crate) use throttles::Throttles;

use symbolon_protocol::{EndReason, RejectReason};

use crate::{error::Error, store::EndedCount};

/// Counts an authentication's outcome under its reason.
fn count<T>(what: &'static str, result: &Result<T, Error>) {
    let reason = match result {
        Ok(_) => "ok",
        Err(error) => label(error),
    };
    counter(what, reason).increment(1);
}

/// The counter of one outcome, for what is counted too often to look it up each time.
fn counter(what: &'static str, reason: &'static str) -> metrics::Counter {
    metrics::counter!("symbolon_authentications_total", "kind" => what, "reason" => reason)
}

/// Counts what was ended, whichever verb ended it.
fn count_ended(reason: EndReason, ended: EndedCount) {
    for (what, number) in [("session", ended.sessions), ("grant", ended.grants)] {
        metrics::counter!("symbolon_ended_total", "what" => what, "reason" => reason.as_str())
            .increment(number.into());
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
        Error::Sealed(_) | Error::Internal(_) => "internal",
    }
}
