//! When the log falls silent, lies, or is played back.

use symbolon_jose::{Algorithm, Jwk, SigningKey};
use symbolon_verifier::{Demand, OnStale, Startup};

use crate::issuer::{Issuer, Mode, code, until};

#[tokio::test]
async fn a_silent_issuer_makes_the_verifier_refuse_and_come_back() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let token = issuer.token(1);
    assert_eq!(code(&verifier, &token), "accepted");

    issuer.change(|inner| inner.mode = Mode::Down);
    until(&verifier, |status| status.problem.is_some()).await;
    assert_eq!(code(&verifier, &token), "accepted");
    issuer.clock.advance_secs(31);
    assert_eq!(code(&verifier, &token), "revocation_stale");
    assert!(!verifier.status().live);
    let accept = Demand::new().on_stale(OnStale::Accept);
    assert!(verifier.verify_for(&token, &accept).is_ok());

    issuer.change(|inner| inner.mode = Mode::Well);
    until(&verifier, |status| status.live).await;
    assert_eq!(code(&verifier, &token), "accepted");
    until(&verifier, |status| status.problem.is_none()).await;
}

#[tokio::test]
async fn a_verifier_told_to_accept_goes_on_with_what_it_knows() {
    let issuer = Issuer::start().await;
    issuer.end_session(2);
    let builder = issuer.builder().on_stale(OnStale::Accept);
    let verifier = builder.build().await.unwrap();
    until(&verifier, |status| status.live).await;
    issuer.clock.advance_secs(31);
    assert_eq!(code(&verifier, &issuer.token(1)), "accepted");
    assert_eq!(code(&verifier, &issuer.token(2)), "revoked_session");
}

#[tokio::test]
async fn an_answer_played_back_does_not_make_the_copy_younger() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let token = issuer.token(1);
    let recorded = issuer.inner().last.clone().unwrap();
    issuer.change(|inner| inner.mode = Mode::Answer(recorded));
    issuer.clock.advance_secs(31);

    let polls = issuer.counts().log;
    issuer.until(|counts| counts.log >= polls + 3).await;
    assert_eq!(code(&verifier, &token), "revocation_stale");
    assert!(verifier.status().age.unwrap().as_secs() >= 31);
}

/// A recording is as genuine as any answer, and a verifier that has just started has no earlier one to
/// compare it with.
#[tokio::test]
async fn a_first_answer_that_is_played_back_is_not_believed() {
    let issuer = Issuer::start().await;
    drop(issuer.live_verifier().await);
    let recorded = issuer.inner().last.clone().unwrap();
    issuer.end_session(1);
    issuer.change(|inner| inner.mode = Mode::Answer(recorded));
    let lazy = issuer.builder().startup(Startup::Lazy);
    let verifier = lazy.build().await.unwrap();
    let polls = issuer.counts().log;
    issuer.until(|counts| counts.log >= polls + 3).await;
    assert_eq!(code(&verifier, &issuer.token(1)), "revocation_stale");

    issuer.change(|inner| inner.mode = Mode::Well);
    until(&verifier, |status| status.live).await;
    assert_eq!(code(&verifier, &issuer.token(1)), "revoked_session");
}

#[tokio::test]
async fn a_log_signed_by_anybody_else_is_not_believed() {
    let token_key = |issuer: &Issuer| issuer.inner().keys[0].clone();
    let forged_kid = |issuer: &Issuer| {
        let kid = issuer.inner().log_key.kid().to_owned();
        stranger_called(kid)
    };
    type Choose = fn(&Issuer) -> SigningKey;
    let cases: [(Choose, &str); 2] = [
        (token_key, "no key has the kid"),
        (forged_kid, "the signature is invalid"),
    ];
    for (choose, problem) in cases {
        let issuer = Issuer::start().await;
        let verifier = issuer.live_verifier().await;
        let key = choose(&issuer);
        issuer.change(|inner| inner.mode = Mode::SignedBy(key));
        issuer.end_session(1);
        until(&verifier, |status| {
            status
                .problem
                .as_ref()
                .is_some_and(|found| found.contains(problem))
        })
        .await;
        assert_eq!(verifier.status().entries, 0);
        issuer.clock.advance_secs(31);
        assert_eq!(code(&verifier, &issuer.token(1)), "revocation_stale");
    }
}

/// The key of RFC 8037 appendix A under another's `kid`.
fn stranger_called(kid: String) -> SigningKey {
    let jwk = concat!(
        r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#,
        r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    );
    SigningKey::from_jwk(&Jwk::from_json(jwk).unwrap().with_kid(kid)).unwrap()
}

#[tokio::test]
async fn a_token_signed_with_the_logs_key_is_not_believed() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let key = issuer.inner().log_key.clone();
    assert_eq!(code(&verifier, &issuer.token_by(&key, 1)), "key_unknown");
}

#[tokio::test]
async fn the_log_may_change_its_key() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    issuer.change(|inner| inner.log_key = SigningKey::generate(Algorithm::EdDSA).unwrap());
    issuer.end_session(1);
    until(&verifier, |status| status.entries == 1).await;
}
