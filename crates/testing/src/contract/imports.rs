//! Accounts that come from another system.

use symbolon_core::{
    model::{AccountState, AuditContext, Role},
    store::{Change, Imported, ImportedAccount},
};
use symbolon_protocol::EndReason;

use super::{Harness, World};
use crate::fixtures::password_hash;

fn foreign<H: Harness>(world: &World<H>, name: &str) -> ImportedAccount {
    ImportedAccount {
        account: world.make.account(name),
        profile: serde_json::json!({"given_name": name}),
        is_disabled: false,
    }
}

async fn import<H: Harness>(
    world: &World<H>,
    accounts: Vec<ImportedAccount>,
    dry_run: bool,
) -> Vec<Imported> {
    world
        .store()
        .import_accounts(accounts, dry_run, AuditContext::system(), world.now())
        .await
        .unwrap()
}

/// With its subject, hash, roles, profile and state.
pub async fn an_imported_account_is_as_it_was<H: Harness>() {
    let world = World::<H>::new().await;
    let mut wanted = foreign(&world, "ada");
    wanted.account.roles = vec![Role::admin()];
    wanted.is_disabled = true;
    let account = wanted.account.clone();
    let outcome = import(&world, vec![wanted], false).await;
    assert_eq!(outcome, [Imported::Created]);
    let found = world.store().account_by_subject(&account.subject).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.id, account.id);
    assert_eq!(found.state, AccountState::Disabled { at: world.now() });
    assert_eq!(found.identifiers, account.identifiers);
    assert_eq!((found.roles, found.locale), (account.roles, account.locale));
    assert_eq!(found.profile, serde_json::json!({"given_name": "ada"}));
    let password = world.store().password(account.id).await.unwrap().unwrap();
    assert_eq!(password.hash, password_hash("first"));
    assert_eq!(world.audit_actions().await, ["account_imported"]);
}

/// Neither a subject nor a name that is held, also by one of the same batch, nor an erased one's.
pub async fn what_is_there_is_not_changed_by_an_import<H: Harness>() {
    let world = World::<H>::new().await;
    let there = world.make.account("ada");
    let erased = world.make.account("grace");
    world.put(there.clone()).await;
    let id = world.put(erased.clone()).await;
    let erase = Change::EraseAccount { account: id };
    world.applied(erase, EndReason::AccountErased).await;
    let before = world.store().account(there.id).await.unwrap();
    let with_subject = |name: &str, subject| {
        let mut one = foreign(&world, name);
        one.account.subject = subject;
        one
    };
    let twice = foreign(&world, "twice");
    let again = with_subject("twice again", twice.account.subject.clone());
    let accounts = vec![
        with_subject("another name", there.subject.clone()),
        foreign(&world, "ADA"),
        with_subject("grace", erased.subject),
        foreign(&world, "grace"),
        twice,
        again,
        foreign(&world, "twice"),
    ];
    let ids: Vec<_> = accounts.iter().map(|one| one.account.id).collect();
    let outcomes = import(&world, accounts, false).await;
    assert_eq!(
        outcomes,
        [
            Imported::SubjectTaken,
            Imported::IdentifierTaken,
            Imported::SubjectErased,
            Imported::Created,
            Imported::Created,
            Imported::SubjectTaken,
            Imported::IdentifierTaken,
        ]
    );
    assert_eq!(world.store().account(there.id).await.unwrap(), before);
    for (id, outcome) in ids.into_iter().zip(outcomes) {
        let found = world.store().account(id).await.unwrap();
        assert_eq!(found.is_some(), outcome == Imported::Created);
    }
}

/// It answers what would be, and nothing is.
pub async fn a_dry_run_imports_nothing<H: Harness>() {
    let world = World::<H>::new().await;
    let accounts = vec![foreign(&world, "ada"), foreign(&world, "ada")];
    let outcomes = [Imported::Created, Imported::IdentifierTaken];
    assert_eq!(import(&world, accounts.clone(), true).await, outcomes);
    assert_eq!(world.store().accounts(None, 10).await, Ok(Vec::new()));
    assert!(world.audit_actions().await.is_empty());
    assert_eq!(import(&world, accounts, false).await, outcomes);
    assert_eq!(world.store().accounts(None, 10).await.unwrap().len(), 1);
}
