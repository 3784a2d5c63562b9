//! What both sides of Symbolon's wire must agree on: identifiers, claim types, `typ` values,
//! refusal reasons, and the revocation log's entry, body, cursor and set.
//!
//! The one thing that must not be broken: every name and byte layout here is read by services
//! that were built against an older release. Add, never change.

pub mod claims;
pub mod credential;
pub mod cursor;
pub mod ids;
pub mod jwks;
pub mod nonce;
pub mod reason;
pub mod revocation;
pub mod set;
pub mod time;
pub mod typ;

pub use claims::{AccessClaims, Audience, Confirmation};
pub use cursor::{Cursor, CursorError, Mark};
pub use ids::{AccountId, ClientId, GrantId, InvalidId, SessionId, Subject, TokenId};
pub use jwks::{JwksHash, JwksHashError};
pub use nonce::{BoundBody, Echo, Nonce, NonceError};
pub use reason::RejectReason;
pub use revocation::{Body, EndReason, Entry, Kind, RevocationId};
pub use set::{RevocationSet, TokenIds};
pub use time::Timestamp;
