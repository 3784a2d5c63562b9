//! Signing of an access token's claims.

use std::hint::black_box;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use symbolon_jose::{Algorithm, Signer, SigningKey};

use crate::case::{Case, claims};

pub(crate) fn cases() -> Vec<Case> {
    [
        ("sign RS256", Algorithm::RS256),
        ("sign PS256", Algorithm::PS256),
        ("sign ES256", Algorithm::ES256),
        ("sign ES384", Algorithm::ES384),
        ("sign EdDSA", Algorithm::EdDSA),
    ]
    .map(|(name, alg)| case(name, alg))
    .into()
}

fn case(name: &'static str, alg: Algorithm) -> Case {
    let key = SigningKey::generate(alg).unwrap();
    let signer = Signer::new(&key, "at+jwt");
    let token = signer.sign(&claims()).unwrap();
    let (input, _) = token.rsplit_once('.').unwrap();
    let der = key.to_pkcs8().unwrap();
    let claims = claims();
    Case {
        name,
        raw: raw(alg, &der, input.as_bytes().to_vec()),
        ours: Box::new(move || {
            black_box(signer.sign(black_box(&claims)).unwrap());
        }),
        theirs: theirs(alg, &der, key.kid()),
    }
}

fn raw(alg: Algorithm, der: &[u8], message: Vec<u8>) -> Box<dyn Fn()> {
    match alg {
        Algorithm::RS256 => raw_rsa(&signature::RSA_PKCS1_SHA256, der, message),
        Algorithm::PS256 => raw_rsa(&signature::RSA_PSS_SHA256, der, message),
        Algorithm::ES256 => raw_ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der, message),
        Algorithm::ES384 => raw_ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, der, message),
        _ => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).unwrap();
            Box::new(move || {
                black_box(pair.sign(&message));
            })
        }
    }
}

fn raw_rsa(
    scheme: &'static dyn signature::RsaEncoding,
    der: &[u8],
    message: Vec<u8>,
) -> Box<dyn Fn()> {
    let pair = RsaKeyPair::from_pkcs8(der).unwrap();
    Box::new(move || {
        let mut out = [0; 256];
        pair.sign(scheme, &SystemRandom::new(), &message, &mut out)
            .unwrap();
        black_box(out);
    })
}

fn raw_ecdsa(
    scheme: &'static signature::EcdsaSigningAlgorithm,
    der: &[u8],
    message: Vec<u8>,
) -> Box<dyn Fn()> {
    let pair = EcdsaKeyPair::from_pkcs8(scheme, der).unwrap();
    Box::new(move || {
        black_box(pair.sign(&SystemRandom::new(), &message).unwrap());
    })
}

fn theirs(alg: Algorithm, der: &[u8], kid: &str) -> Box<dyn Fn()> {
    let base64 = base64_simd::STANDARD.encode_to_string(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    let key = match alg {
        Algorithm::RS256 | Algorithm::PS256 => {
            jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes())
        }
        Algorithm::ES256 | Algorithm::ES384 => {
            jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes())
        }
        _ => jsonwebtoken::EncodingKey::from_ed_pem(pem.as_bytes()),
    }
    .unwrap();
    let header = jsonwebtoken::Header {
        kid: Some(kid.to_owned()),
        typ: Some("at+jwt".to_owned()),
        ..jsonwebtoken::Header::new(alg.as_str().parse().unwrap())
    };
    let claims = claims();
    Box::new(move || {
        black_box(jsonwebtoken::encode(&header, black_box(&claims), &key).unwrap());
    })
}
