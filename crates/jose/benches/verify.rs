//! Full verification beside the bare primitive with a parsed key, and beside jsonwebtoken.
//!
//! `cargo bench -p symbolon-jose --bench verify`. The goal is the ratio of `symbolon` to `raw`
//! within one group, so the three run one after the other on the same token.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark without its key has nothing to measure"
)]

use std::hint::black_box;

use aws_lc_rs::{
    hmac,
    signature::{self, ParsedPublicKey},
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};
use symbolon_jose::{
    Algorithm, Jwk, KeySet, SigningKey, TokenClaims, Validation, VerifyingKey, base64url,
    sign_compact, verify,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";
const SECRET: [u8; 32] = [42; 32];

/// What an access token carries beside the registered claims (RFC 9068 §2.2).
#[derive(Serialize, Deserialize)]
struct Access {
    client_id: String,
    scope: String,
    sid: String,
    gid: String,
    ver: u32,
}

fn claims() -> TokenClaims<Access> {
    TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
        .subject("0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f10")
        .issued_at(NOW)
        .id("0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f11")
        .extra(Access {
            client_id: "web".into(),
            scope: "orders:read orders:write".into(),
            sid: "0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f12".into(),
            gid: "0190b7a4-7c1e-7d55-8f6e-2f1f7f3f9f13".into(),
            ver: 1,
        })
}

/// A token with its keys in three forms.
struct Case {
    alg: Algorithm,
    token: String,
    raw: Raw,
    keys: KeySet,
    theirs: jsonwebtoken::DecodingKey,
}

enum Raw {
    Public(ParsedPublicKey),
    Shared(Box<hmac::Key>),
}

impl Case {
    fn public(alg: Algorithm) -> Self {
        let key = SigningKey::generate(alg).unwrap();
        let jwk = key.public_jwk();
        let theirs = jsonwebtoken::DecodingKey::from_jwk(
            &serde_json::from_value(serde_json::to_value(&jwk).unwrap()).unwrap(),
        );
        Self {
            alg,
            token: sign_compact(&key, "at+jwt", &claims()).unwrap(),
            raw: Raw::Public(raw_key(alg, &jwk)),
            keys: KeySet::from_keys([key.verifying_key()]).unwrap(),
            theirs: theirs.unwrap(),
        }
    }

    fn shared() -> Self {
        let header = br#"{"alg":"HS256","kid":"shared","typ":"at+jwt"}"#;
        let payload = serde_json::to_vec(&claims()).unwrap();
        let input = [base64url::encode(header), base64url::encode(&payload)].join(".");
        let raw = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
        let tag = hmac::sign(&raw, input.as_bytes());
        let key = VerifyingKey::hmac(&SECRET, Algorithm::HS256)
            .unwrap()
            .with_kid("shared");
        Self {
            alg: Algorithm::HS256,
            token: format!("{input}.{}", base64url::encode(tag.as_ref())),
            raw: Raw::Shared(Box::new(raw)),
            keys: KeySet::from_keys([key]).unwrap(),
            theirs: jsonwebtoken::DecodingKey::from_secret(&SECRET),
        }
    }

    fn run(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(self.alg.as_str());
        let (input, signature) = self.token.rsplit_once('.').unwrap();
        let signature = base64url::decode(signature).unwrap();
        group.bench_function("raw", |bencher| {
            bencher.iter(|| {
                let (input, signature) = black_box((input.as_bytes(), signature.as_slice()));
                match &self.raw {
                    Raw::Public(key) => key.verify_sig(input, signature).unwrap(),
                    Raw::Shared(key) => hmac::verify(key, input, signature).unwrap(),
                }
            });
        });
        let rules = Validation::new(ISSUER, [AUDIENCE], [self.alg], "at+jwt").unwrap();
        group.bench_function("symbolon", |bencher| {
            bencher.iter(|| {
                verify::<Access>(black_box(&self.token), &self.keys, &rules, NOW).unwrap()
            });
        });
        let mut theirs = jsonwebtoken::Validation::new(self.alg.as_str().parse().unwrap());
        theirs.set_issuer(&[ISSUER]);
        theirs.set_audience(&[AUDIENCE]);
        group.bench_function("jsonwebtoken", |bencher| {
            bencher.iter(|| {
                let token = black_box(&self.token);
                jsonwebtoken::decode::<Access>(token, &self.theirs, &theirs).unwrap()
            });
        });
        group.finish();
    }
}

fn raw_key(alg: Algorithm, jwk: &Jwk) -> ParsedPublicKey {
    let members = serde_json::to_value(jwk).unwrap();
    let bytes =
        |name: &str| base64url::decode(members.get(name).unwrap().as_str().unwrap()).unwrap();
    match alg {
        Algorithm::RS256 => {
            let numbers = signature::RsaPublicKeyComponents {
                n: bytes("n"),
                e: bytes("e"),
            };
            numbers
                .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
                .unwrap()
        }
        Algorithm::ES256 => {
            let point = [vec![4], bytes("x"), bytes("y")].concat();
            ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).unwrap()
        }
        _ => ParsedPublicKey::new(&signature::ED25519, bytes("x")).unwrap(),
    }
}

fn verification(criterion: &mut Criterion) {
    for alg in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        Case::public(alg).run(criterion);
    }
    Case::shared().run(criterion);
}

criterion_group!(benches, verification);
criterion_main!(benches);
