//! The protected header: strict reading, and one check per rule.
//!
//! `jwk`, `jku`, `x5u` and `x5c` are never honoured: a token cannot bring its own key
//! (RFC 8725 §3.10), so these members are not even read here. Proofs of possession, which no
//! identity is taken from, are another thing: see [`possession`](crate::possession).

use crate::{
    algorithm::Algorithm,
    base64url,
    error::{TokenError, VerifyError},
    json::{self, JsonError, Place},
    validation::JwsRules,
    verify::{Check, Observer, tell},
};

/// A header after [`read`]: what later checks need, and no refusal left in it but those that
/// depend on the verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) alg: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
}

/// A header's members before any check but that of its JSON.
#[derive(Default)]
pub(crate) struct RawHeader {
    pub(crate) alg: Option<String>,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
    has_crit: bool,
    has_zip: bool,
    has_b64: bool,
    malformed: bool,
}

/// Reads an encoded header and runs the checks that are the same for every verifier, as well as
/// the allow list, which comes first.
pub(crate) fn read(
    encoded: &str,
    rules: &JwsRules,
    observer: &mut impl Observer,
) -> Result<Header, VerifyError> {
    let raw = decode_text(encoded).and_then(|text| RawHeader::read(&text));
    let raw = tell(observer, Check::Header, raw)?;
    let alg = tell(observer, Check::Algorithm, check_alg(&raw, rules))?;
    tell(observer, Check::Unencoded, check_b64(&raw))?;
    tell(observer, Check::Critical, check_crit(&raw))?;
    tell(observer, Check::Compression, check_zip(&raw))?;
    Ok(Header {
        alg,
        kid: raw.kid,
        typ: raw.typ,
    })
}

/// The header's text.
pub(crate) fn decode_text(encoded: &str) -> Result<String, TokenError> {
    let bytes = base64url::decode(encoded).map_err(|_| TokenError::Malformed)?;
    String::from_utf8(bytes).map_err(|_| TokenError::HeaderMalformed)
}

/// What a failed strict reading means for a header.
pub(crate) fn refusal(error: JsonError) -> TokenError {
    match error {
        JsonError::DuplicateMember { name } => TokenError::HeaderDuplicateMember { name },
        _ => TokenError::HeaderMalformed,
    }
}

impl RawHeader {
    /// RFC 7515 §4: a JSON object, each member once.
    pub(crate) fn read(text: &str) -> Result<Self, TokenError> {
        let mut raw = Self::default();
        json::scan_object(text, |name, place| raw.take(name, text, place)).map_err(refusal)?;
        if raw.malformed {
            Err(TokenError::HeaderMalformed)
        } else {
            Ok(raw)
        }
    }

    fn take(&mut self, name: &str, text: &str, place: Place) {
        let target = match name {
            "alg" => &mut self.alg,
            "kid" => &mut self.kid,
            "typ" => &mut self.typ,
            "crit" => return self.has_crit = true,
            "zip" => return self.has_zip = true,
            "b64" => return self.has_b64 = true,
            _ => return,
        };
        match text.get(place.range).and_then(json::unquote) {
            Some(value) => *target = Some(value.into_owned()),
            None => self.malformed = true,
        }
    }
}

/// RFC 7515 §4.1.1, RFC 8725 §3.1 and §3.2: on the verifier's list, and "none" never is.
pub(crate) fn check_alg(raw: &RawHeader, rules: &JwsRules) -> Result<Algorithm, VerifyError> {
    let name = raw.alg.as_deref().ok_or(TokenError::HeaderMalformed)?;
    if name.eq_ignore_ascii_case("none") {
        return Err(VerifyError::AlgNone);
    }
    match name.parse() {
        Ok(alg) => rules.check_alg(alg).map(|()| alg),
        Err(_) => Err(rules.alg_refusal(name)),
    }
}

/// RFC 7797: an unencoded payload is never accepted, and the member means nothing else.
pub(crate) const fn check_b64(raw: &RawHeader) -> Result<(), VerifyError> {
    if raw.has_b64 {
        Err(VerifyError::B64NotSupported)
    } else {
        Ok(())
    }
}

/// RFC 7515 §4.1.11: no extension is understood, and an empty list is malformed.
pub(crate) const fn check_crit(raw: &RawHeader) -> Result<(), VerifyError> {
    if raw.has_crit {
        Err(VerifyError::CritNotSupported)
    } else {
        Ok(())
    }
}

/// RFC 8725 §3.6: no decompression.
pub(crate) const fn check_zip(raw: &RawHeader) -> Result<(), VerifyError> {
    if raw.has_zip {
        Err(VerifyError::ZipNotSupported)
    } else {
        Ok(())
    }
}
