//! Sessions. One that is read with its account is read with it in one statement.

use symbolon_core::{
    Timestamp,
    model::{Account, Session, SessionKind, SessionState, TruncatedIp},
    secret::CookieHash,
    store::{SessionView, StoreError},
};
use symbolon_protocol::{AccountId, EndReason, GrantId, SessionId};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::account::{account, account_columns};
use crate::postgres::{
    conn::{Conn, Params},
    failure::Outcome,
    query::{Columns, all, bound, one, params},
};

macro_rules! session_columns {
    () => {
        "s.id, s.account, s.kind, s.version, s.actor, s.created_at, s.auth_time, s.last_seen,
         s.idle_secs, s.expires_at, s.amr, s.acr, s.device_label, s.ip, s.ended_at, s.ended_reason"
    };
}

/// The session with this id.
pub(in crate::postgres) async fn by_id(conn: &Conn, id: SessionId) -> Outcome<Option<Session>> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions s WHERE s.id = $1"
    );
    one(conn, "sessions", sql, params![*id.as_uuid()], session).await
}

/// The session with this id and its account.
pub(in crate::postgres) async fn view(conn: &Conn, id: SessionId) -> Outcome<Option<SessionView>> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        ", ",
        account_columns!(),
        " FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.id = $1"
    );
    view_by(conn, sql, params![*id.as_uuid()]).await
}

/// The statement of [`view_by_cookie`].
pub(in crate::postgres) const VIEW_BY_COOKIE: (&str, &[Type]) = (
    concat!(
        "SELECT ",
        session_columns!(),
        ", ",
        account_columns!(),
        " FROM session_cookies c JOIN sessions s ON s.id = c.session
          JOIN accounts a ON a.id = s.account WHERE c.hash = $1 AND c.origin = $2"
    ),
    &[Type::BYTEA, Type::TEXT],
);

/// The session of a cookie that was set at `origin`, and its account.
pub(in crate::postgres) async fn view_by_cookie(
    conn: &Conn,
    cookie: &CookieHash,
    origin: &str,
) -> Outcome<Option<SessionView>> {
    view_by(conn, VIEW_BY_COOKIE.0, params![&cookie.0[..], origin]).await
}

/// The statement of [`parents_of_grant`].
pub(in crate::postgres) const PARENTS_OF_GRANT: (&str, &[Type]) = (
    concat!(
        "SELECT ",
        account_columns!(),
        ", ",
        session_columns!(),
        " FROM grants g JOIN accounts a ON a.id = g.account
          LEFT JOIN sessions s ON s.id = g.session AND NOT g.offline WHERE g.id = $1"
    ),
    &[Type::UUID],
);

/// The account of a grant and, unless it is offline, the session in which it was given.
pub(in crate::postgres) async fn parents_of_grant(
    conn: &Conn,
    grant: GrantId,
) -> Outcome<Option<(Account, Option<Session>)>> {
    let params = params![*grant.as_uuid()];
    one(
        conn,
        "accounts",
        PARENTS_OF_GRANT.0,
        params,
        account_and_session,
    )
    .await
}

/// The statement of [`parents_of_grants`].
pub(in crate::postgres) const PARENTS_OF_GRANTS: (&str, &[Type]) = (
    concat!(
        "SELECT g.id, ",
        account_columns!(),
        ", ",
        session_columns!(),
        " FROM grants g JOIN accounts a ON a.id = g.account
          LEFT JOIN sessions s ON s.id = g.session AND NOT g.offline WHERE g.id = ANY($1)"
    ),
    &[Type::UUID_ARRAY],
);

/// The same as [`parents_of_grant`] of several, each with its grant.
pub(in crate::postgres) async fn parents_of_grants(
    conn: &Conn,
    grants: &Vec<Uuid>,
) -> Outcome<Vec<(GrantId, (Account, Option<Session>))>> {
    all(
        conn,
        "accounts",
        PARENTS_OF_GRANTS.0,
        &[bound(grants)],
        |row| {
            let grant = row.uuid("id", GrantId::from_uuid)?;
            Ok((grant, account_and_session(row)?))
        },
    )
    .await
}

/// A session is absent if its id is.
fn account_and_session(row: &mut Columns<'_>) -> Result<(Account, Option<Session>), StoreError> {
    let account = account(row)?;
    let session = if row.is_next_null() {
        None
    } else {
        Some(session(row)?)
    };
    Ok((account, session))
}

async fn view_by(conn: &Conn, sql: &str, params: Params<'_>) -> Outcome<Option<SessionView>> {
    one(conn, "sessions", sql, params, |row| {
        let session = session(row)?;
        let account = account(row)?;
        Ok(SessionView { session, account })
    })
    .await
}

/// The sessions of an account that are live at `now`, newest first.
pub(in crate::postgres) async fn live(
    conn: &Conn,
    account: AccountId,
    now: Timestamp,
) -> Outcome<Vec<Session>> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions s WHERE s.account = $1 AND s.ended_at IS NULL AND s.dead_from > $2
          ORDER BY s.created_at DESC, s.id DESC"
    );
    let (account, now) = (*account.as_uuid(), now.as_millis());
    all(conn, "sessions", sql, params![account, now], session).await
}

/// All sessions of an account, oldest first, each with the origins at which it has cookies.
pub(in crate::postgres) async fn with_origins(
    conn: &Conn,
    account: AccountId,
) -> Outcome<Vec<(Session, Vec<String>)>> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        ", ARRAY(SELECT DISTINCT c.origin FROM session_cookies c WHERE c.session = s.id
                 ORDER BY c.origin)
         FROM sessions s WHERE s.account = $1 ORDER BY s.created_at, s.id"
    );
    all(conn, "sessions", sql, params![*account.as_uuid()], |row| {
        Ok((session(row)?, row.get("origin")?))
    })
    .await
}

fn session(row: &mut Columns<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.uuid("id", SessionId::from_uuid)?,
        account: row.uuid("account", AccountId::from_uuid)?,
        kind: row.get_as("kind", SessionKind::from_name)?,
        version: row.number("version")?,
        actor: row.uuid_option("actor", AccountId::from_uuid)?,
        created_at: row.time("created_at")?,
        auth_time: row.time("auth_time")?,
        last_seen: row.time("last_seen")?,
        idle_secs: row.number("idle_secs")?,
        expires_at: row.time("expires_at")?,
        amr: row.get("amr")?,
        acr: row.get("acr")?,
        device_label: row.get("device_label")?,
        ip: row.get_as("ip", |text: Option<&str>| {
            text.map(TruncatedIp::parse)
                .map_or(Some(None), |ip| ip.map(Some))
        })?,
        state: match ended(row)? {
            None => SessionState::Active,
            Some((at, reason)) => SessionState::Ended { at, reason },
        },
    })
}

/// The columns `ended_at` and `ended_reason`: both or none.
pub(super) fn ended(row: &mut Columns<'_>) -> Result<Option<(Timestamp, EndReason)>, StoreError> {
    let at = row.time_option("ended_at")?;
    let reason: Option<&str> = row.get("ended_reason")?;
    match (at, reason.map(EndReason::from_name)) {
        (None, None) => Ok(None),
        (Some(at), Some(Some(reason))) => Ok(Some((at, reason))),
        _ => Err(row.wrong("ended_reason")),
    }
}
