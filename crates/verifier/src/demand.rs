//! What one route demands of a token beyond its validity.

/// What to do when the local copy of the revocation log is older than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnStale {
    /// Refuse every token: an ended session is never accepted late, at the price of an outage
    /// when the issuer is unreachable for longer than `max_staleness`.
    #[default]
    Reject,
    /// Ask the issuer about each token (RFC 7662) for as long as the copy is too old. The calls that
    /// may wait do so: [`Verifier::verify_online`](crate::Verifier::verify_online), the layer and
    /// the extractor. The synchronous ones refuse, as with [`OnStale::Reject`]. An issuer that does
    /// not answer means refusal too. Needs the scope `tokens:introspect`.
    ///
    /// An answer serves every request with the same token for one second, counted from when it was
    /// asked for: a token ended during an outage of the log is accepted for that long at most, and for as long as its answer takes (2 s).
    Introspect,
    /// Go on with what is known. Revocations of the time of the outage are not seen; of a verifier
    /// that has never had the whole log ([`Startup::Lazy`](crate::Startup)), none is.
    Accept,
}

/// Demands of one route, checked on every request, cached token or not.
///
/// ```
/// use symbolon_verifier::Demand;
/// const READ: Demand<'_> = Demand::new().scopes(&["orders:read"]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Demand<'a> {
    pub(crate) scopes: &'a [&'a str],
    pub(crate) audience: Option<&'a str>,
    pub(crate) on_stale: Option<OnStale>,
    pub(crate) confirmation: Option<&'a str>,
}

impl<'a> Demand<'a> {
    /// No demands.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            scopes: &[],
            audience: None,
            on_stale: None,
            confirmation: None,
        }
    }

    /// The token must carry every one of these scope values.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'a [&'a str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// The token must name this audience; one of the verifier's own, of which any would do
    /// otherwise.
    #[must_use]
    pub const fn audience(mut self, audience: &'a str) -> Self {
        self.audience = Some(audience);
        self
    }

    /// Overrides the verifier's setting.
    #[must_use]
    pub const fn on_stale(mut self, on_stale: OnStale) -> Self {
        self.on_stale = Some(on_stale);
        self
    }

    /// The request has proved to hold the key of this RFC 7638 thumbprint (RFC 9449 §7.1): the
    /// token must be bound to exactly this key. Without this, a bound token is refused.
    #[must_use]
    pub const fn confirmation(mut self, thumbprint: &'a str) -> Self {
        self.confirmation = Some(thumbprint);
        self
    }
}
