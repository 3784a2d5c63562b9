//! Ending one session, all sessions of an account, one grant.

use symbolon_core::model::AuditAction;
use symbolon_protocol::{AccountId, GrantId, SessionId};

use super::{
    Act, Step, account_exists,
    graph::{self, Logged, Tally},
    page,
};
use crate::postgres::{
    failure::Outcome,
    query::{exists, params},
    rows,
    tx::Tx,
};

/// One session; with `owner`, only if it is that account's.
pub(super) async fn session(
    tx: &Tx,
    id: SessionId,
    owner: Option<AccountId>,
    act: &Act<'_>,
) -> Outcome<Step> {
    let Some(session) = rows::session::by_id(tx, id).await? else {
        return Ok(Step::NotFound);
    };
    if owner.is_some_and(|owner| owner != session.account) {
        return Ok(Step::NotFound);
    }
    let mut tally = Tally::default();
    if let Some(node) = graph::unended_session(tx, id).await? {
        graph::end_sessions(tx, &[node], &act.cut, &mut tally).await?;
    }
    act.done(tx, tally, AuditAction::SessionEnded, ("session", &id))
        .await
}

/// All sessions of an account but one, and the offline grants that were not given in it.
pub(super) async fn sessions(
    tx: &Tx,
    account: AccountId,
    except: Option<SessionId>,
    act: &Act<'_>,
) -> Outcome<Step> {
    if !account_exists(tx, account).await? {
        return Ok(Step::NotFound);
    }
    let mut tally = Tally::default();
    end_all_of(tx, account, except, act, &mut tally).await?;
    end_grants_of(tx, account, act, &mut tally, |grant| {
        except.is_none_or(|kept| !grant.is_of(kept))
    })
    .await?;
    act.done(tx, tally, AuditAction::SessionEnded, ("account", &account))
        .await
}

/// Ends the account's sessions but one.
pub(super) async fn end_all_of(
    tx: &Tx,
    account: AccountId,
    except: Option<SessionId>,
    act: &Act<'_>,
    tally: &mut Tally,
) -> Outcome<()> {
    let mut sessions = graph::unended_sessions(tx, account).await?;
    sessions.retain(|node| except.is_none_or(|kept| !node.is(kept)));
    graph::end_sessions(tx, &sessions, &act.cut, tally).await
}

/// Ends the account's grants that `which` names, each with an entry.
pub(super) async fn end_grants_of(
    tx: &Tx,
    account: AccountId,
    act: &Act<'_>,
    tally: &mut Tally,
    which: impl Fn(&graph::GrantNode) -> bool + Send,
) -> Outcome<()> {
    let mut grants = graph::unended_grants(tx, account).await?;
    grants.retain(which);
    graph::end_grants(tx, grants, Logged::Each, &act.cut, tally).await
}

/// A page of everything: sessions first, then the grants that no session's end has ended. What died so
/// long ago that no token of it is left needs no end.
pub(super) async fn everything(tx: &Tx, limit: u32, act: &Act<'_>) -> Outcome<Step> {
    let mut tally = Tally::default();
    let sessions = page::sessions(tx, &act.cut, limit).await?;
    graph::end_sessions(tx, &sessions, &act.cut, &mut tally).await?;
    if !tally.touched {
        let grants = page::grants(tx, &act.cut, limit).await?;
        graph::end_grants(tx, grants, Logged::Each, &act.cut, &mut tally).await?;
    }
    act.done(tx, tally, AuditAction::SessionEnded, ("issuer", &"all"))
        .await
}

/// One grant and what was exchanged from it.
pub(super) async fn grant(tx: &Tx, id: GrantId, act: &Act<'_>) -> Outcome<Step> {
    let mut tally = Tally::default();
    if let Some(node) = graph::unended_grant(tx, id).await? {
        graph::end_grants(tx, vec![node], Logged::Each, &act.cut, &mut tally).await?;
    } else if !exists(
        tx,
        "SELECT 1 FROM grants WHERE id = $1",
        params![*id.as_uuid()],
    )
    .await?
    {
        return Ok(Step::NotFound);
    }
    act.done(tx, tally, AuditAction::GrantEnded, ("grant", &id))
        .await
}
