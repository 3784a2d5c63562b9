//! A strict JSON check, run over text before serde reads it.
//!
//! Serde's `Value` keeps the last of two members with one name; other parsers keep the first.
//! Two readers of one token would then see two identities, so a duplicate member is refused at
//! any level, and so are trailing data and nesting deeper than [`MAX_DEPTH`] (RFC 7515 §4,
//! RFC 7519 §4, RFC 8259 §4). The one thing that must not be broken: names are compared after
//! their escapes are undone.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use serde::de::DeserializeOwned;

/// Deepest nesting of arrays and objects that is read.
pub const MAX_DEPTH: usize = 32;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON (RFC 8259), or data after the value; `offset` counts bytes.
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
    scanner.value(0)?;
    scanner.end()
}

/// Checks `bytes` with [`check`], then reads a `T`.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    from_str(std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?)
}

/// Checks `text` with [`check`], then reads a `T`.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    check(text)?;
    serde_json::from_str(text).map_err(|_| JsonError::Type)
}

/// Checks that `text` is one JSON object, strictly, and shows each of its own members (not those
/// further down) to `visit` as name and place of the value.
pub(crate) fn scan_object(
    text: &str,
    visit: impl FnMut(&str, Range<usize>),
) -> Result<(), JsonError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_white();
    if scanner.peek() != Some(b'{') {
        check(text)?;
        return Err(JsonError::NotAnObject);
    }
    scanner.object(0, visit)?;
    scanner.end()
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

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    const fn syntax(&self) -> JsonError {
        JsonError::Syntax { offset: self.at }
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.syntax());
        }
        self.at += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), JsonError> {
        self.skip_white();
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(self.syntax())
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.object(depth, |_, _| ()),
            Some(b'[') => self.array(depth),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.syntax()),
        }
    }

    fn object(
        &mut self,
        depth: usize,
        mut visit: impl FnMut(&str, Range<usize>),
    ) -> Result<(), JsonError> {
        self.descend(depth)?;
        if self.closes(b'}') {
            return Ok(());
        }
        let mut names = Names::new();
        loop {
            let name = self.string()?;
            if !names.insert(name.clone()) {
                return Err(JsonError::DuplicateMember {
                    name: name.into_owned(),
                });
            }
            self.skip_white();
            self.expect(b':')?;
            self.skip_white();
            let start = self.at;
            self.value(depth + 1)?;
            visit(&name, start..self.at);
            if !self.another(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), JsonError> {
        self.descend(depth)?;
        if self.closes(b']') {
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            if !self.another(b']')? {
                return Ok(());
            }
        }
    }

    /// Steps over an opening bracket unless it nests too deep.
    fn descend(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth >= MAX_DEPTH {
            return Err(JsonError::TooDeep);
        }
        self.at += 1;
        self.skip_white();
        Ok(())
    }

    fn closes(&mut self, bracket: u8) -> bool {
        let closed = self.peek() == Some(bracket);
        self.at += usize::from(closed);
        closed
    }

    /// After a member or an element: a comma (`true`) or the closing bracket (`false`).
    fn another(&mut self, bracket: u8) -> Result<bool, JsonError> {
        self.skip_white();
        if self.closes(bracket) {
            return Ok(false);
        }
        self.expect(b',')?;
        self.skip_white();
        Ok(true)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at;
        self.expect(b'"')?;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.syntax()),
            }
        }
        self.at += 1;
        let quoted = self
            .text
            .get(start..self.at)
            .ok_or(JsonError::Syntax { offset: start })?;
        if escaped {
            let undone = serde_json::from_str(quoted);
            return undone
                .map(Cow::Owned)
                .map_err(|_| JsonError::Syntax { offset: start });
        }
        let inner = quoted.get(1..quoted.len() - 1);
        inner
            .map(Cow::Borrowed)
            .ok_or(JsonError::Syntax { offset: start })
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.syntax());
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.syntax());
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }
}

/// The member names of one object: a list while it is short, a tree when somebody sends thousands.
struct Names<'a> {
    /// One bit per (rough) fingerprint; a clear bit means the name is new.
    seen: u64,
    list: Vec<Cow<'a, str>>,
    tree: BTreeSet<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    const LIST_MAX: usize = 24;

    fn new() -> Self {
        Self {
            seen: 0,
            list: Vec::with_capacity(16),
            tree: BTreeSet::new(),
        }
    }

    /// Adds a name; `false` if it was there.
    fn insert(&mut self, name: Cow<'a, str>) -> bool {
        let bit = fingerprint(&name);
        let is_new = self.seen & bit == 0 || !self.list.contains(&name);
        self.seen |= bit;
        if self.list.len() < Self::LIST_MAX {
            self.list.push(name);
            return is_new;
        }
        is_new && self.tree.insert(name)
    }
}

fn fingerprint(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let edge = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default());
    let mix = bytes.len() * 7 + edge(bytes.first()) * 31 + edge(bytes.last());
    1 << (mix % 64)
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
        for twice in [0, 23, 24, 25, 4_999] {
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
            shown.push((name.to_owned(), text[place].to_owned()))
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
