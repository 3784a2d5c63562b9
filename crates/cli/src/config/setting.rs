//! How a value is read, whatever layer says it, and how it is shown.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use symbolon_core::time::{DURATION_UNITS, parse_duration};
use toml::de::{DeInteger, DeValue};

use crate::text::quoted;

/// A value as a layer says it, before its type is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    /// Text of a variable or a flag: may stand for any type.
    Untyped(String),
    /// A TOML string.
    Text(String),
    /// A TOML integer.
    Integer(i64),
    /// A TOML boolean.
    Bool(bool),
    /// A TOML array.
    List(Vec<Raw>),
    /// Anything else TOML has: the name of its type.
    Other(&'static str),
}

impl Raw {
    pub(crate) fn from_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(number) => {
                integer(number).map_or(Self::Other("integer out of range"), Self::Integer)
            }
            DeValue::Boolean(on) => Self::Bool(*on),
            DeValue::Array(list) => {
                let item = |one: &toml::Spanned<DeValue<'_>>| Self::from_toml(one.get_ref());
                Self::List(list.iter().map(item).collect())
            }
            other => Self::Other(other.type_str()),
        }
    }

    /// A TOML literal of our own, e.g. a default.
    pub(crate) fn from_literal(literal: &str) -> Self {
        DeValue::parse(literal).map_or(Self::Other("unreadable literal"), |value| {
            Self::from_toml(value.get_ref())
        })
    }

    const fn type_name(&self) -> &'static str {
        match self {
            Self::Untyped(_) | Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Bool(_) => "a boolean",
            Self::List(_) => "an array",
            Self::Other(name) => name,
        }
    }
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

/// A type that a key can have.
pub(crate) trait Setting: Sized {
    /// What a value looks like, as in "expected …".
    const EXPECTED: &'static str;
    /// A secret is never echoed, and may come from a `…_FILE` variable.
    const SECRET: bool = false;

    /// Reads the text of a variable, a flag or a TOML string.
    fn from_text(text: &str) -> Result<Self, String>;

    /// Reads a value of any type.
    fn from_raw(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Untyped(text) | Raw::Text(text) => Self::from_text(text),
            other => Err(wrong_type::<Self>(other)),
        }
    }

    /// The value for showing; a secret shows as redacted.
    fn show(&self) -> toml::Value;
}

fn wrong_type<T: Setting>(raw: &Raw) -> String {
    format!("expected {}, found {}", T::EXPECTED, raw.type_name())
}

/// The complaint about a text that is no `T`.
pub(crate) fn not_a<T: Setting>(text: &str) -> String {
    if T::SECRET {
        format!("expected {}", T::EXPECTED)
    } else {
        format!("expected {}, found {}", T::EXPECTED, quoted(text))
    }
}

/// Checks `value` against bounds written as TOML literals of the same type.
pub(crate) fn in_range<T: Setting + PartialOrd>(
    value: &T,
    min: &str,
    max: &str,
) -> Result<(), String> {
    let bound = |literal: &str| T::from_raw(&Raw::from_literal(literal));
    if bound(min)? <= *value && *value <= bound(max)? {
        Ok(())
    } else {
        Err(format!("{} is not between {min} and {max}", value.show()))
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "a string";

    fn from_text(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.clone())
    }
}

impl Setting for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| not_a::<Self>(text))
    }

    fn from_raw(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Bool(on) => Ok(*on),
            Raw::Untyped(text) => Self::from_text(text),
            other => Err(wrong_type::<Self>(other)),
        }
    }

    fn show(&self) -> toml::Value {
        toml::Value::Boolean(*self)
    }
}

impl Setting for u32 {
    const EXPECTED: &'static str = "a whole number";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| not_a::<Self>(text))
    }

    fn from_raw(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Integer(number) => Self::try_from(*number)
                .map_err(|_| format!("{number} is not between 0 and {}", Self::MAX)),
            Raw::Untyped(text) => Self::from_text(text),
            other => Err(wrong_type::<Self>(other)),
        }
    }

    fn show(&self) -> toml::Value {
        toml::Value::Integer(i64::from(*self))
    }
}

impl Setting for Duration {
    const EXPECTED: &'static str = r#"a duration like "10s", "5m", "12h" or "30d""#;

    fn from_text(text: &str) -> Result<Self, String> {
        parse_duration(text).ok_or_else(|| not_a::<Self>(text))
    }

    fn show(&self) -> toml::Value {
        let secs = self.as_secs();
        let (unit, size) = DURATION_UNITS
            .into_iter()
            // One day is "24h", as people say it of deadlines.
            .find(|(unit, size)| {
                secs.is_multiple_of(*size) && secs > if *unit == "d" { *size } else { 0 }
            })
            .unwrap_or(("s", 1));
        toml::Value::String(format!("{}{unit}", secs / size))
    }
}

impl Setting for SocketAddr {
    const EXPECTED: &'static str = r#"an address and port like "127.0.0.1:8080" or "[::]:8080""#;

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| not_a::<Self>(text))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.to_string())
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn from_text(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err(not_a::<Self>(text));
        }
        Ok(Self::from(text))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.display().to_string())
    }
}

impl Setting for IpNet {
    const EXPECTED: &'static str = r#"a network like "10.0.0.0/8" or "::1/128""#;

    fn from_text(text: &str) -> Result<Self, String> {
        let single = || text.parse::<std::net::IpAddr>().ok().map(Self::from);
        text.parse()
            .ok()
            .or_else(single)
            .ok_or_else(|| not_a::<Self>(text))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.to_string())
    }
}

impl<T: Setting> Setting for Vec<T> {
    const EXPECTED: &'static str = "an array (in a variable: a list with commas)";
    const SECRET: bool = T::SECRET;

    fn from_text(text: &str) -> Result<Self, String> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        parts.map(T::from_text).collect()
    }

    fn from_raw(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::List(list) => list.iter().map(T::from_raw).collect(),
            Raw::Untyped(text) => Self::from_text(text),
            other => Err(wrong_type::<Self>(other)),
        }
    }

    fn show(&self) -> toml::Value {
        toml::Value::Array(self.iter().map(T::show).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_one_number_and_one_unit() {
        for (text, secs) in [
            ("0s", 0),
            ("10s", 10),
            ("5m", 300),
            ("12h", 43_200),
            ("30d", 2_592_000),
        ] {
            let read = Duration::from_text(text).unwrap();
            assert_eq!(read.as_secs(), secs);
            assert_eq!(read.show().as_str(), Some(text));
        }
        for bad in [
            "",
            "s",
            "5",
            "5 m",
            "-5m",
            "1h30m",
            "1.5h",
            "5M",
            "99999999999d",
            "+5s",
        ] {
            assert!(Duration::from_text(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_in_quotes_is_a_string_in_toml_but_not_in_a_variable() {
        assert!(u32::from_raw(&Raw::Text("5".into())).is_err());
        assert_eq!(u32::from_raw(&Raw::Untyped("5".into())), Ok(5));
        assert!(bool::from_raw(&Raw::Untyped("yes".into())).is_err());
    }

    #[test]
    fn ranges_include_their_ends() {
        assert!(in_range(&5_u32, "5", "7").is_ok());
        assert!(in_range(&7_u32, "5", "7").is_ok());
        assert_eq!(
            in_range(&8_u32, "5", "7").unwrap_err(),
            "8 is not between 5 and 7"
        );
    }
}
