//! Placeholder.
pub mod digest;
