//! Servers of other people's, started for tests on free ports and in directories of their own, and
//! gone with the test's process however that ends.

mod guard;
mod pgbouncer;
mod postgres;
mod replication;

pub use pgbouncer::PgBouncer;
pub use postgres::{PostgresCluster, PostgresDatabase};
