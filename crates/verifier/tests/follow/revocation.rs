//! What the log says, tokens obey: seen before or not.

use symbolon_protocol::{Kind, RevocationId};

use crate::issuer::{Issuer, code, sid, until};

#[tokio::test]
async fn an_ended_session_refuses_cached_and_new_tokens_alike() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let (cached, unseen, other) = (issuer.token(1), issuer.token(1), issuer.token(2));
    assert_eq!(code(&verifier, &cached), "accepted");
    assert_eq!(code(&verifier, &cached), "accepted");

    issuer.end_session(1);
    until(&verifier, |status| status.entries == 1).await;

    assert_eq!(code(&verifier, &cached), "revoked_session");
    assert_eq!(code(&verifier, &unseen), "revoked_session");
    assert_eq!(code(&verifier, &other), "accepted");
}

#[tokio::test]
async fn a_log_of_many_pages_is_read_to_its_head_before_anything_is_accepted() {
    let issuer = Issuer::start().await;
    for session in 1..=7 {
        issuer.end_session(session);
    }
    issuer.change(|inner| inner.page = 2);
    let verifier = issuer.live_verifier().await;
    assert_eq!(verifier.status().entries, 7);
    for session in 1..=7 {
        assert_eq!(code(&verifier, &issuer.token(session)), "revoked_session");
    }
    assert_eq!(code(&verifier, &issuer.token(8)), "accepted");
}

#[tokio::test]
async fn a_restored_log_adds_and_takes_nothing_away() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    issuer.end_session(1);
    until(&verifier, |status| status.entries == 1).await;

    issuer.change(|inner| {
        inner.epoch = "two".into();
        inner.entries.clear();
    });
    issuer.end_session(2);
    until(&verifier, |status| status.entries == 2).await;

    assert_eq!(verifier.status().epoch.as_deref(), Some("two"));
    assert_eq!(code(&verifier, &issuer.token(1)), "revoked_session");
    assert_eq!(code(&verifier, &issuer.token(2)), "revoked_session");
}

#[tokio::test]
async fn every_poll_acknowledges_what_was_applied() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    issuer.end_session(1);
    until(&verifier, |status| status.entries == 1).await;
    let polls = issuer.counts().log;
    issuer
        .until(|counts| counts.log > polls || counts.log > 2)
        .await;

    let queries = issuer.inner().queries.clone();
    let instances: std::collections::BTreeSet<_> = queries
        .iter()
        .map(|query| query["instance"].clone())
        .collect();
    assert_eq!(instances.len(), 1);
    assert!(!queries[0].contains_key("after"));
    assert!(queries[1].contains_key("after"));
    assert!(queries.iter().all(|query| query.contains_key("jwks")));
}

#[tokio::test]
async fn one_token_one_client_or_a_whole_grant_can_be_named() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let token = issuer.token(1);
    let verified = verifier.verify(&token).unwrap();
    issuer.revoke(Kind::Token, verified.access().jti.into());
    until(&verifier, |status| status.entries == 1).await;
    assert_eq!(code(&verifier, &token), "revoked_token");
    let next = issuer.token(1);
    assert_eq!(code(&verifier, &next), "accepted");

    issuer.revoke(Kind::Grant, verified.grant_id().into());
    until(&verifier, |status| status.entries == 2).await;
    assert_eq!(code(&verifier, &next), "revoked_grant");

    issuer.revoke(Kind::Client, RevocationId::of_text("web"));
    until(&verifier, |status| status.entries == 3).await;
    assert_eq!(code(&verifier, &issuer.token(2)), "revoked_client");
    assert_eq!(verified.session_id(), Some(sid(1)));
}
