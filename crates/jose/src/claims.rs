//! The registered claims (RFC 7519 §4.1), read strictly from the payload's text.
//!
//! A NumericDate must be a JSON number (a string is refused), not negative, and not after the
//! year 9999. A fraction counts against the token: `exp` and `iat` drop it, `nbf` goes on to the next
//! second, so that no token is good for longer than is written.

use std::ops::Range;

use crate::{
    error::TokenError,
    json::{self, JsonError, Place},
};

/// The last NumericDate that is read: 9999-12-31T23:59:59Z.
pub const MAX_NUMERIC_DATE: i64 = 253_402_300_799;

/// The registered claims of one token. Most of its texts are not copies but places in the
/// decoded payload, which it owns.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisteredClaims {
    text: String,
    issuer: Option<Text>,
    subject: Option<Text>,
    id: Option<Text>,
    audience: Option<AudienceText>,
    expires_at: Option<i64>,
    not_before: Option<i64>,
    issued_at: Option<i64>,
}

#[derive(Clone, PartialEq, Eq)]
enum Text {
    /// Where it stands in the payload, without quotes.
    At(Range<usize>),
    /// It had escapes.
    Owned(String),
}

#[derive(Clone, PartialEq, Eq)]
enum AudienceText {
    One(Text),
    Many(Vec<String>),
}

impl RegisteredClaims {
    /// Reads a payload: a strict JSON object whose registered claims have the right types.
    ///
    /// # Errors
    /// [`TokenError::ClaimsNotObject`], [`TokenError::ClaimsDuplicateMember`],
    /// [`TokenError::ClaimsMalformed`].
    pub fn read(payload: Vec<u8>) -> Result<Self, TokenError> {
        Self::read_noting(payload, |_| ())
    }

    /// As [`RegisteredClaims::read`], and shows where each member stands.
    pub(crate) fn read_noting(
        payload: Vec<u8>,
        mut note: impl FnMut(Place),
    ) -> Result<Self, TokenError> {
        let text =
            String::from_utf8(payload).map_err(|_| TokenError::ClaimsMalformed { claim: None })?;
        let mut places = Places::default();
        let visit = |name: &str, place: Place| {
            places.take(name, &place);
            note(place);
        };
        json::scan_object(&text, visit).map_err(refusal)?;
        Ok(Self {
            issuer: claim(places.iss, "iss", |place| string(&text, place))?,
            subject: claim(places.sub, "sub", |place| string(&text, place))?,
            id: claim(places.jti, "jti", |place| string(&text, place))?,
            audience: claim(places.aud, "aud", |place| audience(&text, place))?,
            expires_at: claim(places.exp, "exp", |place| {
                date(&text, place, Fraction::Dropped)
            })?,
            not_before: claim(places.nbf, "nbf", |place| {
                date(&text, place, Fraction::Completed)
            })?,
            issued_at: claim(places.iat, "iat", |place| {
                date(&text, place, Fraction::Dropped)
            })?,
            text,
        })
    }

    /// The payload as JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.text
    }

    /// `iss` (RFC 7519 §4.1.1).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(|text| text.resolve(&self.text))
    }

    /// `sub` (RFC 7519 §4.1.2).
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_ref().map(|text| text.resolve(&self.text))
    }

    /// `jti` (RFC 7519 §4.1.7).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_ref().map(|text| text.resolve(&self.text))
    }

    /// Whether `aud` is there, be it empty.
    #[must_use]
    pub const fn has_audience(&self) -> bool {
        self.audience.is_some()
    }

    /// The values of `aud`, be it a string or an array (RFC 7519 §4.1.3).
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match &self.audience {
            Some(AudienceText::One(text)) => (Some(text.resolve(&self.text)), &[][..]),
            Some(AudienceText::Many(texts)) => (None, texts.as_slice()),
            None => (None, &[][..]),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }

    /// `exp` in seconds since 1970 UTC (RFC 7519 §4.1.4).
    #[must_use]
    pub const fn expires_at(&self) -> Option<i64> {
        self.expires_at
    }

    /// `nbf` in seconds since 1970 UTC (RFC 7519 §4.1.5).
    #[must_use]
    pub const fn not_before(&self) -> Option<i64> {
        self.not_before
    }

    /// `iat` in seconds since 1970 UTC (RFC 7519 §4.1.6).
    #[must_use]
    pub const fn issued_at(&self) -> Option<i64> {
        self.issued_at
    }
}

impl std::fmt::Debug for RegisteredClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisteredClaims")
            .field("issuer", &self.issuer())
            .field("subject", &self.subject())
            .field("id", &self.id())
            .field("audiences", &self.audiences().collect::<Vec<_>>())
            .field("expires_at", &self.expires_at)
            .field("not_before", &self.not_before)
            .field("issued_at", &self.issued_at)
            .finish_non_exhaustive()
    }
}

impl Text {
    fn resolve<'t>(&'t self, payload: &'t str) -> &'t str {
        match self {
            Self::At(place) => payload.get(place.clone()).unwrap_or_default(),
            Self::Owned(text) => text,
        }
    }
}

/// Where the registered claims' values stand.
#[derive(Default)]
struct Places {
    iss: Option<Place>,
    sub: Option<Place>,
    aud: Option<Place>,
    exp: Option<Place>,
    nbf: Option<Place>,
    iat: Option<Place>,
    jti: Option<Place>,
}

impl Places {
    fn take(&mut self, name: &str, place: &Place) {
        // As bytes, names are told apart by their length and one word; as text, by seven calls.
        match name.as_bytes() {
            b"iss" => self.iss = Some(place.clone()),
            b"sub" => self.sub = Some(place.clone()),
            b"aud" => self.aud = Some(place.clone()),
            b"exp" => self.exp = Some(place.clone()),
            b"nbf" => self.nbf = Some(place.clone()),
            b"iat" => self.iat = Some(place.clone()),
            b"jti" => self.jti = Some(place.clone()),
            _ => {}
        }
    }
}

/// What a failed strict reading means for a payload.
pub(crate) fn refusal(error: JsonError) -> TokenError {
    match error {
        JsonError::DuplicateMember { name } => TokenError::ClaimsDuplicateMember { name },
        JsonError::NotAnObject => TokenError::ClaimsNotObject,
        _ => TokenError::ClaimsMalformed { claim: None },
    }
}

/// Reads a claim if it is there; one that is there must be readable.
#[inline]
fn claim<T>(
    place: Option<Place>,
    name: &'static str,
    read: impl FnOnce(Place) -> Option<T>,
) -> Result<Option<T>, TokenError> {
    let Some(place) = place else { return Ok(None) };
    match read(place) {
        Some(value) => Ok(Some(value)),
        None => Err(TokenError::ClaimsMalformed { claim: Some(name) }),
    }
}

/// RFC 7519 §2, StringOrURI: a JSON string.
#[inline]
fn string(text: &str, place: Place) -> Option<Text> {
    if place.is_plain_string {
        return Some(Text::At(place.range.start + 1..place.range.end - 1));
    }
    let undone = text.get(place.range).and_then(json::unquote)?;
    Some(Text::Owned(undone.into_owned()))
}

/// RFC 7519 §4.1.3: a string, or an array of strings.
fn audience(text: &str, place: Place) -> Option<AudienceText> {
    let raw = text.get(place.range.clone())?;
    if raw.starts_with('[') {
        return serde_json::from_str(raw).ok().map(AudienceText::Many);
    }
    string(text, place).map(AudienceText::One)
}

/// What becomes of a second that has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fraction {
    Dropped,
    Completed,
}

/// RFC 7519 §2, NumericDate, as narrowed in the module's description.
fn date(text: &str, place: Place, fraction: Fraction) -> Option<i64> {
    let raw = text.get(place.range)?;
    if raw.starts_with('-') {
        return None;
    }
    let seconds = match raw.parse() {
        Ok(seconds) => seconds,
        Err(_) => decimal(raw, fraction)?,
    };
    (0..=MAX_NUMERIC_DATE).contains(&seconds).then_some(seconds)
}

/// Digits with a point or an exponent (some serialisers write 1.8e9), exactly: a double would
/// round the last microsecond of a second up.
fn decimal(raw: &str, fraction: Fraction) -> Option<i64> {
    let (mantissa, exponent) = raw.split_once(['e', 'E']).unwrap_or((raw, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    let (mut seconds, mut begun, mut at) = (0_i64, false, 0);
    for digit in whole.chars().chain(rest.chars()) {
        let digit = digit.to_digit(10)?;
        if at < point {
            seconds = seconds.checked_mul(10)?.checked_add(i64::from(digit))?;
        } else {
            begun |= digit != 0;
        }
        at += 1;
    }
    while at < point && seconds != 0 {
        seconds = seconds.checked_mul(10)?;
        at += 1;
    }
    seconds.checked_add(i64::from(begun && fraction == Fraction::Completed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn malformed(claim: &'static str) -> TokenError {
        TokenError::ClaimsMalformed { claim: Some(claim) }
    }

    fn read(text: &str) -> Result<RegisteredClaims, TokenError> {
        RegisteredClaims::read(text.as_bytes().to_vec())
    }

    #[test]
    fn every_registered_claim_is_read() {
        let text =
            r#"{"iss":"i","sub":"a\u0062","aud":["x","y"],"exp":3,"nbf":2,"iat":1,"jti":"j"}"#;
        let claims = read(text).unwrap();
        assert_eq!(claims.issuer(), Some("i"));
        assert_eq!(claims.subject(), Some("ab"));
        assert_eq!(claims.audiences().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(claims.id(), Some("j"));
        let times = (claims.expires_at(), claims.not_before(), claims.issued_at());
        assert_eq!(times, (Some(3), Some(2), Some(1)));
    }

    #[test]
    fn a_numeric_date_is_a_number_in_range_without_its_fraction() {
        for (text, seconds) in [
            ("0", 0),
            ("1800000000", 1_800_000_000),
            ("1.999999999999999999999", 1),
            ("1.8e9", 1_800_000_000),
            ("18E+8", 1_800_000_000),
            ("15e-1", 1),
            ("180000000000e-2", 1_800_000_000),
            ("0.18E10", 1_800_000_000),
            ("1800000000.9999999999999e0", 1_800_000_000),
            ("0e99", 0),
            ("1e-99", 0),
            ("253402300799", MAX_NUMERIC_DATE),
            ("253402300799.9", MAX_NUMERIC_DATE),
        ] {
            let claims = read(&format!("{{\"exp\":{text}}}")).unwrap();
            assert_eq!(claims.expires_at(), Some(seconds), "{text}");
        }
        for text in [
            "\"1\"",
            "null",
            "true",
            "[]",
            "{}",
            "-1",
            "-0",
            "-0.5",
            "253402300800",
            "1e307",
            "1e300",
            "99999999999999999999",
            "-1e2",
            "1e99",
            "2.534023008e11",
        ] {
            for claim in ["exp", "nbf", "iat"] {
                let refused = read(&format!("{{\"{claim}\":{text}}}")).unwrap_err();
                assert_eq!(refused, malformed(claim), "{text}");
            }
        }
    }

    #[test]
    fn a_fraction_never_makes_a_token_good_for_longer() {
        for (text, begins) in [
            ("1", 1),
            ("1.0", 1),
            ("1.000000000000000000001", 2),
            ("19e-1", 2),
            ("1e-99", 1),
            ("0.0e5", 0),
        ] {
            let claims = read(&format!("{{\"nbf\":{text}}}")).unwrap();
            assert_eq!(claims.not_before(), Some(begins), "{text}");
        }
        let last = read(r#"{"nbf":253402300799.5}"#).unwrap_err();
        assert_eq!(last, malformed("nbf"));
    }

    #[test]
    fn a_text_claim_is_a_string() {
        for claim in ["iss", "sub", "jti", "aud"] {
            for text in ["1", "null", "{}", "true"] {
                let refused = read(&format!("{{\"{claim}\":{text}}}")).unwrap_err();
                assert_eq!(refused, malformed(claim), "{text}");
            }
        }
        assert_eq!(read(r#"{"aud":["a",1]}"#).unwrap_err(), malformed("aud"));
        assert_eq!(read(r#"{"iss":["a"]}"#).unwrap_err(), malformed("iss"));
    }

    #[test]
    fn the_payload_is_a_strict_object() {
        assert_eq!(read("[1]").unwrap_err(), TokenError::ClaimsNotObject);
        assert_eq!(read("\"a\"").unwrap_err(), TokenError::ClaimsNotObject);
        assert_eq!(
            read("").unwrap_err(),
            TokenError::ClaimsMalformed { claim: None }
        );
        let twice = TokenError::ClaimsDuplicateMember { name: "sub".into() };
        assert_eq!(
            read(r#"{"sub":"a","act":{"sub":"b"},"su\u0062":"c"}"#).unwrap_err(),
            twice
        );
        let not_utf8 = RegisteredClaims::read(b"{\"a\":\"\xff\"}".to_vec());
        assert_eq!(
            not_utf8.unwrap_err(),
            TokenError::ClaimsMalformed { claim: None }
        );
    }
}
