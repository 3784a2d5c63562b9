//! Symbolon's storage backends.
//!
//! [`sqlite`] is the embedded default, [`postgres`] is for several nodes. Every one implements `symbolon_core::store::Store` and
//! passes the one contract suite in `symbolon-testing`.

pub mod bulk;
mod contents;
pub mod postgres;
pub mod redis;
pub mod sqlite;

pub use contents::Contents;
