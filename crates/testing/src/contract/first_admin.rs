//! The first administrator, and who counts as one.

use symbolon_core::{
    Timestamp,
    model::{AuditContext, Identifier, Role},
    secret::{Sealed, SecretHash},
    store::{Change, ChangeOutcome, ClaimAdmin, Imported, ImportedAccount, NewAccount, SetupCode},
};
use symbolon_protocol::EndReason;

use super::{Harness, World};

pub(super) fn setup_code(code: &str, expires_at: Timestamp) -> SetupCode {
    SetupCode {
        sealed: Sealed(code.as_bytes().to_vec()),
        expires_at,
    }
}

/// With the right code, while there is no administrator.
pub async fn the_first_admin_is_claimed_once<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let claim = |code: &str, name: &str, now| {
        let new = world.make.account(name);
        store.claim_first_admin(SecretHash::of(code), new, AuditContext::system(), now)
    };
    let (now, end) = (world.now(), world.now().plus_secs(3600));
    assert_eq!(store.has_admin().await, Ok(false));
    assert_eq!(claim("code", "ada", now).await, Ok(ClaimAdmin::WrongCode));
    let code = setup_code("code", end);
    let put = store.put_setup_code(SecretHash::of("code"), code.clone(), now);
    assert_eq!(put.await, Ok(Some(code)));
    assert_eq!(claim("edoc", "ada", now).await, Ok(ClaimAdmin::WrongCode));
    assert_eq!(claim("code", "ada", end).await, Ok(ClaimAdmin::WrongCode));
    assert_eq!(claim("code", "ada", now).await, Ok(ClaimAdmin::Claimed));
    assert_eq!(store.has_admin().await, Ok(true));
    let ada = Identifier::parse("ada").unwrap();
    let account = store
        .account_for_login(&ada)
        .await
        .unwrap()
        .unwrap()
        .account;
    assert_eq!(account.roles, [Role::admin()]);
    assert_eq!(claim("code", "grace", now).await, Ok(ClaimAdmin::Void));
    let next = setup_code("next", end);
    let put = store.put_setup_code(SecretHash::of("next"), next, now);
    assert_eq!(put.await, Ok(None));
    assert_eq!(claim("next", "grace", now).await, Ok(ClaimAdmin::Void));
    assert_eq!(world.audit_actions().await, ["first_admin_claimed"]);
}

/// Who has the role but cannot log in would leave nobody to let the next one in.
pub async fn an_admin_who_cannot_log_in_does_not_count<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let end = world.now().plus_secs(3600);
    let imported = |name: &str, is_disabled: bool| {
        let account = world.make.admin(name);
        ImportedAccount {
            account: NewAccount {
                password: account.password.filter(|_| is_disabled),
                ..account
            },
            profile: serde_json::json!({}),
            is_disabled,
        }
    };
    let accounts = vec![imported("disabled", true), imported("no-password", false)];
    let ids: Vec<_> = accounts.iter().map(|one| one.account.id).collect();
    let made = store.import_accounts(accounts, false, AuditContext::system(), world.now());
    assert_eq!(made.await, Ok(vec![Imported::Created; 2]));
    assert_eq!(store.has_admin().await, Ok(false));
    let code = SecretHash::of("code");
    let put = store.put_setup_code(code, setup_code("code", end), world.now());
    assert!(put.await.unwrap().is_some());
    let first = world.make.account("first");
    let id = first.id;
    let claimed = store.claim_first_admin(code, first, AuditContext::system(), world.now());
    assert_eq!(claimed.await, Ok(ClaimAdmin::Claimed));
    assert_eq!(store.has_admin().await, Ok(true));
    let no_roles = Change::SetRoles {
        account: id,
        roles: Vec::new(),
    };
    for change in [
        (
            Change::DisableAccount { account: id },
            EndReason::AccountDisabled,
        ),
        (
            Change::EraseAccount { account: id },
            EndReason::AccountErased,
        ),
        (no_roles, EndReason::RolesChanged),
    ] {
        let outcome = world.change(change.0, change.1).await;
        assert_eq!(outcome, ChangeOutcome::LastAdmin);
    }
    // With them nobody is lost.
    for account in ids {
        let erase = Change::EraseAccount { account };
        world.applied(erase, EndReason::AccountErased).await;
    }
}

/// Whoever starts while a code is valid gets that one, and a new one afterwards.
pub async fn a_setup_code_is_kept_until_it_expires<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let (now, end) = (world.now(), world.now().plus_secs(60));
    let made = [("old", end), ("new", end.plus_secs(60))];
    let [old, new] = made.map(|(code, end)| (SecretHash::of(code), setup_code(code, end)));
    let last = end.plus_millis(-1);
    for ((hash, code), at, in_force) in [
        (&old, now, &old),
        (&new, last, &old),
        (&new, end, &new),
        (&old, end, &new),
    ] {
        let put = store.put_setup_code(*hash, code.clone(), at).await;
        assert_eq!(put.as_ref(), Ok(&Some(in_force.1.clone())));
        for (hash, code) in [&old, &new] {
            let is_valid = store.is_setup_code(*hash, at).await;
            assert_eq!(is_valid, Ok(*code == in_force.1));
        }
    }
    let late = store.is_setup_code(new.0, new.1.expires_at).await;
    assert_eq!(late, Ok(false));
    for ((hash, _), outcome) in [(old, ClaimAdmin::WrongCode), (new, ClaimAdmin::Claimed)] {
        let claim = world.make.account("ada");
        let claimed = store.claim_first_admin(hash, claim, AuditContext::system(), end);
        assert_eq!(claimed.await, Ok(outcome));
    }
}

/// A taken name does not spend the code.
pub async fn a_claimed_identifier_leaves_the_code<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    world.account("ada").await;
    let end = world.now().plus_secs(60);
    let code = SecretHash::of("code");
    let put = store.put_setup_code(code, setup_code("code", end), world.now());
    assert!(put.await.unwrap().is_some());
    for (name, outcome) in [
        ("ada", ClaimAdmin::IdentifierTaken),
        ("grace", ClaimAdmin::Claimed),
    ] {
        let new = world.make.account(name);
        let claimed = store
            .claim_first_admin(
                SecretHash::of("code"),
                new,
                AuditContext::system(),
                world.now(),
            )
            .await;
        assert_eq!(claimed, Ok(outcome));
    }
}
