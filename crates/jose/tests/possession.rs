//! A key that a JWS brings along is used for proofs of possession, and for nothing else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use symbolon_jose::{
    Algorithm, JwkSet, JwsRules, KeyError, KeySet, PossessionError, SigningKey, VerifyError,
    VerifyingKey, base64url, verify_jws, verify_possession,
};

fn rules() -> JwsRules {
    JwsRules::new([Algorithm::EdDSA, Algorithm::ES256], "dpop+jwt").unwrap()
}

fn sign(key: &SigningKey, header: &Value) -> String {
    sign_text(key, &header.to_string())
}

fn sign_text(key: &SigningKey, header: &str) -> String {
    let encode = |text: &str| base64url::encode(text.as_bytes());
    let input = format!("{}.{}", encode(header), encode("{\"a\":1}"));
    let signature = base64url::encode(&key.sign(input.as_bytes()).unwrap());
    format!("{input}.{signature}")
}

fn header(key: &SigningKey) -> Value {
    json!({"typ": "dpop+jwt", "alg": key.algorithm().as_str(), "jwk": key.public_jwk()})
}

fn refusal(key: &SigningKey, header: &Value) -> PossessionError {
    verify_possession(&sign(key, header), &rules()).unwrap_err()
}

#[test]
fn the_holder_of_a_key_proves_it() {
    for alg in [Algorithm::EdDSA, Algorithm::ES256] {
        let key = SigningKey::generate(alg).unwrap();
        let proved = verify_possession(&sign(&key, &header(&key)), &rules()).unwrap();
        assert_eq!(proved.payload(), b"{\"a\":1}");
        assert_eq!(proved.thumbprint(), key.public_jwk().thumbprint());
        assert_eq!(proved.algorithm(), alg);
    }
}

#[test]
fn another_key_proves_nothing() {
    let [key, other] = [(); 2].map(|()| SigningKey::generate(Algorithm::ES256).unwrap());
    let mut foreign = header(&key);
    foreign["jwk"] = serde_json::to_value(other.public_jwk()).unwrap();
    let invalid = PossessionError::Jws(VerifyError::SignatureInvalid);
    assert_eq!(refusal(&key, &foreign), invalid);
    let token = sign(&key, &header(&key));
    let (signed, _) = token.rsplit_once('.').unwrap();
    let altered = format!("{signed}.{}", base64url::encode(&[1; 64]));
    assert_eq!(verify_possession(&altered, &rules()).unwrap_err(), invalid);
}

#[test]
fn the_key_must_be_there_and_public_and_fit() {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut header = header(&key);
        change(&mut header);
        refusal(&key, &header)
    };
    let without = with(&|header| drop(header.as_object_mut().unwrap().remove("jwk")));
    assert_eq!(without, PossessionError::KeyMissing);
    let private = with(&|header| header["jwk"]["d"] = base64url::encode(&[1; 32]).into());
    let member = "d";
    assert_eq!(
        private,
        PossessionError::Key(KeyError::PrivateMember { member })
    );
    let shared = with(&|header| header["jwk"] = json!({"kty": "oct", "k": "A".repeat(43)}));
    let member = "k";
    assert_eq!(
        shared,
        PossessionError::Key(KeyError::PrivateMember { member })
    );
    for jwk in [json!(null), json!("x"), json!([]), json!({}), json!(1)] {
        let refused = with(&|header| header["jwk"] = jwk.clone());
        assert!(matches!(refused, PossessionError::Key(_)), "{jwk}");
    }
    for (member, value) in [
        ("x", json!("AA")),
        ("crv", json!("P-521")),
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("alg", json!("ES384")),
    ] {
        let refused = with(&|header| header["jwk"][member] = value.clone());
        assert!(matches!(refused, PossessionError::Key(_)), "{member}");
    }
    let elsewhere = with(&|header| header["alg"] = "EdDSA".into());
    assert!(matches!(
        elsewhere,
        PossessionError::Jws(VerifyError::AlgNotAllowed { .. })
    ));
}

#[test]
fn the_header_is_read_as_strictly_as_any() {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    for (member, value, code) in [
        ("typ", json!("at+jwt"), "typ_mismatch"),
        ("typ", json!("JWT"), "typ_mismatch"),
        ("alg", json!("none"), "alg_none"),
        ("alg", json!("HS256"), "alg_not_allowed"),
        ("alg", json!("RS256"), "alg_not_allowed"),
        ("crit", json!(["jwk"]), "crit_not_supported"),
        ("zip", json!("DEF"), "zip_not_supported"),
        ("b64", json!(false), "b64_not_supported"),
    ] {
        let mut header = header(&key);
        header[member] = value;
        match refusal(&key, &header) {
            PossessionError::Jws(error) => assert_eq!(error.code(), code),
            other => panic!("{member}: {other:?}"),
        }
    }
    let jwk = serde_json::to_string(&key.public_jwk()).unwrap();
    for twice in [
        format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{jwk},"jwk":{jwk}}}"#),
        format!(
            r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{{"kty":"EC",{}}}"#,
            jwk.trim_start_matches('{')
        ),
    ] {
        let refused = verify_possession(&sign_text(&key, &twice), &rules()).unwrap_err();
        match refused {
            PossessionError::Jws(error) => assert_eq!(error.code(), "header_duplicate_member"),
            other => panic!("{other:?}"),
        }
    }
}

/// The portable backend signs nothing with RSA.
#[cfg(feature = "native")]
#[test]
fn an_rsa_key_is_proved_as_well() {
    let key = SigningKey::generate(Algorithm::RS256).unwrap();
    let rsa = JwsRules::new([Algorithm::RS256], "dpop+jwt").unwrap();
    assert!(verify_possession(&sign(&key, &header(&key)), &rsa).is_ok());
}

#[test]
fn ordinary_verification_never_looks_at_it() {
    let [stranger, known] = [(); 2].map(|()| SigningKey::generate(Algorithm::ES256).unwrap());
    let token = sign(&stranger, &header(&stranger));
    let set = KeySet::from_jwks(&JwkSet::new([known.public_jwk()]).unwrap()).unwrap();
    let refused = verify_jws(&token, &set, &rules()).unwrap_err();
    assert_eq!(refused, VerifyError::KeyIdMissing);
    let single = KeySet::single(VerifyingKey::from_jwk(&known.public_jwk()).unwrap());
    let refused = verify_jws(&token, &single, &rules()).unwrap_err();
    assert_eq!(refused, VerifyError::SignatureInvalid);
}
