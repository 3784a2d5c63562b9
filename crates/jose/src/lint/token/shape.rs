//! Shape and size.

use super::Subject;
use crate::{
    base64url,
    json::JsonError,
    lint::rule::{Hits, Rule, hit, hit_if},
    validation::DEFAULT_MAX_TOKEN_BYTES,
};

/// What a cookie holds, and about what proxies allow for one header line.
const LARGE: usize = 4 * 1024;
/// Deeper than any claim that is defined.
const DEEP: usize = 8;

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::error(
        "token_encrypted",
        encrypted,
        "an encrypted token (JWE) hides its claims from everybody without the key, also from this linter; most services refuse it",
        "use a signed token (JWS), and keep out of it what must not be read",
    ),
    Rule::error(
        "token_malformed",
        malformed,
        "every strict verifier refuses a token that is not three parts of canonical base64url with JSON in the first two",
        "issue compact JWS (RFC 7515 §7.1), and copy the token whole, without quotes, padding or line breaks",
    ),
    Rule::warning(
        "token_large",
        large,
        "above 4 KiB a token no longer fits into a cookie, and proxies begin to refuse the header",
        "leave out of the token what a service can look up; send few scopes and no lists of groups",
    ),
    Rule::error(
        "token_oversized",
        oversized,
        "above 16 KiB verifiers refuse a token before they look at it",
        "leave out of the token what a service can look up",
    ),
    Rule::error(
        "header_duplicate_member",
        |token| token.header.duplicate_hits(),
        "readers differ on which of two members counts, so two services see two different headers",
        "write each member once (RFC 7515 §4)",
    ),
    Rule::error(
        "claims_duplicate_member",
        |token| token.claims.duplicate_hits(),
        "readers differ on which of two members counts, so two services see two different identities",
        "write each claim once, at every level (RFC 7519 §4)",
    ),
    Rule::warning(
        "claims_nested_deep",
        deep,
        "parsers limit nesting (this one at 32 levels), and deep structures are a way to exhaust them",
        "flatten the claims",
    ),
];

fn encrypted(token: &Subject) -> Hits {
    hit_if(token.parts.len() == 5, "token", || "five parts".into())
}

fn malformed(token: &Subject) -> Hits {
    match token.parts.len() {
        3 => {}
        5 => return Vec::new(),
        other => return vec![hit("token", format!("{other} parts instead of three"))],
    }
    let mut hits = Vec::new();
    for (name, part, document) in [
        ("header", token.parts.first(), &token.header),
        ("claims", token.parts.get(1), &token.claims),
    ] {
        let encoded = part.is_some_and(|part| base64url::decode(part).is_ok());
        match &document.problem {
            Some(_) if !encoded => hits.push(hit(name, "not canonical base64url")),
            Some(JsonError::Syntax { offset }) => {
                hits.push(hit(name, format!("not JSON at byte {offset}")));
            }
            Some(problem) => hits.push(hit(name, problem.to_string())),
            None => {}
        }
    }
    if token.signature.is_none() {
        hits.push(hit("signature", "not canonical base64url"));
    }
    hits
}

fn large(token: &Subject) -> Hits {
    let bytes = token.text.len();
    let large = bytes > LARGE && bytes <= DEFAULT_MAX_TOKEN_BYTES;
    hit_if(large, "token", || format!("{bytes} bytes"))
}

fn oversized(token: &Subject) -> Hits {
    let bytes = token.text.len();
    hit_if(bytes > DEFAULT_MAX_TOKEN_BYTES, "token", || {
        format!("{bytes} bytes")
    })
}

fn deep(token: &Subject) -> Hits {
    let depth = token.claims.depth;
    hit_if(depth > DEEP, "claims", || format!("{depth} levels"))
}
