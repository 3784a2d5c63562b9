//! Verify Symbolon access tokens in your own service, offline, and yet refuse what was revoked.
//!
//! A [`Verifier`] fetches the issuer's keys, follows its signed revocation log and keeps both in
//! memory. A check then asks nobody: some hundred nanoseconds for a token seen before, one
//! signature check otherwise. A logout is known here as soon as the log says so, and never later
//! than [`max_staleness`](Builder::max_staleness): when the log falls silent for longer, tokens
//! are refused ([`OnStale::Reject`]) unless you say otherwise.
//!
#![cfg_attr(feature = "client", doc = "```no_run")]
#![cfg_attr(not(feature = "client"), doc = "```ignore")]
//! use std::time::Duration;
//!
//! use symbolon_verifier::{Algorithm, Demand, Verifier};
//!
//! # async fn run(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::builder("https://id.example")
//!     .audience("https://orders.example")
//!     .algorithms([Algorithm::EdDSA])
//!     .client("orders", "the client's secret")
//!     .build()
//!     .await?;
//! verifier.wait_until_live(Duration::from_secs(10)).await;
//!
//! let verified = verifier.verify_for(token, &Demand::new().scopes(&["orders:read"]))?;
//! println!("{} may read orders", verified.subject());
//! # Ok(())
//! # }
//! ```
//!
//! The one thing that must not be broken: whether a token is still good (expiry, key, revocation,
//! and what the route demands) is looked up on **every** request; only the signature and the
//! claims that cannot change are remembered.
//!
//! # Features
//! - `client` (default): everything that needs the network. Without it, a verifier has a fixed
//!   JWKS and knows no revocations; the crate then needs neither tokio nor an HTTP client.
//! - `metrics` (default): exports `revocation_lag_seconds`, `revocation_entries`,
//!   `revocation_stale` and `token_verifications_total` through the `metrics` facade.
//! - `tower`: a layer that verifies the bearer token of every request.
//! - `axum`: an extractor that verifies the bearer token and demands scopes.

mod builder;
mod cache;
mod clock;
mod demand;
mod keys;
mod outcome;
mod rejection;
mod state;
mod status;
mod verified;
mod verifier;

#[cfg(feature = "axum")]
mod axum;
#[cfg(any(feature = "tower", feature = "axum"))]
mod bearer;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "client")]
mod entropy;
#[cfg(feature = "client")]
mod health;
#[cfg(feature = "client")]
mod http;
#[cfg(feature = "client")]
mod log;

pub use builder::{BuildError, Builder, NeedsAlgorithms, NeedsAudience};
pub use clock::{Clock, SystemClock};
pub use demand::{Demand, OnStale};
pub use rejection::Rejection;
pub use status::Status;
pub use symbolon_jose::{Algorithm, JwkSet};
pub use symbolon_protocol::{AccessClaims, RejectReason};
pub use verified::Verified;
pub use verifier::Verifier;

#[cfg(feature = "axum")]
pub use self::axum::{AnyScope, Authorized, RequiredScopes};
#[cfg(feature = "tower")]
pub use self::tower::{Verify, VerifyFuture, VerifyLayer};

#[cfg(feature = "client")]
pub use self::http::metadata::MetadataError;
