//! The claims that say by whom, about whom and for whom.

use serde_json::Value;

use super::Subject;
use crate::lint::{
    metadata::is_insecure,
    rule::{Hits, Rule, hit, hit_if, quoted},
};

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::error(
        "iss_missing",
        |token| absent(token, "iss"),
        "without issuer a verifier of several issuers may take one's token for another's",
        "write iss, the issuer's URL exactly as in its metadata",
    ),
    Rule::warning(
        "iss_insecure",
        |token| {
            let iss = token.claims.text("iss").filter(|iss| is_insecure(iss));
            iss.iter()
                .map(|iss| hit("claims.iss", quoted(iss)))
                .collect()
        },
        "who sits between a verifier and an http issuer hands out keys of their own",
        "serve the issuer over https",
    ),
    Rule::error(
        "aud_missing",
        |token| absent(token, "aud"),
        "a token for nobody is a token for everybody: each service that receives it can use it at all others",
        "write aud, the one API that it is for (RFC 9068 §2.2), and have each API demand its own",
    ),
    Rule::error(
        "aud_empty",
        empty_audience,
        "an empty audience names nobody; verifiers read it as no check, or refuse the token",
        "write aud, the one API that it is for",
    ),
    Rule::error(
        "aud_wildcard",
        wildcard,
        "audiences are compared, not matched: either nobody accepts it, or somebody accepts everything",
        "write the one API that it is for; ask for one token an API",
    ),
    Rule::warning(
        "aud_many",
        |token| {
            let many = token.audiences().len();
            hit_if(many > 3, "claims.aud", || format!("{many} audiences"))
        },
        "each of the APIs that it names can use it at all others",
        "ask for one token an API",
    ),
    Rule::warning(
        "sub_missing",
        |token| absent(token, "sub"),
        "a token about nobody cannot be tied to an account, an audit entry or a revocation",
        "write sub, the account's own random identifier; for client credentials the client's id",
    ),
    Rule::notice(
        "jti_missing",
        |token| absent(token, "jti"),
        "a token without id cannot be revoked by itself, nor found in a log",
        "write jti, a random identifier",
    ),
    Rule::error(
        "claim_type",
        wrong_type,
        "a registered claim of another type is refused by strict verifiers, and turned into text by others",
        "write iss, sub and jti as strings, and aud as a string or an array of strings (RFC 7519 §4.1)",
    ),
    Rule::warning(
        "scope_array",
        scope_array,
        "scope is one string, its values separated by spaces (RFC 8693 §4.2); a service that reads it so sees none",
        "write \"scope\": \"a b\"",
    ),
];

fn absent(token: &Subject, name: &str) -> Hits {
    let absent = token.has_claims() && !token.claims.has(name);
    hit_if(absent, format!("claims.{name}"), || "not there".into())
}

fn empty_audience(token: &Subject) -> Hits {
    let empty = match token.claim("aud") {
        Some(Value::String(one)) => one.is_empty(),
        Some(Value::Array(list)) => {
            list.is_empty() || list.iter().any(|one| one.as_str() == Some(""))
        }
        Some(Value::Null) => true,
        _ => false,
    };
    hit_if(empty, "claims.aud", || "empty".into())
}

fn wildcard(token: &Subject) -> Hits {
    let is_wild = |aud: &&str| {
        aud.contains('*') || ["any", "all", "everyone"].contains(&aud.to_lowercase().as_str())
    };
    let wild = token.audiences().into_iter().find(is_wild);
    wild.iter()
        .map(|aud| hit("claims.aud", quoted(aud)))
        .collect()
}

fn wrong_type(token: &Subject) -> Hits {
    let texts = ["iss", "sub", "jti"].into_iter();
    let mut hits: Hits = texts
        .filter(|name| token.claim(name).is_some_and(|value| !value.is_string()))
        .map(|name| hit(format!("claims.{name}"), "not a string"))
        .collect();
    let audience = match token.claim("aud") {
        None | Some(Value::String(_) | Value::Null) => true,
        Some(Value::Array(list)) => list.iter().all(Value::is_string),
        Some(_) => false,
    };
    if !audience {
        hits.push(hit(
            "claims.aud",
            "neither a string nor an array of strings",
        ));
    }
    hits
}

fn scope_array(token: &Subject) -> Hits {
    let array = token.claim("scope").is_some_and(|scope| !scope.is_string());
    hit_if(array, "claims.scope", || "not a string".into())
}
