//! What the fuzz targets share: fixed keys, and a second opinion on every rule.
//!
//! A target that only waits for a panic would miss what matters here, a parser that accepts too
//! much. So each compares with [`oracle`], which says the same rules in other words, slowly.

pub mod keys;
pub mod oracle;

// Instrumented code calls into libFuzzer, also in a program that is no target.
use libfuzzer_sys as _;
