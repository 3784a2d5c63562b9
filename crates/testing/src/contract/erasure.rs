//! Erasing an account, and everything that is kept about one.

use symbolon_core::{
    model::{AccountState, Actor, AuditContext, GrantState, SessionState},
    store::{
        Applied, Change, ChangeOutcome, CreateAccount, CreateSession, RenewedCookie, Rotation,
    },
};
use symbolon_protocol::{AccountId, EndReason};

use super::{Harness, World, world::is_ended_in};
use crate::fixtures::{ORIGIN, horizon, password_hash};

fn erase(account: AccountId) -> Change {
    Change::EraseAccount { account }
}

/// Everything of it ends in the log, then no verb finds anything of it; others are not touched.
pub async fn an_erased_account_is_gone_but_for_its_id_and_subject<H: Harness>() {
    let world = World::<H>::new().await;
    let (store, now) = (world.store(), world.now());
    let new = world.make.account("ada");
    let (identifier, subject) = (new.identifiers[0].clone(), new.subject.clone());
    let id = world.put(new).await;
    let online = world.log_in(world.make.session_with_grant(id)).await;
    let offline = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let other = world.account("grace").await;
    let others = world.log_in(world.make.session_with_grant(other)).await;
    let applied = world.applied(erase(id), EndReason::AccountErased).await;
    assert_eq!((applied.ended.sessions, applied.ended.grants), (2, 2));
    assert_eq!(applied.revocations.len(), 3);
    let log = world.log().await;
    for id in [online.session, offline.session] {
        assert!(is_ended_in(&log, id.into()));
        assert_eq!(store.session(id).await, Ok(None));
    }
    assert!(is_ended_in(&log, offline.grant.into()));
    for made in [&online, &offline] {
        assert_eq!(store.grant(made.grant).await, Ok(None));
        let rotation = world.refresh(made.grant, 1, now).await;
        assert_eq!(rotation, Rotation::Unknown);
        let touched = store.touch_session(&made.cookie.hash, ORIGIN, now).await;
        assert_eq!(touched, Ok(None));
    }
    assert_eq!(store.password(id).await, Ok(None));
    assert_eq!(store.account_for_login(&identifier).await, Ok(None));
    assert_eq!(store.live_sessions(id, now).await, Ok(Vec::new()));
    let left = store.account(id).await.unwrap().unwrap();
    assert_eq!(left.state, AccountState::Erased { at: now });
    assert_eq!(left.subject, subject);
    assert!(left.identifiers.is_empty() && left.roles.is_empty() && left.locale.is_none());
    assert_eq!(left.profile, serde_json::json!({}));
    assert_eq!(store.account_by_subject(&subject).await, Ok(Some(left)));
    let listed = store.accounts(None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(world.is_live(others.session, now).await);
    let rotation = world.refresh(others.grant, 1, now).await;
    assert!(matches!(rotation, Rotation::Rotated(_)));
}

/// The name is free, the subject is not, and nothing brings the account back.
pub async fn nothing_is_done_to_an_erased_account<H: Harness>() {
    let world = World::<H>::new().await;
    let (store, now) = (world.store(), world.now());
    let new = world.make.account("ada");
    let subject = new.subject.clone();
    let id = world.put(new).await;
    world.applied(erase(id), EndReason::AccountErased).await;
    let log = world.log().await;
    let again = world.applied(erase(id), EndReason::AccountErased).await;
    assert_eq!(again, Applied::default());
    for change in [
        Change::DisableAccount { account: id },
        Change::EndSessions {
            account: id,
            except: None,
        },
        Change::SetRoles {
            account: id,
            roles: vec![symbolon_core::model::Role::admin()],
        },
        Change::SetPassword {
            account: id,
            expected_version: None,
            hash: password_hash("second"),
            keep: None::<RenewedCookie>,
        },
    ] {
        let outcome = world.change(change, EndReason::EndedByAdmin).await;
        assert_eq!(outcome, ChangeOutcome::NotFound);
    }
    let context = AuditContext::system;
    let enabled = store.enable_account(id, context(), now).await;
    assert_eq!(enabled, Ok(false));
    store
        .upgrade_password_hash(id, 1, password_hash("third"))
        .await
        .unwrap();
    assert_eq!(store.password(id).await, Ok(None));
    let session = world.make.session(id);
    let created = store.create_session(session, horizon(now), now).await;
    assert_eq!(created, Ok(CreateSession::AccountNotActive));
    assert_eq!(store.dossier(id, context(), now).await, Ok(None));
    assert_eq!(world.log().await, log);
    assert_eq!(
        world.audit_actions().await,
        ["account_created", "account_erased"]
    );
    let mut taken = world.make.account("somebody else");
    taken.subject = subject;
    let created = store.create_account(taken, context(), now).await;
    assert!(created.is_err(), "the subject is never given again");
    let same_name = world.make.account("ada");
    let created = store.create_account(same_name, context(), now).await;
    assert_eq!(created, Ok(CreateAccount::Created));
}

/// Neither the last who can log in, nor when others are disabled or erased.
pub async fn the_last_admin_is_not_erased<H: Harness>() {
    let world = World::<H>::new().await;
    let first = world.put(world.make.admin("first")).await;
    let second = world.put(world.make.admin("second")).await;
    world.applied(erase(second), EndReason::AccountErased).await;
    let outcome = world.change(erase(first), EndReason::AccountErased).await;
    assert_eq!(outcome, ChangeOutcome::LastAdmin);
    let account = world.store().account(first).await.unwrap().unwrap();
    assert!(account.is_active() && account.is_admin());
    assert_eq!(account.identifiers.len(), 1);
    assert_eq!(world.store().has_admin().await, Ok(true));
    let unknown = world.make.unknown_account();
    let outcome = world.change(erase(unknown), EndReason::AccountErased).await;
    assert_eq!(outcome, ChangeOutcome::NotFound);
}

/// Until they are removed; a crash in between forgets nothing.
pub async fn traces_are_known_until_they_are_removed<H: Harness>() {
    let world = World::<H>::new().await;
    let id = world.account("ada").await;
    let _ = world.log_in(world.make.session_with_grant(id)).await;
    assert_eq!(world.store().has_traces().await, Ok(false));
    world.applied(erase(id), EndReason::AccountErased).await;
    assert_eq!(world.store().has_traces().await, Ok(true));
    let log = world.log().await;
    let world = world.after_crash().await;
    assert_eq!(world.store().has_traces().await, Ok(true));
    assert_eq!(world.store().remove_traces().await, Ok(()));
    assert_eq!(world.store().has_traces().await, Ok(false));
    // Everything else is as it was, and goes on.
    assert_eq!(world.log().await, log);
    let left = world.store().account(id).await.unwrap().unwrap();
    assert!(left.is_erased());
    let next = world.account("grace").await;
    world.applied(erase(next), EndReason::AccountErased).await;
    assert_eq!(world.store().has_traces().await, Ok(true));
}

/// Ended ones too; that it was read is in the trail. Nothing of others.
pub async fn a_dossier_has_everything_of_one_account<H: Harness>() {
    let world = World::<H>::new().await;
    let (store, now) = (world.store(), world.now());
    let id = world.account("ada").await;
    let kept = world.log_in(world.make.session_with_grant(id)).await;
    let ended = world
        .log_in(world.make.session_with_offline_grant(id))
        .await;
    let end = Change::EndSession {
        session: ended.session,
        owner: None,
    };
    world.applied(end, EndReason::Logout).await;
    let other = world.account("grace").await;
    let _ = world.log_in(world.make.session_with_grant(other)).await;
    let context = AuditContext {
        actor: Actor::Account(id),
        request_id: Some("r1".to_owned()),
    };
    for _ in 0..2 {
        let found = store.dossier(id, context.clone(), now).await;
        let found = found.unwrap().unwrap();
        assert_eq!(
            Some(&found.account),
            store.account(id).await.unwrap().as_ref()
        );
        let kinds: Vec<_> = found.credentials.iter().map(|one| &*one.kind).collect();
        assert_eq!(kinds, ["password"]);
        let mut sessions: Vec<_> = found
            .sessions
            .iter()
            .map(|one| (one.session.id, one.session.state, one.origins.clone()))
            .collect();
        let over = SessionState::Ended {
            at: now,
            reason: EndReason::Logout,
        };
        let origins = || vec![ORIGIN.to_owned()];
        let mut wanted = [
            (kept.session, SessionState::Active, origins()),
            (ended.session, over, origins()),
        ];
        // Made at the same moment.
        sessions.sort_by_key(|one| one.0);
        wanted.sort_by_key(|one| one.0);
        assert_eq!(sessions, wanted);
        let mut grants: Vec<_> = found.grants.iter().map(|one| (one.id, one.state)).collect();
        let mut wanted = [
            (kept.grant, GrantState::Active),
            (ended.grant, GrantState::Active),
        ];
        grants.sort_by_key(|one| one.0);
        wanted.sort_by_key(|one| one.0);
        assert_eq!(grants, wanted);
    }
    let found = store.dossier(id, context, now).await.unwrap().unwrap();
    let audit: Vec<_> = found
        .audit
        .iter()
        .map(|row| (row.action.as_str(), row.request_id.as_deref()))
        .collect();
    assert_eq!(
        audit,
        [
            ("account_created", None),
            ("session_ended", None),
            ("account_exported", Some("r1")),
            ("account_exported", Some("r1")),
        ]
    );
    let unknown = world.make.unknown_account();
    let none = store.dossier(unknown, AuditContext::system(), now).await;
    assert_eq!(none, Ok(None));
}
