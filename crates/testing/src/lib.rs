//! What tests of every crate share: a clock that tests move, seeded randomness, an observer that
//! remembers, fixtures, and the contract that every store must keep.
//!
//! The one thing that must not be broken: the contract is written against the store's trait alone,
//! so that all backends are held to the same words.

pub mod administrator;
pub mod api;
pub mod browser;
pub mod clock;
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a store that breaks its contract fails the test here and now"
)]
pub mod contract;
pub mod entropy;
pub mod fault_proxy;
pub mod fixtures;
pub mod observer;
pub mod port;
pub mod postgres_proxy;
pub mod raw_http;
pub mod server_process;
pub mod settings;
pub mod throwaway;

pub use administrator::Administrator;
pub use api::{Answer, Api, Login};
pub use browser::Browser;
pub use clock::TestClock;
pub use entropy::SeededEntropy;
pub use fault_proxy::{Fault, FaultProxy};
pub use fixtures::Fixtures;
pub use observer::RecordingObserver;
pub use port::Port;
pub use postgres_proxy::PostgresProxy;
pub use server_process::{ServerProcess, ServerSetup};
pub use settings::settings;
pub use throwaway::{
    Certificates, PgBouncer, PostgresCluster, PostgresDatabase, RedisCluster, RedisServer,
};
