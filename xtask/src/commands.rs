//! One command per file.

pub(crate) mod ci;
pub(crate) mod drill;
pub(crate) mod embedded;
pub(crate) mod fuzz;
pub(crate) mod policy;
pub(crate) mod test;
pub(crate) mod wasm;
