//! A token as far as it can be read, for people who look at a broken one.
//!
//! The one thing that must not be broken: nothing here says that a token is good. Whether it is
//! even well formed is the strict decoder's word ([`decode`](crate::decode)); this reader only shows
//! what is there and says what is odd about it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::{base64url, lint};

/// What was found in a token.
#[derive(Debug, Default)]
pub struct LooseToken {
    /// The header.
    pub header: Content,
    /// The payload.
    pub claims: Content,
    /// The signature's length in bytes, if it can be read.
    pub signature_bytes: Option<usize>,
    /// What is odd.
    pub oddities: Vec<String>,
}

/// A part's content.
#[derive(Debug, Default, PartialEq)]
pub enum Content {
    /// The part is not there.
    #[default]
    Absent,
    /// The part is there, but not even bytes.
    Unreadable,
    /// Text that is no JSON object.
    Text(String),
    /// A JSON object's members as they stand, also twice.
    Members(Members),
}

impl Content {
    /// The members, if it is an object.
    #[must_use]
    pub fn members(&self) -> &[(String, Value)] {
        match self {
            Self::Members(Members(members)) => members,
            _ => &[],
        }
    }
}

/// A JSON object in the order of its text; a name can stand twice.
#[derive(Debug, Default, PartialEq)]
pub struct Members(pub Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// The token as it was meant: without surrounding white space and without the word "Bearer".
#[must_use]
pub fn bare(text: &str) -> &str {
    let text = text.trim();
    match text.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer ") => rest.trim_start(),
        _ => text,
    }
}

/// Reads what can be read.
#[must_use]
pub fn read(text: &str) -> LooseToken {
    let mut token = LooseToken::default();
    let parts: Vec<&str> = text.split('.').collect();
    match parts.len() {
        3 => {}
        1 => token.odd("there is no dot: a token has three parts"),
        2 => token.odd("there are two parts: the signature is missing, even its dot"),
        5 => token.odd(
            "there are five parts: this is an encrypted token (JWE), its claims cannot be read",
        ),
        other => token.odd(&format!("there are {other} parts instead of three")),
    }
    let mut parts = parts.into_iter();
    token.header = token.content("header", parts.next());
    if parts.len() != 4 {
        token.claims = token.content("payload", parts.next());
        token.signature_bytes = parts.next().and_then(|part| {
            let signature = token.bytes("signature", part)?;
            Some(signature.len())
        });
    }
    if let Some((_, Value::String(alg))) = token
        .header
        .members()
        .iter()
        .find(|(name, _)| name == "alg")
        && alg.eq_ignore_ascii_case("none")
    {
        token.odd("alg is none: nothing protects this token");
    }
    token
}

impl LooseToken {
    fn odd(&mut self, what: &str) {
        self.oddities.push(what.to_owned());
    }

    fn content(&mut self, part: &str, encoded: Option<&str>) -> Content {
        let Some(encoded) = encoded else {
            return Content::Absent;
        };
        let Some(bytes) = self.bytes(part, encoded) else {
            return Content::Unreadable;
        };
        if std::str::from_utf8(&bytes).is_err() {
            self.odd(&format!("{part}: not UTF-8"));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        match serde_json::from_str::<Members>(&text) {
            Ok(members) => {
                self.duplicates(part, &text);
                Content::Members(members)
            }
            Err(error) => {
                self.odd(&format!("{part}: {error}"));
                match std::str::from_utf8(&bytes) {
                    Ok(_) => Content::Text(text),
                    Err(_) => Content::Unreadable,
                }
            }
        }
    }

    fn duplicates(&mut self, part: &str, text: &str) {
        for place in lint::duplicate_members(text) {
            let place = quoted(&place);
            self.odd(&format!(
                "{part}: {place} stands twice; readers differ on which counts"
            ));
        }
    }

    /// The bytes, by force if need be.
    fn bytes(&mut self, part: &str, encoded: &str) -> Option<Vec<u8>> {
        if let Ok(bytes) = base64url::decode(encoded) {
            return Some(bytes);
        }
        let mut standard = String::with_capacity(encoded.len());
        let (mut padded, mut foreign, mut spaced) = (false, false, false);
        for c in encoded.chars() {
            match c {
                'A'..='Z' | 'a'..='z' | '0'..='9' => standard.push(c),
                '-' => standard.push('+'),
                '_' => standard.push('/'),
                '+' | '/' => {
                    foreign = true;
                    standard.push(c);
                }
                '=' => padded = true,
                c if c.is_whitespace() => spaced = true,
                other => {
                    let shown = quoted(&other.to_string());
                    self.odd(&format!("{part}: {shown} is no character of base64url"));
                    return None;
                }
            }
        }
        for (found, what) in [
            (padded, "padded with =, which base64url in a token is not"),
            (
                foreign,
                "the alphabet of plain base64 (+ and /) instead of base64url (- and _)",
            ),
            (spaced, "white space within"),
        ] {
            if found {
                self.odd(&format!("{part}: {what}"));
            }
        }
        if standard.len() % 4 == 1 {
            standard.pop();
            self.odd(&format!(
                "{part}: its length is impossible; something was cut off"
            ));
        } else if !padded && !foreign && !spaced {
            self.odd(&format!(
                "{part}: its last character has stray bits; it was altered or cut off"
            ));
        }
        base64_simd::forgiving_decode_to_vec(standard.as_bytes()).ok()
    }
}

/// In quotes, without characters that deceive the eye, cut off where it would flood the screen.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> String {
        base64url::encode(text.as_bytes())
    }

    #[test]
    fn a_sound_token_has_nothing_odd() {
        let token = read(&format!(
            "{}.{}.AAAA",
            encode(r#"{"alg":"EdDSA"}"#),
            encode(r#"{"b":1,"a":2}"#)
        ));
        assert_eq!(token.oddities, [""; 0]);
        assert_eq!(token.signature_bytes, Some(3));
        let names: Vec<_> = token
            .claims
            .members()
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["b", "a"], "in the order of the text");
    }

    #[test]
    fn broken_tokens_are_shown_as_far_as_they_go() {
        let (header, claims) = (encode(r#"{"alg":"none"}"#), encode(r#"{"a":1,"a":2}"#));
        let token = read(&format!("{header}=.{claims}"));
        assert_eq!(token.header.members().len(), 1);
        assert_eq!(token.claims.members().len(), 2);
        let all = token.oddities.join("\n");
        for expected in ["two parts", "padded", "alg is none", "\"a\" stands twice"] {
            assert!(all.contains(expected), "{expected}: {all}");
        }
        let cut = read(&format!("{header}.{}", &claims[..10]));
        assert_eq!(cut.claims, Content::Text("{\"a\":1,".into()));
    }

    #[test]
    fn a_duplicate_is_named_at_every_level() {
        let claims = encode(r#"{"a":{"b":[{"c":1,"\u0063":2}]},"d":1,"d":2}"#);
        let token = read(&format!("{}.{claims}.AAAA", encode("{}")));
        let all = token.oddities.join("\n");
        for expected in ["\"a.b[0].c\" stands twice", "\"d\" stands twice"] {
            assert!(all.contains(expected), "{expected}: {all}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_not_shown() {
        let token = read("hello.e30.AA");
        assert_eq!(token.header, Content::Unreadable);
        assert!(token.oddities.join("\n").contains("header: not UTF-8"));
    }

    #[test]
    fn what_stands_around_a_token_is_left_out() {
        for text in ["a.b.c", " a.b.c\n", "Bearer a.b.c", "bearer   a.b.c"] {
            assert_eq!(bare(text), "a.b.c", "{text}");
        }
        assert_eq!(bare("Bearer"), "Bearer");
        assert_eq!(bare("  "), "");
    }

    #[test]
    fn what_deceives_the_eye_is_escaped() {
        assert_eq!(quoted("a\u{202e}b\u{1b}"), r#""a\u{202e}b\u{1b}""#);
        assert_eq!(quoted(&"x".repeat(200)).chars().count(), 83);
    }

    #[test]
    fn nothing_makes_it_panic() {
        for text in [
            "",
            ".",
            "..",
            "....",
            "é.ü.ñ",
            "A.A.A",
            "\u{202e}",
            "a.b.c.d.e",
            "====.=.=",
        ] {
            let _ = read(text);
        }
    }
}
