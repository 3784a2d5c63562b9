//! Other libraries as the other opinion: jsonwebtoken verifies what we sign and we verify what it
//! signs, and it and npm's `jose` judge thousands of generated tokens, right and wrong in every way
//! that came to mind. Where a verdict differs from ours, `differential/table.rs` says why.
#![cfg(not(target_family = "wasm"))]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test's own helpers may fail the test, and a skipped test says so"
)]

#[path = "support/backend.rs"]
mod backend;
#[path = "differential/corpus.rs"]
mod corpus;
#[path = "differential/keys.rs"]
mod keys;
#[path = "differential/npm.rs"]
mod npm;
#[path = "differential/table.rs"]
mod table;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, KeySet, Signer, SigningKey, TokenClaims, Validation, VerifyingKey, verify,
};

use backend::SIGNING;
use corpus::Case;
use keys::Key;
use table::{DIFFERENCES, Other};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

/// In seconds, for all three.
const LEEWAY: u32 = 60;

fn rules(alg: Algorithm) -> Validation {
    Validation::new(ISSUER, [AUDIENCE], [alg], "JWT").unwrap()
}

fn theirs(alg: Algorithm) -> jsonwebtoken::Algorithm {
    alg.as_str().parse().unwrap()
}

fn their_private_key(key: &SigningKey) -> jsonwebtoken::EncodingKey {
    let base64 = base64_simd::STANDARD.encode_to_string(key.to_pkcs8().unwrap().as_slice());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    let read = match key.algorithm() {
        Algorithm::EdDSA => jsonwebtoken::EncodingKey::from_ed_pem,
        Algorithm::ES256 | Algorithm::ES384 => jsonwebtoken::EncodingKey::from_ec_pem,
        _ => jsonwebtoken::EncodingKey::from_rsa_pem,
    };
    read(pem.as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "u", "iat": NOW, "exp": NOW + 300})
}

#[test]
fn we_verify_what_jsonwebtoken_signs() {
    for &alg in SIGNING {
        let key = SigningKey::generate(alg).unwrap();
        let mut header = jsonwebtoken::Header::new(theirs(alg));
        header.kid = Some(key.kid().to_owned());
        let token = jsonwebtoken::encode(&header, &claims(), &their_private_key(&key)).unwrap();
        let keys = KeySet::from_keys([key.verifying_key()]).unwrap();
        let verified = verify::<Value>(&token, &keys, &rules(alg), NOW).unwrap();
        assert_eq!(verified.into_claims(), claims(), "{alg}");
    }
}

#[test]
fn jsonwebtoken_verifies_what_we_sign() {
    for &alg in SIGNING {
        let key = SigningKey::generate(alg).unwrap();
        let claims = TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
            .subject("u")
            .issued_at(NOW);
        let token = Signer::new(&key, "JWT").sign(&claims).unwrap();
        let jwk = serde_json::to_value(key.public_jwk()).unwrap();
        let jwk = serde_json::from_value(jwk).unwrap();
        let their_key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let mut rules = jsonwebtoken::Validation::new(theirs(alg));
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        let read = jsonwebtoken::decode::<Value>(&token, &their_key, &rules).unwrap();
        assert_eq!(read.claims.get("sub"), Some(&json!("u")), "{alg}");
    }
}

#[test]
fn hmac_agrees_for_the_right_secret_only() {
    for (alg, len) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        let secret = vec![9; len];
        let header = jsonwebtoken::Header::new(theirs(alg));
        let their_key = jsonwebtoken::EncodingKey::from_secret(&secret);
        let token = jsonwebtoken::encode(&header, &claims(), &their_key).unwrap();
        let single = |secret: &[u8]| KeySet::single(VerifyingKey::hmac(secret, alg).unwrap());
        assert!(
            verify::<Value>(&token, &single(&secret), &rules(alg), NOW).is_ok(),
            "{alg}"
        );
        let other = vec![8; len];
        assert!(
            verify::<Value>(&token, &single(&other), &rules(alg), NOW).is_err(),
            "{alg}"
        );
    }
}

/// Whether they accept, the class, and the first example's verdicts.
type Differences = BTreeMap<(bool, String), String>;

fn our_verdict(key: &Key, case: &Case, now: i64) -> Result<(), String> {
    let rules = rules(case.alg).with_leeway(LEEWAY).unwrap();
    match verify::<Value>(&case.token, &key.ours, &rules, now) {
        Ok(_) => Ok(()),
        Err(refused) => Err(refused.code().to_owned()),
    }
}

fn their_verdict(key: &Key, case: &Case) -> Result<(), String> {
    let mut rules = jsonwebtoken::Validation::new(theirs(case.alg));
    rules.leeway = LEEWAY.into();
    rules.validate_nbf = true;
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    match jsonwebtoken::decode::<Value>(&case.token, &key.jsonwebtoken, &rules) {
        Ok(_) => Ok(()),
        Err(refused) => Err(format!("{:?}", refused.kind())),
    }
}

fn corpus(now: i64) -> (Vec<Key>, Vec<Case>) {
    let hmac = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    let keys: Vec<_> = SIGNING.iter().copied().chain(hmac).map(Key::new).collect();
    let cases = keys.iter().flat_map(|key| corpus::cases(key, now));
    let cases = cases.collect();
    (keys, cases)
}

/// jsonwebtoken reads it, so we have to.
#[expect(
    clippy::disallowed_methods,
    reason = "jsonwebtoken takes no time from its caller"
)]
fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs().try_into().unwrap()
}

/// Fails for a difference that the table does not list, and for a listed one that does not occur.
fn compare(
    other: Other,
    judged: impl Iterator<Item = (String, Result<(), String>, Result<(), String>)>,
) {
    let mut counts = [0_usize; 4];
    let mut differences = Differences::new();
    for (class, ours, theirs) in judged {
        counts[usize::from(ours.is_ok()) * 2 + usize::from(theirs.is_ok())] += 1;
        if ours.is_ok() != theirs.is_ok() {
            let example = format!("we: {ours:?}, they: {theirs:?}");
            differences
                .entry((theirs.is_ok(), class))
                .or_insert(example);
        }
    }
    let mut unlisted = differences;
    let mut listed = 0;
    for known in DIFFERENCES.iter().filter(|one| one.others.contains(&other)) {
        for class in known.classes {
            let found = unlisted.remove(&(known.they_accept, (*class).to_owned()));
            assert!(found.is_some(), "{other:?} no longer differs on {class}");
            listed += 1;
        }
    }
    assert!(unlisted.is_empty(), "{other:?}: {unlisted:#?}");
    println!(
        "counted: {} tokens compared with {other:?}: {} accepted and {} refused by both, {} by them \
         only, {} by us only, in {listed} classes",
        counts.iter().sum::<usize>(),
        counts[3],
        counts[0],
        counts[1],
        counts[2]
    );
}

#[test]
fn jsonwebtoken_gives_our_verdicts_or_the_table_says_why_not() {
    let now = now();
    let (keys, cases) = corpus(now);
    // What hangs on seconds would hang on the machine's load as well.
    let robust = |case: &&Case| !case.class.contains("just ");
    let judged = cases.iter().filter(robust).map(|case| {
        let key = keys.iter().find(|key| key.alg() == case.alg).unwrap();
        (
            case.class.clone(),
            our_verdict(key, case, now),
            their_verdict(key, case),
        )
    });
    compare(Other::Jsonwebtoken, judged);
}

#[test]
fn npm_jose_gives_our_verdicts_or_the_table_says_why_not() {
    let (keys, cases) = corpus(NOW);
    let theirs = match npm::verdicts(&keys, &cases, NOW) {
        Ok(theirs) => theirs,
        Err(why) => {
            if std::env::var_os("CI").is_some() {
                panic!("npm's jose cannot be asked: {why}");
            }
            println!("skipped: {why}");
            return;
        }
    };
    assert_eq!(theirs.len(), cases.len());
    let judged = cases.iter().zip(theirs).map(|(case, theirs)| {
        let key = keys.iter().find(|key| key.alg() == case.alg).unwrap();
        let theirs = if theirs == "ok" { Ok(()) } else { Err(theirs) };
        (case.class.clone(), our_verdict(key, case, NOW), theirs)
    });
    compare(Other::Npm, judged);
}
