//! One forged or careless token per refusal; each must fail with its own code.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's own helpers may fail the test"
)]

#[path = "support/backend.rs"]
mod backend;
#[path = "refusals/claims.rs"]
mod claims;
#[path = "refusals/header.rs"]
mod header;
#[path = "refusals/key.rs"]
mod key;
#[path = "support/rsa.rs"]
mod rsa_support;
#[path = "refusals/settings.rs"]
mod settings;
#[path = "refusals/shape.rs"]
mod shape;

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, Check, KeySet, Observer, SigningKey, Validation, VerifyError, base64url, verify,
    verify_observed,
};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

/// An issuer whose private key the test may misuse.
struct Issuer {
    key: SigningKey,
    keys: KeySet,
}

impl Issuer {
    fn new() -> Self {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let keys = KeySet::from_keys([key.verifying_key()]).unwrap();
        Self { key, keys }
    }

    /// A truly signed token of these raw texts.
    fn token(&self, header: &str, payload: &str) -> String {
        let parts = [header, payload].map(|part| base64url::encode(part.as_bytes()));
        let input = parts.join(".");
        let signature = self.key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url::encode(&signature))
    }

    fn header(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = json!({"alg": "EdDSA", "kid": self.key.kid(), "typ": "at+jwt"});
        change(&mut header);
        header.to_string()
    }

    fn verify(&self, token: &str) -> Result<Value, VerifyError> {
        self.verify_with(token, &rules())
    }

    fn verify_with(&self, token: &str, rules: &Validation) -> Result<Value, VerifyError> {
        // Twice: a remembered header must not change the verdict.
        let first = verify::<Value>(token, &self.keys, rules, NOW).map(|v| v.into_claims());
        let second = verify::<Value>(token, &self.keys, rules, NOW).map(|v| v.into_claims());
        assert_eq!(first, second);
        let mut told = Told::default();
        let watched = verify_observed::<Value>(token, &self.keys, rules, NOW, &mut told);
        assert_eq!(watched.map(|v| v.into_claims()), first);
        told.fits(first.as_ref().err());
        first
    }

    fn header_refused(&self, change: impl FnOnce(&mut Value)) -> &'static str {
        let token = self.token(&self.header(change), &claims().to_string());
        self.verify(&token).unwrap_err().code()
    }

    fn claims_refused(&self, change: impl FnOnce(&mut Value)) -> &'static str {
        self.claims_verdict(change).unwrap_err().code()
    }

    fn claims_verdict(&self, change: impl FnOnce(&mut Value)) -> Result<Value, VerifyError> {
        let mut claims = claims();
        change(&mut claims);
        self.verify(&self.token(&self.header(|_| ()), &claims.to_string()))
    }

    fn payload_verdict(&self, payload: &[u8]) -> Result<Value, VerifyError> {
        let payload = std::str::from_utf8(payload).unwrap();
        self.verify(&self.token(&self.header(|_| ()), payload))
    }

    fn payload_refused(&self, payload: &str) -> &'static str {
        self.verify(&self.token(&self.header(|_| ()), payload))
            .unwrap_err()
            .code()
    }
}

/// What an observer heard.
#[derive(Default)]
struct Told(Vec<(Check, Option<VerifyError>)>);

impl Observer for Told {
    const WATCHES: bool = true;

    fn checked(&mut self, check: Check, outcome: Result<(), &VerifyError>) {
        self.0.push((check, outcome.err().cloned()));
    }
}

impl Told {
    /// Each check in its order, without a gap, and the refusal as the last word.
    fn fits(&self, refusal: Option<&VerifyError>) {
        let checks = self.0.iter().map(|(check, _)| check);
        assert!(checks.eq(Check::ALL.iter().take(self.0.len())));
        let (last, before) = self.0.split_last().unwrap();
        assert!(before.iter().all(|(_, error)| error.is_none()));
        assert_eq!(last.1.as_ref(), refusal);
        assert_eq!(refusal.is_none(), self.0.len() == Check::ALL.len());
    }
}

fn rules() -> Validation {
    Validation::new(ISSUER, [AUDIENCE], [Algorithm::EdDSA], "at+jwt").unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "u", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300})
}
