//! Rows as the domain's values. Nothing here decides anything.

pub(super) mod account;
pub(super) mod dossier;
pub(super) mod grant;
pub(super) mod key;
pub(super) mod log;
pub(super) mod session;
