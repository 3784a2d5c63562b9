//! What a verifier looks at in an HTTP request, whatever framework it comes from.

use symbolon_protocol::RejectReason;

/// The parts of a request that say who it comes from.
///
/// ```
/// use symbolon_verifier::RequestHead;
///
/// let head = RequestHead::new("GET", "/orders?open=1")
///     .authorization([b"Bearer a.b.c".as_slice()])
///     .dpop([]);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct RequestHead<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    authorization: Values<'a>,
    dpop: Values<'a>,
}

/// The values of a header that may be there once.
#[derive(Clone, Copy)]
enum Values<'a> {
    None,
    One(&'a [u8]),
    Many,
}

/// How the token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750 §2.1.
    Bearer,
    /// RFC 9449 §7.1.
    Dpop,
}

/// One token with its scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Presented<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) token: &'a str,
}

impl<'a> RequestHead<'a> {
    /// A request without any of the headers yet. `path` is as the client sent it, from its first
    /// slash; a query does not matter.
    pub const fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            authorization: Values::None,
            dpop: Values::None,
        }
    }

    /// Every value of `Authorization`.
    pub fn authorization(mut self, values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        self.authorization = Values::of(values);
        self
    }

    /// Every value of `DPoP`. Without a [`Dpop`](crate::Dpop) they do not matter.
    pub fn dpop(mut self, values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        self.dpop = Values::of(values);
        self
    }

    /// The one token that the request carries.
    ///
    /// Another scheme is no credential here; two headers, or a token with characters that RFC 6750
    /// does not have, are malformed.
    pub(crate) fn token(&self) -> Result<Presented<'a>, RejectReason> {
        let malformed = RejectReason::AuthorizationMalformed;
        let value = match self.authorization {
            Values::None => return Err(RejectReason::CredentialMissing),
            Values::One(value) => value,
            Values::Many => return Err(malformed),
        };
        let text = std::str::from_utf8(value).map_err(|_| malformed)?;
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        let scheme = if scheme.eq_ignore_ascii_case("Bearer") {
            Scheme::Bearer
        } else if scheme.eq_ignore_ascii_case("DPoP") {
            Scheme::Dpop
        } else {
            return Err(RejectReason::CredentialMissing);
        };
        let token = token.trim_start_matches(' ');
        if is_b64token(token) {
            Ok(Presented { scheme, token })
        } else {
            Err(malformed)
        }
    }

    /// RFC 9449 §4.3 check 1: there is not more than one proof.
    pub(crate) fn proof(&self) -> Result<&'a str, RejectReason> {
        match self.dpop {
            Values::One(proof) => {
                std::str::from_utf8(proof).map_err(|_| RejectReason::DpopProofInvalid)
            }
            Values::None | Values::Many => Err(RejectReason::DpopProofMissing),
        }
    }
}

impl<'a> Values<'a> {
    fn of(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::None,
            (Some(one), None) => Self::One(one),
            (Some(_), Some(_)) => Self::Many,
        }
    }
}

/// Both headers are credentials.
impl std::fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::One(_) => "One([redacted])",
            Self::Many => "Many",
        })
    }
}

impl std::fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

/// RFC 6750 §2.1: `b64token`, of which a JWS uses a part.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&'static str]) -> Result<(Scheme, &'static str), RejectReason> {
        let values = values.iter().map(|value| value.as_bytes());
        let head = RequestHead::new("GET", "/").authorization(values);
        head.token()
            .map(|presented| (presented.scheme, presented.token))
    }

    #[test]
    fn one_token_is_read_with_its_scheme() {
        for (good, scheme) in [
            ("Bearer a.b.c", Scheme::Bearer),
            ("bearer a.b.c", Scheme::Bearer),
            ("BEARER   a.b.c", Scheme::Bearer),
            ("DPoP a.b.c", Scheme::Dpop),
            ("dpop a.b.c", Scheme::Dpop),
        ] {
            assert_eq!(read(&[good]), Ok((scheme, "a.b.c")), "{good}");
        }
    }

    #[test]
    fn no_token_is_no_credential() {
        for missing in [&[][..], &["Basic YTpi"], &["Bearerx a.b.c"], &[""]] {
            let refused = read(missing).unwrap_err();
            assert_eq!(refused, RejectReason::CredentialMissing, "{missing:?}");
        }
    }

    #[test]
    fn anything_unclear_is_malformed() {
        for bad in [
            &["Bearer"][..],
            &["Bearer "],
            &["DPoP"],
            &["Bearer a.b.c d"],
            &["Bearer a,b"],
            &["Bearer =="],
            &["Bearer a.b.c", "Bearer a.b.c"],
            &["Bearer a.b.c", "DPoP a.b.c"],
            &["Bearer a.b.c", "Basic YTpi"],
            &["Bearer \u{e4}"],
        ] {
            let refused = read(bad).unwrap_err();
            assert_eq!(refused, RejectReason::AuthorizationMalformed, "{bad:?}");
        }
    }

    #[test]
    fn debug_shows_no_credential() {
        let head = RequestHead::new("GET", "/").authorization([b"Bearer s3cret".as_slice()]);
        let shown = format!("{head:?} {:?}", head.token());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
