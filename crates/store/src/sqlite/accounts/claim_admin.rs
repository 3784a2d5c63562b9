//! The first administrator, against the set-up code, once.

use rusqlite::{Connection, params};
use subtle::ConstantTimeEq;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, Role},
    secret::{Sealed, SecretHash},
    store::{ClaimAdmin, NewAccount, SetupCode},
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

/// Keeps the code, unless there is an administrator or a code that is valid; answers the one in force.
pub(super) fn put_code(
    conn: &Connection,
    hash: &SecretHash,
    code: SetupCode,
    now: Timestamp,
) -> Outcome<Option<SetupCode>> {
    if has_admin(conn)? {
        return Ok(None);
    }
    if let Some((_, kept)) = kept(conn)?.filter(|(_, kept)| now < kept.expires_at) {
        return Ok(Some(kept));
    }
    execute(
        conn,
        "INSERT OR REPLACE INTO setup_code (id, hash, sealed, expires_at) VALUES (1, ?1, ?2, ?3)",
        params![hash.0, code.sealed.0, code.expires_at.as_millis()],
    )?;
    Ok(Some(code))
}

/// The code with its hash, valid or not.
fn kept(conn: &Connection) -> Outcome<Option<([u8; 32], SetupCode)>> {
    one(
        conn,
        "setup_code",
        "SELECT id, hash, sealed, expires_at FROM setup_code",
        [],
        |row| {
            let _id: i64 = row.get("id")?;
            let hash = row.get("hash")?;
            let code = SetupCode {
                sealed: Sealed(row.get("sealed")?),
                expires_at: row.time("expires_at")?,
            };
            Ok((hash, code))
        },
    )
}

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
    let kept = kept(conn)?;
    Ok(kept.is_some_and(|(hash, kept)| bool::from(hash.ct_eq(&code.0)) && now < kept.expires_at))
}
