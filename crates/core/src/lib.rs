//! Symbolon's domain: accounts, sessions, grants, signing keys and the revocation log.
//!
//! Requests flow one way: route → service (here) → store trait (here) → backend (elsewhere). This
//! crate knows no HTTP, no SQL, no clock and no randomness of its own: [`Clock`] and [`Entropy`]
//! are parameters.
//!
//! The one thing that must not be broken: everything that ends or narrows a credential goes
//! through [`store::ChangeStore::change`], which writes the revocation log in the same transaction.

mod clock_and_entropy;
mod device;
pub mod entropy;
pub mod error;
mod feed;
mod issuer;
pub mod keys;
pub mod master_key;
pub mod model;
pub mod outcomes;
pub mod password;
pub mod readers;
pub mod refresh_token;
pub mod secret;
pub mod service;
pub mod settings;
pub mod shared;
pub mod store;
pub mod tail;
pub mod throttle;
pub mod time;

pub use clock_and_entropy::Ambient;
pub use entropy::{Entropy, EntropyExt};
pub use error::Error;
pub use feed::{FeedAnswer, Question};
pub use issuer::Issuer;
pub use settings::Settings;
pub use symbolon_protocol::Timestamp;
pub use time::Clock;
