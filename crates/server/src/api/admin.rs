//! `/api/v1/admin`: for accounts with the role and for `admin.sock`.

pub(crate) mod accounts;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod personal_data;
pub(crate) mod revocations;
pub(crate) mod sessions;
