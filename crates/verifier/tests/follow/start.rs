//! How a verifier starts.

use std::time::Duration;

use symbolon_verifier::{Algorithm, BuildError, MetadataError, Startup, Verifier};

use crate::issuer::{Issuer, Mode, PATIENCE, code, until};

#[tokio::test]
async fn an_issuer_out_of_reach_refuses_tokens_until_it_comes() {
    let issuer = Issuer::start().await;
    issuer.change(|inner| inner.mode = Mode::Down);
    let lazy = issuer.builder().startup(Startup::Lazy);
    let verifier = lazy.build().await.unwrap();
    let token = issuer.token(1);
    assert_eq!(code(&verifier, &token), "keys_unavailable");
    until(&verifier, |status| status.problem.is_some()).await;

    issuer.change(|inner| inner.mode = Mode::Well);
    assert!(verifier.wait_until_live(PATIENCE).await);
    assert_eq!(code(&verifier, &token), "accepted");
}

#[tokio::test]
async fn metadata_of_another_issuer_is_an_error() {
    let issuer = Issuer::start().await;
    issuer.change(|inner| inner.claimed_issuer = Some("https://evil.example".into()));
    let error = issuer.builder().build().await.unwrap_err();
    assert!(
        matches!(
            error,
            BuildError::Metadata(MetadataError::IssuerMismatch { .. })
        ),
        "{error}"
    );
}

#[tokio::test]
async fn who_waits_in_vain_is_told_what_is_wrong() {
    let issuer = Issuer::start().await;
    issuer.change(|inner| inner.mode = Mode::Down);
    let limit = Duration::from_millis(300);
    let impatient = issuer.builder().startup(Startup::Wait(limit));
    let error = impatient.build().await.unwrap_err();
    assert!(matches!(error, BuildError::NotLive { .. }), "{error}");
    assert!(error.to_string().contains("status 503"), "{error}");
}

#[tokio::test]
async fn settings_that_cannot_work_are_errors() {
    let plain = Verifier::builder("http://id.example")
        .audience("orders")
        .algorithms([Algorithm::EdDSA]);
    assert!(matches!(plain.build().await, Err(BuildError::Issuer)));
    let no_algorithm = Verifier::builder("https://id.example")
        .audience("orders")
        .algorithms([]);
    assert!(matches!(
        no_algorithm.build().await,
        Err(BuildError::Settings(_))
    ));
    let issuer = Issuer::start().await;
    let slow = issuer.builder().max_staleness(Duration::from_secs(2));
    assert!(matches!(slow.build().await, Err(BuildError::WaitTooLong)));
}

#[tokio::test]
async fn the_client_authenticates_to_the_log() {
    let issuer = Issuer::start().await;
    // base64("orders:a%2Fb"): form-encoded first, RFC 6749 §2.3.1.
    issuer.change(|inner| inner.credentials = Some("Basic b3JkZXJzOmElMkZi".into()));
    let anonymous = issuer.builder().startup(Startup::Lazy);
    let anonymous = anonymous.build().await.unwrap();
    let refused = |status: &symbolon_verifier::Status| {
        status
            .problem
            .as_ref()
            .is_some_and(|problem| problem.contains("401"))
    };
    assert!(anonymous.wait_until(PATIENCE, refused).await);

    let verifier = issuer
        .builder()
        .client("orders", "a/b")
        .build()
        .await
        .unwrap();
    assert!(verifier.wait_until_live(PATIENCE).await);
}

#[tokio::test]
async fn the_background_ends_with_the_last_clone() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let clone = verifier.clone();
    drop(verifier);
    issuer.end_session(1);
    assert!(
        clone
            .wait_until(PATIENCE, |status| status.entries == 1)
            .await
    );
    drop(clone);
    // The waiting poll is cut off, and nothing asks again: a new verifier is the next to ask.
    let before = issuer.inner().queries.len();
    let next = issuer.live_verifier().await;
    let queries = issuer.inner().queries.clone();
    let last = &queries[before - 1]["instance"];
    assert!(
        queries[before..]
            .iter()
            .filter(|query| query["instance"] == *last)
            .count()
            <= 1
    );
    drop(next);
}
