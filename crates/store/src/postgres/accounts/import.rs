//! Accounts from another system: each whole or not at all, and what is there is never changed.

use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext},
    store::{Imported, ImportedAccount},
};

use super::create::{insert_account, is_any_held};
use crate::postgres::{audit, failure::Outcome, locks, query::params, rows, tx::Tx};

/// The verb. A dry run does everything and takes it back.
pub(super) async fn import(
    tx: &Tx,
    accounts: &[ImportedAccount],
    dry_run: bool,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Vec<Imported>> {
    if dry_run {
        tx.batch("SAVEPOINT dry_run").await?;
    }
    locks::administrators(tx).await?;
    locks::all_names(tx).await?;
    let mut outcomes = Vec::with_capacity(accounts.len());
    for account in accounts {
        outcomes.push(one(tx, account, audit, now).await?);
    }
    if dry_run {
        tx.batch("ROLLBACK TO dry_run; RELEASE dry_run").await?;
        tx.forget_unsent();
    }
    Ok(outcomes)
}

/// Looks before it writes, so that a refused one leaves nothing.
async fn one(
    tx: &Tx,
    imported: &ImportedAccount,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Imported> {
    let new = &imported.account;
    if let Some(known) = rows::account::by_subject(tx, &new.subject).await? {
        return Ok(if known.is_erased() {
            Imported::SubjectErased
        } else {
            Imported::SubjectTaken
        });
    }
    if is_any_held(tx, &new.identifiers).await? {
        return Ok(Imported::IdentifierTaken);
    }
    insert_account(tx, new, now).await?;
    let (state, disabled_at) = if imported.is_disabled {
        ("disabled", Some(now.as_millis()))
    } else {
        ("active", None)
    };
    tx.execute(
        "UPDATE accounts SET profile = $2, state = $3, disabled_at = $4 WHERE id = $1",
        params![
            *new.id.as_uuid(),
            imported.profile.to_string(),
            state,
            disabled_at
        ],
    )
    .await?;
    let action = AuditAction::AccountImported;
    audit::write(tx, action, audit, ("account", &new.id), None, now);
    Ok(Imported::Created)
}
