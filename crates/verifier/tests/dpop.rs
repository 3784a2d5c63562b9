//! DPoP through axum: what a client with a bound token gets from the layer and the extractor
//! (RFC 9449 §7).

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use axum::{Router, body::Body, routing::get};
    use http::{HeaderMap, Request, Response, header};
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use symbolon_jose::{
        Algorithm, JwkSet, Signer, SigningKey, TokenClaims, base64url, digest::sha256,
    };
    use symbolon_protocol::Timestamp;
    use symbolon_verifier::{Authorized, Clock, Dpop, OriginalPath, Verifier, VerifyLayer};
    use tower::ServiceExt as _;

    const ISSUER: &str = "https://id.example";
    const ORIGIN: &str = "https://orders.example";
    const NOW: i64 = 1_800_000_000;

    #[derive(Clone, Default)]
    struct TestClock(Arc<AtomicI64>);

    impl Clock for TestClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(NOW + self.0.load(Ordering::SeqCst))
        }
        fn uptime_millis(&self) -> i64 {
            0
        }
    }

    /// A service, its issuer, and a client with a key.
    struct World {
        issuer: SigningKey,
        client: SigningKey,
        clock: TestClock,
        app: Router,
    }

    fn world(dpop: Option<Dpop>) -> World {
        let issuer = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let clock = TestClock::default();
        let builder = Verifier::builder(ISSUER)
            .audience("orders")
            .algorithms([Algorithm::EdDSA])
            .clock(clock.clone());
        let builder = match dpop {
            Some(dpop) => builder.dpop(dpop),
            None => builder,
        };
        let verifier = builder
            .build_fixed(&JwkSet::new([issuer.public_jwk()]).unwrap())
            .unwrap();
        let who = |token: Authorized| async move { token.subject().to_string() };
        let layer = VerifyLayer::new(verifier.clone()).require_scope("orders:read");
        let app = Router::new()
            .route("/orders", get(who))
            .route("/layer", get(|| async { "layered" }).layer(layer))
            .nest("/nested", Router::new().route("/orders", get(who)))
            .with_state(verifier);
        World {
            issuer,
            client: SigningKey::generate(Algorithm::ES256).unwrap(),
            clock,
            app,
        }
    }

    fn dpop() -> Dpop {
        Dpop::new(ORIGIN)
    }

    impl World {
        /// An access token, bound to a key or to none.
        fn token(&self, bound_to: Option<&SigningKey>) -> String {
            let mut claims = json!({
                "sub": "alice",
                "jti": "01890a5d-ac96-774b-bcce-b302099a8057",
                "gid": "01890a5d-ac96-774b-bcce-b302099a8058",
                "client_id": "web",
                "scope": "orders:read",
                "ver": 0,
            });
            if let Some(key) = bound_to {
                claims["cnf"] = json!({"jkt": key.public_jwk().thumbprint()});
            }
            let claims = TokenClaims::new(ISSUER, "orders", NOW + 300)
                .issued_at(NOW)
                .extra(claims);
            Signer::new(&self.issuer, "at+jwt").sign(&claims).unwrap()
        }

        fn proof(&self, jti: &str, path: &str, token: &str, nonce: Option<&str>) -> String {
            proof(&self.client, &self.clock, jti, path, token, nonce)
        }

        async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
            let mut request = Request::get(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            // The sender's idea of the host must not matter.
            let request = request.header(header::HOST, "evil.example");
            let request = request.body(Body::empty()).unwrap();
            Answer::read(self.app.clone().oneshot(request).await.unwrap()).await
        }

        /// Asks under the scheme DPoP with a proof that is as it should be.
        async fn ask_well(&self, path: &str, jti: &str, nonce: Option<&str>) -> Answer {
            let token = self.token(Some(&self.client));
            let proof = self.proof(jti, path, &token, nonce);
            let authorization = format!("DPoP {token}");
            self.ask(path, &[("authorization", &authorization), ("dpop", &proof)])
                .await
        }
    }

    fn proof(
        key: &SigningKey,
        clock: &TestClock,
        jti: &str,
        path: &str,
        token: &str,
        nonce: Option<&str>,
    ) -> String {
        let header = json!({
            "typ": "dpop+jwt", "alg": key.algorithm().as_str(), "jwk": key.public_jwk(),
        });
        let mut claims = json!({
            "jti": jti, "htm": "GET", "htu": format!("{ORIGIN}{path}"),
            "iat": clock.now().as_secs(),
            "ath": base64url::encode(&sha256(token.as_bytes())),
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        let encode = |json: &Value| base64url::encode(json.to_string().as_bytes());
        let input = format!("{}.{}", encode(&header), encode(&claims));
        let signature = base64url::encode(&key.sign(input.as_bytes()).unwrap());
        format!("{input}.{signature}")
    }

    struct Answer {
        status: u16,
        headers: HeaderMap,
        body: String,
    }

    impl Answer {
        async fn read(response: Response<Body>) -> Self {
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            Self {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: String::from_utf8(bytes.to_vec()).unwrap(),
            }
        }

        fn code(&self) -> String {
            let problem: Value = serde_json::from_str(&self.body).unwrap();
            problem["code"].as_str().unwrap().to_owned()
        }

        fn header(&self, name: &str) -> &str {
            self.headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        }
    }

    #[tokio::test]
    async fn a_bound_token_with_its_proof_is_good_once() {
        let world = world(Some(dpop()));
        for path in ["/orders", "/layer"] {
            assert_eq!(world.ask_well(path, path, None).await.status, 200);
            let replayed = world.ask_well(path, path, None).await;
            assert_eq!(replayed.status, 401);
            assert_eq!(replayed.code(), "dpop_replayed");
            assert_eq!(
                replayed.header("www-authenticate"),
                r#"DPoP error="invalid_dpop_proof", error_description="dpop_replayed", algs="EdDSA ES256""#
            );
            assert_eq!(
                world
                    .ask_well(path, &format!("{path} again"), None)
                    .await
                    .status,
                200
            );
        }
        // Too old to be told from a new one, and refused for it.
        let token = world.token(Some(&world.client));
        let old = world.proof("old", "/orders", &token, None);
        world.clock.0.fetch_add(61, Ordering::SeqCst);
        let authorization = format!("DPoP {token}");
        let headers = [("authorization", &*authorization), ("dpop", &*old)];
        assert_eq!(
            world.ask("/orders", &headers).await.code(),
            "dpop_proof_stale"
        );
    }

    #[tokio::test]
    async fn every_refusal_has_its_code_and_challenge() {
        let world = world(Some(dpop()));
        let bound = world.token(Some(&world.client));
        let plain = world.token(None);
        let stranger = SigningKey::generate(Algorithm::ES256).unwrap();
        let theirs = world.token(Some(&stranger));
        let [as_dpop, as_bearer, plain_dpop, theirs_dpop] = [
            ("DPoP", &bound),
            ("Bearer", &bound),
            ("DPoP", &plain),
            ("DPoP", &theirs),
        ]
        .map(|(scheme, token)| format!("{scheme} {token}"));
        let good = world.proof("1", "/orders", &bound, None);
        let for_plain = world.proof("2", "/orders", &plain, None);
        let for_theirs = world.proof("3", "/orders", &theirs, None);
        let elsewhere = world.proof("4", "/others", &bound, None);
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Headers<'_>, &str, &str); 9] = [
            (
                &[("authorization", &as_dpop)],
                "dpop_proof_missing",
                "DPoP invalid_dpop_proof",
            ),
            (
                &[
                    ("authorization", &as_dpop),
                    ("dpop", &good),
                    ("dpop", &good),
                ],
                "dpop_proof_missing",
                "DPoP invalid_dpop_proof",
            ),
            (
                &[("authorization", &as_dpop), ("dpop", "a.b.c")],
                "dpop_proof_invalid",
                "DPoP invalid_dpop_proof",
            ),
            (
                &[("authorization", &as_dpop), ("dpop", &elsewhere)],
                "dpop_proof_mismatch",
                "DPoP invalid_dpop_proof",
            ),
            (
                &[("authorization", &as_dpop), ("dpop", &for_plain)],
                "dpop_proof_mismatch",
                "DPoP invalid_dpop_proof",
            ),
            (
                &[("authorization", &plain_dpop), ("dpop", &for_plain)],
                "token_not_bound",
                "DPoP invalid_token",
            ),
            (
                &[("authorization", &theirs_dpop), ("dpop", &for_theirs)],
                "confirmation_mismatch",
                "DPoP invalid_token",
            ),
            // The proof does not make a bearer of who says to be one.
            (
                &[("authorization", &as_bearer), ("dpop", &good)],
                "confirmation_missing",
                "DPoP invalid_token",
            ),
            (
                &[("authorization", "DPoP a.b.c"), ("dpop", &good)],
                "token_malformed",
                "DPoP invalid_token",
            ),
        ];
        for (headers, code, challenge) in cases {
            let answer = world.ask("/orders", headers).await;
            assert_eq!((answer.status, &*answer.code()), (401, code));
            let (scheme, error) = challenge.split_once(' ').unwrap();
            let expected = format!(
                "{scheme} error=\"{error}\", error_description=\"{code}\", algs=\"EdDSA ES256\""
            );
            assert_eq!(answer.header("www-authenticate"), expected);
        }
        let nothing = world.ask("/orders", &[]).await;
        assert_eq!(
            nothing.header("www-authenticate"),
            r#"Bearer, DPoP algs="EdDSA ES256""#
        );
        // A token that is bound to nothing stays a bearer token.
        let plain_bearer = format!("Bearer {plain}");
        let answer = world
            .ask("/orders", &[("authorization", &plain_bearer)])
            .await;
        assert_eq!((answer.status, &*answer.body), (200, "alice"));
        // Nothing of all this has spent the one good proof.
        let headers = [("authorization", &*as_dpop), ("dpop", &*good)];
        assert_eq!(world.ask("/orders", &headers).await.status, 200);
    }

    #[tokio::test]
    async fn a_nonce_is_given_and_then_demanded() {
        let world = world(Some(dpop().nonces(None, 60)));
        let refused = world.ask_well("/layer", "1", None).await;
        assert_eq!(refused.code(), "dpop_nonce_required");
        let challenge = refused.header("www-authenticate");
        assert!(
            challenge.starts_with(r#"DPoP error="use_dpop_nonce""#),
            "{challenge}"
        );
        let nonce = refused.header("dpop-nonce");
        assert_eq!(world.ask_well("/layer", "2", Some(nonce)).await.status, 200);
        let replayed = world.ask_well("/layer", "2", Some(nonce)).await;
        assert_eq!(replayed.code(), "dpop_replayed");
        let without = world.ask("/orders", &[]).await;
        assert_eq!(without.header("dpop-nonce"), "");
    }

    #[tokio::test]
    async fn of_many_at_once_with_one_proof_one_is_let_in() {
        let world = Arc::new(world(Some(dpop())));
        let token = world.token(Some(&world.client));
        let authorization: Arc<str> = format!("DPoP {token}").into();
        for round in 0..20 {
            let proof: Arc<str> = world
                .proof(&round.to_string(), "/orders", &token, None)
                .into();
            let asks: Vec<_> = (0..16)
                .map(|_| {
                    let (world, proof) = (Arc::clone(&world), Arc::clone(&proof));
                    let authorization = Arc::clone(&authorization);
                    std::thread::spawn(move || {
                        let headers = [("authorization", &*authorization), ("dpop", &*proof)];
                        let runtime = tokio::runtime::Builder::new_current_thread();
                        let runtime = { runtime }.build().unwrap();
                        runtime.block_on(world.ask("/orders", &headers)).status
                    })
                })
                .collect();
            let answers: Vec<_> = asks.into_iter().map(|ask| ask.join().unwrap()).collect();
            let good = answers.iter().filter(|status| **status == 200).count();
            assert_eq!(good, 1, "{answers:?}");
        }
    }

    #[tokio::test]
    async fn a_memory_that_is_full_lets_nobody_in() {
        let world = world(Some(dpop().capacity(1)));
        let mut answers = Vec::new();
        for number in 0..400 {
            answers.push(world.ask_well("/orders", &number.to_string(), None).await);
        }
        let refused: Vec<_> = answers.iter().filter(|one| one.status != 200).collect();
        assert!(!refused.is_empty() && refused.len() < 400);
        for answer in refused {
            assert_eq!((answer.status, &*answer.code()), (503, "dpop_memory_full"));
            assert_eq!(answer.header("retry-after"), "1");
        }
        world.clock.0.fetch_add(140, Ordering::SeqCst);
        assert_eq!(world.ask_well("/orders", "later", None).await.status, 200);
    }

    #[tokio::test]
    async fn without_dpop_neither_scheme_nor_token_is_taken() {
        let world = world(None);
        let answer = world.ask_well("/orders", "1", None).await;
        assert_eq!(answer.code(), "credential_missing");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        let bearer = format!("Bearer {}", world.token(Some(&world.client)));
        let answer = world.ask("/orders", &[("authorization", &bearer)]).await;
        assert_eq!(answer.code(), "confirmation_missing");
    }

    #[tokio::test]
    async fn a_nested_router_is_told_the_whole_path() {
        let world = world(Some(dpop()));
        // A handler below `/nested` sees `/orders`: the proof does not fit, and it is refused.
        let refused = world.ask_well("/nested/orders", "1", None).await;
        assert_eq!(refused.code(), "dpop_proof_mismatch");
        let keep = |mut request: axum::extract::Request| async {
            let path = OriginalPath(request.uri().path().to_owned());
            request.extensions_mut().insert(path);
            request
        };
        let app = world.app.clone();
        let app = app.layer(axum::middleware::map_request(keep));
        let world = World { app, ..world };
        assert_eq!(
            world.ask_well("/nested/orders", "1", None).await.status,
            200
        );
    }
}
