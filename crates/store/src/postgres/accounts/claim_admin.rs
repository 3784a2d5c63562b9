//! The first administrator, against the set-up code, once.

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
use crate::postgres::{
    audit,
    conn::Conn,
    failure::Outcome,
    locks,
    query::{one, params},
    tx::Tx,
};

/// Keeps the code, unless there is an administrator or a code that is valid; answers the one in force.
pub(super) async fn put_code(
    tx: &Tx,
    hash: &SecretHash,
    code: &SetupCode,
    now: Timestamp,
) -> Outcome<Option<SetupCode>> {
    locks::administrators(tx).await?;
    if has_admin(tx).await? {
        return Ok(None);
    }
    if let Some((_, kept)) = kept(tx).await?.filter(|(_, kept)| now < kept.expires_at) {
        return Ok(Some(kept));
    }
    tx.execute(
        "INSERT INTO setup_code (id, hash, sealed, expires_at) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET hash = $1, sealed = $2, expires_at = $3",
        params![&hash.0[..], &code.sealed.0[..], code.expires_at.as_millis()],
    )
    .await?;
    Ok(Some(code.clone()))
}

/// The code with its hash, valid or not.
async fn kept(conn: &Conn) -> Outcome<Option<([u8; 32], SetupCode)>> {
    one(
        conn,
        "setup_code",
        "SELECT id::bigint, hash, sealed, expires_at FROM setup_code",
        &[],
        |row| {
            let _id: i64 = row.get("id")?;
            let hash = row.bytes("hash")?;
            let code = SetupCode {
                sealed: Sealed(row.get("sealed")?),
                expires_at: row.time("expires_at")?,
            };
            Ok((hash, code))
        },
    )
    .await
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
    audit::write(tx, action, audit, ("account", &new.id), None, now);
    Ok(ClaimAdmin::Claimed)
}

/// Whether this is the code's hash, in constant time.
pub(super) async fn is_code(conn: &Conn, code: &SecretHash, now: Timestamp) -> Outcome<bool> {
    let kept = kept(conn).await?;
    Ok(kept.is_some_and(|(hash, kept)| bool::from(hash.ct_eq(&code.0)) && now < kept.expires_at))
}
