//! The verifier's example service, as it stands in its documentation, against the real server.

#[path = "../../verifier/examples/orders_api.rs"]
#[expect(
    dead_code,
    reason = "the example's own start takes its settings from outside"
)]
mod orders_api;

use std::time::Duration;

use serde_json::json;
use symbolon_testing::{Api, ServerSetup};
use symbolon_verifier::{Algorithm, Verifier};

#[tokio::test]
async fn orders_are_shown_to_who_may_read_them_until_the_session_ends() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let issuer = server.api();
    issuer.register("alice").await;
    let verifier = Verifier::builder(server.issuer())
        .audience("orders")
        .algorithms([Algorithm::EdDSA]);
    let verifier = verifier.build().await.unwrap();
    assert!(verifier.wait_until_live(Duration::from_secs(20)).await);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = orders_api::app(verifier.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let orders = Api::new(server.http().clone(), base);
    let answer = orders.get("/orders").send().await.expect(401);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let log_in = async |scope: &str| {
        let wanted =
            json!({"credentials": ["cookie", "tokens"], "resource": "orders", "scope": scope});
        issuer.log_in_with("alice", &wanted).await
    };
    let login = log_in("orders:read").await;
    let answer = orders.get("/orders").bearer(&login.access).send().await;
    let shown = answer.expect(200).json();
    assert_eq!(shown["orders"], json!(["teapot", "kettle"]));
    let other = issuer.log_in("alice").await;
    let answer = orders.get("/orders").bearer(&other.access).send().await;
    assert_eq!(answer.expect(401).code(), "audience_mismatch");

    let path = format!("/api/v1/sessions/{}", login.session);
    let call = issuer.delete(&path).cookie(&login.cookie);
    let _ = call.send().await.expect(200);
    let heard = verifier.wait_until(Duration::from_secs(20), |status| status.entries > 0);
    assert!(heard.await);
    let answer = orders.get("/orders").bearer(&login.access).send().await;
    assert_eq!(answer.expect(401).code(), "revoked_session");
}
