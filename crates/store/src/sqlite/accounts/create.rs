//! Making an account: all or nothing.

use rusqlite::params;
use symbolon_core::{
    Timestamp,
    entropy::EntropyExt,
    model::{AuditAction, AuditContext, Identifier, Role},
    secret::PasswordHash,
    store::{CreateAccount, NewAccount},
};
use symbolon_protocol::AccountId;

use super::holder;
use crate::sqlite::{
    audit,
    failure::{Outcome, inconsistent},
    query::{execute, insert},
    tx::Tx,
};

/// The verb.
pub(super) fn create(
    tx: &mut Tx<'_>,
    new: &NewAccount,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<CreateAccount> {
    if is_any_held(tx, &new.identifiers)? {
        return Ok(CreateAccount::IdentifierTaken);
    }
    insert_account(tx, new, now)?;
    audit::write(
        tx,
        AuditAction::AccountCreated,
        audit,
        ("account", &new.id),
        None,
        now,
    )?;
    Ok(CreateAccount::Created)
}

/// Whether somebody holds one of the identifiers, verified or not.
pub(super) fn is_any_held(tx: &Tx<'_>, identifiers: &[Identifier]) -> Outcome<bool> {
    for identifier in identifiers {
        if holder(tx, identifier.kind.as_str(), &identifier.normalised)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The account's rows.
pub(super) fn insert_account(tx: &Tx<'_>, new: &NewAccount, now: Timestamp) -> Outcome<()> {
    insert(
        tx,
        ("accounts", "subject", &new.id),
        "INSERT INTO accounts (id, subject, state, locale, created_at)
         VALUES (?1, ?2, 'active', ?3, ?4)",
        params![
            new.id.to_bytes(),
            new.subject.as_str(),
            new.locale,
            now.as_millis()
        ],
    )?;
    for identifier in &new.identifiers {
        insert_identifier(tx, new.id, identifier)?;
    }
    insert_roles(tx, new.id, &new.roles)?;
    if let Some(hash) = &new.password {
        insert_password(tx, new.id, hash, now)?;
    }
    Ok(())
}

fn insert_identifier(tx: &Tx<'_>, account: AccountId, identifier: &Identifier) -> Outcome<()> {
    insert(
        tx,
        ("identifiers", "normalised", &account),
        // The same name twice in one list is one name.
        "INSERT INTO identifiers (account, kind, normalised, original, verified_at)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account, kind, normalised) DO NOTHING",
        params![
            account.to_bytes(),
            identifier.kind.as_str(),
            identifier.normalised,
            identifier.original,
            identifier.verified_at.map(Timestamp::as_millis)
        ],
    )
}

/// Role rows. A role whose scope could be read back as another is refused.
pub(in crate::sqlite) fn insert_roles(
    tx: &Tx<'_>,
    account: AccountId,
    roles: &[Role],
) -> Outcome<()> {
    for role in roles {
        let kept = role.scope.as_kept();
        let (kind, id) = kept.ok_or_else(|| inconsistent("roles", "scope_kind", account))?;
        execute(
            tx,
            "INSERT INTO roles (account, scope_kind, scope_id, name) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![account.to_bytes(), kind, id, role.name],
        )?;
    }
    Ok(())
}

/// An account's first password.
pub(in crate::sqlite) fn insert_password(
    tx: &Tx<'_>,
    account: AccountId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Outcome<()> {
    let id = tx.entropy().uuid_v7(now);
    insert(
        tx,
        ("credentials", "account", &account),
        "INSERT INTO credentials (id, account, kind, version, hash, created_at, changed_at)
         VALUES (?1, ?2, 'password', 1, ?3, ?4, ?4)",
        params![
            id.into_bytes(),
            account.to_bytes(),
            hash.expose(),
            now.as_millis()
        ],
    )
}
