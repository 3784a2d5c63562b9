//! Every algorithm signs, publishes its key and verifies; private keys survive PKCS#8.
#![expect(clippy::unwrap_used, reason = "a test's own helpers may fail the test")]

#[path = "support/backend.rs"]
mod backend;

use serde::{Deserialize, Serialize};
use symbolon_jose::{
    Algorithm, Jwk, JwkSet, KeyError, KeySet, SignError, Signer, SigningKey, TokenClaims,
    Validation, VerifyingKey, decode, sign_compact, verify,
};

use backend::SIGNING;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Extra {
    sid: String,
    scope: String,
}

fn claims() -> TokenClaims<Extra> {
    TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
        .subject("u-1")
        .issued_at(NOW)
        .id("t-1")
        .extra(Extra {
            sid: "s-1".into(),
            scope: "read write".into(),
        })
}

fn rules(alg: Algorithm) -> Validation {
    Validation::new(ISSUER, [AUDIENCE], [alg], "at+jwt").unwrap()
}

#[test]
fn a_token_goes_through_the_published_key_set() {
    for &alg in SIGNING {
        let key = SigningKey::generate(alg).unwrap();
        let token = sign_compact(&key, "at+jwt", &claims()).unwrap();
        let published = serde_json::to_string(&JwkSet::new([key.public_jwk()]).unwrap()).unwrap();
        let keys = KeySet::from_jwks(&JwkSet::from_json(&published).unwrap()).unwrap();
        // Twice: the second time takes the way of the remembered header.
        for _ in 0..2 {
            let verified = verify::<Extra>(&token, &keys, &rules(alg), NOW).unwrap();
            assert_eq!(verified.claims().sid, "s-1");
            assert_eq!(verified.registered().subject(), Some("u-1"));
            assert_eq!(verified.expires_at(), NOW + 300);
            assert_eq!(verified.kid(), Some(key.kid()));
            assert_eq!(verified.algorithm(), alg);
        }
        assert_eq!(keys.kids().collect::<Vec<_>>(), [key.kid()]);
        let decoded = decode(&token).unwrap();
        assert_eq!(decoded.untrusted_header()["alg"], alg.as_str());
        assert_eq!(decoded.untrusted_claims()["scope"], "read write");
        assert_eq!(decoded.raw_parts().join("."), token);
    }
}

#[test]
fn a_private_key_survives_pkcs8_with_its_kid() {
    for &alg in SIGNING {
        let key = SigningKey::generate(alg).unwrap();
        let der = key.to_pkcs8().unwrap();
        let again = SigningKey::from_pkcs8(alg, &der).unwrap();
        assert_eq!(again.kid(), key.kid());
        assert_eq!(again.public_jwk(), key.public_jwk());
        assert_eq!(key.kid(), key.public_jwk().thumbprint());
        let signature = again.sign(b"message").unwrap();
        assert!(key.verifying_key().verify(alg, b"message", &signature));
        assert!(!key.verifying_key().verify(alg, b"massage", &signature));
        let other = if alg == Algorithm::EdDSA {
            Algorithm::ES256
        } else {
            Algorithm::EdDSA
        };
        assert_eq!(
            SigningKey::from_pkcs8(other, &der).unwrap_err(),
            KeyError::Invalid
        );
    }
}

#[test]
#[cfg(all(feature = "native", not(target_family = "wasm")))]
fn a_larger_rsa_key_can_be_asked_for() {
    let key =
        SigningKey::generate_sized(Algorithm::RS256, symbolon_jose::RsaSize::Bits3072).unwrap();
    assert_eq!(key.sign(b"").unwrap().len(), 384);
}

#[test]
fn hmac_verifies_but_never_signs() {
    for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        assert_eq!(
            SigningKey::generate(alg).unwrap_err(),
            KeyError::NotForSigning
        );
        assert_eq!(
            SigningKey::from_pkcs8(alg, b"").unwrap_err(),
            KeyError::NotForSigning
        );
        assert_eq!(
            VerifyingKey::hmac(&[1; 31], alg).unwrap_err(),
            KeyError::TooWeak
        );
        assert!(VerifyingKey::hmac(&[1; 64], alg).unwrap().allows(alg));
    }
    assert_eq!(
        VerifyingKey::hmac(&[1; 64], Algorithm::RS256).unwrap_err(),
        KeyError::Algorithm
    );
}

#[test]
fn extra_claims_cannot_shadow_registered_ones() {
    #[derive(Serialize)]
    struct Shadow {
        exp: i64,
    }
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW).extra(Shadow { exp: NOW * 2 });
    let refused = Signer::new(&key, "at+jwt").sign(&claims).unwrap_err();
    assert!(matches!(refused, SignError::Payload(_)));
}

#[test]
fn secrets_do_not_show() {
    let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
    assert!(format!("{key:?}").contains("[redacted]"));
    let jwk = Jwk::from_json(
        r#"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","alg":"HS256"}"#,
    )
    .unwrap();
    assert!(!format!("{jwk:?}").contains("AAEC"));
    assert!(serde_json::to_string(&jwk).is_err());
    assert!(!format!("{:?}", VerifyingKey::from_jwk(&jwk).unwrap()).contains("AAEC"));
}
