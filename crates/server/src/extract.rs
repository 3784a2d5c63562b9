//! What handlers take out of a request. The authentication that a handler needs is its first
//! argument.

mod admin;
mod caller;
mod client;
mod context;
mod form;
mod json;
mod receipt;
mod request_id;

pub(crate) use admin::{Admin, RecentAdmin};
pub(crate) use caller::{Authenticated, Cookies, bearer_of};
pub(crate) use client::{BASIC_CHALLENGE, ClientCredentials};
pub(crate) use context::{Context, Place, place_of};
pub use context::{Peer, UnixPeer};
pub(crate) use form::Form;
pub(crate) use json::{Json, Path, Query};
pub(crate) use receipt::{ReceiptParams, ReceiptWait, waiter};
pub(crate) use request_id::RequestId;
