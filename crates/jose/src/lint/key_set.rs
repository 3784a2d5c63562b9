//! The rules of a published JWK Set.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    document::Document,
    rule::{Hits, Rule, hit, hit_if, quoted},
};
use crate::{
    error::KeyError,
    json::JsonError,
    jwk::{Jwk, Material, check_no_private_member},
    key::VerifyingKey,
};

/// One key to come, one that signs, some that have signed; more is a set that nobody tidies.
const MANY: usize = 10;
/// RFC 7518 §3.3.
const RSA_BITS: usize = 2048;

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::error(
        "jwks_malformed",
        malformed,
        "verifiers refuse the whole set, and with it every token",
        "publish a JSON object with an array \"keys\" (RFC 7517 §5)",
    ),
    Rule::error(
        "jwks_duplicate_member",
        |set| set.document.duplicate_hits(),
        "readers differ on which of two members counts, so two services have two different keys",
        "write each member once (RFC 7517 §4)",
    ),
    Rule::warning(
        "jwks_empty",
        |set| {
            let empty = set.document.problem.is_none() && set.keys.is_empty();
            hit_if(empty, "keys", || "no key".into())
        },
        "no token can be verified",
        "publish the public half of the signing key",
    ),
    Rule::error(
        "jwks_private_member",
        |set| {
            set.of(
                |key| is_asymmetric(key) && shows_secret(key),
                "",
                "private key material",
            )
        },
        "whoever has read the set can sign tokens for everybody",
        "withdraw the key at once, publish a new one, and end what the old one has signed; publish public halves only",
    ),
    Rule::error(
        "jwks_symmetric_key",
        |set| set.of(|key| text(key, "kty") == "oct", "kty", "a shared secret"),
        "whoever has read the set can sign tokens for everybody",
        "withdraw the secret; sign with EdDSA or ES256 and publish the public half",
    ),
    Rule::error(
        "jwks_keys_without_kid",
        several_without_kid,
        "among several keys a verifier cannot tell which one a token means: it tries all, or refuses",
        "give every key its RFC 7638 thumbprint as kid, and write it into the tokens",
    ),
    Rule::warning(
        "jwks_kid_missing",
        |set| {
            let alone = set.keys.len() == 1;
            let missing = |key: &Key| alone && text(key, "kid").is_empty();
            set.of(missing, "kid", "not there, or empty")
        },
        "as soon as there is a second key, tokens cannot name theirs: this key cannot be rotated quietly",
        "give the key its RFC 7638 thumbprint as kid, and write it into the tokens",
    ),
    Rule::error(
        "jwks_kid_duplicate",
        kid_twice,
        "a kid that stands twice names neither key; verifiers take one of them, or refuse the set",
        "give every key its RFC 7638 thumbprint as kid",
    ),
    Rule::notice(
        "jwks_kid_not_thumbprint",
        not_thumbprint,
        "a kid that is made up may be used again for another key, and caches then mix them up",
        "use the RFC 7638 thumbprint as kid: it is the key's own",
    ),
    Rule::warning(
        "jwks_key_twice",
        key_twice,
        "a key that was withdrawn under one name goes on under the other",
        "publish each key once",
    ),
    Rule::warning(
        "jwks_alg_missing",
        |set| set.of(|key| text(key, "alg").is_empty(), "alg", "not there"),
        "the token's header alone then says how the key is used (RFC 8725 §3.1)",
        "write the one alg that the key serves",
    ),
    Rule::notice(
        "jwks_use_missing",
        |set| {
            let missing =
                |key: &Key| key.value.get("use").is_none() && key.value.get("key_ops").is_none();
            set.of(missing, "use", "neither use nor key_ops")
        },
        "somebody may encrypt to a key that is meant to sign",
        "write \"use\": \"sig\"",
    ),
    Rule::error(
        "jwks_use_conflict",
        use_conflict,
        "use and key_ops must say the same (RFC 7517 §4.3); strict verifiers refuse the key",
        "write \"use\": \"sig\" and leave out key_ops, or \"key_ops\": [\"verify\"] alone",
    ),
    Rule::notice(
        "jwks_not_for_signatures",
        |set| set.of(|key| text(key, "use") == "enc", "use", "\"enc\""),
        "verifiers skip it; it makes the set larger for all who fetch it",
        "publish keys for encryption only if clients encrypt to you",
    ),
    Rule::error(
        "jwks_rsa_small",
        |set| {
            set.each(|key| {
                let jwk = key.jwk.as_ref().ok()?;
                let bits = Some(jwk.bits()).filter(|_| text(key, "kty") == "RSA")?;
                (bits < RSA_BITS).then(|| ("n".into(), format!("{bits} bits")))
            })
        },
        "below 2048 bits RSA can be broken; strict verifiers refuse the key (RFC 7518 §3.3)",
        "make a new key: EdDSA, ES256, or RSA with 2048 bits or more",
    ),
    Rule::error(
        "jwks_rsa_exponent",
        weak_exponent,
        "small exponents have a history of forged signatures; strict verifiers refuse them",
        "make a new key with the exponent 65537 (AQAB)",
    ),
    Rule::error(
        "jwks_key_invalid",
        invalid,
        "the numbers make no key (a point off its curve, a length that is wrong, padding): verifiers skip it, and careless ones can be attacked with it",
        "export the key again with a tool that writes RFC 7518 §6 and RFC 8037 exactly",
    ),
    Rule::warning(
        "jwks_key_unsupported",
        |set| {
            set.each(|key| {
                matches!(key.jwk, Err(KeyError::UnknownKeyType)).then(|| {
                    let crv = Some(text(key, "crv")).filter(|crv| !crv.is_empty());
                    let crv = crv.map(|crv| format!(", crv {}", quoted(crv)));
                    let kty = quoted(text(key, "kty"));
                    (
                        "kty".into(),
                        format!("kty {kty}{}", crv.unwrap_or_default()),
                    )
                })
            })
        },
        "few verifiers know it; those that do not skip the key and refuse its tokens as of an unknown key",
        "sign with EdDSA (Ed25519), ES256 or, for old verifiers, RS256",
    ),
    Rule::error(
        "jwks_alg_mismatch",
        |set| {
            let wrong = |key: &Key| {
                let built = key.jwk.as_ref().map(VerifyingKey::from_jwk);
                matches!(built, Ok(Err(KeyError::Algorithm)))
            };
            set.of(wrong, "alg", "unknown, or of another kind of key")
        },
        "an alg that does not fit the key makes it useless, or usable in a way that nobody meant",
        "write the alg that belongs to kty and crv",
    ),
    Rule::warning(
        "jwks_many_keys",
        |set| {
            let many = set.keys.len();
            hit_if(many > MANY, "keys", || format!("{many} keys"))
        },
        "each key that is still published is one more that can be stolen and used",
        "withdraw keys when the last token that they have signed has expired",
    ),
    Rule::notice(
        "jwks_certificate",
        |set| {
            set.each(|key| {
                let names = ["x5c", "x5u", "x5t", "x5t#S256"];
                let name = names
                    .into_iter()
                    .find(|name| key.value.get(name).is_some())?;
                Some((name.into(), "there".into()))
            })
        },
        "verifiers of tokens do not look at certificates: they make the set large, and expire unnoticed",
        "leave it out",
    ),
];

/// A set as far as it can be read.
pub(super) struct Subject {
    document: Document,
    keys: Vec<Key>,
}

struct Key {
    place: String,
    value: Value,
    jwk: Result<Jwk, KeyError>,
}

impl Subject {
    pub(super) fn read(text: &str) -> Self {
        let mut document = Document::read(text, "");
        let single = document.has("kty") && !document.has("keys");
        let members = &document.members;
        let keys = match members.get("keys") {
            Some(Value::Array(keys)) => keys.clone(),
            _ if single => vec![Value::Object(members.clone())],
            _ => {
                document.problem.get_or_insert(JsonError::Type);
                Vec::new()
            }
        };
        let place = |index: usize| format!("keys[{index}]");
        let keys = keys.into_iter().enumerate().map(|(index, value)| Key {
            place: if single { "key".into() } else { place(index) },
            jwk: Jwk::from_value(&value),
            value,
        });
        Self {
            keys: keys.collect(),
            document,
        }
    }

    /// The keys of which `look` says where below them it found what.
    fn each(&self, look: impl Fn(&Key) -> Option<(String, String)>) -> Hits {
        let found = |key: &Key| {
            let (member, found) = look(key)?;
            Some(hit(key.at(&member), found))
        };
        self.keys.iter().filter_map(found).collect()
    }

    fn of(&self, is_bad: impl Fn(&Key) -> bool, member: &str, found: &str) -> Hits {
        self.each(|key| is_bad(key).then(|| (member.to_owned(), found.to_owned())))
    }
}

impl Key {
    fn at(&self, member: &str) -> String {
        match member {
            "" => self.place.clone(),
            member => super::document::member(&self.place, member),
        }
    }
}

fn text<'k>(key: &'k Key, name: &str) -> &'k str {
    key.value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn malformed(set: &Subject) -> Hits {
    let Some(problem) = &set.document.problem else {
        let objects = |key: &Key| !key.value.is_object();
        return set.of(objects, "", "not an object");
    };
    let found = match problem {
        JsonError::Type => "no array \"keys\"".to_owned(),
        other => other.to_string(),
    };
    vec![hit("keys", found)]
}

fn is_asymmetric(key: &Key) -> bool {
    text(key, "kty") != "oct"
}

fn shows_secret(key: &Key) -> bool {
    check_no_private_member(&key.value).is_err()
}

fn several_without_kid(set: &Subject) -> Hits {
    let several = set.keys.len() > 1;
    let missing = |key: &Key| several && text(key, "kid").is_empty();
    set.of(missing, "kid", "not there, or empty")
}

fn kid_twice(set: &Subject) -> Hits {
    let mut first = BTreeMap::new();
    let mut hits = Vec::new();
    for key in set.keys.iter().filter(|key| !text(key, "kid").is_empty()) {
        match first.get(text(key, "kid")) {
            Some(place) => hits.push(hit(key.at("kid"), format!("the same as {place}'s"))),
            None => drop(first.insert(text(key, "kid"), &key.place)),
        }
    }
    hits
}

fn key_twice(set: &Subject) -> Hits {
    let mut first = BTreeMap::new();
    let mut hits = Vec::new();
    for key in &set.keys {
        let Ok(jwk) = &key.jwk else { continue };
        let thumbprint = jwk.thumbprint();
        match first.get(&thumbprint) {
            Some(place) => hits.push(hit(key.at(""), format!("the same key as {place}"))),
            None => drop(first.insert(thumbprint, &key.place)),
        }
    }
    hits
}

fn not_thumbprint(set: &Subject) -> Hits {
    set.each(|key| {
        let jwk = key.jwk.as_ref().ok().filter(|_| is_asymmetric(key))?;
        let kid = Some(text(key, "kid")).filter(|kid| !kid.is_empty())?;
        let differs = kid != jwk.thumbprint();
        differs.then(|| ("kid".into(), quoted(kid)))
    })
}

/// RFC 7517 §4.3: both may stand, if they agree; operations must not repeat.
fn use_conflict(set: &Subject) -> Hits {
    let conflict = |key: &Key| {
        let jwk = key.jwk.as_ref().ok();
        let forbidden = jwk.is_some_and(|jwk| jwk.check_use("verify").is_err());
        forbidden && text(key, "use") != "enc"
    };
    set.of(
        conflict,
        "key_ops",
        "use and key_ops do not allow \"verify\" together",
    )
}

fn weak_exponent(set: &Subject) -> Hits {
    set.each(|key| match key.jwk.as_ref().map(|jwk| &jwk.material) {
        Ok(Material::Rsa { e, .. }) => {
            let exponent = e
                .iter()
                .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
            let weak = e.len() <= 4 && exponent < 65_537;
            weak.then(|| ("e".into(), exponent.to_string()))
        }
        _ => None,
    })
}

fn invalid(set: &Subject) -> Hits {
    set.each(|key| {
        let error = match &key.jwk {
            Ok(jwk) => VerifyingKey::from_jwk(jwk).err()?,
            Err(error) => error.clone(),
        };
        match error {
            KeyError::Invalid => Some((String::new(), error.to_string())),
            KeyError::Member { member } => Some((member.to_owned(), "missing or malformed".into())),
            KeyError::Json(_) if key.value.is_object() => {
                Some((String::new(), "a member has the wrong type".into()))
            }
            _ => None,
        }
    })
}
