//! What deleted rows leave in the tables until they are vacuumed.
//!
//! Vacuuming takes the rows out of every table and index and stops nobody from working. The freed
//! space is not overwritten before it is used again, and the write-ahead log keeps what it has until
//! its files are recycled: see `docs/operations.md`.

use tokio_postgres::Client;

use super::{conn::Conn, failure::Outcome, query::exists, query::params};

/// Every table that has rows of a person.
const VACUUM: &str =
    "VACUUM accounts, identifiers, roles, credentials, sessions, session_cookies, grants";

/// Whether something was erased since the tables were last vacuumed for it.
pub(super) async fn are_left(conn: &Conn) -> Outcome<bool> {
    exists(conn, "SELECT 1 FROM symbolon_meta WHERE traces <> 0", &[]).await
}

/// Vacuums, on a connection that is used for nothing else. What is erased meanwhile stays noted.
pub(super) async fn remove(client: &Client) -> Outcome<()> {
    let count = "SELECT traces FROM symbolon_meta";
    let noted: i64 = client.query_typed_one(count, &[]).await?.try_get(0)?;
    client.batch_execute("SET statement_timeout = 0").await?;
    client.batch_execute(VACUUM).await?;
    client
        .execute_typed(
            "UPDATE symbolon_meta SET traces = greatest(0, traces - $1)",
            params![noted],
        )
        .await?;
    Ok(())
}
