//! Making an account: all or nothing.

use symbolon_core::{
    Timestamp,
    entropy::EntropyExt,
    model::{AuditAction, AuditContext, Identifier, Role},
    secret::PasswordHash,
    store::{CreateAccount, NewAccount},
};
use symbolon_protocol::AccountId;

use crate::postgres::{
    audit,
    failure::{Outcome, inconsistent},
    locks,
    query::{exists, insert, params},
    tx::Tx,
};

/// The verb.
pub(super) async fn create(
    tx: &Tx,
    new: &NewAccount,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<CreateAccount> {
    if new.roles.iter().any(Role::is_admin) {
        locks::administrators(tx).await?;
    }
    locks::names(tx, &new.identifiers).await?;
    if is_any_held(tx, &new.identifiers).await? {
        return Ok(CreateAccount::IdentifierTaken);
    }
    insert_account(tx, new, now).await?;
    let action = AuditAction::AccountCreated;
    audit::write(tx, action, audit, ("account", &new.id), None, now);
    Ok(CreateAccount::Created)
}

/// Whether somebody holds one of the identifiers, verified or not. Their names are locked.
pub(super) async fn is_any_held(tx: &Tx, identifiers: &[Identifier]) -> Outcome<bool> {
    let kinds: Vec<_> = identifiers.iter().map(|one| one.kind.as_str()).collect();
    let names: Vec<_> = identifiers.iter().map(|one| &*one.normalised).collect();
    exists(
        tx,
        "SELECT 1 FROM identifiers
         WHERE (kind, normalised) IN (SELECT * FROM unnest($1::text[], $2::text[])) LIMIT 1",
        params![kinds, names],
    )
    .await
}

/// The account's rows.
pub(super) async fn insert_account(tx: &Tx, new: &NewAccount, now: Timestamp) -> Outcome<()> {
    insert(
        tx,
        ("accounts", "subject", &new.id),
        "INSERT INTO accounts (id, subject, state, locale, created_at)
         VALUES ($1, $2, 'active', $3, $4)",
        params![
            *new.id.as_uuid(),
            new.subject.as_str(),
            new.locale.as_deref(),
            now.as_millis()
        ],
    )
    .await?;
    for identifier in &new.identifiers {
        insert_identifier(tx, new.id, identifier).await?;
    }
    insert_roles(tx, new.id, &new.roles).await?;
    if let Some(hash) = &new.password {
        insert_password(tx, new.id, hash, now).await?;
    }
    Ok(())
}

async fn insert_identifier(tx: &Tx, account: AccountId, identifier: &Identifier) -> Outcome<()> {
    insert(
        tx,
        ("identifiers", "normalised", &account),
        // The same name twice in one list is one name.
        "INSERT INTO identifiers (account, kind, normalised, original, verified_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, kind, normalised) DO NOTHING",
        params![
            *account.as_uuid(),
            identifier.kind.as_str(),
            identifier.normalised.as_str(),
            identifier.original.as_str(),
            identifier.verified_at.map(Timestamp::as_millis)
        ],
    )
    .await
}

/// Role rows. A role whose scope could be read back as another is refused.
pub(in crate::postgres) async fn insert_roles(
    tx: &Tx,
    account: AccountId,
    roles: &[Role],
) -> Outcome<()> {
    for role in roles {
        let kept = role.scope.as_kept();
        let (kind, id) = kept.ok_or_else(|| inconsistent("roles", "scope_kind", account))?;
        tx.execute(
            "INSERT INTO roles (account, scope_kind, scope_id, name) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            params![*account.as_uuid(), kind, id, role.name.as_str()],
        )
        .await?;
    }
    Ok(())
}

/// An account's first password.
pub(in crate::postgres) async fn insert_password(
    tx: &Tx,
    account: AccountId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Outcome<()> {
    let id = tx.entropy().uuid_v7(now);
    insert(
        tx,
        ("credentials", "account", &account),
        "INSERT INTO credentials (id, account, kind, version, hash, created_at, changed_at)
         VALUES ($1, $2, 'password', 1, $3, $4, $4)",
        params![id, *account.as_uuid(), hash.expose(), now.as_millis()],
    )
    .await
}
