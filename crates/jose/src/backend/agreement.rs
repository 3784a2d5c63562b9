//! Both backends in one binary: each verifies what the other signs, and both give the same
//! verdict on keys and signatures that were tampered with.

use super::{native, portable, uncompressed};
use crate::{
    algorithm::Algorithm,
    jwk::{Curve, Jwk, Material},
    key::RsaSize,
};

const MESSAGE: &[u8] = b"the same message for both";

/// One public key, parsed by both.
struct Both(native::VerifyKey, portable::VerifyKey);

impl Both {
    /// `None` if both refuse the key, with the same error.
    fn parse(alg: Algorithm, material: &Material) -> Option<Self> {
        let (native, portable) = match material {
            Material::Ed25519 { x, .. } => (
                native::VerifyKey::ed25519(x),
                portable::VerifyKey::ed25519(x),
            ),
            Material::Ec { curve, x, y, .. } => (
                native::VerifyKey::ecdsa(*curve, x, y),
                portable::VerifyKey::ecdsa(*curve, x, y),
            ),
            Material::Rsa { n, e, .. } => (
                native::VerifyKey::rsa(alg, n, e),
                portable::VerifyKey::rsa(alg, n, e),
            ),
            Material::Symmetric { k } => (
                native::VerifyKey::hmac(alg, k),
                portable::VerifyKey::hmac(alg, k),
            ),
        };
        match (native, portable) {
            (Ok(native), Ok(portable)) => Some(Self(native, portable)),
            (Err(native), Err(portable)) => {
                assert_eq!(native, portable);
                None
            }
            (native, portable) => panic!("{alg}: {native:?}, {portable:?}"),
        }
    }

    /// The verdict that both give.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verdict = self.0.verifies(message, signature);
        let other = self.1.verifies(message, signature);
        assert_eq!(verdict, other, "{signature:02x?}");
        verdict
    }

    /// The same verdict on every change; says how many changed signatures were still accepted.
    fn tampered(&self, signature: &[u8]) -> usize {
        assert!(self.verifies(MESSAGE, signature));
        assert!(!self.verifies(b"another message", signature));
        let mut changed = vec![
            Vec::new(),
            signature[1..].to_vec(),
            signature[..signature.len() - 1].to_vec(),
            [signature, &[0]].concat(),
            [&[0], signature].concat(),
            vec![0; signature.len()],
            vec![0xff; signature.len()],
        ];
        // The halves of r||s: zero, and not below the order.
        let half = signature.len() / 2;
        for filler in [0, 0xff] {
            let filler = vec![filler; half];
            changed.push([&filler, &signature[half..]].concat());
            changed.push([&signature[..half], &filler].concat());
        }
        let step = (signature.len() * 8 / 64).max(1);
        for bit in (0..signature.len() * 8).step_by(step) {
            let mut flipped = signature.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            changed.push(flipped);
        }
        let accepted = |one: &&Vec<u8>| self.verifies(MESSAGE, one);
        changed.iter().filter(accepted).count()
    }
}

#[test]
fn the_portable_backend_verifies_what_the_native_signs() {
    for alg in Algorithm::ALL.into_iter().filter(|a| !a.is_symmetric()) {
        let key = native::SignKey::generate(alg, RsaSize::Bits2048).unwrap();
        let both = Both::parse(alg, &key.public().unwrap()).unwrap();
        assert_eq!(both.tampered(&key.sign(MESSAGE).unwrap()), 0, "{alg}");
    }
}

#[test]
fn the_native_backend_verifies_what_the_portable_signs() {
    for alg in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        let key = portable::SignKey::generate(alg, RsaSize::Bits2048).unwrap();
        let both = Both::parse(alg, &key.public().unwrap()).unwrap();
        let signature = key.sign(MESSAGE).unwrap();
        assert_eq!(both.tampered(&signature), 0, "{alg}");
        assert_eq!(key.sign(MESSAGE).unwrap(), signature, "{alg}");
        let again = native::SignKey::from_pkcs8(alg, &key.to_pkcs8().unwrap()).unwrap();
        assert!(both.verifies(MESSAGE, &again.sign(MESSAGE).unwrap()));
    }
}

#[test]
fn private_keys_go_from_one_to_the_other() {
    for alg in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384] {
        let key = native::SignKey::generate(alg, RsaSize::Bits2048).unwrap();
        let der = key.to_pkcs8().unwrap();
        let other = portable::SignKey::from_pkcs8(alg, &der).unwrap();
        let thumbprint = |material| Jwk::new(material).thumbprint();
        assert_eq!(
            thumbprint(key.public().unwrap()),
            thumbprint(other.public().unwrap())
        );
        let written = other.to_pkcs8().unwrap();
        assert!(native::SignKey::from_pkcs8(alg, &written).is_ok(), "{alg}");
        for len in [0, 1, der.len() / 2, der.len() - 1] {
            assert!(native::SignKey::from_pkcs8(alg, &der[..len]).is_err());
            assert!(portable::SignKey::from_pkcs8(alg, &der[..len]).is_err());
        }
    }
}

/// RFC 6979 §3.2 leaves one signature a message, RFC 8032 too.
#[test]
fn ed25519_signatures_are_the_same_bytes() {
    let key = native::SignKey::generate(Algorithm::EdDSA, RsaSize::Bits2048).unwrap();
    let der = key.to_pkcs8().unwrap();
    let other = portable::SignKey::from_pkcs8(Algorithm::EdDSA, &der).unwrap();
    assert_eq!(key.sign(MESSAGE), other.sign(MESSAGE));
}

#[test]
fn macs_agree() {
    for (alg, len) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        for secret in [vec![7; len], vec![9; 200]] {
            let both = Both::parse(
                alg,
                &Material::Symmetric {
                    k: secret.clone().into(),
                },
            )
            .unwrap();
            let name = match alg {
                Algorithm::HS256 => aws_lc_rs::hmac::HMAC_SHA256,
                Algorithm::HS384 => aws_lc_rs::hmac::HMAC_SHA384,
                _ => aws_lc_rs::hmac::HMAC_SHA512,
            };
            let key = aws_lc_rs::hmac::Key::new(name, &secret);
            let tag = aws_lc_rs::hmac::sign(&key, MESSAGE);
            assert_eq!(both.tampered(tag.as_ref()), 0, "{alg}");
        }
    }
}

/// Numbers from a counter: keys that nobody made.
fn noise(len: usize, seed: u8) -> Vec<u8> {
    (0_u8..=255)
        .flat_map(|block| native::sha256(&[seed, block]))
        .take(len)
        .collect()
}

#[test]
fn arbitrary_keys_get_one_verdict() {
    let mut points = 0;
    for seed in 0..=255 {
        let x = noise(32, seed);
        let both = Both::parse(Algorithm::EdDSA, &Material::Ed25519 { x, d: None }).unwrap();
        assert!(!both.verifies(MESSAGE, &noise(64, seed)));
        for (curve, alg) in [
            (Curve::P256, Algorithm::ES256),
            (Curve::P384, Algorithm::ES384),
        ] {
            let len = curve.coordinate_len();
            let (x, y) = (noise(len, seed), noise(len, !seed));
            let material = Material::Ec {
                curve,
                x,
                y,
                d: None,
            };
            points += usize::from(Both::parse(alg, &material).is_some());
        }
    }
    assert_eq!(points, 0);
}

#[test]
fn coordinates_not_below_the_prime_are_refused_by_both() {
    for (curve, alg) in [
        (Curve::P256, Algorithm::ES256),
        (Curve::P384, Algorithm::ES384),
    ] {
        let len = curve.coordinate_len();
        for (x, y) in [(0xff, 0xff), (0, 0xff), (0xff, 0), (0, 0), (0, 1)] {
            let (x, y) = (vec![x; len], vec![y; len]);
            let material = Material::Ec {
                curve,
                x,
                y,
                d: None,
            };
            assert!(Both::parse(alg, &material).is_none());
        }
    }
    assert_eq!(uncompressed(&[1], &[2]), [4, 1, 2]);
}

#[test]
fn arbitrary_rsa_numbers_get_one_verdict() {
    for len in [256, 257, 384, 512, 1024] {
        for seed in 0..16 {
            let mut n = noise(len, seed);
            n[0] |= 1;
            // An even one is refused above the backends.
            n[len - 1] |= 1;
            for e in [&[1, 0, 1][..], &[1, 0, 3], &[0xff, 0xff, 0xff, 0xff]] {
                let material = Material::Rsa {
                    n: n.clone(),
                    e: e.to_vec(),
                    private: None,
                };
                for alg in [Algorithm::RS256, Algorithm::PS512] {
                    if let Some(both) = Both::parse(alg, &material) {
                        assert!(!both.verifies(MESSAGE, &noise(len, !seed)));
                    }
                }
            }
        }
    }
}
