//! A strict JSON check, run over text before serde reads it.
//!
//! Serde's `Value` keeps the last of two members with one name; other parsers keep the first.
//! Two readers of one token would then see two identities, so a duplicate member is refused at
//! any level, and so are trailing data, nesting deeper than [`MAX_DEPTH`] and numbers that no double
//! holds (RFC 7515 §4, RFC 7519 §4, RFC 8259 §4, RFC 7493 §2.2). The one thing that must not be broken: names are compared after
//! their escapes are undone.

mod members;
mod names;
mod scanner;

use std::borrow::Cow;

use serde::de::DeserializeOwned;

pub(crate) use members::Members;
pub(crate) use scanner::Place;
use scanner::Scanner;

/// Deepest nesting of arrays and objects that is read.
pub const MAX_DEPTH: usize = 32;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON (RFC 8259), data after the value, or a number beyond the range of a double;
    /// `offset` counts bytes.
    #[error("not JSON at byte {offset}")]
    Syntax {
        /// Where the text stops being JSON, in bytes.
        offset: usize,
    },
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// An object has two members of this name.
    #[error("duplicate member \"{name}\"")]
    DuplicateMember {
        /// The name that stands twice, escapes undone.
        name: String,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The value is not an object where one is needed.
    #[error("not a JSON object")]
    NotAnObject,
    /// Strict JSON, but not of the type that was asked for.
    #[error("JSON of an unexpected type")]
    Type,
}

/// Checks that `text` is one JSON value, strictly.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn check(text: &str) -> Result<(), JsonError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_white();
    let read = scanner.value(0).and_then(|_| scanner.end());
    read.map_err(|fault| scanner.error(fault))
}

/// Checks that `bytes` are one JSON object, strictly, then reads a `T`.
///
/// Serde reads a struct from an array as well, member by member in the order of the code. What a
/// specification calls an object is read with this.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    from_str(std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?)
}

/// As [`from_slice`], for text.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    scan_object(text, |_, _| ())?;
    serde_json::from_str(text).map_err(|_| JsonError::Type)
}

/// Checks that `text` is one JSON object, strictly, and shows each of its own members (not those
/// further down) to `visit` as name and place of the value.
pub(crate) fn scan_object(text: &str, visit: impl FnMut(&str, Place)) -> Result<(), JsonError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_white();
    if scanner.peek() != Some(b'{') {
        check(text)?;
        return Err(JsonError::NotAnObject);
    }
    let read = scanner.object(0, visit).and_then(|()| scanner.end());
    read.map_err(|fault| scanner.error(fault))
}

/// Undoes a JSON string given with its quotes; borrows when there is nothing to undo.
pub(crate) fn unquote(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind_are_read() {
        for text in [
            "{}",
            "[]",
            " [1, -0.5e+7 ,\"a\\u00e9\\n\"] ",
            "null",
            "{\"a\":{\"a\":[true]}}",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "-",
            "tru",
            "\"\u{1}\"",
            "\"\\x\"",
            "\"\\",
            "\"\\ud800\"",
            "\"\\u12\"",
            "{} {}",
            "1 1",
            "[1 2]",
            "\u{feff}{}",
            "NaN",
            "{\"a\":1,}",
            "\"a",
        ] {
            assert!(
                matches!(check(text), Err(JsonError::Syntax { .. })),
                "{text:?}"
            );
        }
    }

    /// Found by fuzzing: who skipped the member took the token, who read it did not.
    #[test]
    fn a_number_that_no_double_holds_is_refused() {
        let digits = "9".repeat(400);
        for number in ["1e400", "-1E+309", "1.8e91800000000", &digits] {
            for text in [number.to_owned(), format!("{{\"a\":[{number}]}}")] {
                let refused = matches!(check(&text), Err(JsonError::Syntax { .. }));
                assert!(refused, "{text}");
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
            }
        }
        let small = format!("0.{}", "3".repeat(400));
        for number in [
            "1.7e308",
            "-1e-400",
            "0e0",
            "123456789012345678901234567890",
            &small,
        ] {
            assert_eq!(check(number), Ok(()), "{number}");
        }
    }

    #[test]
    fn a_duplicate_is_found_at_any_level_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"[{"x":{"a":1,"b":2,"a":3}}]"#,
            r#"{"":1,"":1}"#,
        ] {
            assert!(
                matches!(check(text), Err(JsonError::DuplicateMember { .. })),
                "{text}"
            );
        }
        assert_eq!(check(r#"{"a":{"a":1},"A":[{"a":1},{"a":1}]}"#), Ok(()));
    }

    #[test]
    fn a_duplicate_is_found_among_thousands() {
        let names: Vec<_> = (0..5_000).map(|n| format!("\"m{n}\":0")).collect();
        assert_eq!(check(&format!("{{{}}}", names.join(","))), Ok(()));
        for twice in [0, 15, 16, 17, 4_999] {
            let text = format!("{{{},\"m{twice}\":0}}", names.join(","));
            let name = format!("m{twice}");
            assert_eq!(check(&text), Err(JsonError::DuplicateMember { name }));
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(check(&nested(MAX_DEPTH + 1)), Err(JsonError::TooDeep));
        assert_eq!(check(&"[".repeat(1_000_000)), Err(JsonError::TooDeep));
    }

    #[test]
    fn only_the_top_members_are_shown() {
        let text = r#" {"a" : {"b":1}, "c":"d"} "#;
        let mut shown = Vec::new();
        scan_object(text, |name, place| {
            shown.push((name.to_owned(), text[place.range].to_owned()))
        })
        .unwrap();
        assert_eq!(
            shown,
            [
                ("a".into(), "{\"b\":1}".into()),
                ("c".into(), "\"d\"".to_owned())
            ] as [(String, String); 2]
        );
        assert_eq!(scan_object("[1]", |_, _| ()), Err(JsonError::NotAnObject));
    }
}
