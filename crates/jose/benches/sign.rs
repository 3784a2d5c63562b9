//! Signing of claims beside the bare primitive, and beside jsonwebtoken.
//!
//! `cargo bench -p symbolon-jose --bench sign`. The goal is the ratio of `symbolon` to `raw`
//! within one group.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark without its key has nothing to measure"
)]

use std::hint::black_box;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde::Serialize;
use symbolon_jose::{Algorithm, Signer, SigningKey, TokenClaims};

const NOW: i64 = 1_800_000_000;

/// What an access token carries beside the registered claims (RFC 9068 §2.2).
#[derive(Clone, Serialize)]
struct Access {
    client_id: String,
    scope: String,
    sid: String,
    gid: String,
    ver: u32,
}

fn claims() -> TokenClaims<Access> {
    TokenClaims::new("https://id.example", "https://api.example", NOW + 300)
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

enum Raw {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Raw {
    fn new(alg: Algorithm, der: &[u8]) -> Self {
        match alg {
            Algorithm::RS256 => Self::Rsa(RsaKeyPair::from_pkcs8(der).unwrap()),
            Algorithm::ES256 => {
                let scheme = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
                Self::Ecdsa(EcdsaKeyPair::from_pkcs8(scheme, der).unwrap())
            }
            _ => Self::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).unwrap()),
        }
    }

    fn sign(&self, message: &[u8]) {
        let rng = SystemRandom::new();
        match self {
            Self::Ed25519(pair) => {
                black_box(pair.sign(message));
            }
            Self::Ecdsa(pair) => {
                black_box(pair.sign(&rng, message).unwrap());
            }
            Self::Rsa(pair) => {
                let mut out = [0; 256];
                pair.sign(&signature::RSA_PKCS1_SHA256, &rng, message, &mut out)
                    .unwrap();
                black_box(out);
            }
        }
    }
}

fn theirs(alg: Algorithm, der: &[u8]) -> jsonwebtoken::EncodingKey {
    let base64 = base64_simd::STANDARD.encode_to_string(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    let key = match alg {
        Algorithm::RS256 => jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes()),
        Algorithm::ES256 => jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()),
        _ => jsonwebtoken::EncodingKey::from_ed_pem(pem.as_bytes()),
    };
    key.unwrap()
}

fn signing(criterion: &mut Criterion) {
    for alg in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = SigningKey::generate(alg).unwrap();
        let der = key.to_pkcs8().unwrap();
        let signer = Signer::new(&key, "at+jwt");
        let claims = claims();
        let token = signer.sign(&claims).unwrap();
        let (input, _) = token.rsplit_once('.').unwrap();
        let mut group = criterion.benchmark_group(format!("sign {alg}"));
        let raw = Raw::new(alg, &der);
        group.bench_function("raw", |bencher| {
            bencher.iter(|| raw.sign(black_box(input.as_bytes())));
        });
        group.bench_function("symbolon", |bencher| {
            bencher.iter(|| signer.sign(black_box(&claims)).unwrap());
        });
        let their_key = theirs(alg, &der);
        let header = jsonwebtoken::Header {
            kid: Some(key.kid().to_owned()),
            typ: Some("at+jwt".to_owned()),
            ..jsonwebtoken::Header::new(alg.as_str().parse().unwrap())
        };
        group.bench_function("jsonwebtoken", |bencher| {
            bencher.iter(|| jsonwebtoken::encode(&header, black_box(&claims), &their_key).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, signing);
criterion_main!(benches);
