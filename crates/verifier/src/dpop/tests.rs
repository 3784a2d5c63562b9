//! Every way in which a proof can be wrong, and the examples of RFC 9449.

use serde_json::{Value, json};
use symbolon_jose::{SigningKey, base64url, digest::sha256};

use super::*;

/// RFC 9449 §4.1 figure 2, broken up in its parts.
const HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik\
    VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR\
    nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
    QSIsImNydiI6IlAtMjU2In19";
/// RFC 9449 §7.1 figure 13.
const RESOURCE_PROOF: &str = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1Ijoia\
    HR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlh\
    dCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk\
    1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAg\
    R6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
/// RFC 9449 §4.1 figure 2: made for the token endpoint, without `ath`.
const TOKEN_PROOF: &str = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0\
    dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.\
    2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-F\
    NyJK70nfbV37xRZT3Lg";
/// RFC 9449 §7.1 figure 13.
const RFC_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
/// RFC 9449 §6.1 figure 9.
const RFC_THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

const NOW: i64 = 1_800_000_000;
const TOKEN: &str = "a.b.c";

#[test]
fn the_examples_of_rfc_9449() {
    let checker = Checker::new(&Dpop::new("https://resource.example.org")).unwrap();
    let proof = format!("{HEADER}.{RESOURCE_PROOF}");
    let purpose = Purpose {
        method: "GET",
        path: "/protectedresource",
        token: RFC_TOKEN,
    };
    let checked = checker.check(&proof, purpose, 1_562_262_618).unwrap();
    assert_eq!(checked.thumbprint, RFC_THUMBPRINT);
    assert_eq!(checker.spend(&checked, 1_562_262_618), Ok(()));
    let again = checker.check(&proof, purpose, 1_562_262_619).unwrap();
    assert_eq!(
        checker.spend(&again, 1_562_262_619),
        Err(RejectReason::DpopReplayed)
    );

    let server = Checker::new(&Dpop::new("https://server.example.com")).unwrap();
    let purpose = Purpose {
        method: "POST",
        path: "/token",
        token: RFC_TOKEN,
    };
    let proof = format!("{HEADER}.{TOKEN_PROOF}");
    let refused = server.check(&proof, purpose, 1_562_262_616).unwrap_err();
    assert_eq!(refused, RejectReason::DpopProofMismatch, "it has no ath");
}

fn claims() -> Value {
    json!({
        "jti": "1", "htm": "GET", "htu": "https://orders.example/orders", "iat": NOW,
        "ath": base64url::encode(&sha256(TOKEN.as_bytes())),
    })
}

fn prove(key: &SigningKey, payload: &str) -> String {
    let header = json!({
        "typ": "dpop+jwt", "alg": key.algorithm().as_str(), "jwk": key.public_jwk(),
    });
    let encode = |text: &str| base64url::encode(text.as_bytes());
    let input = format!("{}.{}", encode(&header.to_string()), encode(payload));
    let signature = base64url::encode(&key.sign(input.as_bytes()).unwrap());
    format!("{input}.{signature}")
}

struct Set {
    key: SigningKey,
    checker: Checker,
}

fn set(change: impl FnOnce(Dpop) -> Dpop) -> Set {
    Set {
        key: SigningKey::generate(Algorithm::ES256).unwrap(),
        checker: Checker::new(&change(Dpop::new("https://orders.example"))).unwrap(),
    }
}

impl Set {
    fn check(&self, payload: &str) -> Result<Proof, RejectReason> {
        let purpose = Purpose {
            method: "GET",
            path: "/orders",
            token: TOKEN,
        };
        self.checker.check(&prove(&self.key, payload), purpose, NOW)
    }

    fn with(&self, member: &str, value: Value) -> Result<(), RejectReason> {
        let mut claims = claims();
        claims[member] = value;
        self.check(&claims.to_string()).map(drop)
    }

    fn without(&self, member: &str) -> Result<(), RejectReason> {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(member);
        self.check(&claims.to_string()).map(drop)
    }
}

#[test]
fn a_good_proof_names_its_key() {
    let set = set(|dpop| dpop);
    let proof = set.check(&claims().to_string()).unwrap();
    assert_eq!(proof.thumbprint, set.key.public_jwk().thumbprint());
    assert_eq!(
        set.with("htu", "HTTPS://orders.example:443/orders?x#y".into()),
        Ok(())
    );
    assert_eq!(set.with("more", json!({"is": "let be"})), Ok(()));
}

#[test]
fn a_proof_for_something_else_is_refused() {
    let set = set(|dpop| dpop);
    let mismatch = Err(RejectReason::DpopProofMismatch);
    for (member, value) in [
        ("htm", "POST"),
        ("htm", "get"),
        ("htm", ""),
        ("htu", "https://orders.example/others"),
        ("htu", "https://evil.example/orders"),
        ("htu", "/orders"),
        ("ath", ""),
        ("ath", TOKEN),
        ("ath", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"),
    ] {
        assert_eq!(set.with(member, value.into()), mismatch, "{member} {value}");
    }
    assert_eq!(set.without("ath"), mismatch);
}

#[test]
fn a_malformed_proof_is_refused() {
    let set = set(|dpop| dpop);
    let invalid = Err(RejectReason::DpopProofInvalid);
    for member in ["jti", "htm", "htu", "iat"] {
        assert_eq!(set.without(member), invalid, "{member}");
        assert_eq!(set.with(member, Value::Null), invalid, "{member}");
        assert_eq!(set.with(member, json!([])), invalid, "{member}");
    }
    for (member, value) in [
        ("iat", json!(NOW.to_string())),
        ("iat", json!(-1)),
        ("jti", json!("")),
        ("jti", json!("x".repeat(257))),
        ("jti", json!(1)),
        ("ath", json!(1)),
        ("nonce", json!(1)),
    ] {
        assert_eq!(set.with(member, value.clone()), invalid, "{member} {value}");
    }
    for payload in ["", "[]", "null", "{", "{\"jti\":\"1\",\"jti\":\"1\"}"] {
        assert_eq!(set.check(payload).map(drop), invalid, "{payload}");
    }
    let twice = claims().to_string().replacen('{', "{\"jti\":\"2\",", 1);
    assert_eq!(set.check(&twice).map(drop), invalid);
    for proof in ["", "a.b.c", TOKEN, &"x".repeat(10_000)] {
        let purpose = Purpose {
            method: "GET",
            path: "/orders",
            token: TOKEN,
        };
        let refused = set.checker.check(proof, purpose, NOW).map(drop);
        assert_eq!(refused, invalid);
    }
}

#[test]
fn a_proof_is_of_now() {
    let set = set(|dpop| dpop.max_age(60).max_future(5));
    let stale = Err(RejectReason::DpopProofStale);
    for (iat, expected) in [
        (NOW - 61, stale),
        (NOW - 60, Ok(())),
        (NOW + 5, Ok(())),
        (NOW + 6, stale),
        (0, stale),
    ] {
        assert_eq!(set.with("iat", iat.into()), expected, "{iat}");
    }
}

#[test]
fn a_nonce_of_ours_is_demanded_where_nonces_are() {
    let set = set(|dpop| dpop.nonces(None, 60));
    let needed = Err(RejectReason::DpopNonceRequired);
    assert_eq!(set.without("nonce"), needed);
    assert_eq!(set.with("nonce", "made up".into()), needed);
    let nonce = |now| set.checker.challenge(true, now).nonce.unwrap();
    assert_eq!(set.with("nonce", nonce(NOW).into()), Ok(()));
    assert_eq!(set.with("nonce", nonce(NOW - 60).into()), Ok(()));
    assert_eq!(set.with("nonce", nonce(NOW - 120).into()), needed);
    // Of another process, or of this one before it was started anew.
    let other = Checker::new(&Dpop::new("https://orders.example").nonces(None, 60)).unwrap();
    let foreign = other.challenge(true, NOW).nonce.unwrap();
    assert_eq!(set.with("nonce", foreign.into()), needed);
}

#[test]
fn one_id_of_two_keys_is_two_proofs() {
    let set = set(|dpop| dpop);
    let other = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let purpose = Purpose {
        method: "GET",
        path: "/orders",
        token: TOKEN,
    };
    for key in [&set.key, &other] {
        let proof = prove(key, &claims().to_string());
        let proof = set.checker.check(&proof, purpose, NOW).unwrap();
        assert_eq!(set.checker.spend(&proof, NOW), Ok(()));
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let refused = |dpop: Dpop| Checker::new(&dpop).err().unwrap();
    let good = || Dpop::new("https://orders.example");
    assert_eq!(refused(Dpop::new("orders")), DpopError::PublicUrl);
    let symmetric = good().algorithms([Algorithm::HS256]);
    assert!(matches!(refused(symmetric), DpopError::Algorithms(_)));
    assert!(matches!(
        refused(good().algorithms([])),
        DpopError::Algorithms(_)
    ));
    assert_eq!(refused(good().max_age(601)), DpopError::WindowTooLong);
    assert_eq!(
        refused(good().nonces(Some(b"short"), 60)),
        DpopError::SecretTooShort
    );
    let shown = format!("{:?}", good().nonces(Some(&[b'k'; 32]), 60));
    assert!(!shown.contains("107"), "{shown}");
}
