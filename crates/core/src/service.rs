//! What an issuer does, one file for each thing. Handlers extract, call one of these, map the
//! result.

mod accounts;
mod audit;
mod authenticate;
mod clients;
mod erasure;
mod history;
mod housekeeping;
mod import;
mod introspection;
mod jobs;
mod login;
mod outcomes;
mod password_change;
mod password_quality;
mod profile;
mod refresh;
mod register;
mod restored;
mod revocation_log;
mod revocations;
mod revoke;
mod sessions;
mod setup;
mod sharing;
mod store_clock;
mod throttles;
mod tokens;
mod verifiers;

pub use accounts::{AccountPage, NewAccountRequest};
pub use audit::AuditPage;
pub use authenticate::{Caller, Credentials, Via};
pub use erasure::{Erased, RECENT_LOGIN_SECS};
pub use history::{History, LogPosition};
pub use import::{ForeignAccount, ImportOptions, ImportOutcome, MAX_IMPORTED};
pub use introspection::{ActiveToken, INTROSPECT_SCOPE};
pub use login::{ClientContext, LoggedIn, LoginRequest, TokenRequest};
pub use password_change::{PasswordChange, PasswordChanged};
pub use password_quality::PasswordScore;
pub use refresh::{RefreshRequest, Refreshed};
pub use register::RegisterRequest;
pub use restored::{Renewed, RestoredCredentials};
pub use revocation_log::{LoggedRevocation, RevocationPage};
pub use revocations::{LogReader, READ_SCOPE};
pub use revoke::Node;
pub use sessions::{Ended, SessionCheck};
pub use setup::{ClaimRequest, OfferedCode};
pub use store_clock::MAX_CLOCK_SKEW_MS;
pub use tokens::{AccessToken, IssuedTokens};
pub use verifiers::{HeldKeys, Verifier};

pub(crate) use history::epoch_since;
pub(crate) use jobs::Turn;
pub(crate) use sessions::SessionCache;
pub(crate) use throttles::Throttles;

use symbolon_protocol::EndReason;

use crate::store::EndedCount;

/// Counts what was ended, whichever verb ended it.
fn count_ended(reason: EndReason, ended: EndedCount) {
    for (what, number) in [("session", ended.sessions), ("grant", ended.grants)] {
        metrics::counter!("symbolon_ended_total", "what" => what, "reason" => reason.as_str())
            .increment(number.into());
    }
}
