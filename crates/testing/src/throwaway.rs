//! Servers of other people's, started for tests on free ports and in directories of their own, and
//! gone with the test's process however that ends.

mod certificates;
mod guard;
mod pgbouncer;
mod postgres;
mod redis;
mod redis_cluster;
mod replication;

pub use certificates::Certificates;
pub use pgbouncer::PgBouncer;
pub use postgres::{PostgresCluster, PostgresDatabase};
pub use redis::RedisServer;
pub use redis_cluster::RedisCluster;
