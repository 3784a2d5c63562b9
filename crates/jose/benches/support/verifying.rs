//! Verification of an access token.

use std::hint::black_box;

use aws_lc_rs::{
    hmac,
    signature::{self, ParsedPublicKey},
};
use symbolon_jose::{
    Algorithm, Jwk, KeySet, SigningKey, Validation, VerifyingKey, base64url, sign_compact, verify,
};

use crate::case::{AUDIENCE, Access, Case, ISSUER, NOW, claims};

const SECRET: [u8; 32] = [42; 32];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<_> = [
        ("verify RS256", Algorithm::RS256),
        ("verify PS256", Algorithm::PS256),
        ("verify ES256", Algorithm::ES256),
        ("verify ES384", Algorithm::ES384),
        ("verify EdDSA", Algorithm::EdDSA),
    ]
    .map(|(name, alg)| public(name, alg))
    .into();
    cases.push(shared());
    cases
}

fn public(name: &'static str, alg: Algorithm) -> Case {
    let key = SigningKey::generate(alg).unwrap();
    let jwk = key.public_jwk();
    let token = sign_compact(&key, "at+jwt", &claims()).unwrap();
    let their_jwk = serde_json::from_value(serde_json::to_value(&jwk).unwrap()).unwrap();
    let their_key = jsonwebtoken::DecodingKey::from_jwk(&their_jwk).unwrap();
    let raw = raw_key(alg, &jwk);
    let (input, signature) = cut(&token);
    Case {
        name,
        raw: Box::new(move || {
            black_box(&raw)
                .verify_sig(input.as_bytes(), &signature)
                .unwrap();
        }),
        ours: ours(alg, key.verifying_key(), token.clone()),
        theirs: theirs(alg, their_key, token),
    }
}

/// This crate never signs with HMAC, so the token is made by hand.
fn shared() -> Case {
    let header = br#"{"alg":"HS256","kid":"shared","typ":"at+jwt"}"#;
    let payload = serde_json::to_vec(&claims()).unwrap();
    let input = [base64url::encode(header), base64url::encode(&payload)].join(".");
    let raw = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    let tag = hmac::sign(&raw, input.as_bytes());
    let token = format!("{input}.{}", base64url::encode(tag.as_ref()));
    let key = VerifyingKey::hmac(&SECRET, Algorithm::HS256)
        .unwrap()
        .with_kid("shared");
    Case {
        name: "verify HS256",
        raw: Box::new(move || {
            hmac::verify(black_box(&raw), input.as_bytes(), tag.as_ref()).unwrap();
        }),
        ours: ours(Algorithm::HS256, key, token.clone()),
        theirs: theirs(
            Algorithm::HS256,
            jsonwebtoken::DecodingKey::from_secret(&SECRET),
            token,
        ),
    }
}

fn ours(alg: Algorithm, key: VerifyingKey, token: String) -> Box<dyn Fn()> {
    let keys = KeySet::from_keys([key]).unwrap();
    let rules = Validation::new(ISSUER, [AUDIENCE], [alg], "at+jwt").unwrap();
    Box::new(move || {
        black_box(verify::<Access>(black_box(&token), &keys, &rules, NOW).unwrap());
    })
}

fn theirs(alg: Algorithm, key: jsonwebtoken::DecodingKey, token: String) -> Box<dyn Fn()> {
    let mut rules = jsonwebtoken::Validation::new(alg.as_str().parse().unwrap());
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    Box::new(move || {
        black_box(jsonwebtoken::decode::<Access>(black_box(&token), &key, &rules).unwrap());
    })
}

fn cut(token: &str) -> (String, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input.to_owned(), base64url::decode(signature).unwrap())
}

fn raw_key(alg: Algorithm, jwk: &Jwk) -> ParsedPublicKey {
    let members = serde_json::to_value(jwk).unwrap();
    let bytes =
        |name: &str| base64url::decode(members.get(name).unwrap().as_str().unwrap()).unwrap();
    let rsa = |scheme: &'static signature::RsaParameters| {
        let numbers = signature::RsaPublicKeyComponents {
            n: bytes("n"),
            e: bytes("e"),
        };
        numbers.to_parsed_public_key(scheme).unwrap()
    };
    let ecdsa = |scheme: &'static signature::EcdsaVerificationAlgorithm| {
        let point = [vec![4], bytes("x"), bytes("y")].concat();
        ParsedPublicKey::new(scheme, point).unwrap()
    };
    match alg {
        Algorithm::RS256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::PS256 => rsa(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::ES256 => ecdsa(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => ecdsa(&signature::ECDSA_P384_SHA384_FIXED),
        _ => ParsedPublicKey::new(&signature::ED25519, bytes("x")).unwrap(),
    }
}
