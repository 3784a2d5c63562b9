//! Every way in which a token can be wrong has its own code. No network: a fixed JWKS.

#[cfg(test)]
mod tests {
    use symbolon_jose::{Algorithm, Jwk, JwkSet, Signer, SigningKey, TokenClaims, base64url};
    use symbolon_protocol::{AccessClaims, Confirmation, Timestamp};
    use symbolon_verifier::{Clock, Demand, Verifier};

    const ISSUER: &str = "https://id.example";
    const NOW: i64 = 1_800_000_000;

    #[derive(Clone, Default)]
    struct Stopped(std::sync::Arc<std::sync::atomic::AtomicI64>);

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            let passed = self.0.load(std::sync::atomic::Ordering::SeqCst);
            Timestamp::from_secs(NOW + passed)
        }
        fn uptime_millis(&self) -> i64 {
            0
        }
    }

    struct Set {
        key: SigningKey,
        clock: Stopped,
        verifier: Verifier,
    }

    fn set() -> Set {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let clock = Stopped::default();
        let verifier = Verifier::builder(ISSUER)
            .audience("orders")
            .and_audience("invoices")
            .algorithms([Algorithm::EdDSA])
            .clock(clock.clone())
            .build_fixed(&JwkSet::new([key.public_jwk()]).unwrap())
            .unwrap();
        Set {
            key,
            clock,
            verifier,
        }
    }

    fn access() -> AccessClaims {
        AccessClaims {
            sub: "alice".parse().unwrap(),
            jti: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            client_id: "web".parse().unwrap(),
            scope: "orders:read".into(),
            sid: None,
            gid: "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap(),
            ver: 0,
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            cnf: None,
        }
    }

    fn claims(issuer: &str, audience: &str, iat: i64, exp: i64) -> TokenClaims<AccessClaims> {
        TokenClaims::new(issuer, audience, exp)
            .issued_at(iat)
            .extra(access())
    }

    fn good() -> TokenClaims<AccessClaims> {
        claims(ISSUER, "orders", NOW, NOW + 300)
    }

    fn code(verifier: &Verifier, token: &str) -> &'static str {
        verifier
            .verify(token)
            .map_or_else(|rejection| rejection.reason().code(), |_| "accepted")
    }

    #[test]
    fn a_good_token_is_accepted_again_and_again() {
        let Set { key, verifier, .. } = set();
        let token = Signer::new(&key, "at+jwt").sign(&good()).unwrap();
        let first = verifier.verify(&token).unwrap();
        let second = verifier.verify(&token).unwrap();
        assert!(std::sync::Arc::ptr_eq(&first, &second));
        assert_eq!(first.subject().as_str(), "alice");
        assert_eq!(first.expires_at(), NOW + 300);
        assert!(!format!("{first:?}").contains(&token));
    }

    #[test]
    fn wrong_claims_have_their_codes() {
        let Set { key, verifier, .. } = set();
        let cases = [
            (
                claims("https://evil.example", "orders", NOW, NOW + 300),
                "issuer_mismatch",
            ),
            (
                claims(ISSUER, "payments", NOW, NOW + 300),
                "audience_mismatch",
            ),
            (
                claims(ISSUER, "orders", NOW - 300, NOW - 5),
                "token_expired",
            ),
            (
                claims(ISSUER, "orders", NOW + 61, NOW + 300),
                "issued_in_future",
            ),
            (
                claims(ISSUER, "orders", NOW, NOW + 3_601),
                "lifetime_too_long",
            ),
            (good().not_before(NOW + 6), "token_not_yet_valid"),
            (claims(ISSUER, "invoices", NOW, NOW + 300), "accepted"),
            (claims(ISSUER, "orders", NOW - 300, NOW - 4), "accepted"),
        ];
        for (claims, wanted) in cases {
            let token = Signer::new(&key, "at+jwt").sign(&claims).unwrap();
            assert_eq!(code(&verifier, &token), wanted);
            assert_eq!(code(&verifier, &token), wanted, "again");
        }
    }

    #[test]
    fn wrong_signatures_and_headers_have_their_codes() {
        let Set { key, verifier, .. } = set();
        let token = Signer::new(&key, "at+jwt").sign(&good()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        let with_header = |json: &str| {
            format!(
                "{}.{payload}.{signature}",
                base64url::encode(json.as_bytes())
            )
        };

        let other = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let es256 = SigningKey::generate(Algorithm::ES256).unwrap();
        let sign = |key, typ| Signer::new(key, typ).sign(&good()).unwrap();
        let altered = String::from_utf8(base64url::decode(payload).unwrap())
            .unwrap()
            .replace("alice", "mallo");
        let altered = base64url::encode(altered.as_bytes());
        let cases = [
            (
                format!("{header}.{altered}.{signature}"),
                "signature_invalid",
            ),
            (with_header(r#"{"alg":"none"}"#), "alg_none"),
            (with_header(r#"{"alg":"none","typ":"at+jwt"}"#), "alg_none"),
            (
                with_header(r#"{"alg":"EdDSA","typ":"at+jwt"}"#),
                "key_id_missing",
            ),
            (sign(&other, "at+jwt"), "key_unknown"),
            (sign(&es256, "at+jwt"), "alg_not_allowed"),
            (sign(&key, "JWT"), "typ_mismatch"),
            (signed.to_owned(), "token_malformed"),
            (String::new(), "token_malformed"),
            ("x".repeat(17 * 1024), "token_too_large"),
        ];
        for (token, wanted) in cases {
            assert_eq!(code(&verifier, &token), wanted);
        }
    }

    #[test]
    fn a_token_is_as_long_as_the_service_allows() {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let keys = JwkSet::new([key.public_jwk()]).unwrap();
        let builder = || {
            let named = Verifier::builder(ISSUER).audience("orders");
            named
                .algorithms([Algorithm::EdDSA])
                .clock(Stopped::default())
        };
        let token_of = |scope_bytes: usize| {
            let mut access = access();
            access.scope = "s".repeat(scope_bytes);
            let claims = TokenClaims::new(ISSUER, "orders", NOW + 300);
            let claims = claims.issued_at(NOW).extra(access);
            Signer::new(&key, "at+jwt").sign(&claims).unwrap()
        };
        let [short, long] = [token_of(1), token_of(16 * 1024)];
        let usual = builder().build_fixed(&keys).unwrap();
        assert_eq!(code(&usual, &short), "accepted");
        assert_eq!(code(&usual, &long), "token_too_large");
        let wide = builder().max_token_bytes(long.len());
        let wide = wide.build_fixed(&keys).unwrap();
        assert_eq!(code(&wide, &long), "accepted");
        let narrow = builder().max_token_bytes(short.len() - 1);
        // The limit stays whatever claims are read.
        let narrow = narrow.claims::<AccessClaims>().build_fixed(&keys).unwrap();
        assert_eq!(code(&narrow, &short), "token_too_large");
    }

    #[test]
    fn a_cached_token_expires_to_the_second() {
        let Set {
            key,
            clock,
            verifier,
        } = set();
        let token = Signer::new(&key, "at+jwt").sign(&good()).unwrap();
        assert_eq!(code(&verifier, &token), "accepted");
        clock.0.store(304, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(code(&verifier, &token), "accepted");
        clock.0.store(305, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(code(&verifier, &token), "token_expired");
    }

    #[test]
    fn what_a_route_demands_is_checked_on_cached_tokens_too() {
        let Set { key, verifier, .. } = set();
        let token = Signer::new(&key, "at+jwt").sign(&good()).unwrap();
        let refused = |demand: Demand<'_>| {
            verifier
                .verify_for(&token, &demand)
                .map_err(|rejection| rejection.reason().code())
        };
        assert!(refused(Demand::new().scopes(&["orders:read"])).is_ok());
        let both = Demand::new().scopes(&["orders:read", "orders:write"]);
        assert_eq!(refused(both).unwrap_err(), "insufficient_scope");
        let part = Demand::new().scopes(&["orders"]);
        assert_eq!(refused(part).unwrap_err(), "insufficient_scope");
        assert!(refused(Demand::new().audience("orders")).is_ok());
        let narrower = Demand::new().audience("invoices");
        assert_eq!(refused(narrower).unwrap_err(), "audience_mismatch");
    }

    #[test]
    fn a_bound_token_needs_the_proof_of_its_key_and_no_other() {
        let Set { key, verifier, .. } = set();
        let sign = |cnf| {
            let claims = AccessClaims { cnf, ..access() };
            let claims = TokenClaims::new(ISSUER, "orders", NOW + 300)
                .issued_at(NOW)
                .extra(claims);
            Signer::new(&key, "at+jwt").sign(&claims).unwrap()
        };
        let bound = sign(Some(Confirmation {
            jkt: Some("right".into()),
        }));
        let strangely = sign(Some(Confirmation { jkt: None }));
        let plain = sign(None);
        let proves = |token: &str, key: &str| {
            verifier
                .verify_for(token, &Demand::new().confirmation(key))
                .is_ok()
        };
        assert_eq!(code(&verifier, &bound), "confirmation_missing");
        assert!(proves(&bound, "right"));
        assert!(!proves(&bound, "wrong"));
        assert_eq!(code(&verifier, &strangely), "confirmation_missing");
        assert!(!proves(&strangely, "right"));
        assert!(!proves(&plain, "right"));
    }

    #[test]
    fn claims_of_ones_own_are_read() {
        #[derive(serde::Deserialize)]
        struct Tenant {
            #[serde(flatten)]
            access: AccessClaims,
            tenant: String,
        }
        impl AsRef<AccessClaims> for Tenant {
            fn as_ref(&self) -> &AccessClaims {
                &self.access
            }
        }
        #[derive(serde::Serialize)]
        struct Wire {
            #[serde(flatten)]
            access: AccessClaims,
            tenant: &'static str,
        }
        let key = SigningKey::generate(Algorithm::ES256).unwrap();
        let claims = TokenClaims::new(ISSUER, "orders", NOW + 300)
            .issued_at(NOW)
            .extra(Wire {
                access: access(),
                tenant: "acme",
            });
        let token = Signer::new(&key, "at+jwt").sign(&claims).unwrap();
        let jwks: Jwk = key.public_jwk();
        let verifier = Verifier::builder(ISSUER)
            .audience("orders")
            .algorithms([Algorithm::ES256])
            .clock(Stopped::default())
            .claims::<Tenant>()
            .build_fixed(&JwkSet::new([jwks]).unwrap())
            .unwrap();
        let verified = verifier.verify(&token).unwrap();
        assert_eq!(verified.claims().tenant, "acme");
        assert_eq!(verified.subject().as_str(), "alice");
        assert_eq!(verifier.status().keys, [key.kid()]);
    }
}
