//! Servers of other people's, started for tests on free ports and in directories of their own, and
//! gone with the test's process however that ends.

mod guard;
mod postgres;

pub use postgres::{PostgresCluster, PostgresDatabase};
