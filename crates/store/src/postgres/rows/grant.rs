//! Grants.

use symbolon_core::{
    model::{Grant, GrantState},
    store::StoreError,
};
use symbolon_protocol::{AccountId, GrantId, SessionId};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::session::ended;
use crate::postgres::{
    conn::Conn,
    failure::Outcome,
    query::{Columns, all, bound, one, params},
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, account, client, resource, scopes, session, parent, offline, version,
                    generation, seed, secret_id, rotated_at, created_at, idle_secs, expires_at,
                    ended_at, ended_reason
             FROM grants ",
            $rest
        )
    };
}

/// The grant with this id.
pub(in crate::postgres) async fn by_id(conn: &Conn, id: GrantId) -> Outcome<Option<Grant>> {
    let sql = select!("WHERE id = $1");
    one(conn, "grants", sql, params![*id.as_uuid()], grant).await
}

/// The statement of [`locked`].
pub(in crate::postgres) const LOCKED: (&str, &[Type]) =
    (select!("WHERE id = $1 FOR NO KEY UPDATE"), &[Type::UUID]);

/// The grant with this id, as it is once its row is locked.
pub(in crate::postgres) async fn locked(conn: &Conn, id: GrantId) -> Outcome<Option<Grant>> {
    one(conn, "grants", LOCKED.0, params![*id.as_uuid()], grant).await
}

/// The statement of [`free`].
pub(in crate::postgres) const FREE: (&str, &[Type]) = (
    select!("WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"),
    &[Type::UUID_ARRAY],
);

/// Of these grants those that nobody else has locked, as they are once they are.
pub(in crate::postgres) async fn free(conn: &Conn, ids: &Vec<Uuid>) -> Outcome<Vec<Grant>> {
    all(conn, "grants", FREE.0, &[bound(ids)], grant).await
}

/// All grants of an account, oldest first.
pub(in crate::postgres) async fn of_account(conn: &Conn, id: AccountId) -> Outcome<Vec<Grant>> {
    let sql = select!("WHERE account = $1 ORDER BY created_at, id");
    all(conn, "grants", sql, params![*id.as_uuid()], grant).await
}

fn grant(row: &mut Columns<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: row.uuid("id", GrantId::from_uuid)?,
        account: row.uuid_option("account", AccountId::from_uuid)?,
        client: row.get_as("client", |text: String| text.try_into().ok())?,
        resource: row.get("resource")?,
        scopes: row.get("scopes")?,
        session: row.uuid_option("session", SessionId::from_uuid)?,
        parent: row.uuid_option("parent", GrantId::from_uuid)?,
        offline: row.get("offline")?,
        version: row.number("version")?,
        generation: row.number("generation")?,
        seed: row.bytes("seed")?,
        secret_id: row.number("secret_id")?,
        rotated_at: row.time_option("rotated_at")?,
        created_at: row.time("created_at")?,
        idle_secs: row.number("idle_secs")?,
        expires_at: row.time("expires_at")?,
        state: match ended(row)? {
            None => GrantState::Active,
            Some((at, reason)) => GrantState::Ended { at, reason },
        },
    })
}
