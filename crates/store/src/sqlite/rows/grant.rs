//! Grants.

use rusqlite::{Connection, params};
use symbolon_core::{
    model::{Grant, GrantState},
    store::StoreError,
};
use symbolon_protocol::{AccountId, GrantId, SessionId};

use super::session::ended;
use crate::sqlite::{
    failure::Outcome,
    query::{Columns, one},
};

/// The grant with this id.
pub(in crate::sqlite) fn by_id(conn: &Connection, id: GrantId) -> Outcome<Option<Grant>> {
    one(
        conn,
        "grants",
        "SELECT id, account, client, resource, scopes, session, parent, offline, version,
                generation, seed, secret_id, rotated_at, created_at, idle_secs, expires_at,
                ended_at, ended_reason
         FROM grants WHERE id = ?1",
        params![id.to_bytes()],
        grant,
    )
}

fn grant(row: &mut Columns<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: row.uuid("id", GrantId::from_uuid)?,
        account: row.uuid_option("account", AccountId::from_uuid)?,
        client: row.get_as("client", |text: String| text.try_into().ok())?,
        resource: row.get("resource")?,
        scopes: row.texts("scopes")?,
        session: row.uuid_option("session", SessionId::from_uuid)?,
        parent: row.uuid_option("parent", GrantId::from_uuid)?,
        offline: row.get("offline")?,
        version: row.get("version")?,
        generation: row.get_as("generation", |number: i64| u64::try_from(number).ok())?,
        seed: row.get("seed")?,
        secret_id: row.get("secret_id")?,
        rotated_at: row.time_option("rotated_at")?,
        created_at: row.time("created_at")?,
        idle_secs: row.get("idle_secs")?,
        expires_at: row.time("expires_at")?,
        state: match ended(row)? {
            None => GrantState::Active,
            Some((at, reason)) => GrantState::Ended { at, reason },
        },
    })
}
