//! `/api/v1`: JSON for first parties and administrators. One file an endpoint.

pub(crate) mod admin;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod me;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod receipt;
pub(crate) mod refresh;
pub(crate) mod register;
pub(crate) mod sessions;
pub(crate) mod views;
