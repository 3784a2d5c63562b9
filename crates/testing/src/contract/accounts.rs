//! Accounts.

use symbolon_core::{
    model::{AccountState, AuditContext, Identifier, IdentifierKind, Profile, Role, RoleScope},
    store::{Change, CreateAccount, NewAccount, StoreError},
};
use symbolon_protocol::EndReason;

use super::{Harness, World};
use crate::fixtures::password_hash;

/// By id, subject and each identifier, with everything that was put in.
pub async fn is_found_by_everything_that_names_it<H: Harness>() {
    let world = World::<H>::new().await;
    let mut new = world.make.account("Ada");
    let email = Identifier {
        verified_at: Some(world.now()),
        ..Identifier::parse("Ada@Example.com").unwrap()
    };
    new.identifiers.push(email.clone());
    new.roles.push(Role::admin());
    let store = world.store();
    world.put(new.clone()).await;

    let account = store.account(new.id).await.unwrap().unwrap();
    assert_eq!(account.id, new.id);
    assert_eq!(account.subject, new.subject);
    assert_eq!(account.state, AccountState::Active);
    assert_eq!(account.locale, new.locale);
    assert_eq!(
        account.profile.as_object().map(|profile| profile.len()),
        Some(0)
    );
    assert_eq!(account.created_at, world.now());
    assert_eq!(account.identifiers.len(), 2);
    assert!(
        new.identifiers
            .iter()
            .all(|one| account.identifiers.contains(one))
    );
    assert!(account.is_admin());

    let by_subject = store.account_by_subject(&new.subject).await.unwrap();
    assert_eq!(by_subject.as_ref(), Some(&account));
    for identifier in &new.identifiers {
        let login = store.account_for_login(identifier).await.unwrap().unwrap();
        assert_eq!(login.account, account);
        let password = login.password.unwrap();
        assert_eq!(Some(&password.hash), new.password.as_ref());
        assert_eq!((password.version, password.changed_at), (1, world.now()));
        assert_eq!(store.password(new.id).await, Ok(Some(password)));
    }
    // The same letters as another kind are another name.
    let other_kind = Identifier {
        kind: IdentifierKind::Username,
        ..email
    };
    assert_eq!(store.account_for_login(&other_kind).await, Ok(None));
    assert_eq!(store.account(world.make.unknown_account()).await, Ok(None));
    assert_eq!(world.audit_actions().await, ["account_created"]);
}

/// Whoever holds it, verified or not; and nothing of the new account is left.
pub async fn a_held_identifier_is_refused<H: Harness>() {
    let world = World::<H>::new().await;
    world.account("ada@example.com").await;
    let second = NewAccount {
        identifiers: ["grace", "ADA@example.com"]
            .iter()
            .filter_map(|text| Identifier::parse(text).ok())
            .collect(),
        ..world.make.account("")
    };
    let store = world.store();
    let (id, subject) = (second.id, second.subject.clone());
    let created = store
        .create_account(second, AuditContext::system(), world.now())
        .await;
    assert_eq!(created, Ok(CreateAccount::IdentifierTaken));
    assert_eq!(store.account(id).await, Ok(None));
    assert_eq!(store.account_by_subject(&subject).await, Ok(None));
    let grace = Identifier::parse("grace").unwrap();
    assert_eq!(store.account_for_login(&grace).await, Ok(None));
    assert_eq!(world.audit_actions().await, ["account_created"]);
}

/// An error, because random subjects never meet; nothing is left of the second account.
pub async fn a_taken_subject_makes_nothing<H: Harness>() {
    let world = World::<H>::new().await;
    let first = world.make.account("ada");
    let second = NewAccount {
        subject: first.subject.clone(),
        ..world.make.account("grace")
    };
    world.put(first).await;
    let created = world
        .store()
        .create_account(second.clone(), AuditContext::system(), world.now())
        .await;
    assert!(
        matches!(created, Err(StoreError::Inconsistent { .. })),
        "{created:?}"
    );
    assert_eq!(world.store().account(second.id).await, Ok(None));
    // The name is still free.
    world.account("grace").await;
}

/// An account can be used again, what was ended stays ended.
pub async fn enabling_brings_nothing_back<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let made = world.log_in(world.make.session_with_grant(id)).await;
    let enable = |id| store.enable_account(id, AuditContext::system(), world.now());

    assert_eq!(enable(world.make.unknown_account()).await, Ok(false));
    assert_eq!(enable(id).await, Ok(true));
    assert_eq!(world.audit_actions().await, ["account_created"]);

    let disable = Change::DisableAccount { account: id };
    world.applied(disable, EndReason::AccountDisabled).await;
    let state = store.account(id).await.unwrap().unwrap().state;
    assert_eq!(state, AccountState::Disabled { at: world.now() });
    assert_eq!(enable(id).await, Ok(true));
    assert!(store.account(id).await.unwrap().unwrap().is_active());
    assert!(!world.is_live(made.session, world.now()).await);
    assert!(!world.grant(made.grant).await.is_live(world.now()));
    assert_eq!(
        world.audit_actions().await,
        ["account_created", "account_disabled", "account_enabled"]
    );
}

/// Only what the account says itself; who is disabled says nothing.
pub async fn a_profile_is_changed_and_other_claims_stay<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    let set = |id, profile: &Profile| {
        store.set_profile(id, profile.clone(), AuditContext::system(), world.now())
    };
    let unknown = world.make.unknown_account();
    assert_eq!(set(unknown, &Profile::default()).await, Ok(None));
    let profile = Profile {
        name: Some("Ada \"Countess\" L.".to_owned()),
        given_name: Some("Ada".to_owned()),
        family_name: None,
        locale: Some("de-AT".to_owned()),
    };
    for _ in 0..2 {
        let account = set(id, &profile).await.unwrap().unwrap();
        assert_eq!(Profile::of(&account), profile);
        assert_eq!(store.account(id).await, Ok(Some(account)));
    }
    // The second one changed nothing and says so.
    let trail = ["account_created", "profile_changed"];
    assert_eq!(world.audit_actions().await, trail);
    let mut wanted = store.account(id).await.unwrap().unwrap();
    Profile::default().put_into(&mut wanted);
    let emptied = set(id, &Profile::default()).await.unwrap().unwrap();
    assert_eq!(emptied, wanted);
    assert_eq!(emptied.profile, serde_json::json!({}));

    let disable = Change::DisableAccount { account: id };
    world.applied(disable, EndReason::AccountDisabled).await;
    assert_eq!(set(id, &profile).await, Ok(None));
}

/// The version stays and nothing ends; at another version nothing happens.
pub async fn a_hash_is_upgraded_only_at_its_version<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let id = world.account("ada").await;
    for (version, hash) in [(1, "stronger"), (2, "stale")] {
        store
            .upgrade_password_hash(id, version, password_hash(hash))
            .await
            .unwrap();
        let password = store.password(id).await.unwrap().unwrap();
        assert_eq!(password.hash, password_hash("stronger"));
        assert_eq!((password.version, password.changed_at), (1, world.now()));
    }
    assert!(world.log().await.is_empty());
}

/// A role within something is never read back as one of the issuer.
pub async fn roles_come_back_as_they_were_put<H: Harness>() {
    let world = World::<H>::new().await;
    let within = |kind: &str, id: &str| Role {
        scope: RoleScope::Within {
            kind: kind.to_owned(),
            id: id.to_owned(),
        },
        name: "admin".to_owned(),
    };
    let id = world
        .put(NewAccount {
            roles: vec![within("organisation", "7")],
            ..world.make.account("ada")
        })
        .await;
    let account = world.store().account(id).await.unwrap().unwrap();
    assert_eq!(account.roles, [within("organisation", "7")]);
    assert_eq!(world.store().has_admin().await, Ok(false));
    for (kind, scope) in [
        ("issuer", ""),
        ("issuer", "x"),
        ("", ""),
        ("organisation", ""),
    ] {
        let change = Change::SetRoles {
            account: id,
            roles: vec![within(kind, scope)],
        };
        let request = world.make.change(change, EndReason::RolesChanged);
        let outcome = world.store().change(request).await;
        let account = world.store().account(id).await.unwrap().unwrap();
        assert!(
            outcome.is_err() || account.roles == [within(kind, scope)],
            "{kind:?} {scope:?}"
        );
        assert!(!account.is_admin());
        assert_eq!(world.store().has_admin().await, Ok(false));
    }
}
