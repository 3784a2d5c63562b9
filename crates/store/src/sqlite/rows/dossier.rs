//! Everything about one account but its secrets.

use rusqlite::{Connection, params};
use symbolon_core::{
    model::{AuditRecord, CredentialRecord, Dossier, SessionRecord},
    store::StoreError,
};
use symbolon_protocol::{AccountId, GrantId, SessionId};

use super::{account, grant, session};
use crate::sqlite::{
    failure::Outcome,
    query::{Columns, all},
};

/// What is kept about the account; none if it is not there or nothing is left of it.
pub(in crate::sqlite) fn of(conn: &Connection, id: AccountId) -> Outcome<Option<Dossier>> {
    let Some(account) = account::by_id(conn, id)?.filter(|account| !account.is_erased()) else {
        return Ok(None);
    };
    Ok(Some(Dossier {
        account,
        credentials: credentials(conn, id)?,
        sessions: sessions(conn, id)?,
        grants: grants(conn, id)?,
        audit: audit(conn, id)?,
    }))
}

fn credentials(conn: &Connection, id: AccountId) -> Outcome<Vec<CredentialRecord>> {
    all(
        conn,
        "credentials",
        "SELECT id, kind, label, created_at, changed_at, last_used_at
         FROM credentials WHERE account = ?1 ORDER BY id",
        params![id.to_bytes()],
        |row| {
            let _id: [u8; 16] = row.get("id")?;
            Ok(CredentialRecord {
                kind: row.get("kind")?,
                label: row.get("label")?,
                created_at: row.time("created_at")?,
                changed_at: row.time("changed_at")?,
                last_used_at: row.time_option("last_used_at")?,
            })
        },
    )
}

fn sessions(conn: &Connection, id: AccountId) -> Outcome<Vec<SessionRecord>> {
    let of_account = "SELECT id FROM sessions WHERE account = ?1 ORDER BY created_at, id";
    let mut records = Vec::new();
    for id in ids(conn, "sessions", of_account, id, SessionId::from_uuid)? {
        if let Some(session) = session::by_id(conn, id)? {
            let origins = origins(conn, id)?;
            records.push(SessionRecord { session, origins });
        }
    }
    Ok(records)
}

fn origins(conn: &Connection, session: SessionId) -> Outcome<Vec<String>> {
    all(
        conn,
        "session_cookies",
        "SELECT session, origin FROM session_cookies WHERE session = ?1
         GROUP BY origin ORDER BY origin",
        params![session.to_bytes()],
        |row| {
            let _session: [u8; 16] = row.get("session")?;
            row.get("origin")
        },
    )
}

fn grants(conn: &Connection, id: AccountId) -> Outcome<Vec<symbolon_core::model::Grant>> {
    let of_account = "SELECT id FROM grants WHERE account = ?1 ORDER BY created_at, id";
    let mut grants = Vec::new();
    for id in ids(conn, "grants", of_account, id, GrantId::from_uuid)? {
        grants.extend(grant::by_id(conn, id)?);
    }
    Ok(grants)
}

fn ids<T>(
    conn: &Connection,
    table: &'static str,
    sql: &str,
    account: AccountId,
    wrap: fn(uuid::Uuid) -> T,
) -> Outcome<Vec<T>> {
    all(conn, table, sql, params![account.to_bytes()], |row| {
        row.uuid("id", wrap)
    })
}

/// No index helps here: an export is rare, and an index would cost each end of a session.
fn audit(conn: &Connection, id: AccountId) -> Outcome<Vec<AuditRecord>> {
    let mut targets: Vec<String> = vec![id.to_string()];
    for sql in [
        "SELECT id FROM sessions WHERE account = ?1",
        "SELECT id FROM grants WHERE account = ?1",
    ] {
        let found = ids(conn, "audit_events", sql, id, |uuid| uuid.to_string())?;
        targets.extend(found);
    }
    let targets = serde_json::Value::from(targets).to_string();
    all(
        conn,
        "audit_events",
        "SELECT seq, at, actor, action, target_kind, target_id, reason, request_id
         FROM audit_events
         WHERE actor = ?1
            OR target_kind IN ('account', 'session', 'grant')
               AND target_id IN (SELECT value FROM json_each(?2))
         ORDER BY seq",
        params![format!("account:{id}"), targets],
        record,
    )
}

fn record(row: &mut Columns<'_>) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        seq: row.get("seq")?,
        at: row.time("at")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        target_kind: row.get("target_kind")?,
        target_id: row.get("target_id")?,
        reason: row.get("reason")?,
        request_id: row.get("request_id")?,
    })
}
