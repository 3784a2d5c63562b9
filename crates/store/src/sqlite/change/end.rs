//! Ending one session, all sessions of an account, one grant.

use rusqlite::params;
use symbolon_core::model::AuditAction;
use symbolon_protocol::{AccountId, GrantId, SessionId};

use super::{
    Act, Step, account_exists,
    graph::{self, Logged, Tally},
};
use crate::sqlite::{failure::Outcome, query::exists, rows, tx::Tx};

/// One session; with `owner`, only if it is that account's.
pub(super) fn session(
    tx: &mut Tx<'_>,
    id: SessionId,
    owner: Option<AccountId>,
    act: &Act<'_>,
) -> Outcome<Step> {
    let Some(session) = rows::session::by_id(tx, id)? else {
        return Ok(Step::NotFound);
    };
    if owner.is_some_and(|owner| owner != session.account) {
        return Ok(Step::NotFound);
    }
    let mut tally = Tally::default();
    if let Some(node) = graph::unended_session(tx, id)? {
        graph::end_session(tx, &node, &act.cut, &mut tally)?;
    }
    act.done(tx, tally, AuditAction::SessionEnded, ("session", &id))
}

/// All sessions of an account but one, and the offline grants that were not given in it.
pub(super) fn sessions(
    tx: &mut Tx<'_>,
    account: AccountId,
    except: Option<SessionId>,
    act: &Act<'_>,
) -> Outcome<Step> {
    if !account_exists(tx, account)? {
        return Ok(Step::NotFound);
    }
    let mut tally = Tally::default();
    end_all_of(tx, account, except, act, &mut tally)?;
    end_grants_of(tx, account, act, &mut tally, |grant| {
        except.is_none_or(|kept| !grant.is_of(kept))
    })?;
    act.done(tx, tally, AuditAction::SessionEnded, ("account", &account))
}

/// Ends the account's sessions but one.
pub(super) fn end_all_of(
    tx: &mut Tx<'_>,
    account: AccountId,
    except: Option<SessionId>,
    act: &Act<'_>,
    tally: &mut Tally,
) -> Outcome<()> {
    for node in graph::unended_sessions(tx, account)? {
        if except.is_none_or(|kept| !node.is(kept)) {
            graph::end_session(tx, &node, &act.cut, tally)?;
        }
    }
    Ok(())
}

/// Ends the account's grants that `which` names, each with an entry.
pub(super) fn end_grants_of(
    tx: &mut Tx<'_>,
    account: AccountId,
    act: &Act<'_>,
    tally: &mut Tally,
    which: impl Fn(&graph::GrantNode) -> bool,
) -> Outcome<()> {
    let mut grants = graph::unended_grants(tx, account)?;
    grants.retain(which);
    graph::end_grants(tx, grants, Logged::Each, &act.cut, tally)
}

/// A page of everything: sessions first, then the grants that no session's end has ended. What died so
/// long ago that no token of it is left needs no end.
pub(super) fn everything(tx: &mut Tx<'_>, limit: u32, act: &Act<'_>) -> Outcome<Step> {
    let mut tally = Tally::default();
    for node in graph::sessions_that_count(tx, &act.cut, limit)? {
        graph::end_session(tx, &node, &act.cut, &mut tally)?;
    }
    if !tally.touched {
        let grants = graph::grants_that_count(tx, &act.cut, limit)?;
        graph::end_grants(tx, grants, Logged::Each, &act.cut, &mut tally)?;
    }
    act.done(tx, tally, AuditAction::SessionEnded, ("issuer", &"all"))
}

/// One grant and what was exchanged from it.
pub(super) fn grant(tx: &mut Tx<'_>, id: GrantId, act: &Act<'_>) -> Outcome<Step> {
    let mut tally = Tally::default();
    if let Some(node) = graph::unended_grant(tx, id)? {
        graph::end_grants(tx, vec![node], Logged::Each, &act.cut, &mut tally)?;
    } else if !exists(
        tx,
        "SELECT 1 FROM grants WHERE id = ?1",
        params![id.to_bytes()],
    )? {
        return Ok(Step::NotFound);
    }
    act.done(tx, tally, AuditAction::GrantEnded, ("grant", &id))
}
