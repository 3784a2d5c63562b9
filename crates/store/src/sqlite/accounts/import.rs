//! Accounts from another system: each whole or not at all, and what is there is never changed.

use rusqlite::params;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext},
    store::{Imported, ImportedAccount},
};

use super::create::{insert_account, is_any_held};
use crate::sqlite::{audit, failure::Outcome, query::execute, rows, tx::Tx};

/// The verb. A dry run does everything and takes it back.
pub(super) fn import(
    tx: &Tx<'_>,
    accounts: &[ImportedAccount],
    dry_run: bool,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Vec<Imported>> {
    if dry_run {
        execute(tx, "SAVEPOINT dry_run", [])?;
    }
    let outcomes = accounts
        .iter()
        .map(|account| one(tx, account, audit, now))
        .collect::<Outcome<Vec<_>>>()?;
    if dry_run {
        execute(tx, "ROLLBACK TO dry_run", [])?;
        execute(tx, "RELEASE dry_run", [])?;
    }
    Ok(outcomes)
}

/// Looks before it writes, so that a refused one leaves nothing.
fn one(
    tx: &Tx<'_>,
    imported: &ImportedAccount,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<Imported> {
    let new = &imported.account;
    if let Some(known) = rows::account::by_subject(tx, &new.subject)? {
        return Ok(if known.is_erased() {
            Imported::SubjectErased
        } else {
            Imported::SubjectTaken
        });
    }
    if is_any_held(tx, &new.identifiers)? {
        return Ok(Imported::IdentifierTaken);
    }
    insert_account(tx, new, now)?;
    let (state, disabled_at) = if imported.is_disabled {
        ("disabled", Some(now.as_millis()))
    } else {
        ("active", None)
    };
    execute(
        tx,
        "UPDATE accounts SET profile = ?2, state = ?3, disabled_at = ?4 WHERE id = ?1",
        params![
            new.id.to_bytes(),
            imported.profile.to_string(),
            state,
            disabled_at
        ],
    )?;
    audit::write(
        tx,
        AuditAction::AccountImported,
        audit,
        ("account", &new.id),
        None,
        now,
    )?;
    Ok(Imported::Created)
}
