//! `/oauth2/introspect` of the real server (RFC 7662), and a verifier that asks it while the log is
//! out of reach.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/faults.rs"]
mod faults;

use std::time::Duration;

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, base64url, digest};
use symbolon_testing::{Answer, Api, Login, ServerProcess, ServerSetup};
use symbolon_verifier::{BuildError, Demand, OnStale, RejectReason, Startup, Verifier};

const SECRET: &str = "a secret of 128 bits";

fn setup() -> ServerSetup {
    let hash: String = digest::sha256(SECRET.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let client = |id: &str, scopes: &str| {
        format!("[[clients]]\nid = \"{id}\"\nsecret_sha256 = \"{hash}\"\nscopes = [{scopes}]\n")
    };
    let lists = [
        client("asker", "\"tokens:introspect\""),
        client("reader", "\"revocations:read\""),
        "[[resources]]\naudience = \"orders\"\nscopes = [\"orders:read\"]\n".to_owned(),
    ];
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("revocations.public", "false")
        .lists(&lists.concat())
}

fn basic(id: &str, secret: &str) -> String {
    let secret = secret.replace(' ', "+");
    let pair = base64url::encode(format!("{id}:{secret}").as_bytes());
    let padding = "=".repeat((4 - pair.len() % 4) % 4);
    let pair = pair.replace('-', "+").replace('_', "/");
    format!("Basic {pair}{padding}")
}

async fn introspect_as(api: &Api, authorization: &str, form: &[(&str, &str)]) -> Answer {
    let call = api.post("/oauth2/introspect").form(form);
    call.header("authorization", authorization).send().await
}

async fn introspect(api: &Api, token: &str) -> Value {
    let answer = introspect_as(api, &basic("asker", SECRET), &[("token", token)]).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.expect(200).json()
}

async fn log_in(api: &Api) -> Login {
    let tokens = json!({
        "credentials": ["cookie", "tokens"], "resource": "orders", "scope": "orders:read",
    });
    api.log_in_with("alice", &tokens).await
}

async fn end(api: &Api, login: &Login) {
    let path = format!("/api/v1/sessions/{}", login.session);
    let call = api.delete(&path).cookie(&login.cookie);
    let _ = call.send().await.expect(200);
}

fn inactive() -> Value {
    json!({"active": false})
}

#[tokio::test]
async fn a_good_token_is_told_and_anything_else_is_not_active() {
    let server = setup().start().await;
    let api = server.api();
    let account = api.register("alice").await;
    let login = log_in(&api).await;

    let access = introspect(&api, &login.access).await;
    let claims = symbolon_jose::decode(&login.access).unwrap();
    let claims = claims.untrusted_claims();
    for claim in [
        "iss",
        "sub",
        "exp",
        "iat",
        "jti",
        "client_id",
        "scope",
        "sid",
        "gid",
        "ver",
        "auth_time",
    ] {
        assert_eq!(access[claim], claims[claim], "{claim}");
    }
    assert_eq!(access["active"], true);
    assert_eq!(access["aud"], json!(["orders"]));
    assert_eq!(access["token_type"], "Bearer");
    assert_eq!(access["scope"], "orders:read");
    // The tokens of the issuer's own API too.
    let own = api.log_in("alice").await;
    let own = introspect(&api, &own.access).await;
    assert_eq!(own["aud"], json!([server.issuer()]));

    let refresh = introspect(&api, &login.refresh).await;
    assert_eq!(refresh["active"], true);
    assert_eq!(refresh["gid"], login.grant);
    assert_eq!(refresh["sid"], login.session);

    let mut bent = login.access.clone().into_bytes();
    let last = bent.len() - 10;
    bent[last] = if bent[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(bent).unwrap();
    let mut bent = login.refresh.clone();
    bent.replace_range(bent.len() - 2..bent.len() - 1, "-");
    for token in [&forged, &bent, "", "garbage", "a.b.c", &login.cookie] {
        assert_eq!(introspect(&api, token).await, inactive(), "{token}");
    }

    // A change of roles is a new version of the grant; a spent refresh token is no more.
    let output = server
        .command()
        .args(["accounts", "roles", &account, "editor"])
        .output();
    assert!(output.unwrap().status.success());
    assert_eq!(introspect(&api, &login.access).await, inactive());
    let next = api.refresh(&login.refresh).await.expect(200);
    assert_eq!(introspect(&api, &login.refresh).await, inactive());
    let (access, refresh) = (next.text("/access_token"), next.text("/refresh_token"));
    assert_eq!(introspect(&api, &access).await["active"], true);
    assert_eq!(introspect(&api, &refresh).await["active"], true);

    end(&api, &login).await;
    for token in [&access, &refresh] {
        assert_eq!(introspect(&api, token).await, inactive());
    }
    let login = log_in(&api).await;
    let output = server
        .command()
        .args(["accounts", "disable", &account])
        .output();
    assert!(output.unwrap().status.success());
    for token in [&login.access, &login.refresh] {
        assert_eq!(introspect(&api, token).await, inactive());
    }
}

#[tokio::test]
async fn who_may_ask_and_how() {
    let server = setup().start().await;
    let api = server.api();
    let form = [("token", "x"), ("token_type_hint", "refresh_token")];
    let more = [("token", "x"), ("unknown", "is let be")];
    let good = basic("asker", SECRET);
    for form in [&form, &more] {
        let answer = introspect_as(&api, &good, form).await;
        assert_eq!(answer.expect(200).json(), inactive());
    }
    for wrong in [
        basic("asker", "wrong"),
        basic("nobody", SECRET),
        basic("", ""),
        "Basic !".to_owned(),
        "Bearer x".to_owned(),
    ] {
        let answer = introspect_as(&api, &wrong, &form).await;
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, "Basic realm=\"symbolon\"", "{wrong}");
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.expect(401).json();
        assert_eq!(body["error"], "invalid_client", "{wrong}");
    }
    let other = introspect_as(&api, &basic("reader", SECRET), &form).await;
    assert_eq!(other.expect(403).json()["error"], "insufficient_scope");
    for bad in [&[("tok", "x")][..], &[("token", "x"), ("token", "y")], &[]] {
        let answer = introspect_as(&api, &good, bad).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let body = answer.expect(400).json();
        assert_eq!(body["error"], "invalid_request", "{bad:?}");
        assert_eq!(body["error_description"], "form_invalid");
    }
    let metadata = api.get("/.well-known/oauth-authorization-server");
    let metadata = metadata.send().await.expect(200).json();
    assert_eq!(
        metadata["introspection_endpoint"],
        server.url("/oauth2/introspect")
    );
}

#[tokio::test]
async fn a_store_that_does_not_read_makes_no_token_inactive() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let login = log_in(&api).await;
    let faults = match faults::Faults::begin(server.pid(), "pread64", "error=EIO") {
        Ok(faults) => faults,
        Err(said) => {
            println!("skipped: strace is missing or may not attach itself: {said}");
            assert!(std::env::var_os("CI").is_none(), "CI must run this test");
            return;
        }
    };
    let asked = basic("asker", SECRET);
    let answer = introspect_as(&api, &asked, &[("token", &login.access)]).await;
    faults.end();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert_eq!(introspect(&api, &login.access).await["active"], true);
}

/// A verifier that may introspect and not read the log, which is therefore never known.
async fn blind_verifier(server: &ServerProcess, on_stale: OnStale) -> Verifier {
    Verifier::builder(server.issuer())
        .audience("orders")
        .algorithms([Algorithm::EdDSA])
        .client("asker", SECRET)
        .on_stale(on_stale)
        .startup(Startup::Lazy)
        .build()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_verifier_without_the_log_asks_the_issuer() {
    let mut server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let [first, second] = [log_in(&api).await, log_in(&api).await];
    let verifier = blind_verifier(&server, OnStale::Introspect).await;
    let any = Demand::new();
    let code = |refused: symbolon_verifier::Rejection| refused.reason().code();
    assert!(
        verifier
            .wait_until(Duration::from_secs(20), |status| {
                status.problem.is_some() && !status.keys.is_empty()
            })
            .await
    );

    // What cannot wait is refused, what can is answered.
    let refused = verifier.verify(&first.access).unwrap_err();
    assert_eq!(code(refused), "revocation_stale");
    let verified = verifier.verify_online(&first.access, &any).await.unwrap();
    assert_eq!(verified.session_id().unwrap().to_string(), first.session);
    // The rest is checked as ever.
    let orders = Demand::new().scopes(&["orders:write"]);
    let refused = verifier.verify_online(&first.access, &orders).await;
    assert_eq!(code(refused.unwrap_err()), "insufficient_scope");
    let own = api.log_in("alice").await.access;
    let refused = verifier.verify_online(&own, &any).await;
    assert_eq!(code(refused.unwrap_err()), "audience_mismatch");
    // A route may differ.
    let strict = Demand::new().on_stale(OnStale::Reject);
    let refused = verifier.verify_online(&second.access, &strict).await;
    assert_eq!(code(refused.unwrap_err()), "revocation_stale");

    // One that was not asked about before its end is refused at once, the other soon.
    for login in [&first, &second] {
        end(&api, login).await;
    }
    let refused = verifier.verify_online(&second.access, &any).await;
    assert_eq!(code(refused.unwrap_err()), "token_inactive");
    let ended = async {
        loop {
            match verifier.verify_online(&first.access, &any).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(refused) => break refused.reason(),
            }
        }
    };
    let reason = tokio::time::timeout(Duration::from_secs(20), ended).await;
    assert_eq!(reason.unwrap(), RejectReason::TokenInactive);

    let third = log_in(&api).await;
    server.kill();
    let refused = verifier.verify_online(&third.access, &any).await;
    assert_eq!(code(refused.unwrap_err()), "revocation_stale");
}

#[tokio::test]
async fn without_a_client_there_is_nobody_to_ask_as() {
    let server = setup().start().await;
    let refused = Verifier::builder(server.issuer())
        .audience("orders")
        .algorithms([Algorithm::EdDSA])
        .on_stale(OnStale::Introspect)
        .build()
        .await;
    assert!(matches!(refused, Err(BuildError::NoClient)));
}
