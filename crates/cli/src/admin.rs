//! Admin requests: the same API whether the server runs here, runs elsewhere or does not run.
//!
//! The one thing that must not be broken: an admin token or a password travels over TLS, over
//! this machine's loopback or over the data directory's socket, and nowhere else.

mod api;
mod client;
mod http;
mod offline;
mod problem;
mod target;
mod transport;

pub(crate) use api::{
    Account, Ended, ForeignAccount, ForeignIdentifier, ImportBatch, ImportResult, Key, NewAccount,
    Node, Reader, Receipt, ReceiptState, RotateKeys, Rotated, Session,
};
pub(crate) use client::{AdminClient, NO_SERVER};
pub(crate) use http::causes;
pub use offline::{AdminService, OfflineAdmin};
pub(crate) use target::Target;
