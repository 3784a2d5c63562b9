//! Keys that are the same in every process, so that a signed seed stays valid. They protect
//! nothing and are used nowhere else.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use serde_json::Value;
use symbolon_jose::{Algorithm, Jwk, KeySet, SigningKey, Validation, VerifyingKey, base64url};

/// When every token of a target is looked at.
pub const NOW: i64 = 1_800_000_000;
/// The issuer that is expected.
pub const ISSUER: &str = "https://id.example";
/// The audience that is expected.
pub const AUDIENCE: &str = "https://api.example";
/// The `typ` that is expected.
pub const TYP: &str = "at+jwt";

const SECRET: [u8; 64] = [42; 64];

/// Keys and rules of one family: public keys, or shared secrets.
pub struct Family {
    /// The set, which remembers headers it has seen.
    pub keys: KeySet,
    /// What is expected of a token.
    pub rules: Validation,
    members: Vec<VerifyingKey>,
}

impl Family {
    fn new(members: Vec<VerifyingKey>, algorithms: Vec<Algorithm>) -> Self {
        Self {
            keys: KeySet::from_keys(members.iter().cloned()).expect("distinct kids"),
            rules: Validation::new(ISSUER, [AUDIENCE], algorithms, TYP).expect("rules"),
            members,
        }
    }

    /// The same keys in a set that has not seen a token yet.
    pub fn fresh_keys(&self) -> KeySet {
        KeySet::from_keys(self.members.iter().cloned()).expect("distinct kids")
    }
}

/// Every algorithm with a key of its own that signs.
pub fn signing_keys() -> Vec<SigningKey> {
    let public = Algorithm::ALL.into_iter().filter(|alg| !alg.is_symmetric());
    public.map(signing_key).collect()
}

fn signing_key(alg: Algorithm) -> SigningKey {
    let der: &[u8] = match alg {
        Algorithm::EdDSA => include_bytes!("../keys/ed25519.pk8"),
        Algorithm::ES256 => include_bytes!("../keys/p256.pk8"),
        Algorithm::ES384 => include_bytes!("../keys/p384.pk8"),
        _ => include_bytes!("../keys/rsa.pk8"),
    };
    SigningKey::from_pkcs8(alg, der).expect("a key")
}

/// Keys of every public algorithm; the RSA key serves all six of its own.
pub static PUBLIC: LazyLock<Family> = LazyLock::new(|| {
    let algorithms = [
        Algorithm::EdDSA,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::RS256,
    ];
    let members = algorithms.map(|alg| {
        let mut jwk = serde_json::to_value(signing_key(alg).public_jwk()).expect("a JWK");
        jwk.as_object_mut().expect("an object").remove("alg");
        VerifyingKey::from_jwk(&Jwk::from_value(&jwk).expect("a JWK")).expect("a key")
    });
    let all = Algorithm::ALL.into_iter().filter(|alg| !alg.is_symmetric());
    Family::new(members.into(), all.collect())
});

/// One shared secret for each HMAC, called by the algorithm's name.
pub static SHARED: LazyLock<Family> = LazyLock::new(|| {
    let members = HMACS.map(|alg| {
        let key = VerifyingKey::hmac(&SECRET, alg).expect("a long secret");
        key.with_kid(alg.as_str())
    });
    Family::new(members.into(), HMACS.into())
});

/// The HMAC algorithms.
pub const HMACS: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];

static HMAC_KEYS: LazyLock<[hmac::Key; 3]> = LazyLock::new(|| {
    [hmac::HMAC_SHA256, hmac::HMAC_SHA384, hmac::HMAC_SHA512]
        .map(|alg| hmac::Key::new(alg, &SECRET))
});

/// A token of these bytes with a right tag. It is the cheapest signature, so that the checks
/// behind the signature are reached by any input.
pub fn mac_token(alg: Algorithm, header: &[u8], payload: &[u8]) -> String {
    let mut token = base64url::encode(header);
    token.push('.');
    token.push_str(&base64url::encode(payload));
    let tag = mac(alg, token.as_bytes());
    token.push('.');
    token.push_str(&base64url::encode(&tag));
    token
}

/// The tag of an HMAC algorithm.
pub fn mac(alg: Algorithm, message: &[u8]) -> Vec<u8> {
    let [hs256, hs384, hs512] = &*HMAC_KEYS;
    let key = match alg {
        Algorithm::HS384 => hs384,
        Algorithm::HS512 => hs512,
        _ => hs256,
    };
    hmac::sign(key, message).as_ref().to_vec()
}

/// The header that the targets' own tokens have.
pub fn header(alg: Algorithm, kid: &str) -> Value {
    serde_json::json!({"alg": alg.as_str(), "kid": kid, "typ": TYP})
}
