//! Accounts.

use symbolon_core::{
    model::{
        AccountState, AuditContext, Identifier, IdentifierKind, IdentifierPrefix, Profile, Role,
        RoleScope,
    },
    secret::SecretHash,
    store::{
        Change, ChangeOutcome, ClaimAdmin, CreateAccount, Imported, ImportedAccount, NewAccount,
        StoreError,
    },
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

/// In pages, each account once.
pub async fn accounts_are_listed_in_the_order_of_their_ids<H: Harness>() {
    let world = World::<H>::new().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(world.account(name).await);
    }
    ids.sort();
    let mut listed = Vec::new();
    loop {
        let after = listed.last().copied();
        let page = world.store().accounts(after, 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|account| account.id));
    }
    assert_eq!(listed, ids);
}

/// By any identifier, each account once, in pages that follow each other.
pub async fn accounts_are_found_by_how_their_names_begin<H: Harness>() {
    let world = World::<H>::new().await;
    let put = async |names: &[&str]| {
        let identifiers = names.iter().map(|name| Identifier::parse(name).unwrap());
        let new = NewAccount {
            identifiers: identifiers.collect(),
            ..world.make.account("")
        };
        world.put(new).await
    };
    let find = async |prefix: &str| {
        let prefix = IdentifierPrefix::parse(prefix).unwrap();
        let mut found = Vec::new();
        loop {
            let after = found.last().copied();
            let page = world.store().accounts_named(&prefix, after, 2).await;
            let page = page.unwrap().unwrap();
            assert!(page.len() <= 2);
            if page.is_empty() {
                return found;
            }
            found.extend(page.iter().map(|account| account.id));
        }
    };
    let adam = put(&["adam"]).await;
    let both = put(&["Adele", "adele@example.com", "zoe@example.com"]).await;
    let same = put(&["ada@example.com"]).await;
    let other = put(&["bob", "grace@example.com"]).await;
    let percent = put(&["100%_sure"]).await;

    assert_eq!(find("AD").await, [same, adam, both]);
    assert_eq!(find("adele@").await, [both]);
    assert_eq!(find("zoe").await, [both]);
    // Signs that a pattern would know are signs of the name.
    for (text, found) in [("100%_", vec![percent]), ("%", vec![]), ("_", vec![])] {
        assert_eq!(find(text).await, found, "{text}");
    }
    assert_eq!(find("").await, [percent, same, adam, both, other]);
}

/// A list that begins again in the middle of its pages would show accounts twice.
pub async fn a_list_by_names_goes_on_from_its_own_accounts_alone<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let other = world.account("bob").await;
    let [ada, adele] = [world.account("ada").await, world.account("adele").await];
    let prefix = IdentifierPrefix::parse("ad").unwrap();
    let after = async |id| {
        let page = store.accounts_named(&prefix, Some(id), 9).await.unwrap();
        page.map(|page| page.iter().map(|account| account.id).collect::<Vec<_>>())
    };
    assert_eq!(after(ada).await, Some(vec![adele]));
    assert_eq!(after(adele).await, Some(vec![]));
    for unlisted in [other, world.make.unknown_account()] {
        assert_eq!(after(unlisted).await, None);
    }
    let erase = Change::EraseAccount { account: ada };
    world.applied(erase, EndReason::AccountErased).await;
    assert_eq!(after(ada).await, None);
}

/// With every identifier and role of its own and none of another.
pub async fn a_listed_account_is_whole<H: Harness>() {
    let world = World::<H>::new().await;
    let put = async |names: &[&str], roles: &[&str]| {
        let identifiers = names.iter().map(|name| Identifier::parse(name).unwrap());
        let role = |name: &&str| Role {
            name: (*name).to_owned(),
            ..Role::admin()
        };
        let new = NewAccount {
            identifiers: identifiers.collect(),
            roles: roles.iter().map(role).collect(),
            ..world.make.account("")
        };
        world.put(new).await
    };
    // By their names they come in another order than by their ids.
    put(&["az", "a1@example.com", "zoe"], &["b", "a"]).await;
    let erased = put(&["am", "am@example.com"], &["c"]).await;
    put(&["ay"], &[]).await;
    put(&["ax", "a0@example.com"], &["c"]).await;
    let erase = Change::EraseAccount { account: erased };
    world.applied(erase, EndReason::AccountErased).await;
    let prefix = IdentifierPrefix::parse("a").unwrap();
    let named = world.store().accounts_named(&prefix, None, 9).await;
    let named = named.unwrap().unwrap();
    let listed = world.store().accounts(None, 9).await.unwrap();
    assert_ne!(named, listed);
    for page in [named, listed] {
        assert_eq!(page.len(), 3);
        for account in page {
            let whole = world.store().account(account.id).await.unwrap();
            assert_eq!(whole, Some(account));
        }
    }
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
    assert_eq!(
        store.put_setup_code(SecretHash::of("code"), end).await,
        Ok(true)
    );
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
    assert_eq!(
        store.put_setup_code(SecretHash::of("next"), end).await,
        Ok(false)
    );
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
    assert_eq!(store.put_setup_code(code, end).await, Ok(true));
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

/// Only the newest code works.
pub async fn a_setup_code_is_replaced_and_expires<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let end = world.now().plus_secs(60);
    for code in ["old", "new"] {
        assert_eq!(
            store.put_setup_code(SecretHash::of(code), end).await,
            Ok(true)
        );
    }
    for (code, outcome) in [("old", ClaimAdmin::WrongCode), ("new", ClaimAdmin::Claimed)] {
        let new = world.make.account("ada");
        let now = end.plus_millis(-1);
        let hash = SecretHash::of(code);
        assert_eq!(store.is_setup_code(hash, now).await, Ok(code == "new"));
        assert_eq!(store.is_setup_code(hash, end).await, Ok(false));
        let claimed = store
            .claim_first_admin(SecretHash::of(code), new, AuditContext::system(), now)
            .await;
        assert_eq!(claimed, Ok(outcome));
    }
}

/// A taken name does not spend the code.
pub async fn a_claimed_identifier_leaves_the_code<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    world.account("ada").await;
    let end = world.now().plus_secs(60);
    store
        .put_setup_code(SecretHash::of("code"), end)
        .await
        .unwrap();
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
