//! What an issuer does, one file for each thing. Handlers extract, call one of these, map the
//! result.

mod accounts;
mod authenticate;
mod housekeeping;
mod login;
mod password_change;
mod refresh;
mod register;
mod revocations;
mod sessions;
mod setup;
mod throttles;
mod tokens;

pub use accounts::{AccountPage, NewAccountRequest};
pub use authenticate::{Caller, Credentials, Via};
pub use login::{ClientContext, LoggedIn, LoginRequest, TokenRequest};
pub use password_change::{PasswordChange, PasswordChanged};
pub use refresh::{RefreshRequest, Refreshed};
pub use register::RegisterRequest;
pub use revocations::READ_SCOPE;
pub use sessions::{Ended, SessionCheck};
pub use setup::ClaimRequest;
pub use tokens::{AccessToken, IssuedTokens};

pub(crate) use sessions::SessionCache;
pub(crate) use throttles::Throttles;

use symbolon_protocol::RejectReason;

use crate::error::Error;

/// Counts an authentication's outcome under its reason.
fn count<T>(what: &'static str, result: &Result<T, Error>) {
    let reason = match result {
        Ok(_) => "ok",
        Err(error) => label(error),
    };
    metrics::counter!("symbolon_authentications_total", "kind" => what, "reason" => reason)
        .increment(1);
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
