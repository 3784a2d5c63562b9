//! One forged or careless token per refusal; each must fail with its own code.
#![expect(clippy::unwrap_used, reason = "a test's own helpers may fail the test")]

#[path = "refusals/claims.rs"]
mod claims;
#[path = "refusals/header.rs"]
mod header;
#[path = "refusals/key.rs"]
mod key;
#[path = "refusals/settings.rs"]
mod settings;
#[path = "refusals/shape.rs"]
mod shape;

use serde_json::{Value, json};
use symbolon_jose::{Algorithm, KeySet, SigningKey, Validation, VerifyError, base64url, verify};

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

    fn payload_refused(&self, payload: &str) -> &'static str {
        self.verify(&self.token(&self.header(|_| ()), payload))
            .unwrap_err()
            .code()
    }
}

fn rules() -> Validation {
    Validation::new(ISSUER, [AUDIENCE], [Algorithm::EdDSA], "at+jwt").unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "u", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 300})
}
