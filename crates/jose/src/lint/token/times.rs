//! Times: how long the token lives, and clocks that are wrong.

use serde_json::Value;

use super::Subject;
use crate::{
    lint::rule::{Hits, Rule, hit, hit_if},
    validation::FUTURE_IAT_TOLERANCE,
};

/// Longer than a stolen token should serve: 60 minutes.
const LONG: i64 = 3_600;
/// A day.
const EXCESSIVE: i64 = 86_400;
/// Seconds above this are beyond the year 5000, so they are milliseconds.
const MILLISECONDS: f64 = 1e11;

const TIMES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::error(
        "exp_missing",
        |token| {
            let missing = token.has_claims() && !token.claims.has("exp");
            hit_if(missing, "claims.exp", || "not there".into())
        },
        "the token is good for ever: who steals it once has it until the key changes",
        "write exp, some minutes after iat",
    ),
    Rule::warning(
        "iat_missing",
        |token| {
            let missing = token.has_claims() && !token.claims.has("iat");
            hit_if(missing, "claims.iat", || "not there".into())
        },
        "nobody can say how old the token is or how long it lives; RFC 9068 §2.2 demands it",
        "write iat, the time of issue",
    ),
    Rule::warning(
        "lifetime_long",
        |token| lifetime(token, LONG, EXCESSIVE),
        "a stolen token serves for more than an hour, and a change of rights waits as long",
        "let access tokens live for 5 to 15 minutes and refresh them",
    ),
    Rule::error(
        "lifetime_excessive",
        |token| lifetime(token, EXCESSIVE, i64::MAX),
        "a stolen token serves for more than a day",
        "let access tokens live for 5 to 15 minutes and refresh them",
    ),
    Rule::warning(
        "token_expired",
        expired,
        "verifiers refuse it",
        "refresh it; if it is new, look at the clocks of issuer and this machine",
    ),
    Rule::warning(
        "nbf_in_future",
        not_yet,
        "verifiers refuse it until then",
        "wait, or look at the clocks of issuer and this machine",
    ),
    Rule::error(
        "iat_in_future",
        issued_in_future,
        "the issuer's clock is ahead, or this machine's is behind: lifetimes are not what they seem",
        "keep both clocks disciplined (NTP)",
    ),
    Rule::error(
        "exp_before_iat",
        |token| ordered(token, "iat", "exp"),
        "the token had expired when it was issued",
        "write exp = iat + lifetime, in seconds",
    ),
    Rule::error(
        "exp_before_nbf",
        |token| ordered(token, "nbf", "exp"),
        "there is no moment at which the token is good",
        "write nbf before exp, or leave it out",
    ),
    Rule::error(
        "time_in_milliseconds",
        milliseconds,
        "a NumericDate counts seconds (RFC 7519 §2): read as such, the token lives for thousands of years, or is refused",
        "divide by 1000",
    ),
    Rule::error(
        "time_not_number",
        not_number,
        "a NumericDate is a number (RFC 7519 §2); some verifiers take a text for no expiry at all",
        "write a JSON number of seconds since 1970",
    ),
    Rule::warning(
        "time_fractional",
        fractional,
        "verifiers differ on whether a fraction is rounded, dropped or refused",
        "write whole seconds",
    ),
    Rule::error(
        "time_out_of_range",
        out_of_range,
        "a time before 1970 or after the year 9999 is refused, or overflows",
        "write seconds since 1970",
    ),
];

fn lifetime(token: &Subject, above: i64, up_to: i64) -> Hits {
    let Some(exp) = token.seconds("exp").filter(|exp| is_plausible(*exp)) else {
        return Vec::new();
    };
    // Without iat the token lives at least from now on.
    let from = token.seconds("iat").filter(|iat| is_plausible(*iat));
    let seconds = exp.saturating_sub(from.unwrap_or(token.now));
    let long = seconds > above && seconds <= up_to;
    hit_if(long, "claims.exp", || {
        format!("lives for {}", words(seconds))
    })
}

fn is_plausible(seconds: i64) -> bool {
    (0..100_000_000_000).contains(&seconds)
}

fn words(seconds: i64) -> String {
    const UNITS: [(i64, i64, &str); 3] = [
        (2 * 3_600, 60, "min"),
        (2 * 86_400, 3_600, "h"),
        (2 * 31_536_000, 86_400, "d"),
    ];
    let unit = UNITS.into_iter().find(|(below, ..)| seconds < *below);
    let (_, size, name) = unit.unwrap_or((0, 31_536_000, "years"));
    format!("{} {name}", seconds / size)
}

fn expired(token: &Subject) -> Hits {
    let exp = token.seconds("exp").unwrap_or(i64::MAX);
    hit_if(exp <= token.now, "claims.exp", || {
        format!("expired {} ago", words(token.now.saturating_sub(exp)))
    })
}

fn not_yet(token: &Subject) -> Hits {
    let nbf = token.seconds("nbf").filter(|nbf| is_plausible(*nbf));
    let ahead = nbf.unwrap_or(0).saturating_sub(token.now);
    hit_if(ahead > 0, "claims.nbf", || format!("{ahead} s ahead"))
}

fn issued_in_future(token: &Subject) -> Hits {
    let iat = token.seconds("iat").filter(|iat| is_plausible(*iat));
    let ahead = iat.unwrap_or(0).saturating_sub(token.now);
    hit_if(ahead > FUTURE_IAT_TOLERANCE, "claims.iat", || {
        format!("{ahead} s ahead")
    })
}

fn ordered(token: &Subject, first: &str, second: &str) -> Hits {
    let (Some(early), Some(late)) = (token.seconds(first), token.seconds(second)) else {
        return Vec::new();
    };
    hit_if(late <= early, format!("claims.{second}"), || {
        format!("{second} is {late}, {first} is {early}")
    })
}

/// The times that are there and of which `is_bad` holds.
fn of_times(token: &Subject, found: &str, is_bad: fn(&Value) -> bool) -> Hits {
    let bad = |name: &&str| token.claim(name).is_some_and(is_bad);
    TIMES
        .into_iter()
        .filter(bad)
        .map(|name| hit(format!("claims.{name}"), found))
        .collect()
}

fn milliseconds(token: &Subject) -> Hits {
    of_times(token, "looks like milliseconds", |value| {
        value
            .as_f64()
            .is_some_and(|number| (MILLISECONDS..MILLISECONDS * 1e3).contains(&number))
    })
}

fn not_number(token: &Subject) -> Hits {
    of_times(token, "not a number", |value| !value.is_number())
}

fn fractional(token: &Subject) -> Hits {
    of_times(token, "has a fraction", |value| {
        value.as_f64().is_some_and(|number| number.fract() != 0.0)
    })
}

/// What is beyond the calendar, milliseconds apart: those have their own rule.
fn out_of_range(token: &Subject) -> Hits {
    of_times(token, "out of range", |value| {
        let number = value.as_f64();
        number.is_some_and(|number| !(0.0..MILLISECONDS * 1e3).contains(&number))
    })
}
