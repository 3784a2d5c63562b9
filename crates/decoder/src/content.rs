//! The members of header and claims, for showing.

use serde_json::{Value, json};
use symbolon_jose::{MAX_NUMERIC_DATE, loose::Content};

/// Members whose numbers are moments (RFC 7519 §4.1, OpenID Connect Core §2 and §5.1).
const DATES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// The members in the order of the text, each value as JSON text: a number that JavaScript could not
/// hold stays as it is.
pub(crate) fn shown(content: &Content) -> Value {
    match content {
        Content::Absent => json!({"kind": "absent"}),
        Content::Unreadable => json!({"kind": "unreadable"}),
        Content::Text(text) => json!({"kind": "text", "text": text}),
        Content::Members(members) => {
            let members: Vec<_> = members.0.iter().map(member).collect();
            json!({"kind": "members", "members": members})
        }
    }
}

fn member((name, value): &(String, Value)) -> Value {
    let json = format!("{value:#}");
    if DATES.contains(&name.as_str()) {
        json!({"name": name, "json": json, "date": date(value)})
    } else {
        json!({"name": name, "json": json})
    }
}

/// A moment in seconds, or why it is none.
fn date(value: &Value) -> Value {
    match whole_seconds(value) {
        None => json!({"problem": "not_a_number"}),
        Some(seconds) if is_moment(seconds) => json!({"seconds": seconds}),
        Some(millis) if is_moment(millis / 1000) => json!({"problem": "milliseconds"}),
        Some(_) => json!({"problem": "no_moment"}),
    }
}

const fn is_moment(seconds: i64) -> bool {
    seconds.unsigned_abs() <= MAX_NUMERIC_DATE.unsigned_abs()
}

/// Fractions are dropped, as the verifier drops them.
pub(crate) fn whole_seconds(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return Some(seconds);
    }
    let seconds = value.as_f64()?.floor();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float saturates, and then is no moment"
    )]
    Some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use symbolon_jose::loose::Members;

    use super::*;

    #[test]
    fn moments_are_told_from_what_only_looks_like_one() {
        for (value, expected) in [
            (json!(1_795_486_800), json!({"seconds": 1_795_486_800})),
            (json!(1_795_486_800.9), json!({"seconds": 1_795_486_800})),
            (
                json!(1_795_486_800_000_i64),
                json!({"problem": "milliseconds"}),
            ),
            (json!("1795486800"), json!({"problem": "not_a_number"})),
            (json!(1e300), json!({"problem": "no_moment"})),
        ] {
            assert_eq!(date(&value), expected, "{value}");
        }
    }

    #[test]
    fn members_keep_their_order_and_stand_twice_if_they_do() {
        let members = Members(vec![
            ("b".into(), json!("<b>")),
            ("a".into(), json!({"x": 1})),
            ("b".into(), json!(9_007_199_254_740_993_i64)),
        ]);
        let shown = shown(&Content::Members(members));
        let json: Vec<_> = shown["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["json"].as_str().unwrap())
            .collect();
        assert_eq!(json, ["\"<b>\"", "{\n  \"x\": 1\n}", "9007199254740993"]);
    }
}
