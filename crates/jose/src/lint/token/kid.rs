//! `kid`, which a careless verifier puts into a path, a query or a URL.

use super::Subject;
use crate::lint::rule::{Hits, Rule, hit, hit_if, quoted};

/// A SHA-512 in hexadecimal has as many characters.
const LONGEST: usize = 128;

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::warning(
        "kid_missing",
        missing,
        "without kid a verifier must try every key, and a key cannot be rotated quietly",
        "write the key's RFC 7638 thumbprint as kid",
    ),
    Rule::error(
        "kid_type",
        |token| {
            let other = token.header.has("kid") && token.header.text("kid").is_none();
            hit_if(other, "header.kid", || "not a string".into())
        },
        "kid must be a string (RFC 7515 §4.1.4); other values are refused, or turned into text in many ways",
        "write the key's RFC 7638 thumbprint as kid",
    ),
    Rule::error(
        "kid_path",
        path,
        "a verifier that opens a file of this name reads any file, one with known content among them, as its key",
        "look keys up in a table by the exact kid, and refuse other characters than those of base64url",
    ),
    Rule::error(
        "kid_sql",
        sql,
        "a verifier that puts it into a query lets the token's sender choose the key",
        "look keys up by a bound parameter, and refuse other characters than those of base64url",
    ),
    Rule::error(
        "kid_url",
        |token| of_kid(token, |kid| kid.contains("://")),
        "a verifier that fetches it takes the attacker's key, or asks machines behind your firewall",
        "find keys at the issuer's jwks_uri only",
    ),
    Rule::warning(
        "kid_control_character",
        |token| of_kid(token, |kid| kid.chars().any(char::is_control)),
        "line breaks and zero bytes forge log lines and cut names short",
        "write the key's RFC 7638 thumbprint as kid",
    ),
    Rule::warning(
        "kid_long",
        long,
        "a long kid is no name of a key; logs and metrics that keep it grow",
        "write the key's RFC 7638 thumbprint as kid, which has 43 characters",
    ),
];

fn missing(token: &Subject) -> Hits {
    let missing = match token.header.text("kid") {
        Some(kid) => kid.is_empty(),
        None => !token.header.has("kid"),
    };
    hit_if(missing && token.has_header(), "header.kid", || {
        "not there, or empty".into()
    })
}

fn of_kid(token: &Subject, is_bad: fn(&str) -> bool) -> Hits {
    let bad = token.header.text("kid").filter(|kid| is_bad(kid));
    bad.iter()
        .map(|kid| hit("header.kid", quoted(kid)))
        .collect()
}

fn path(token: &Subject) -> Hits {
    of_kid(token, |kid| {
        let kid = kid.to_ascii_lowercase();
        // Base64 of other alphabets has a "/" within: only what walks or starts a path counts.
        kid.starts_with('/')
            || kid.starts_with("file:")
            || kid.contains("../")
            || kid.contains("./")
            || kid.contains('\\')
            || kid.contains("%2e%2e")
            || kid.contains("%2f")
    })
}

fn sql(token: &Subject) -> Hits {
    of_kid(token, |kid| {
        let kid = kid.to_ascii_lowercase();
        ["'", "\"", ";", "-- ", "/*", " or ", " union ", "`", "$("]
            .iter()
            .any(|sign| kid.contains(sign))
    })
}

fn long(token: &Subject) -> Hits {
    let bytes = token.header.text("kid").map_or(0, str::len);
    hit_if(bytes > LONGEST, "header.kid", || format!("{bytes} bytes"))
}
