//! Tokens that bring a key of their own, or say where there is one.

use std::net::TcpListener;

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, SigningKey, base64url, decode};

use crate::world::{JWKS, LOG, LOG_JWKS, METADATA, World, code};

#[tokio::test]
async fn a_key_that_a_token_brings_is_neither_fetched_nor_used() {
    let world = World::start().await;
    let verifier = world.verifier().await;
    let login = world.log_in().await;
    let theirs = SigningKey::generate(Algorithm::EdDSA).unwrap();
    // Where the token says that its key lies, somebody listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let jwk: Value = serde_json::to_value(theirs.public_jwk()).unwrap();
    let genuine = decode(&login.access).unwrap();
    let [header, payload, _] = genuine.raw_parts();
    let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
    let fetches = || [JWKS, LOG_JWKS, METADATA].map(|path| world.proxy.count(path));
    let before = fetches();

    for brought in [
        json!({"jku": url}),
        json!({"x5u": url}),
        json!({"jwk": jwk}),
        json!({"x5c": ["MIIB"]}),
        json!({"jwk": jwk, "jku": url, "x5u": url, "x5c": ["MIIB"]}),
    ] {
        let mut header = header.clone();
        for (name, value) in brought.as_object().unwrap() {
            header[name] = value.clone();
        }
        let header = base64url::encode(header.to_string().as_bytes());
        let signed = format!("{header}.{payload}");
        let signature = base64url::encode(&theirs.sign(signed.as_bytes()).unwrap());
        let token = format!("{signed}.{signature}");
        assert_eq!(code(&verifier, &token), "signature_invalid", "{brought}");
    }
    // The background has had its turns, too.
    world.proxy.until_more(LOG, 2).await;
    assert_eq!(fetches(), before);
    let nobody_came = listener.accept().unwrap_err();
    assert_eq!(nobody_came.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(code(&verifier, &login.access), "accepted");
}
