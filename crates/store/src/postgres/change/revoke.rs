//! Revoking a token, a client, a key: what the log names without a row of the graph.

use symbolon_core::model::{AuditAction, KeyState, SigningKeyRecord};
use symbolon_protocol::{ClientId, Kind, RevocationId, TokenId};

use super::{
    Act, Step,
    graph::{self, Logged, Tally},
};
use crate::postgres::{
    failure::{Outcome, inconsistent},
    keys,
    query::{exists, params},
    rows,
    tx::Tx,
};

/// One access token. A token that the log names for at least as long is not named again.
pub(super) async fn token(tx: &Tx, id: TokenId, until: i64, act: &Act<'_>) -> Outcome<Step> {
    let named = RevocationId::from(id);
    let known = tx.will_name(Kind::Token, named, until)
        || exists(
            tx,
            "SELECT 1 FROM revocations WHERE id = $1 AND kind = 'token' AND until_secs >= $2",
            params![&named.0[..], until],
        )
        .await?;
    let mut tally = Tally::default();
    if !known {
        tx.append_until(Kind::Token, named, None, Some(until), &act.cut);
        tally.touched = true;
    }
    act.done(tx, tally, AuditAction::TokenRevoked, ("token", &id))
        .await
}

/// All tokens of a client, by one entry, and all its grants.
pub(super) async fn client(tx: &Tx, id: &ClientId, act: &Act<'_>) -> Outcome<Step> {
    let mut tally = Tally {
        touched: true,
        ..Tally::default()
    };
    tx.append(Kind::Client, RevocationId::from(id), None, &act.cut);
    let grants = graph::unended_grants_of_client(tx, id.as_str()).await?;
    graph::end_grants(tx, grants, Logged::Above, &act.cut, &mut tally).await?;
    act.done(tx, tally, AuditAction::ClientRevoked, ("client", id))
        .await
}

/// A signing key, never to be forgotten. The replacement takes its place if it was the active one;
/// otherwise the active key goes on signing. A second time changes nothing.
pub(super) async fn key(
    tx: &Tx,
    kid: &str,
    replacement: &SigningKeyRecord,
    act: &Act<'_>,
) -> Outcome<Step> {
    keys::lock(tx).await?;
    let Some(known) = rows::key::locked_by_kid(tx, kid).await? else {
        return Ok(Step::NotFound);
    };
    let named = RevocationId::of_text(kid);
    let mut tally = Tally::default();
    let is_revoked = "SELECT 1 FROM revocations WHERE id = $1 AND kind = 'key'";
    if exists(tx, is_revoked, params![&named.0[..]]).await? {
        return Ok(Step::Done(tally));
    }
    if !matches!(replacement.state, KeyState::Active { .. }) {
        return Err(inconsistent("signing_keys", "state", &replacement.kid).into());
    }
    tx.execute(
        "UPDATE signing_keys SET state = 'gone', state_at = $2, state_until = NULL, private = ''
         WHERE kid = $1",
        params![kid, act.cut.now.as_millis()],
    )
    .await?;
    if matches!(known.state, KeyState::Active { .. }) {
        keys::insert_key(tx, replacement).await?;
    }
    tx.append_until(Kind::Key, named, None, None, &act.cut);
    tally.touched = true;
    act.done(tx, tally, AuditAction::KeyRevoked, ("key", &kid))
        .await
}
