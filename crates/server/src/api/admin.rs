//! `/api/v1/admin`: for accounts with the role and for `admin.sock`.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod outcomes;
pub(crate) mod personal_data;
pub(crate) mod revocations;
pub(crate) mod sessions;
pub(crate) mod verifiers;
