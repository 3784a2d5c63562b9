//! OAuth endpoints, one file for each.

pub(crate) mod error;
pub(crate) mod introspect;
