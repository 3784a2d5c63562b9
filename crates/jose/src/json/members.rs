//! The members of an object that was scanned, read into a type without another scan.
//!
//! Serde's reader would go through every string again, also through those that the type ignores.
//! The scan knows where each value stands, so a string without escapes is handed out as it is, an
//! ignored value costs nothing, and only the rest goes through serde's reader.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor,
    value::{BorrowedStrDeserializer, StringDeserializer},
};
use serde_json::Error;

use super::{Place, unquote};

/// Where the members of an object stand, in their order.
#[derive(Default)]
pub(crate) struct Members(Vec<Place>);

impl Members {
    /// Room for what an access token has, taken once.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(16))
    }

    #[inline]
    pub(crate) fn push(&mut self, place: Place) {
        self.0.push(place);
    }

    /// Reads a `T` from the object's text, as serde's own reader does.
    pub(crate) fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        T::deserialize(Object {
            text,
            places: &self.0,
        })
    }
}

/// Gives each method to serde's reader of the whole text.
macro_rules! by_reader {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            serde_json::Deserializer::from_str(self.text).$method($($argument,)* visitor)
        }
    )*};
}

struct Object<'de, 'p> {
    text: &'de str,
    places: &'p [Place],
}

impl<'de> Deserializer<'de> for Object<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut rest = Rest {
            text: self.text,
            places: self.places.iter(),
            value: None,
        };
        let value = visitor.visit_map(&mut rest)?;
        match rest.places.next() {
            None => Ok(value),
            Some(_) => Err(Error::custom("members that were not read")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    by_reader! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
        deserialize_u128() deserialize_f32() deserialize_f64() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_seq()
        deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier() deserialize_ignored_any()
    }
}

/// The members that are still to be read.
struct Rest<'de, 'p> {
    text: &'de str,
    places: std::slice::Iter<'p, Place>,
    value: Option<Member<'de>>,
}

impl<'de> MapAccess<'de> for &mut Rest<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(place) = self.places.next() else {
            return Ok(None);
        };
        self.value = Member::at(self.text, place);
        let name = self.text.get(place.name.clone()).unwrap_or_default();
        if place.is_plain_name {
            let name = name.get(1..name.len() - 1).unwrap_or_default();
            return seed
                .deserialize(BorrowedStrDeserializer::new(name))
                .map(Some);
        }
        let name = unquote(name)
            .ok_or_else(|| Error::custom("no name"))?
            .into_owned();
        seed.deserialize(StringDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self.value.take();
        seed.deserialize(value.ok_or_else(|| Error::custom("no value"))?)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.places.len())
    }
}

/// One value.
struct Member<'de> {
    text: &'de str,
    /// What stands between the quotes, if it is a string without escapes.
    plain: Option<&'de str>,
}

impl<'de> Member<'de> {
    #[inline]
    fn at(text: &'de str, place: &Place) -> Option<Self> {
        let text = text.get(place.range.clone())?;
        let plain = if place.is_plain_string {
            text.get(1..text.len() - 1)
        } else {
            None
        };
        Some(Self { text, plain })
    }
}

/// A plain string goes to the visitor, everything else to serde's reader.
macro_rules! plain_or_by_reader {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.plain {
                Some(plain) => visitor.visit_borrowed_str(plain),
                None => serde_json::Deserializer::from_str(self.text).$method(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Member<'de> {
    type Error = Error;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.text {
            "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    plain_or_by_reader! { deserialize_any deserialize_str deserialize_string }

    by_reader! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
        deserialize_u128() deserialize_f32() deserialize_f64() deserialize_char()
        deserialize_bytes() deserialize_byte_buf() deserialize_unit()
        deserialize_unit_struct(name: &'static str) deserialize_newtype_struct(name: &'static str)
        deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize) deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::Value;

    use super::*;
    use crate::json::scan_object;

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
        let mut members = Members::new();
        scan_object(text, |_, place| members.push(place)).unwrap();
        members.read(text)
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
        Two(u8),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(String);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Some4 {
        a: String,
        b: Option<u32>,
        #[serde(default)]
        c: Vec<Kind>,
        d: Option<Wrapped>,
        #[serde(rename = "é")]
        e: Option<Box<Some4>>,
        k: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        a: String,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Narrow {
        a: Value,
    }

    const TEXTS: [&str; 12] = [
        "{}",
        r#"{"a":"x"}"#,
        r#" { "a" : "x\u0041" , "b" : 7 } "#,
        r#"{"\u0061":"x","b":null,"c":["one",{"two":3}],"d":"w"}"#,
        r#"{"a":"","é":{"a":"inner","b":-1},"z":[1e3,{"q":[]}]}"#,
        r#"{"a":"","\u00e9":{"a":"inner"},"k":"one","z":"skipped"}"#,
        r#"{"a":"","k":{"two":1},"d":null}"#,
        r#"{"a":1}"#,
        r#"{"a":null}"#,
        r#"{"a":"x","b":"7"}"#,
        r#"{"a":"x","b":7.5,"k":"three"}"#,
        r#"{"a":"x","extra":true}"#,
    ];

    fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>() {
        for text in TEXTS {
            let ours = read::<T>(text).ok();
            assert_eq!(ours, serde_json::from_str::<T>(text).ok(), "{text}");
        }
    }

    #[test]
    fn every_type_is_read_as_serde_reads_it() {
        same::<Value>();
        same::<Some4>();
        same::<Flat>();
        same::<Narrow>();
        same::<BTreeMap<String, Value>>();
        same::<Option<Some4>>();
        same::<()>();
        same::<String>();
        same::<Kind>();
    }
}
