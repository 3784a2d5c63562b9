//! Authorization endpoints for other people's proxies.
//!
//! The one thing that must not be broken: whatever goes wrong on the way to a decision, the answer
//! denies.

mod authz;
mod check;

pub use authz::{AuthzOptions, authz_routes};
pub use check::{CredentialCheck, Identity, Presented, Refusal};
