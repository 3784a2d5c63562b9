//! The issuer's services on the real store, with a clock that tests move.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what goes wrong in a test's helpers is the test's failure"
)]

#[path = "issuer/keys.rs"]
mod keys;
#[path = "issuer/limits.rs"]
mod limits;
#[path = "issuer/readers.rs"]
mod readers;
#[path = "issuer/refresh.rs"]
mod refresh;
#[path = "issuer/sessions.rs"]
mod sessions;
#[path = "issuer/world.rs"]
mod world;
