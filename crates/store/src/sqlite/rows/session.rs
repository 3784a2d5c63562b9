//! Sessions.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{Account, Session, SessionKind, SessionState, TruncatedIp},
    secret::CookieHash,
    store::{SessionView, StoreError},
};
use symbolon_protocol::{AccountId, EndReason, SessionId};

use super::account;
use crate::sqlite::{
    failure::{Outcome, inconsistent},
    query::{Columns, all, one, one_of},
};

/// The session with this id.
pub(in crate::sqlite) fn by_id(conn: &Connection, id: SessionId) -> Outcome<Option<Session>> {
    one(
        conn,
        "sessions",
        "SELECT id, account, kind, version, actor, created_at, auth_time, last_seen, idle_secs,
                expires_at, amr, acr, device_label, ip, ended_at, ended_reason
         FROM sessions WHERE id = ?1",
        params![id.to_bytes()],
        session,
    )
}

/// The session with this id and its account.
pub(in crate::sqlite) fn view(conn: &Connection, id: SessionId) -> Outcome<Option<SessionView>> {
    by_id(conn, id)?
        .map(|session| with_account(conn, session))
        .transpose()
}

/// The session of a cookie that was set at `origin`, and its account.
pub(in crate::sqlite) fn view_by_cookie(
    conn: &Connection,
    cookie: &CookieHash,
    origin: &str,
) -> Outcome<Option<SessionView>> {
    let session = one(
        conn,
        "sessions",
        "SELECT s.id, s.account, s.kind, s.version, s.actor, s.created_at, s.auth_time,
                s.last_seen, s.idle_secs, s.expires_at, s.amr, s.acr, s.device_label, s.ip,
                s.ended_at, s.ended_reason
         FROM session_cookies c JOIN sessions s ON s.id = c.session
         WHERE c.hash = ?1 AND c.origin = ?2",
        params![cookie.0, origin],
        session,
    )?;
    session
        .map(|session| with_account(conn, session))
        .transpose()
}

/// The same for many cookies at once: what belongs to the accounts is read for all of them. One row that is
/// wrong is a failure of all.
pub(in crate::sqlite) fn views_by_cookies<'a>(
    conn: &Connection,
    shown: impl Iterator<Item = (&'a CookieHash, &'a str)>,
) -> Outcome<Vec<Option<SessionView>>> {
    let mut statement = conn.prepare_cached(
        "SELECT s.id, s.account, s.kind, s.version, s.actor, s.created_at, s.auth_time,
                s.last_seen, s.idle_secs, s.expires_at, s.amr, s.acr, s.device_label, s.ip,
                s.ended_at, s.ended_reason, a.id, a.subject, a.state, a.disabled_at, a.erased_at,
                a.locale, a.profile, a.created_at
         FROM session_cookies c JOIN sessions s ON s.id = c.session
              LEFT JOIN accounts a ON a.id = s.account
         WHERE c.hash = ?1 AND c.origin = ?2",
    )?;
    let (mut sessions, mut accounts) = (Vec::new(), Owners::default());
    for (cookie, origin) in shown {
        let found = one_of(
            &mut statement,
            "sessions",
            params![cookie.0, origin],
            |row| Ok((session(row)?, account::account(row)?)),
        )?;
        sessions.push(found.map(|(session, account)| {
            accounts.add(account);
            session
        }));
    }
    accounts.complete(conn)?;
    let views = sessions.into_iter().map(|session| {
        let Some(session) = session else {
            return Ok(None);
        };
        let account = accounts.give(session.account);
        let account =
            account.ok_or_else(|| inconsistent("sessions", "account", session.id.to_string()))?;
        Ok(Some(SessionView { session, account }))
    });
    views.collect()
}

/// The accounts of many sessions, each once.
#[derive(Default)]
struct Owners {
    accounts: Vec<Account>,
    /// Of how many sessions that are not given theirs.
    wanted: HashMap<AccountId, u32>,
    complete: HashMap<AccountId, Account>,
}

impl Owners {
    fn add(&mut self, account: Account) {
        let wanted = self.wanted.entry(account.id).or_default();
        *wanted = wanted.saturating_add(1);
        if *wanted == 1 {
            self.accounts.push(account);
        }
    }

    /// Reads what belongs to them.
    fn complete(&mut self, conn: &Connection) -> Outcome<()> {
        account::complete_listed(conn, &mut self.accounts)?;
        let accounts = self.accounts.drain(..);
        self.complete = accounts.map(|account| (account.id, account)).collect();
        Ok(())
    }

    /// An account for one session.
    fn give(&mut self, id: AccountId) -> Option<Account> {
        let wanted = self.wanted.get_mut(&id)?;
        *wanted = wanted.saturating_sub(1);
        match *wanted {
            0 => self.complete.remove(&id),
            _ => self.complete.get(&id).cloned(),
        }
    }
}

/// The sessions of an account that are live at `now`, newest first.
pub(in crate::sqlite) fn live(
    conn: &Connection,
    account: AccountId,
    now: Timestamp,
) -> Outcome<Vec<Session>> {
    all(
        conn,
        "sessions",
        "SELECT id, account, kind, version, actor, created_at, auth_time, last_seen, idle_secs,
                expires_at, amr, acr, device_label, ip, ended_at, ended_reason
         FROM sessions WHERE account = ?1 AND ended_at IS NULL AND dead_from > ?2
         ORDER BY created_at DESC, id DESC",
        params![account.to_bytes(), now.as_millis()],
        session,
    )
}

fn with_account(conn: &Connection, session: Session) -> Outcome<SessionView> {
    let account = account::owner(conn, session.account, "sessions", session.id)?;
    Ok(SessionView { session, account })
}

fn session(row: &mut Columns<'_>) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.uuid("id", SessionId::from_uuid)?,
        account: row.uuid("account", AccountId::from_uuid)?,
        kind: row.get_as("kind", |name: String| SessionKind::from_name(&name))?,
        version: row.get("version")?,
        actor: row.uuid_option("actor", AccountId::from_uuid)?,
        created_at: row.time("created_at")?,
        auth_time: row.time("auth_time")?,
        last_seen: row.time("last_seen")?,
        idle_secs: row.get("idle_secs")?,
        expires_at: row.time("expires_at")?,
        amr: row.texts("amr")?,
        acr: row.get("acr")?,
        device_label: row.get("device_label")?,
        ip: row.get_as("ip", |text: Option<String>| {
            text.map(|text| TruncatedIp::parse(&text))
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
    let reason: Option<String> = row.get("ended_reason")?;
    match (at, reason.as_deref().map(EndReason::from_name)) {
        (None, None) => Ok(None),
        (Some(at), Some(Some(reason))) => Ok(Some((at, reason))),
        _ => Err(row.wrong("ended_reason")),
    }
}
