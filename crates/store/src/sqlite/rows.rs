//! Rows become domain values here, and nowhere else. A row that cannot is
//! `StoreError::Inconsistent` with its table, column and id.

pub(super) mod account;
pub(super) mod dossier;
pub(super) mod grant;
pub(super) mod key;
pub(super) mod log;
pub(super) mod session;
