//! The checks of a verifier, and who is told of them.
//!
//! The one thing that must not be broken: whoever watches is told and never asked.

use symbolon_jose::{Observer, Unobserved};

use crate::Rejection;

/// One check of a verifier. They are made in the order of [`Check::all`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The issuer's keys are known.
    Keys,
    /// A check of the token itself.
    Token(symbolon_jose::Check),
    /// The token names the route's audience.
    RouteAudience,
    /// The request holds the key that the token is bound to (`cnf`).
    Confirmation,
    /// Neither session, grant, token, client nor key was revoked.
    Revocation,
    /// The token carries the scopes.
    Scope,
}

impl Check {
    /// Every check, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        let token = symbolon_jose::Check::ALL.iter().copied().map(Self::Token);
        std::iter::once(Self::Keys).chain(token).chain([
            Self::RouteAudience,
            Self::Confirmation,
            Self::Revocation,
            Self::Scope,
        ])
    }

    /// The stable snake_case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Token(check) => check.name(),
            Self::RouteAudience => "route_audience",
            Self::Confirmation => "cnf",
            Self::Revocation => "revocation",
            Self::Scope => "scope",
        }
    }
}

/// Is told of the verifier's own checks beside those of the token.
pub(crate) trait Watch: Observer {
    fn checked_here(&mut self, check: Check, outcome: Result<(), &Rejection>);
}

impl Watch for Unobserved {
    #[inline]
    fn checked_here(&mut self, _: Check, _: Result<(), &Rejection>) {}
}

/// Tells whoever watches, and hands the result on.
#[inline]
pub(crate) fn tell(
    watch: &mut impl Watch,
    check: Check,
    outcome: Result<(), Rejection>,
) -> Result<(), Rejection> {
    watch.checked_here(check, outcome.as_ref().copied());
    outcome
}
