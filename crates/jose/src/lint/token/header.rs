//! The header, but for `kid`.

use super::Subject;
use crate::{
    algorithm::Algorithm,
    lint::rule::{Hits, Rule, hit, hit_if, quoted},
};

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::error(
        "alg_missing",
        missing,
        "without alg nobody knows how the token is signed, and every verifier refuses it",
        "write alg as a string (RFC 7515 §4.1.1)",
    ),
    Rule::error(
        "alg_none",
        none,
        "nothing protects this token: anybody can write any claim into it",
        "sign it, and have verifiers accept a list of algorithms only (RFC 8725 §3.1)",
    ),
    Rule::error(
        "alg_weak",
        weak,
        "the algorithm rests on SHA-1 or on RSA keys that are broken",
        "use EdDSA or ES256",
    ),
    Rule::warning(
        "alg_unknown",
        unknown,
        "few verifiers know the algorithm; names are case-sensitive",
        "use EdDSA, ES256 or, for old verifiers, RS256",
    ),
    Rule::warning(
        "alg_symmetric",
        symmetric,
        "who can verify the token can also make one: each service with the secret can speak for the issuer",
        "use EdDSA or ES256, and publish the public key in a JWK Set",
    ),
    Rule::notice(
        "alg_pkcs1",
        pkcs1,
        "RSASSA-PKCS1-v1_5 is sound but old, its keys and signatures are large and signing is slow",
        "use EdDSA or ES256 where the verifiers know them",
    ),
    Rule::error(
        "signature_empty",
        empty,
        "a token without signature is believed only by verifiers that do not look",
        "sign the token",
    ),
    Rule::error(
        "signature_length",
        length,
        "a signature of another length cannot be of this algorithm: the token was altered or cut off, or the signature is in DER",
        "write raw signatures: r and s side by side for ECDSA (RFC 7518 §3.4)",
    ),
    Rule::warning(
        "typ_missing",
        |token| {
            hit_if(
                token.has_header() && !token.header.has("typ"),
                "header.typ",
                || "not there".into(),
            )
        },
        "without a type one kind of token can be taken for another (RFC 8725 §3.11)",
        "write typ: at+jwt for an access token (RFC 9068 §2.1)",
    ),
    Rule::warning(
        "typ_generic",
        generic,
        "every token is a JWT: an ID token, a reset link or an assertion of the same key can be taken for an access token",
        "write typ: at+jwt for an access token (RFC 9068 §2.1), and have verifiers demand it",
    ),
    Rule::error(
        "key_url_in_header",
        |token| present(token, &["jku", "x5u"]),
        "a verifier that follows it fetches the attacker's key, or whatever lies behind your firewall",
        "leave it out; verifiers find the key by kid at the issuer's jwks_uri (RFC 8725 §3.10)",
    ),
    Rule::error(
        "key_in_header",
        |token| present(token, &["jwk", "x5c"]),
        "a verifier that believes it verifies with the key that the attacker has brought along",
        "leave it out; verifiers find the key by kid at the issuer's jwks_uri (RFC 8725 §3.10)",
    ),
    Rule::error(
        "crit_present",
        |token| present(token, &["crit"]),
        "verifiers must refuse critical extensions that they do not know, and most know none",
        "leave out crit and the extension it names",
    ),
    Rule::error(
        "b64_present",
        |token| present(token, &["b64"]),
        "an unencoded payload (RFC 7797) is not for JWTs, and verifiers that do not know it verify other bytes",
        "leave it out",
    ),
    Rule::error(
        "zip_present",
        |token| present(token, &["zip"]),
        "compression is not defined for signed tokens, and unpacking what strangers send exhausts memory",
        "leave it out (RFC 8725 §3.6)",
    ),
];

/// Names that were broken before, and what their names promise.
const WEAK: [&str; 5] = ["RS1", "HS1", "RSA1_5", "HS128", "MD5"];

fn is_none(alg: &str) -> bool {
    alg.eq_ignore_ascii_case("none")
}

fn is_weak(alg: &str) -> bool {
    WEAK.iter().any(|weak| weak.eq_ignore_ascii_case(alg))
}

fn known(token: &Subject) -> Option<Algorithm> {
    token.alg()?.parse().ok()
}

fn missing(token: &Subject) -> Hits {
    let found = if token.header.has("alg") {
        "not a string"
    } else {
        "not there"
    };
    let missing = token.has_header() && token.alg().is_none();
    hit_if(missing, "header.alg", || found.into())
}

fn none(token: &Subject) -> Hits {
    hit_if(token.alg().is_some_and(is_none), "header.alg", || {
        quoted(token.alg().unwrap_or_default())
    })
}

fn weak(token: &Subject) -> Hits {
    hit_if(token.alg().is_some_and(is_weak), "header.alg", || {
        quoted(token.alg().unwrap_or_default())
    })
}

fn unknown(token: &Subject) -> Hits {
    let Some(alg) = token.alg() else {
        return Vec::new();
    };
    let unknown = known(token).is_none() && !is_none(alg) && !is_weak(alg);
    hit_if(unknown, "header.alg", || quoted(alg))
}

fn symmetric(token: &Subject) -> Hits {
    let alg = known(token).filter(|alg| alg.is_symmetric());
    alg.iter()
        .map(|alg| hit("header.alg", alg.as_str()))
        .collect()
}

fn pkcs1(token: &Subject) -> Hits {
    let alg = known(token).filter(|alg| alg.as_str().starts_with("RS"));
    alg.iter()
        .map(|alg| hit("header.alg", alg.as_str()))
        .collect()
}

fn empty(token: &Subject) -> Hits {
    let empty = token.signature.as_ref().is_some_and(Vec::is_empty);
    let signed = !token.alg().is_some_and(is_none);
    hit_if(empty && signed, "signature", || "empty".into())
}

fn length(token: &Subject) -> Hits {
    let (Some(alg), Some(found)) = (known(token), token.signature.as_ref().map(Vec::len)) else {
        return Vec::new();
    };
    let expected = match alg {
        Algorithm::EdDSA | Algorithm::ES256 => Some(64),
        Algorithm::ES384 => Some(96),
        other => other.hmac_len(),
    };
    let wrong = match expected {
        Some(expected) => found != expected,
        None => found < 256,
    };
    hit_if(wrong && found > 0, "signature", || match expected {
        Some(expected) => format!("{found} bytes, {alg} has {expected}"),
        None => format!("{found} bytes, {alg} has 256 or more"),
    })
}

fn generic(token: &Subject) -> Hits {
    let typ = token.header.text("typ").unwrap_or_default();
    let bare = typ.to_ascii_lowercase();
    let generic = matches!(
        bare.as_str(),
        "jwt" | "jws" | "jose" | "application/jwt" | ""
    );
    let generic = generic && token.header.has("typ") && !token.is_id_token();
    hit_if(generic, "header.typ", || quoted(typ))
}

fn present(token: &Subject, names: &[&str]) -> Hits {
    let there = names.iter().filter(|name| token.header.has(name));
    there
        .map(|name| hit(format!("header.{name}"), "there"))
        .collect()
}
