//! What ending something would reach. The one thing that must not be broken: it walks the graph as
//! [`super::end`] does, so that people are told before what happens after.

use std::collections::BTreeSet;

use symbolon_core::{
    Timestamp,
    store::{Horizon, Reach, ReachOf},
};
use symbolon_protocol::{AccountId, EndReason, SessionId};
use uuid::Uuid;

use super::graph::{self, GrantNode, Node};
use crate::postgres::{
    conn::Conn,
    failure::Outcome,
    query::{all, params},
    rows,
    tx::Cut,
};

/// The verb.
pub(in crate::postgres) async fn reach(
    conn: &Conn,
    account: AccountId,
    of: ReachOf,
    horizon: Horizon,
    now: Timestamp,
) -> Outcome<Option<Reach>> {
    let Some((sessions, grants)) = below(conn, account, of).await? else {
        return Ok(None);
    };
    let cut = Cut {
        // Nothing is written: any reason will do.
        reason: EndReason::LogoutEverywhere,
        horizon,
        now,
    };
    let mut reach = Reach::default();
    for session in &sessions {
        reach.sessions += u32::from(session.is_live(&cut));
    }
    let grants = graph::with_descendants(conn, grants).await?;
    let mut apps = BTreeSet::new();
    for (id, client, used) in last_uses(conn, &grants).await? {
        let Some(grant) = grants.iter().find(|grant| grant.node().id() == id) else {
            continue;
        };
        let is_live = grant.node().is_live(&cut);
        let may_have_access = grant.node().dying_at(used).may_have_token(&cut);
        reach.refresh_tokens += u32::from(is_live);
        reach.grants_with_access += u32::from(may_have_access);
        if is_live || may_have_access {
            apps.insert(client);
        }
    }
    reach.apps = u32::try_from(apps.len()).unwrap_or(u32::MAX);
    Ok(Some(reach))
}

type Roots = (Vec<Node>, Vec<GrantNode>);

/// The sessions, and the grants that end with them or beside them.
async fn below(conn: &Conn, account: AccountId, of: ReachOf) -> Outcome<Option<Roots>> {
    match of {
        ReachOf::Session(id) => {
            let session = rows::session::by_id(conn, id).await?;
            if session.is_none_or(|session| session.account != account) {
                return Ok(None);
            }
            let Some(node) = graph::unended_session(conn, id).await? else {
                return Ok(None);
            };
            let grants = graph::online_grants_of(conn, &[node]).await?;
            Ok(Some((vec![node], grants)))
        }
        ReachOf::AllBut(kept) => Ok(Some(all_but(conn, account, kept).await?)),
    }
}

async fn all_but(conn: &Conn, account: AccountId, kept: Option<SessionId>) -> Outcome<Roots> {
    let mut sessions = graph::unended_sessions(conn, account).await?;
    sessions.retain(|session| kept.is_none_or(|kept| !session.is(kept)));
    let mut grants = graph::unended_grants(conn, account).await?;
    grants.retain(|grant| kept.is_none_or(|kept| !grant.is_of(kept)));
    Ok((sessions, grants))
}

/// Whose grant each is, and when it last made an access token: when it was made, or at its last
/// refresh. A replay within the grace window makes another a little later; the horizon's leeway covers
/// it.
async fn last_uses(conn: &Conn, grants: &[GrantNode]) -> Outcome<Vec<(Uuid, String, i64)>> {
    let ids: Vec<_> = grants.iter().map(|grant| grant.node().id()).collect();
    all(
        conn,
        "grants",
        "SELECT id, client, coalesce(rotated_at, created_at) FROM grants WHERE id = ANY($1)",
        params![ids],
        |row| Ok((row.get("id")?, row.get("client")?, row.get("rotated_at")?)),
    )
    .await
}
