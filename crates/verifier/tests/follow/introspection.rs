//! Asking the issuer while the log is silent: once for all who want to know the same, for a second,
//! and never believing what is no answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use serde_json::{Value, json};
use symbolon_verifier::{Demand, OnStale, Verifier};

use crate::issuer::{Introspected, Issuer, until};

async fn asking_verifier(issuer: &Issuer) -> Verifier {
    let builder = issuer.builder().client("orders", "secret");
    let verifier = builder.on_stale(OnStale::Introspect).build().await.unwrap();
    until(&verifier, |status| status.live).await;
    verifier
}

/// A verifier whose log has fallen silent.
pub(crate) async fn stale(issuer: &Issuer) -> Verifier {
    issuer.change(|inner| inner.credentials = Some("Basic b3JkZXJzOnNlY3JldA==".into()));
    let verifier = asking_verifier(issuer).await;
    issuer.change(|inner| inner.log_is_down = true);
    until(&verifier, |status| status.problem.is_some()).await;
    issuer.clock.advance_secs(31);
    verifier
}

pub(crate) async fn outcome(verifier: &Verifier, token: &str) -> &'static str {
    match verifier.verify_online(token, &Demand::new()).await {
        Ok(_) => "accepted",
        Err(rejection) => rejection.reason().code(),
    }
}

fn answers(issuer: &Issuer, answer: Introspected) {
    issuer.change(|inner| inner.introspected = answer);
}

fn active() -> Introspected {
    Introspected::Answer(json!({"active": true}))
}

#[tokio::test]
async fn nobody_is_asked_while_the_log_is_known() {
    let issuer = Issuer::start().await;
    issuer.change(|inner| inner.credentials = Some("Basic b3JkZXJzOnNlY3JldA==".into()));
    let verifier = asking_verifier(&issuer).await;
    answers(&issuer, Introspected::Answer(json!({"active": false})));
    assert_eq!(outcome(&verifier, &issuer.token(1)).await, "accepted");
    issuer.end_session(2);
    until(&verifier, |status| status.entries == 1).await;
    assert_eq!(
        outcome(&verifier, &issuer.token(2)).await,
        "revoked_session"
    );
    assert_eq!(issuer.counts().introspections, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_with_one_token_ask_once() {
    let issuer = Issuer::start().await;
    let verifier = stale(&issuer).await;
    let token = issuer.token(1);
    answers(&issuer, Introspected::Hold(json!({"active": true})));
    let accepted = std::sync::Arc::new(AtomicUsize::new(0));
    let asks: Vec<_> = (0..50)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            let accepted = std::sync::Arc::clone(&accepted);
            tokio::spawn(async move {
                assert_eq!(outcome(&verifier, &token).await, "accepted");
                accepted.fetch_add(1, Ordering::SeqCst);
            })
        })
        .collect();
    issuer.until(|counts| counts.introspections == 1).await;
    assert_eq!(accepted.load(Ordering::SeqCst), 0);
    issuer.change(|inner| inner.introspected = active());
    for ask in asks {
        ask.await.unwrap();
    }
    assert_eq!(issuer.counts().introspections, 1);
    // For a second, and not longer.
    issuer.clock.advance_millis(900);
    answers(&issuer, Introspected::Answer(json!({"active": false})));
    assert_eq!(outcome(&verifier, &token).await, "accepted");
    issuer.clock.advance_millis(100);
    assert_eq!(outcome(&verifier, &token).await, "token_inactive");
    assert_eq!(issuer.counts().introspections, 2);
    // Another token is another question.
    answers(&issuer, active());
    assert_eq!(outcome(&verifier, &issuer.token(1)).await, "accepted");
    assert_eq!(issuer.counts().introspections, 3);
}

#[tokio::test]
async fn one_who_goes_away_does_not_take_the_answer_along() {
    let issuer = Issuer::start().await;
    let verifier = stale(&issuer).await;
    let token = issuer.token(1);
    answers(&issuer, Introspected::Hold(json!({"active": true})));
    let first = {
        let (verifier, token) = (verifier.clone(), token.clone());
        tokio::spawn(async move { outcome(&verifier, &token).await })
    };
    issuer.until(|counts| counts.introspections == 1).await;
    first.abort();
    answers(&issuer, active());
    assert_eq!(outcome(&verifier, &token).await, "accepted");
}

#[tokio::test]
async fn what_is_no_answer_accepts_nothing() {
    let issuer = Issuer::start().await;
    let verifier = stale(&issuer).await;
    let stale = "revocation_stale";
    for (body, code) in [
        (json!({"active": true}), "accepted"),
        (json!({"active": false}), "token_inactive"),
        (json!({"active": "true"}), stale),
        (json!({"active": 1}), stale),
        (json!({}), stale),
        (json!([true]), stale),
        (Value::Null, stale),
        // Of another token.
        (
            json!({"active": true, "jti": crate::issuer::id(999_999)}),
            stale,
        ),
        (
            json!({"active": true, "padding": "x".repeat(100_000)}),
            stale,
        ),
    ] {
        answers(&issuer, Introspected::Answer(body.clone()));
        let shown = body.to_string();
        let shown = &shown[..shown.len().min(60)];
        assert_eq!(outcome(&verifier, &issuer.token(1)).await, code, "{shown}");
    }
    for status in [204, 301, 400, 401, 403, 404, 429, 500, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        answers(&issuer, Introspected::Status(status));
        assert_eq!(
            outcome(&verifier, &issuer.token(1)).await,
            stale,
            "{status}"
        );
    }
    // Nothing at all comes, until time is up.
    answers(&issuer, Introspected::Hold(json!({"active": true})));
    assert_eq!(outcome(&verifier, &issuer.token(1)).await, stale);
    // The log is heard again, and nobody has to be asked.
    issuer.change(|inner| inner.log_is_down = false);
    until(&verifier, |status| status.live).await;
    let asked = issuer.counts().introspections;
    assert_eq!(outcome(&verifier, &issuer.token(1)).await, "accepted");
    assert_eq!(issuer.counts().introspections, asked);
}

#[tokio::test]
async fn what_the_log_has_said_needs_no_question() {
    let issuer = Issuer::start().await;
    issuer.end_session(2);
    let verifier = stale(&issuer).await;
    answers(&issuer, active());
    let token = issuer.token(2);
    assert_eq!(outcome(&verifier, &token).await, "revoked_session");
    assert_eq!(issuer.counts().introspections, 0);
    assert!(verifier.verify(&issuer.token(1)).is_err());
}

#[cfg(all(feature = "axum", feature = "tower"))]
#[tokio::test]
async fn layer_and_extractor_wait_for_the_issuers_word() {
    use std::sync::Arc;

    use axum::{Extension, Router, body::Body, routing::get};
    use http::Request;
    use symbolon_verifier::{AccessClaims, Authorized, Verified, VerifyLayer};
    use tower::ServiceExt as _;

    let issuer = Issuer::start().await;
    let verifier = stale(&issuer).await;
    let layered = |Extension(token): Extension<Arc<Verified<AccessClaims>>>| async move {
        token.subject().to_string()
    };
    let layer = VerifyLayer::new(verifier.clone());
    let strict = VerifyLayer::new(verifier.clone()).on_stale(OnStale::Reject);
    let app = Router::new()
        .route(
            "/extractor",
            get(|token: Authorized| async move { token.subject().to_string() }),
        )
        .route("/layer", get(layered).layer(layer))
        .route("/strict", get(layered).layer(strict))
        .with_state(verifier);
    let ask = |path: &'static str| {
        let request =
            Request::get(path).header("authorization", format!("Bearer {}", issuer.token(1)));
        app.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    answers(&issuer, active());
    for (path, status) in [("/extractor", 200), ("/layer", 200), ("/strict", 503)] {
        assert_eq!(ask(path).await.unwrap().status(), status, "{path}");
    }
    answers(&issuer, Introspected::Answer(json!({"active": false})));
    for (path, status) in [("/extractor", 401), ("/layer", 401), ("/strict", 503)] {
        assert_eq!(ask(path).await.unwrap().status(), status, "{path}");
    }
}
