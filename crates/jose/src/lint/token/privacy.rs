//! Personal data and secrets in the claims, which everybody who holds the token can read.
//!
//! The one thing that must not be broken: what is found is told by place and kind, never by value.

use serde_json::Value;

use super::Subject;
use crate::lint::{
    document::walk,
    rule::{Hits, Rule, hit},
};

const WHY_PERSONAL: &str = "a token is readable by whoever holds it: browsers, proxies, logs and each service it is sent to keep the data, and nobody can delete it there";
const FIX_PERSONAL: &str =
    "leave it out; a service that needs it asks the issuer (userinfo) by sub";
const WHY_SECRET: &str =
    "a token is signed, not encrypted: whoever sees it, in a log for example, has the secret";
const FIX_SECRET: &str = "take it out, and change the secret: it has been seen";

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::warning(
        "personal_email",
        |token| look(token, "an e-mail address", &EMAIL, is_email),
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::warning(
        "personal_name",
        |token| look(token, "a person's name", &NAME, |_| false),
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::warning(
        "personal_phone",
        |token| look(token, "a telephone number", &PHONE, is_phone),
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::warning(
        "personal_birth_date",
        |token| look(token, "a birth date or age", &BIRTH, |_| false),
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::warning(
        "personal_address",
        |token| look(token, "a postal address", &ADDRESS, |_| false),
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::warning(
        "personal_gender",
        |token| look(token, "a gender", &GENDER, |_| false),
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::error(
        "personal_id_number",
        |token| {
            look(token, "a number of an official document", &DOCUMENT, |_| {
                false
            })
        },
        WHY_PERSONAL,
        FIX_PERSONAL,
    ),
    Rule::error(
        "secret_in_claims",
        |token| look(token, "a secret, by its name", &SECRET, |_| false),
        WHY_SECRET,
        FIX_SECRET,
    ),
    Rule::error(
        "secret_value_in_claims",
        |token| look(token, "a secret, by its form", &[], is_secret),
        WHY_SECRET,
        FIX_SECRET,
    ),
];

// Names without case, "_" and "-".
const EMAIL: [&str; 6] = [
    "email",
    "mail",
    "emailaddress",
    "emails",
    "useremail",
    "upn",
];
const NAME: [&str; 13] = [
    "name",
    "fullname",
    "givenname",
    "familyname",
    "firstname",
    "lastname",
    "middlename",
    "surname",
    "nickname",
    "displayname",
    "realname",
    "maidenname",
    "preferredusername",
];
const PHONE: [&str; 8] = [
    "phone",
    "phonenumber",
    "mobile",
    "mobilephone",
    "telephone",
    "tel",
    "cellphone",
    "fax",
];
const BIRTH: [&str; 6] = [
    "birthdate",
    "birthday",
    "dateofbirth",
    "dob",
    "age",
    "birthyear",
];
const ADDRESS: [&str; 10] = [
    "address",
    "streetaddress",
    "street",
    "postalcode",
    "postcode",
    "zipcode",
    "locality",
    "city",
    "homeaddress",
    "postaladdress",
];
const GENDER: [&str; 3] = ["gender", "sex", "pronouns"];
const DOCUMENT: [&str; 9] = [
    "ssn",
    "socialsecuritynumber",
    "nationalid",
    "personalid",
    "passport",
    "passportnumber",
    "taxid",
    "driverslicense",
    "drivinglicence",
];
const SECRET: [&str; 26] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passwordhash",
    "pin",
    "otp",
    "totpsecret",
    "secret",
    "clientsecret",
    "secretkey",
    "sharedsecret",
    "apikey",
    "apisecret",
    "apitoken",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
    "sessioncookie",
    "creditcard",
    "cardnumber",
    "cvv",
    "cvc",
    "mnemonic",
    "connectionstring",
];

/// Where a claim at any level has one of these names and says something, or holds such a text.
/// What was found is not entered: an address is one finding, not one for each of its lines.
fn look(token: &Subject, found: &str, names: &[&str], is_such: fn(&str) -> bool) -> Hits {
    let mut hits = Vec::new();
    walk(
        &token.claims.members,
        "claims",
        &mut |place, name, value| {
            let named = name.is_some_and(|name| names.contains(&plain(name).as_str()));
            let such = match value {
                Value::String(text) => is_such(text),
                _ => false,
            };
            let found_here = such || (named && says_something(value));
            if found_here {
                hits.push(hit(place, found));
            }
            !found_here
        },
    );
    hits
}

fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_ascii_alphanumeric());
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Number(_) => true,
    }
}

/// Whether an address stands anywhere in the text.
fn is_email(text: &str) -> bool {
    let words = text.split(|c: char| c.is_whitespace() || "<>,;:\"'()".contains(c));
    words.into_iter().any(is_address)
}

fn is_address(word: &str) -> bool {
    let Some((local, domain)) = word.split_once('@') else {
        return false;
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let is_label =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let top_is_name = labels
        .last()
        .is_some_and(|top| top.len() > 1 && top.chars().all(char::is_alphabetic));
    !local.is_empty()
        && !local.contains('/')
        && labels.len() > 1
        && labels.iter().all(is_label)
        && top_is_name
}

/// E.164, as people write it.
fn is_phone(text: &str) -> bool {
    let Some(rest) = text.trim().strip_prefix('+') else {
        return false;
    };
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    (8..=15).contains(&digits)
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || " -.()/".contains(c))
}

/// Private keys, tokens, keys of well-known services, and URLs with a password.
fn is_secret(text: &str) -> bool {
    const PREFIXES: [&str; 9] = [
        "sk_live_",
        "rk_live_",
        "ghp_",
        "gho_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "AKIA",
    ];
    let has_key = text.contains("-----BEGIN") && text.contains("PRIVATE KEY");
    let of_service = PREFIXES
        .iter()
        .any(|prefix| text.starts_with(prefix) && text.len() >= prefix.len() + 12);
    let is_token = text.starts_with("eyJ") && text.split('.').count() == 3;
    has_key || of_service || is_token || has_password(text)
}

/// `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    let authority = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    let user = authority.and_then(|authority| authority.rsplit_once('@'));
    user.is_some_and(|(user, _)| {
        user.split_once(':')
            .is_some_and(|(_, password)| !password.is_empty())
    })
}
