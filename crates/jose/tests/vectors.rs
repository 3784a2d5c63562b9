//! Public vectors: Wycheproof, the IETF JOSE cookbook, the RFCs' own examples.
//!
//! They lie beside the project, not in it. `SYMBOLON_VECTORS` names another place. Where they are
//! absent the tests say so and pass, except under `CI`, where absence is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test's own helpers may fail the test, and a skipped test says so"
)]

#[path = "support/backend.rs"]
mod backend;
#[path = "vectors/cookbook.rs"]
mod cookbook;
#[path = "vectors/rfc.rs"]
mod rfc;
#[path = "vectors/wycheproof.rs"]
mod wycheproof;

use std::path::PathBuf;

use serde_json::Value;
use symbolon_jose::{
    Algorithm, Jwk, JwsRules, KeyError, KeySet, VerifiedJws, VerifyError, VerifyingKey, verify_jws,
};

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    std::env::var_os("SYMBOLON_VECTORS").map_or_else(beside, PathBuf::from)
}

/// A vector file, or `None` where the vectors are absent.
fn read(file: &str) -> Option<Value> {
    let path = folder().join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        if std::env::var_os("CI").is_some() {
            panic!("the vectors are absent: {}", path.display());
        }
        println!("skipped: no vectors at {}", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// Why a vector was refused.
#[derive(Debug, PartialEq)]
enum Refusal {
    Key(KeyError),
    Token(VerifyError),
}

/// Verifies a vector with the one key it names, allowing every algorithm of the key's family.
fn verify_vector(key: &Value, token: &str) -> Result<VerifiedJws, Refusal> {
    let symmetric = key["kty"] == "oct";
    let algorithms = Algorithm::ALL
        .into_iter()
        .filter(|alg| alg.is_symmetric() == symmetric);
    let rules = JwsRules::dangerous_any_typ(algorithms).unwrap();
    let key = Jwk::from_json(&key.to_string()).and_then(|jwk| VerifyingKey::from_jwk(&jwk));
    let keys = KeySet::single(key.map_err(Refusal::Key)?);
    verify_jws(token, &keys, &rules).map_err(Refusal::Token)
}
