//! The registered claims (RFC 7519 §4.1), read strictly from the payload's text.
//!
//! A NumericDate must be a JSON number (a string is refused), not negative, and not after the
//! year 9999. A fraction is dropped (rounded towards the past): `exp` then never lasts longer
//! than written, and `nbf` comes less than a second early, which every leeway covers.

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
        let text =
            String::from_utf8(payload).map_err(|_| TokenError::ClaimsMalformed { claim: None })?;
        let mut places = Places::default();
        json::scan_object(&text, |name, place| places.take(name, place)).map_err(refusal)?;
        Ok(Self {
            issuer: claim(places.iss, "iss", |place| string(&text, place))?,
            subject: claim(places.sub, "sub", |place| string(&text, place))?,
            id: claim(places.jti, "jti", |place| string(&text, place))?,
            audience: claim(places.aud, "aud", |place| audience(&text, place))?,
            expires_at: claim(places.exp, "exp", |place| date(&text, place))?,
            not_before: claim(places.nbf, "nbf", |place| date(&text, place))?,
            issued_at: claim(places.iat, "iat", |place| date(&text, place))?,
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
    fn take(&mut self, name: &str, place: Place) {
        match name {
            "iss" => self.iss = Some(place),
            "sub" => self.sub = Some(place),
            "aud" => self.aud = Some(place),
            "exp" => self.exp = Some(place),
            "nbf" => self.nbf = Some(place),
            "iat" => self.iat = Some(place),
            "jti" => self.jti = Some(place),
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

/// RFC 7519 §2, NumericDate, as narrowed in the module's description.
fn date(text: &str, place: Place) -> Option<i64> {
    numeric_date(text.get(place.range)?)
}

fn numeric_date(raw: &str) -> Option<i64> {
    let seconds = match raw.parse() {
        Ok(seconds) => seconds,
        Err(_) if raw.contains(['e', 'E']) => exponential_date(raw)?,
        Err(_) => raw.split_once('.')?.0.parse().ok()?,
    };
    let in_range = (0..=MAX_NUMERIC_DATE).contains(&seconds) && !raw.starts_with('-');
    in_range.then_some(seconds)
}

/// Some serialisers write 1.8e9. A double is exact far beyond the range that is read.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the fraction is dropped on purpose, and the cast saturates outside the range"
)]
fn exponential_date(raw: &str) -> Option<i64> {
    let seconds: f64 = raw.parse().ok()?;
    Some(seconds.floor() as i64)
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
            ("253402300799", MAX_NUMERIC_DATE),
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
            "1e400",
            "1e300",
            "99999999999999999999",
            "-1e2",
        ] {
            for claim in ["exp", "nbf", "iat"] {
                let refused = read(&format!("{{\"{claim}\":{text}}}")).unwrap_err();
                assert_eq!(refused, malformed(claim), "{text}");
            }
        }
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
