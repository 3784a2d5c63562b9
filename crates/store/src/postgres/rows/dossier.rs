//! Everything about one account but its secrets.

use symbolon_core::{
    model::{AuditRecord, CredentialRecord, Dossier, SessionRecord},
    store::StoreError,
};
use symbolon_protocol::AccountId;

use super::{account, grant, session};
use crate::postgres::{
    conn::Conn,
    failure::Outcome,
    query::{Columns, all, params},
};

/// What is kept about the account; none if it is not there or nothing is left of it.
pub(in crate::postgres) async fn of(conn: &Conn, id: AccountId) -> Outcome<Option<Dossier>> {
    let account = account::by_id(conn, id).await?;
    let Some(account) = account.filter(|account| !account.is_erased()) else {
        return Ok(None);
    };
    let sessions: Vec<_> = session::with_origins(conn, id)
        .await?
        .into_iter()
        .map(|(session, origins)| SessionRecord { session, origins })
        .collect();
    let grants = grant::of_account(conn, id).await?;
    let mut targets = vec![id.to_string()];
    targets.extend(sessions.iter().map(|one| one.session.id.to_string()));
    targets.extend(grants.iter().map(|one| one.id.to_string()));
    Ok(Some(Dossier {
        account,
        credentials: credentials(conn, id).await?,
        sessions,
        grants,
        audit: audit(conn, id, targets).await?,
    }))
}

async fn credentials(conn: &Conn, id: AccountId) -> Outcome<Vec<CredentialRecord>> {
    all(
        conn,
        "credentials",
        "SELECT kind, label, created_at, changed_at, last_used_at
         FROM credentials WHERE account = $1 ORDER BY id",
        params![*id.as_uuid()],
        |row| {
            Ok(CredentialRecord {
                kind: row.get("kind")?,
                label: row.get("label")?,
                created_at: row.time("created_at")?,
                changed_at: row.time("changed_at")?,
                last_used_at: row.time_option("last_used_at")?,
            })
        },
    )
    .await
}

/// What the account did is found without an index: an export is rare, and an index would cost each
/// end of a session.
async fn audit(conn: &Conn, id: AccountId, targets: Vec<String>) -> Outcome<Vec<AuditRecord>> {
    all(
        conn,
        "audit_events",
        "SELECT seq, at, actor, action, target_kind, target_id, reason, request_id
         FROM audit_events
         WHERE actor = $1
            OR target_kind IN ('account', 'session', 'grant') AND target_id = ANY($2)
         ORDER BY seq",
        params![format!("account:{id}"), targets],
        record,
    )
    .await
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
