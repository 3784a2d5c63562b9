//! How members of a token are shown: escaped, and dates in words.

use std::io;

use serde_json::{Map, Value, json};

use crate::{
    moment, output,
    text::{visible, visible_json},
};

/// Members whose numbers are moments (RFC 7519 §4.1, OpenID Connect Core §2 and §5.1).
const DATES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// Writes a heading and a line for each member.
pub(super) fn members(heading: &str, members: &[(String, Value)], now: i64) -> io::Result<()> {
    output::line(&output::styled(output::BOLD, heading))?;
    let width = members
        .iter()
        .map(|(name, _)| visible(name).chars().count())
        .max()
        .unwrap_or(0);
    for (name, value) in members {
        let json = value.to_string();
        let words =
            date(name, value, now).map(|words| format!("  {}", output::styled(output::DIM, words)));
        output::line(&format!(
            "  {:<width$}  {}{}",
            visible(name),
            visible_json(&json),
            words.unwrap_or_default()
        ))?;
    }
    Ok(())
}

/// The members as a JSON object; of two with one name the last.
pub(super) fn object(members: &[(String, Value)]) -> Value {
    Value::Object(members.iter().cloned().collect())
}

/// The moments among the members, in words, as a JSON object.
pub(super) fn dates(members: &[(String, Value)], now: i64) -> Value {
    let words =
        |(name, value): &(String, Value)| Some((name.clone(), json!(date(name, value, now)?)));
    Value::Object(members.iter().filter_map(words).collect::<Map<_, _>>())
}

/// A member that is a moment, in words.
fn date(name: &str, value: &Value, now: i64) -> Option<String> {
    if !DATES.contains(&name) {
        return None;
    }
    let Some(secs) = whole_seconds(value) else {
        return Some("no NumericDate: it must be a number of seconds".to_owned());
    };
    Some(
        match moment::utc(secs).filter(|_| secs <= symbolon_jose::MAX_NUMERIC_DATE) {
            Some(utc) => format!("{utc} ({})", moment::relative(secs, now)),
            None if moment::utc(secs / 1000).is_some() => {
                "no NumericDate: these look like milliseconds".to_owned()
            }
            None => "no moment of the calendar".to_owned(),
        },
    )
}

/// Fractions are dropped, as the verifier drops them.
fn whole_seconds(value: &Value) -> Option<i64> {
    if let Some(secs) = value.as_i64() {
        return Some(secs);
    }
    let secs = value.as_f64()?.floor();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float saturates, and then is no moment"
    )]
    Some(secs as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_in_words() {
        let now = 1_795_486_560;
        let words = |value| date("exp", &value, now).unwrap();
        assert_eq!(
            words(json!(1_795_486_800)),
            "2026-11-24 02:20:00 UTC (in 4 min)"
        );
        assert_eq!(
            words(json!(1_795_486_800.5)),
            "2026-11-24 02:20:00 UTC (in 4 min)"
        );
        assert!(words(json!(1_795_486_800_000_i64)).contains("milliseconds"));
        assert!(words(json!("1795486800")).contains("must be a number"));
        assert!(words(json!(1e300)).contains("no moment"));
        assert_eq!(date("jti", &json!(5), now), None);
    }
}
