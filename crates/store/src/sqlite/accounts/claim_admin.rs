//! The first administrator, against the set-up code, once.

use rusqlite::Connection;
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
use crate::sqlite::{
    audit,
    failure::Outcome,
    query::{execute, one},
    tx::Tx,
};

/// The verb. The account gets the role `admin` whatever else it was to have.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    code: &SecretHash,
    mut new: NewAccount,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<ClaimAdmin> {
    if has_admin(tx)? {
        return Ok(ClaimAdmin::Void);
    }
    if !is_code(tx, code, now)? {
        return Ok(ClaimAdmin::WrongCode);
    }
    if is_any_held(tx, &new.identifiers)? {
        return Ok(ClaimAdmin::IdentifierTaken);
    }
    if !new.roles.iter().any(Role::is_admin) {
        new.roles.push(Role::admin());
    }
    insert_account(tx, &new, now)?;
    execute(tx, "DELETE FROM setup_code", [])?;
    audit::write(
        tx,
        AuditAction::FirstAdminClaimed,
        audit,
        ("account", &new.id),
        None,
        now,
    )?;
    Ok(ClaimAdmin::Claimed)
}

/// Whether this is the code's hash, in constant time.
pub(super) fn is_code(conn: &Connection, code: &SecretHash, now: Timestamp) -> Outcome<bool> {
    let kept = one(
        conn,
        "setup_code",
        "SELECT id, hash, expires_at FROM setup_code",
        [],
        |row| {
            let _id: i64 = row.get("id")?;
            Ok((row.get::<[u8; 32]>("hash")?, row.time("expires_at")?))
        },
    )?;
    Ok(kept.is_some_and(|(hash, expires_at)| bool::from(hash.ct_eq(&code.0)) && now < expires_at))
}
