//! Revoking a token, a client, a key: what the log names without a row of the graph.

use rusqlite::{Connection, params};
use symbolon_core::model::{AuditAction, KeyState, SigningKeyRecord};
use symbolon_protocol::{ClientId, Kind, RevocationId, TokenId};

use super::{
    Act, Step,
    graph::{self, Logged, Tally},
};
use crate::sqlite::{
    failure::{Outcome, inconsistent},
    keys::insert_key,
    query::{execute, exists},
    rows,
    tx::Tx,
};

/// One access token. A token that the log names for at least as long is not named again.
pub(super) fn token(tx: &mut Tx<'_>, id: TokenId, until: i64, act: &Act<'_>) -> Outcome<Step> {
    let named = RevocationId::from(id);
    let known = exists(
        tx,
        "SELECT 1 FROM revocations WHERE id = ?1 AND kind = 'token' AND until_secs >= ?2",
        params![named.0, until],
    )?;
    let mut tally = Tally::default();
    if !known {
        tx.append_until(Kind::Token, named, None, Some(until), &act.cut)?;
        tally.touched = true;
    }
    act.done(tx, tally, AuditAction::TokenRevoked, ("token", &id))
}

/// All tokens of a client, by one entry, and all its grants.
pub(super) fn client(tx: &mut Tx<'_>, id: &ClientId, act: &Act<'_>) -> Outcome<Step> {
    let mut tally = Tally {
        touched: true,
        ..Tally::default()
    };
    tx.append(Kind::Client, RevocationId::from(id), None, &act.cut)?;
    let grants = graph::unended_grants_of_client(tx, id.as_str())?;
    graph::end_grants(tx, grants, Logged::Above, &act.cut, &mut tally)?;
    act.done(tx, tally, AuditAction::ClientRevoked, ("client", id))
}

/// A signing key, never to be forgotten. The replacement takes its place if it was the active one;
/// otherwise the active key goes on signing. A second time changes nothing.
pub(super) fn key(
    tx: &mut Tx<'_>,
    kid: &str,
    replacement: &SigningKeyRecord,
    act: &Act<'_>,
) -> Outcome<Step> {
    let Some(known) = rows::key::by_kid(tx, kid)? else {
        return Ok(Step::NotFound);
    };
    let named = RevocationId::of_text(kid);
    let mut tally = Tally::default();
    if is_revoked(tx, named)? {
        return Ok(Step::Done(tally));
    }
    if !matches!(replacement.state, KeyState::Active { .. }) {
        return Err(inconsistent("signing_keys", "state", &replacement.kid).into());
    }
    execute(
        tx,
        "UPDATE signing_keys SET state = 'gone', state_at = ?2, state_until = NULL, private = x''
         WHERE kid = ?1",
        params![kid, act.cut.now.as_millis()],
    )?;
    if matches!(known.state, KeyState::Active { .. }) {
        insert_key(tx, replacement)?;
    }
    tx.append_until(Kind::Key, named, None, None, &act.cut)?;
    tally.touched = true;
    act.done(tx, tally, AuditAction::KeyRevoked, ("key", &kid))
}

fn is_revoked(conn: &Connection, key: RevocationId) -> Outcome<bool> {
    exists(
        conn,
        "SELECT 1 FROM revocations WHERE id = ?1 AND kind = 'key'",
        params![key.0],
    )
}
