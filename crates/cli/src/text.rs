//! Text of others on our terminal: characters that move the cursor, turn the direction of reading
//! or show nothing are written as escapes, so that what is seen is what is there.

use std::{borrow::Cow, fmt::Write as _};

/// Characters that must not reach a terminal as they are.
#[must_use]
pub const fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{E000}'..='\u{F8FF}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{10FFFF}'
    )
}

/// The text with every deceptive character as `\u{…}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_deceptive(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The text in quotes, made visible, cut off where it would flood the screen.
#[must_use]
pub fn quoted(text: &str) -> String {
    const MAX: usize = 80;
    let cut: String = text.chars().take(MAX).collect();
    let rest = if cut.len() < text.len() { "…" } else { "" };
    format!("\"{}{rest}\"", visible(&cut))
}

/// JSON text in which every deceptive character is an escape of JSON's own (RFC 8259 §7). They
/// can stand in strings only, so the value stays the same.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    // Line breaks and tabs of pretty printing are not within strings.
    let deceptive = |c: char| is_deceptive(c) && !matches!(c, '\n' | '\t' | '\r');
    if !json.chars().any(deceptive) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if deceptive(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_escaped_and_the_rest_is_left() {
        assert_eq!(visible("Zoë 中 🦀"), "Zoë 中 🦀");
        assert_eq!(visible("a\u{1b}[2Jb"), r"a\u{1b}[2Jb");
        assert_eq!(
            visible("a\u{202e}b\u{200b}c\n"),
            r"a\u{202e}b\u{200b}c\u{a}"
        );
        assert_eq!(visible("x\u{9b}y"), r"x\u{9b}y");
    }

    #[test]
    fn json_keeps_its_value() {
        let text = "\u{202e}x\u{e0041}\u{7f}";
        let json = serde_json::to_string(text).unwrap();
        let shown = visible_json(&json);
        assert!(shown.is_ascii(), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(quoted(&"x".repeat(200)).chars().count(), 83);
    }
}
