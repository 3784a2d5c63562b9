//! Symbolon's domain: accounts, sessions, grants, signing keys and the revocation log.
//!
//! Requests flow one way: route → service (here) → store trait (here) → backend (elsewhere). This
//! crate knows no HTTP, no SQL, no clock and no randomness of its own: [`Clock`] and [`Entropy`]
//! are parameters.
//!
//! The one thing that must not be broken: everything that ends or narrows a credential goes
//! through [`store::ChangeStore::change`], which writes the revocation log in the same transaction.

pub mod entropy;
pub mod model;
pub mod secret;
pub mod store;
pub mod time;

pub use entropy::Entropy;
pub use symbolon_protocol::Timestamp;
pub use time::Clock;
