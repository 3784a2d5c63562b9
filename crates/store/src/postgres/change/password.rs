//! Replacing a password: everything of the account ends but the session that stays, and what that
//! one goes by is new.

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
use crate::postgres::{
    accounts::insert_password, failure::Outcome, query::params, rows, sessions::insert_cookie,
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
pub(super) async fn set(
    tx: &Tx,
    account: AccountId,
    new: &New<'_>,
    act: &Act<'_>,
) -> Outcome<Step> {
    if !account_exists(tx, account).await? {
        return Ok(Step::NotFound);
    }
    let password = rows::account::password(tx, account).await?;
    let version = password.map(|password| password.version);
    if new.expected_version.is_some() && new.expected_version != version {
        return Ok(Step::Stale);
    }
    if let Some(keep) = new.keep
        && !is_live_session_of(tx, account, keep, act.cut.now).await?
    {
        return Ok(Step::Stale);
    }
    match version {
        Some(_) => replace_hash(tx, account, new.hash, act.cut.now).await?,
        None => insert_password(tx, account, new.hash, act.cut.now).await?,
    }
    let mut tally = Tally {
        touched: true,
        ..Tally::default()
    };
    let kept = new.keep.map(|keep| keep.session);
    end::end_all_of(tx, account, kept, act, &mut tally).await?;
    end::end_grants_of(tx, account, act, &mut tally, |grant| {
        !(grant.is_online() && kept.is_some_and(|kept| grant.is_of(kept)))
    })
    .await?;
    if let Some(keep) = new.keep {
        renew(tx, keep, act, &mut tally).await?;
    }
    let grants = graph::unended_grants(tx, account).await?;
    graph::bump_grants(tx, &grants, &act.cut, &mut tally).await?;
    act.done(
        tx,
        tally,
        AuditAction::PasswordChanged,
        ("account", &account),
    )
    .await
}

async fn is_live_session_of(
    tx: &Tx,
    account: AccountId,
    keep: &RenewedCookie,
    now: Timestamp,
) -> Outcome<bool> {
    let session = rows::session::by_id(tx, keep.session).await?;
    Ok(session.is_some_and(|session| {
        session.account == account && session.status(now) == SessionStatus::Live
    }))
}

async fn replace_hash(
    tx: &Tx,
    account: AccountId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Outcome<()> {
    tx.execute(
        "UPDATE credentials SET hash = $2, version = version + 1, changed_at = $3
         WHERE account = $1 AND kind = 'password'",
        params![*account.as_uuid(), hash.expose(), now.as_millis()],
    )
    .await
    .map(drop)
}

/// Takes all cookies of the session that stays for its new one.
async fn renew(tx: &Tx, keep: &RenewedCookie, act: &Act<'_>, tally: &mut Tally) -> Outcome<()> {
    tx.execute(
        "DELETE FROM session_cookies WHERE session = $1",
        params![*keep.session.as_uuid()],
    )
    .await?;
    if let Some(cookie) = &keep.cookie {
        insert_cookie(tx, keep.session, cookie).await?;
    }
    if let Some(node) = graph::unended_session(tx, keep.session).await? {
        graph::bump_sessions(tx, &[node], &act.cut, tally).await?;
    }
    Ok(())
}
