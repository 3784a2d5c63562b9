//! What a client says that it takes, and how gladly (RFC 9110 §12.4.2).

use http::{HeaderMap, HeaderName};

/// Wishes that are looked at; nobody has more.
const MAX: usize = 32;

/// What the field names, each with its quality in thousandths; 0: not at all.
pub(crate) fn wishes(headers: &HeaderMap, field: HeaderName) -> Vec<(&str, u16)> {
    headers
        .get_all(field)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(wish)
        .take(MAX)
        .collect()
}

/// `de-AT;q=0.8` as what is named and thousandths. What is no quality makes it nobody's wish.
fn wish(text: &str) -> Option<(&str, u16)> {
    let (tag, parameter) = text.split_once(';').unwrap_or((text, "q=1"));
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    Some((tag.trim(), thousandths(value.trim())?))
}

/// `0`, `1`, or a fraction of up to three digits (RFC 9110 §12.4.2).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !matches!(whole, "0" | "1") {
        return None;
    }
    let value = format!("{whole}{fraction:0<3}").parse().ok()?;
    (value <= 1000).then_some(value)
}
