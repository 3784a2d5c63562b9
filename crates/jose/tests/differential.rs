//! jsonwebtoken as the other opinion: each side verifies what the other has signed.
#![expect(clippy::unwrap_used, reason = "a test's own helpers may fail the test")]

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, KeySet, Signer, SigningKey, TokenClaims, Validation, VerifyingKey, verify,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

/// The algorithms both sides know.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

fn rules(alg: Algorithm) -> Validation {
    Validation::new(ISSUER, [AUDIENCE], [alg], "JWT").unwrap()
}

fn theirs(alg: Algorithm) -> jsonwebtoken::Algorithm {
    alg.as_str().parse().unwrap()
}

fn their_private_key(key: &SigningKey) -> jsonwebtoken::EncodingKey {
    let base64 = base64_simd::STANDARD.encode_to_string(key.to_pkcs8().unwrap().as_slice());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    let read = match key.algorithm() {
        Algorithm::EdDSA => jsonwebtoken::EncodingKey::from_ed_pem,
        Algorithm::ES256 | Algorithm::ES384 => jsonwebtoken::EncodingKey::from_ec_pem,
        _ => jsonwebtoken::EncodingKey::from_rsa_pem,
    };
    read(pem.as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "u", "iat": NOW, "exp": NOW + 300})
}

#[test]
fn we_verify_what_jsonwebtoken_signs() {
    for alg in ALGORITHMS {
        let key = SigningKey::generate(alg).unwrap();
        let mut header = jsonwebtoken::Header::new(theirs(alg));
        header.kid = Some(key.kid().to_owned());
        let token = jsonwebtoken::encode(&header, &claims(), &their_private_key(&key)).unwrap();
        let keys = KeySet::from_keys([key.verifying_key()]).unwrap();
        let verified = verify::<Value>(&token, &keys, &rules(alg), NOW).unwrap();
        assert_eq!(verified.into_claims(), claims(), "{alg}");
    }
}

#[test]
fn jsonwebtoken_verifies_what_we_sign() {
    for alg in ALGORITHMS {
        let key = SigningKey::generate(alg).unwrap();
        let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
            .subject("u")
            .issued_at(NOW);
        let token = Signer::new(&key, "JWT").sign(&claims).unwrap();
        let jwk = serde_json::to_value(key.public_jwk()).unwrap();
        let jwk = serde_json::from_value(jwk).unwrap();
        let their_key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let mut rules = jsonwebtoken::Validation::new(theirs(alg));
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        let read = jsonwebtoken::decode::<Value>(&token, &their_key, &rules).unwrap();
        assert_eq!(read.claims.get("sub"), Some(&json!("u")), "{alg}");
    }
}

#[test]
fn hmac_agrees_for_the_right_secret_only() {
    for (alg, len) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        let secret = vec![9; len];
        let header = jsonwebtoken::Header::new(theirs(alg));
        let their_key = jsonwebtoken::EncodingKey::from_secret(&secret);
        let token = jsonwebtoken::encode(&header, &claims(), &their_key).unwrap();
        let single = |secret: &[u8]| KeySet::single(VerifyingKey::hmac(secret, alg).unwrap());
        assert!(
            verify::<Value>(&token, &single(&secret), &rules(alg), NOW).is_ok(),
            "{alg}"
        );
        let other = vec![8; len];
        assert!(
            verify::<Value>(&token, &single(&other), &rules(alg), NOW).is_err(),
            "{alg}"
        );
    }
}
