//! Replacing a password: everything of the account ends but the session that stays, and what that
//! one goes by is new.

use rusqlite::params;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, SessionStatus},
    secret::PasswordHash,
    store::RenewedCookie,
};
use symbolon_protocol::AccountId;

use super::{
    Act, Step, account_exists, end,
    graph::{self, Tally},
};
use crate::sqlite::{
    accounts::insert_password, failure::Outcome, query::execute, rows, sessions::insert_cookie,
    tx::Tx,
};

/// The new password and what it was decided on.
pub(super) struct New<'a> {
    /// The version that the old password was verified against.
    pub(super) expected_version: Option<u32>,
    pub(super) hash: &'a PasswordHash,
    /// The session that stays.
    pub(super) keep: Option<&'a RenewedCookie>,
}

/// The change.
pub(super) fn set(
    tx: &mut Tx<'_>,
    account: AccountId,
    new: &New<'_>,
    act: &Act<'_>,
) -> Outcome<Step> {
    if !account_exists(tx, account)? {
        return Ok(Step::NotFound);
    }
    let version = rows::account::password(tx, account)?.map(|password| password.version);
    if new.expected_version.is_some() && new.expected_version != version {
        return Ok(Step::Stale);
    }
    if let Some(keep) = new.keep
        && !is_live_session_of(tx, account, keep, act.cut.now)?
    {
        return Ok(Step::Stale);
    }
    match version {
        Some(_) => replace_hash(tx, account, new.hash, act.cut.now)?,
        None => insert_password(tx, account, new.hash, act.cut.now)?,
    }
    let mut tally = Tally {
        touched: true,
        ..Tally::default()
    };
    let kept = new.keep.map(|keep| keep.session);
    end::end_all_of(tx, account, kept, act, &mut tally)?;
    end::end_grants_of(tx, account, act, &mut tally, |grant| {
        !(grant.is_online() && kept.is_some_and(|kept| grant.is_of(kept)))
    })?;
    if let Some(keep) = new.keep {
        renew(tx, keep, act, &mut tally)?;
    }
    for grant in graph::unended_grants(tx, account)? {
        graph::bump_grant(tx, &grant, &act.cut, &mut tally)?;
    }
    act.done(
        tx,
        tally,
        AuditAction::PasswordChanged,
        ("account", &account),
    )
}

fn is_live_session_of(
    tx: &Tx<'_>,
    account: AccountId,
    keep: &RenewedCookie,
    now: Timestamp,
) -> Outcome<bool> {
    let session = rows::session::by_id(tx, keep.session)?;
    Ok(session.is_some_and(|session| {
        session.account == account && session.status(now) == SessionStatus::Live
    }))
}

fn replace_hash(
    tx: &Tx<'_>,
    account: AccountId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Outcome<()> {
    execute(
        tx,
        "UPDATE credentials SET hash = ?2, version = version + 1, changed_at = ?3
         WHERE account = ?1 AND kind = 'password'",
        params![account.to_bytes(), hash.expose(), now.as_millis()],
    )
    .map(drop)
}

/// Takes all cookies of the session that stays for its new one.
fn renew(tx: &mut Tx<'_>, keep: &RenewedCookie, act: &Act<'_>, tally: &mut Tally) -> Outcome<()> {
    execute(
        tx,
        "DELETE FROM session_cookies WHERE session = ?1",
        params![keep.session.to_bytes()],
    )?;
    if let Some(cookie) = &keep.cookie {
        insert_cookie(tx, keep.session, cookie)?;
    }
    if let Some(node) = graph::unended_session(tx, keep.session)? {
        graph::bump_session(tx, &node, &act.cut, tally)?;
    }
    Ok(())
}
