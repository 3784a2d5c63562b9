//! Stores on one database, what they can do at once, and a connection of the test's own beside them.

#[path = "node.rs"]
mod node;

pub(crate) use node::Node;
use symbolon_core::entropy::EntropyExt as _;
use symbolon_core::store::{Change, ChangeOutcome, ChangeRequest, ChangeStore as _};
use symbolon_protocol::EndReason;
use symbolon_testing::{Fixtures, PostgresDatabase};
use tokio_postgres::{Client, NoTls};

impl Node {
    /// One with the defaults.
    pub(crate) async fn new(database: &PostgresDatabase, seed: u64) -> Self {
        Self::open(&database.url(), seed, |_| {}).await
    }

    /// Revokes a token, which locks nothing but the log.
    pub(crate) async fn revoke(&self, make: &Fixtures) -> u64 {
        let outcome = self.store.change(revocation(make)).await.unwrap();
        let ChangeOutcome::Applied(applied) = outcome else {
            panic!("{outcome:?}")
        };
        applied.revocations[0].entry.seq
    }
}

/// The revocation of some token.
pub(crate) fn revocation(make: &Fixtures) -> ChangeRequest {
    let token = make.entropy().token_id(make.now());
    let until = make.now().as_secs() + 300;
    make.change(
        Change::RevokeToken { token, until },
        EndReason::ClientRevoked,
    )
}

/// A connection of the test's own.
pub(crate) async fn connection(database: &PostgresDatabase) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}
