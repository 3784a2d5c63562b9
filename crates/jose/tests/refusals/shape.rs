//! What is not a token at all.

use serde_json::json;
use symbolon_jose::{TokenError, base64url, decode};

use super::{Issuer, claims, rules};

#[test]
fn the_token_that_all_others_vary_is_accepted() {
    assert_eq!(Issuer::new().claims_verdict(|_| ()).unwrap(), claims());
}

#[test]
fn shape() {
    let issuer = Issuer::new();
    let code = |token: &str| issuer.verify(token).unwrap_err().code();
    assert_eq!(code(""), "token_malformed");
    assert_eq!(code("a.b"), "token_malformed");
    assert_eq!(code("a.b.c.d.e"), "jwe_not_supported");
    assert_eq!(
        code("{\"payload\":\"\"}"),
        "json_serialization_not_supported"
    );
    assert_eq!(code(&"a".repeat(16 * 1024 + 1)), "token_too_large");
    let good = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    for spoiled in [
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        good.replacen('.', "..", 1),
    ] {
        assert_eq!(code(&spoiled), "token_malformed", "{spoiled}");
    }
    assert_eq!(code(good.rsplit_once('.').unwrap().0), "token_malformed");
    assert_eq!(
        code(&format!("{}.", good.rsplit_once('.').unwrap().0)),
        "signature_invalid"
    );
}

#[test]
fn the_limit_is_16_kib_unless_set() {
    let issuer = Issuer::new();
    let of_len = |len: usize| {
        let token = |room: usize| {
            let mut claims = claims();
            claims["x"] = json!("x".repeat(room));
            issuer.token(&issuer.header(|_| ()), &claims.to_string())
        };
        let room = (len - token(0).len()) / 4 * 3;
        (room..room + 4).map(token).find(|token| token.len() == len)
    };
    let largest = of_len(16 * 1024).or_else(|| of_len(16 * 1024 - 1)).unwrap();
    assert!(issuer.verify(&largest).is_ok() && decode(&largest).is_ok());
    let longer = of_len(16 * 1024 + 1)
        .or_else(|| of_len(16 * 1024 + 2))
        .unwrap();
    assert_eq!(
        issuer.verify(&longer).unwrap_err().code(),
        "token_too_large"
    );
    assert_eq!(decode(&longer).unwrap_err().code(), "token_too_large");
    let rules = rules().with_max_token_bytes(32 * 1024);
    assert!(issuer.verify_with(&longer, &rules).is_ok());
}

/// RFC 7515 §7.2: the JSON serialization, flattened or general, is not read.
#[test]
fn json_serialisation() {
    let issuer = Issuer::new();
    let token = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    let parts: Vec<_> = token.split('.').collect();
    let flat = json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]});
    let general = json!({"payload": parts[1], "signatures": [flat]});
    for text in [flat.to_string(), general.to_string(), format!("\n{flat:#}")] {
        let code = issuer.verify(&text).unwrap_err().code();
        assert_eq!(code, "json_serialization_not_supported");
    }
}

/// What is no text, or text that other readers would read otherwise.
#[test]
fn bytes_that_are_not_strict_json() {
    let issuer = Issuer::new();
    let (header, payload) = (
        issuer.header(|_| ()).into_bytes(),
        claims().to_string().into_bytes(),
    );
    let refused = |header: &[u8], payload: &[u8]| {
        let input = [header, payload].map(base64url::encode).join(".");
        let signature = issuer.key.sign(input.as_bytes()).unwrap();
        let token = format!("{input}.{}", base64url::encode(&signature));
        let code = decode(&token).unwrap_err().code();
        assert_eq!(issuer.verify(&token).unwrap_err().code(), code);
        code
    };
    let inserted = |object: &[u8], value: &[u8]| {
        [b"{\"z\":", value, b",", object.strip_prefix(b"{").unwrap()].concat()
    };
    let deep = [b"[".repeat(6_000), b"]".repeat(6_000)].concat();
    let digits = b"9".repeat(400);
    for value in [
        &b"\"\xff\""[..],
        b"\"\xc0\x80\"",
        b"\"\xed\xa0\x80\"",
        b"\"\0\"",
        b"\"\\ud800\"",
        b"\"\\udc00\\ud800\"",
        b"1e400",
        b"-1e400",
        b"NaN",
        b"01",
        &deep,
        &digits,
    ] {
        assert_eq!(
            refused(&inserted(&header, value), &payload),
            "header_malformed"
        );
        assert_eq!(
            refused(&header, &inserted(&payload, value)),
            "claims_malformed"
        );
    }
    for around in [
        [&b"\xef\xbb\xbf"[..], b""],
        [b"\0", b""],
        [b"", b"\0"],
        [b"", b"{}"],
        [b"// a\n", b""],
    ] {
        let wrapped = |object: &[u8]| [around[0], object, around[1]].concat();
        assert_eq!(refused(&wrapped(&header), &payload), "header_malformed");
        assert_eq!(refused(&header, &wrapped(&payload)), "claims_malformed");
    }
    // An escaped NUL is a character like another.
    let escaped = inserted(&payload, b"\"\\u0000\"");
    assert!(issuer.payload_verdict(&escaped).is_ok());
}

#[test]
fn decoding_is_as_strict_and_verifies_nothing() {
    let issuer = Issuer::new();
    let token = issuer.token(
        &issuer.header(|h| h["alg"] = json!("none")),
        &claims().to_string(),
    );
    assert_eq!(decode(&token).unwrap().untrusted_claims()["sub"], "u");
    let twice = issuer.token("{\"a\":1,\"a\":1}", "{}");
    assert_eq!(
        decode(&twice).unwrap_err().code(),
        "header_duplicate_member"
    );
    assert_eq!(
        decode(&issuer.token("{}", "[]")).unwrap_err().code(),
        "claims_not_object"
    );
    assert_eq!(decode("e30.e30.!").unwrap_err(), TokenError::Malformed);
}
