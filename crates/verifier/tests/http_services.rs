//! What a caller gets from the layer and from the extractor.

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{Extension, Router, body::Body, routing::get};
    use http::{Request, Response, StatusCode, header};
    use http_body_util::BodyExt as _;
    use symbolon_jose::{Algorithm, JwkSet, Signer, SigningKey, TokenClaims};
    use symbolon_protocol::{AccessClaims, Timestamp};
    use symbolon_verifier::{
        Authorized, Clock as _, RequiredScopes, SystemClock, Verified, Verifier, VerifyLayer,
    };
    use tower::ServiceExt as _;

    const ISSUER: &str = "https://id.example";

    struct Write;

    impl RequiredScopes for Write {
        const SCOPES: &'static [&'static str] = &["orders:write"];
    }

    fn token(key: &SigningKey) -> String {
        let now: Timestamp = SystemClock.now();
        let claims = serde_json::json!({
            "sub": "alice",
            "jti": "01890a5d-ac96-774b-bcce-b302099a8057",
            "gid": "01890a5d-ac96-774b-bcce-b302099a8058",
            "client_id": "web",
            "scope": "orders:read",
            "ver": 0,
        });
        let claims = TokenClaims::new(ISSUER, "orders", now.as_secs() + 300)
            .issued_at(now.as_secs())
            .extra(claims);
        Signer::new(key, "at+jwt").sign(&claims).unwrap()
    }

    fn app(key: &SigningKey) -> Router {
        let verifier = Verifier::builder(ISSUER)
            .audience("orders")
            .algorithms([Algorithm::EdDSA])
            .build_fixed(&JwkSet::new([key.public_jwk()]).unwrap())
            .unwrap();
        let who = |token: Authorized| async move { token.subject().to_string() };
        let write = |_: Authorized<Write>| async { "written" };
        let layered = |Extension(token): Extension<Arc<Verified<AccessClaims>>>| async move {
            token.subject().to_string()
        };
        let read = VerifyLayer::new(verifier.clone()).require_scope("orders:read");
        let admin = VerifyLayer::new(verifier.clone()).require_scope("orders:admin");
        Router::new()
            .route("/who", get(who))
            .route("/write", get(write))
            .route("/layer/read", get(layered).layer(read))
            .route("/layer/admin", get(layered).layer(admin))
            .with_state(verifier)
    }

    async fn ask(app: &Router, path: &str, authorization: Option<&str>) -> Response<Body> {
        let mut request = Request::get(path);
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap()
    }

    async fn text(response: Response<Body>) -> String {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_good_token_reaches_the_handler() {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let (app, bearer) = (app(&key), format!("Bearer {}", token(&key)));
        for path in ["/who", "/layer/read"] {
            let response = ask(&app, path, Some(&bearer)).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(text(response).await, "alice");
        }
    }

    #[tokio::test]
    async fn refusals_look_the_same_from_layer_and_extractor() {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let stranger = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let app = app(&key);
        let good = format!("Bearer {}", token(&key));
        let foreign = format!("Bearer {}", token(&stranger));
        let cases = [
            (None, 401, "credential_missing", "Bearer"),
            (Some("Basic YTpi"), 401, "credential_missing", "Bearer"),
            (
                Some("Bearer a b"),
                400,
                "authorization_malformed",
                r#"Bearer error="invalid_request", error_description="authorization_malformed""#,
            ),
            (
                Some(&*foreign),
                401,
                "key_unknown",
                r#"Bearer error="invalid_token", error_description="key_unknown""#,
            ),
        ];
        for (authorization, status, code, challenge) in cases {
            for path in ["/write", "/layer/admin"] {
                let response = ask(&app, path, authorization).await;
                assert_eq!(response.status().as_u16(), status);
                assert_eq!(response.headers()[header::WWW_AUTHENTICATE], challenge);
                assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
                let content_type = &response.headers()[header::CONTENT_TYPE];
                assert_eq!(content_type, "application/problem+json");
                let problem: serde_json::Value =
                    serde_json::from_str(&text(response).await).unwrap();
                assert_eq!(problem["code"], code);
                assert_eq!(problem["status"], status);
            }
        }
        for (path, scope) in [("/write", "orders:write"), ("/layer/admin", "orders:admin")] {
            let response = ask(&app, path, Some(&good)).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            let challenge = response.headers()[header::WWW_AUTHENTICATE]
                .to_str()
                .unwrap();
            assert!(
                challenge.contains(&format!(r#"scope="{scope}""#)),
                "{challenge}"
            );
        }
    }
}
