//! An issuer whose keys the test has, and the command that verifies its tokens.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{SystemTime, UNIX_EPOCH};

use symbolon_jose::{Algorithm, JwkSet, Signer, SigningKey, TokenClaims};

use crate::program::{Program, Run};

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

pub(crate) fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary reads the real clock, so its tokens must be of now"
    )]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// An issuer with its key set in a file.
pub(crate) struct Issuer {
    pub(crate) program: Program,
    pub(crate) signing: SigningKey,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        let (program, signing) = (
            Program::new(),
            SigningKey::generate(Algorithm::EdDSA).unwrap(),
        );
        let set = JwkSet::new([signing.public_jwk()]).unwrap();
        program.file("jwks.json", &serde_json::to_string(&set).unwrap());
        program.file(
            "key.json",
            &serde_json::to_string(&signing.public_jwk()).unwrap(),
        );
        Self { program, signing }
    }

    pub(crate) fn token(&self, expires: i64) -> String {
        let claims = TokenClaims::new(ISSUER, AUDIENCE, expires)
            .subject("u-1")
            .issued_at(now());
        Signer::new(&self.signing, "at+jwt").sign(&claims).unwrap()
    }

    pub(crate) fn verify(&self, token: &str, more: &[&str]) -> Run {
        let mut arguments = vec!["jwt", "verify"];
        for (flag, value) in [
            ("--issuer", ISSUER),
            ("--audience", AUDIENCE),
            ("--algorithm", "EdDSA,ES256"),
            ("--jwks", "jwks.json"),
        ] {
            let replaced = flag == "--jwks" && more.contains(&"--key");
            if !more.contains(&flag) && !replaced {
                arguments.extend([flag, value]);
            }
        }
        arguments.extend(more);
        self.program.run_with(&arguments, token)
    }
}
