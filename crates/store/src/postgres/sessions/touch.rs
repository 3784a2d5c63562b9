//! Noting that a session was used, at most once a minute.

use symbolon_core::{
    Timestamp,
    model::{Session, SessionStatus, TruncatedIp},
    secret::CookieHash,
    store::SessionView,
};

use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::postgres::{
    failure::{Outcome, inconsistent},
    query::params,
    rows,
    tx::{LastWrite, Tx},
};

/// Whether a use at `now` is to be written down. Never for a session that is dead, and never
/// backwards.
pub(super) fn is_due(session: &Session, now: Timestamp) -> bool {
    session.status(now) == SessionStatus::Live
        && now.millis_since(session.last_seen) >= session.coalesced_ms()
}

/// Uses of sessions whose rows are locked, written together with the commit.
#[derive(Default)]
pub(in crate::postgres) struct Touches {
    ids: Vec<Uuid>,
    moments: Vec<i64>,
    places: Vec<Option<String>>,
}

/// The statement of [`Touches`].
pub(in crate::postgres) const TOUCH: (&str, &[Type]) = (
    "UPDATE sessions AS s SET last_seen = new.at, ip = new.place
     FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS new (id, at, place)
     WHERE s.id = new.id",
    &[Type::UUID_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY],
);

impl Touches {
    /// Notes a use if it is due; `session` shows it afterwards. Of several uses of a session one is written.
    pub(in crate::postgres) fn take(
        &mut self,
        session: &mut Session,
        from: Option<TruncatedIp>,
        now: Timestamp,
    ) {
        if !is_due(session, now) {
            return;
        }
        session.last_seen = now;
        session.ip = from.or(session.ip);
        let id = *session.id.as_uuid();
        if !self.ids.contains(&id) {
            self.ids.push(id);
            self.moments.push(now.as_millis());
            self.places.push(session.ip.map(|ip| ip.to_string()));
        }
    }

    /// Leaves them to be sent with the commit. [`TOUCH`] is to be prepared.
    pub(in crate::postgres) fn leave_to(self, tx: &Tx) {
        if self.ids.is_empty() {
            return;
        }
        let rows = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        tx.leave_last(LastWrite {
            statement: TOUCH,
            rows,
            otherwise: inconsistent("sessions", "last_seen", rows),
            values: vec![
                Box::new(self.ids),
                Box::new(self.moments),
                Box::new(self.places),
            ],
        });
    }
}

/// The verb, for a use that is due: locks the session, looks again and writes.
pub(super) async fn by_cookie(
    tx: &Tx,
    cookie: &CookieHash,
    origin: &str,
    from: Option<TruncatedIp>,
    now: Timestamp,
) -> Outcome<Option<SessionView>> {
    // Of its parents only the account matters, and whoever disables that ends the session's row.
    tx.query(
        "SELECT 1 FROM sessions
         WHERE id = (SELECT session FROM session_cookies WHERE hash = $1 AND origin = $2)
         FOR NO KEY UPDATE",
        params![&cookie.0[..], origin],
    )
    .await?;
    let mut view = rows::session::view_by_cookie(tx, cookie, origin).await?;
    if let Some(view) = &mut view {
        touch(tx, &mut view.session, from, now).await?;
    }
    Ok(view)
}

/// Writes the use of a locked session down if it is due; `session` shows it afterwards.
pub(in crate::postgres) async fn touch(
    tx: &Tx,
    session: &mut Session,
    from: Option<TruncatedIp>,
    now: Timestamp,
) -> Outcome<()> {
    if is_due(session, now) {
        session.last_seen = now;
        session.ip = from.or(session.ip);
        tx.execute(
            "UPDATE sessions SET last_seen = $2, ip = $3 WHERE id = $1",
            params![
                *session.id.as_uuid(),
                now.as_millis(),
                session.ip.map(|ip| ip.to_string())
            ],
        )
        .await?;
    }
    Ok(())
}
