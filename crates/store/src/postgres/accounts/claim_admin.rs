//! The first administrator, against the set-up code, once.

use subtle::ConstantTimeEq;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, Role},
    secret::SecretHash,
    store::{ClaimAdmin, NewAccount},
};

use super::{
    create::{insert_account, is_any_held},
    has_admin,
};
use crate::postgres::{
    audit,
    conn::Conn,
    failure::Outcome,
    locks,
    query::{one, params},
    tx::Tx,
};

/// Keeps the code's hash, replacing an earlier one, unless there is an administrator.
pub(super) async fn put_code(tx: &Tx, hash: &SecretHash, expires_at: Timestamp) -> Outcome<bool> {
    locks::administrators(tx).await?;
    if has_admin(tx).await? {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO setup_code (id, hash, expires_at) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET hash = $1, expires_at = $2",
        params![&hash.0[..], expires_at.as_millis()],
    )
    .await?;
    Ok(true)
}

/// The verb. The account gets the role `admin` whatever else it was to have.
pub(super) async fn claim(
    tx: &Tx,
    code: &SecretHash,
    new: &NewAccount,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<ClaimAdmin> {
    locks::administrators(tx).await?;
    locks::names(tx, &new.identifiers).await?;
    if has_admin(tx).await? {
        return Ok(ClaimAdmin::Void);
    }
    if !is_code(tx, code, now).await? {
        return Ok(ClaimAdmin::WrongCode);
    }
    if is_any_held(tx, &new.identifiers).await? {
        return Ok(ClaimAdmin::IdentifierTaken);
    }
    let mut new = new.clone();
    if !new.roles.iter().any(Role::is_admin) {
        new.roles.push(Role::admin());
    }
    insert_account(tx, &new, now).await?;
    tx.execute("DELETE FROM setup_code", &[]).await?;
    let action = AuditAction::FirstAdminClaimed;
    audit::write(tx, action, audit, ("account", &new.id), None, now).await?;
    Ok(ClaimAdmin::Claimed)
}

/// Whether this is the code's hash, in constant time.
pub(super) async fn is_code(conn: &Conn, code: &SecretHash, now: Timestamp) -> Outcome<bool> {
    let kept = one(
        conn,
        "setup_code",
        "SELECT id::bigint, hash, expires_at FROM setup_code",
        &[],
        |row| {
            let _id: i64 = row.get("id")?;
            Ok((row.bytes::<32>("hash")?, row.time("expires_at")?))
        },
    );
    let kept = kept.await?;
    Ok(kept.is_some_and(|(hash, expires_at)| bool::from(hash.ct_eq(&code.0)) && now < expires_at))
}
