//! OAuth endpoints, one file for each.

mod error;
pub(crate) mod introspect;
