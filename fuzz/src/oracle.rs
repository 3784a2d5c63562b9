//! The rules once more, written for clarity only and on another parser (serde's).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use symbolon_jose::json::MAX_DEPTH;

/// The value, if the text is strict JSON: no duplicate member at any level, no deep nesting, no
/// number beyond a double, no lone surrogate, nothing behind it.
pub fn strict_json(text: &str) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(value)
}

/// The members, if the bytes are a strict JSON object.
pub fn strict_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match strict_json(std::str::from_utf8(bytes).ok()?)? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            Err(E::custom("deep"))
        } else {
            Ok(Self { depth })
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(self.deeper::<A::Error>()?)? {
            elements.push(element);
        }
        self.deeper::<A::Error>().map(|_| elements.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        self.deeper::<A::Error>()?;
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self.deeper::<A::Error>()?)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate"));
            }
        }
        Ok(members.into())
    }
}

/// Whether the text is the one base64url encoding of its bytes (RFC 7515 §2, RFC 4648 §3.5).
pub fn is_canonical_base64url(text: &str) -> bool {
    let digit = |byte| {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        ALPHABET.iter().position(|known| *known == byte)
    };
    let Some(digits) = text.bytes().map(digit).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let last = digits.last().copied().unwrap_or_default();
    match digits.len() % 4 {
        0 => true,
        2 => last % 16 == 0,
        3 => last % 4 == 0,
        _ => false,
    }
}

/// Whether a header's `typ` is the expected media type (RFC 7515 §4.1.9).
pub fn is_typ(found: &Value, expected: &str) -> bool {
    let Some(found) = found.as_str() else {
        return false;
    };
    let found = found.to_ascii_lowercase();
    let bare = found
        .strip_prefix("application/")
        .filter(|rest| !rest.contains('/'));
    bare.unwrap_or(&found) == expected
}

/// Whether a header may stand on a token of that algorithm and key.
pub fn header_is_acceptable(header: &Map<String, Value>, alg: &str, kid: &str, typ: &str) -> bool {
    let is = |name: &str, value: &str| header.get(name).is_some_and(|found| found == value);
    is("alg", alg)
        && is("kid", kid)
        && header.get("typ").is_some_and(|found| is_typ(found, typ))
        && !["crit", "b64", "zip"]
            .iter()
            .any(|name| header.contains_key(*name))
}
