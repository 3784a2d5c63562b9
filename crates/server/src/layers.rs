//! What surrounds every handler.

pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod observe;
pub(crate) mod origin;
pub(crate) mod problem;
