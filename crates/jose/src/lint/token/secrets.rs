//! Shared secrets that anybody can guess.

mod words;

use super::Subject;
use crate::{
    algorithm::Algorithm,
    backend::VerifyKey,
    lint::rule::{Hits, Rule, hit},
};

use words::WORDS;

pub(super) const RULES: &[Rule<Subject>] = &[Rule::error(
    "secret_guessable",
    guessable,
    "who guesses the secret writes tokens for everybody, and guessing is done offline, millions a second",
    "draw 32 random bytes or more (openssl rand -base64 32), or better sign with EdDSA; every token of this secret is worthless",
)];

/// Tries the words, what the token itself says, and the caller's words; the first that fits.
fn guessable(token: &Subject) -> Hits {
    let alg = token.alg().and_then(|alg| alg.parse::<Algorithm>().ok());
    let (Some(alg), Some(signature)) = (alg.filter(|alg| alg.is_symmetric()), &token.signature)
    else {
        return Vec::new();
    };
    let Some((signed, _)) = token.text.rsplit_once('.') else {
        return Vec::new();
    };
    let signs = |secret: &[u8]| {
        VerifyKey::hmac(alg, secret).is_ok_and(|key| key.verifies(signed.as_bytes(), signature))
    };
    let own = own_words(token);
    let found = WORDS
        .iter()
        .find(|word| signs(word.as_bytes()))
        .map(|word| format!("the secret is {}", named(word)))
        .or_else(|| {
            let own = own.iter().find(|(_, word)| signs(word.as_bytes()));
            own.map(|(name, _)| format!("the secret is the value of {name}"))
        })
        .or_else(|| {
            // A word of the caller's own list may be a secret: its place is enough.
            let mut list = token.secrets.iter();
            let place = list.position(|word| signs(word.as_bytes()))?;
            Some(format!("the secret is word {} of the list", place + 1))
        });
    found
        .map(|found| hit("signature", found))
        .into_iter()
        .collect()
}

fn named(word: &str) -> String {
    if word.is_empty() {
        "empty".to_owned()
    } else {
        format!("\"{word}\"")
    }
}

/// What the token says itself: the issuer, the audience, and their host names.
fn own_words(token: &Subject) -> Vec<(&'static str, &str)> {
    let claim = |name: &'static str| token.claims.text(name).map(|text| (name, text));
    let header = |name: &'static str| token.header.text(name).map(|text| (name, text));
    let mut words: Vec<_> = [
        claim("iss"),
        claim("sub"),
        claim("client_id"),
        claim("azp"),
        claim("jti"),
        header("kid"),
        header("alg"),
        header("typ"),
    ]
    .into_iter()
    .flatten()
    .collect();
    words.extend(token.audiences().into_iter().map(|aud| ("aud", aud)));
    let hosts: Vec<_> = words
        .iter()
        .filter_map(|(name, text)| {
            let (_, rest) = text.split_once("://")?;
            Some((*name, rest.split(['/', ':']).next()?))
        })
        .collect();
    let labels: Vec<_> = hosts
        .iter()
        .flat_map(|(name, host)| host.split('.').map(move |label| (*name, label)))
        .collect();
    words.extend(hosts);
    words.extend(labels);
    words
}
