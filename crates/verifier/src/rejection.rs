//! A refusal, and how it is told to whoever sent the token (RFC 6750 §3).

use std::fmt;

use symbolon_jose::VerifyError;
use symbolon_protocol::RejectReason;

use crate::dpop::Challenge;

/// Why a token was refused.
///
/// `Display` is for logs; what a caller may be told is [`Rejection::reason`] and
/// [`Rejection::www_authenticate`], which never repeat anything out of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    reason: RejectReason,
    scope: Option<Box<str>>,
    source: Option<Box<VerifyError>>,
    dpop: Option<Box<Challenge>>,
}

impl Rejection {
    pub(crate) fn scope_insufficient(wanted: &[&str]) -> Self {
        Self {
            scope: Some(wanted.join(" ").into()),
            ..Self::from(RejectReason::ScopeInsufficient)
        }
    }

    /// The same, told to a client that may prove to hold a key.
    pub(crate) fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.dpop = Some(Box::new(challenge));
        self
    }

    /// The value of `DPoP-Nonce` (RFC 9449 §9), where nonces are demanded and one is missing.
    #[must_use]
    pub fn dpop_nonce(&self) -> Option<&str> {
        let challenge = self.dpop.as_deref()?;
        let tells = challenge.scheme_used && self.status() == 401;
        challenge.nonce.as_deref().filter(|_| tells)
    }

    /// The reason, with its stable code.
    #[must_use]
    pub const fn reason(&self) -> RejectReason {
        self.reason
    }

    /// What the JOSE layer has to say, for logs and tools.
    #[must_use]
    pub fn verify_error(&self) -> Option<&VerifyError> {
        self.source.as_deref()
    }

    /// The scopes that were needed, if they were what was missing.
    #[must_use]
    pub fn needed_scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The HTTP status (RFC 6750 §3.1); 503 when it is the verifier that cannot decide.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.reason {
            RejectReason::AuthorizationMalformed => 400,
            RejectReason::ScopeInsufficient | RejectReason::RoleMissing => 403,
            RejectReason::RateLimited => 429,
            RejectReason::RevocationStale
            | RejectReason::KeysUnavailable
            | RejectReason::DpopMemoryFull => 503,
            _ => 401,
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §7.1); `None` when the verifier cannot
    /// decide, which another token would not change.
    ///
    /// A request without a credential gets the bare schemes, as RFC 6750 §3.1 and RFC 9449 §7.2 ask.
    /// Otherwise `error_description` is the stable code.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<String> {
        let dpop = self.dpop.as_deref();
        let error = match self.status() {
            503 | 429 => return None,
            _ if self.reason == RejectReason::CredentialMissing => {
                let proof = dpop.map(|dpop| format!(", DPoP algs=\"{}\"", dpop.algs));
                return Some(format!("Bearer{}", proof.unwrap_or_default()));
            }
            400 => "invalid_request",
            403 => "insufficient_scope",
            _ if self.reason == RejectReason::DpopNonceRequired => "use_dpop_nonce",
            _ if self.reason.is_about_proof() => "invalid_dpop_proof",
            _ => "invalid_token",
        };
        // Whoever sent a bound token without its proof is told how to prove.
        let proves = |dpop: &&Challenge| {
            dpop.scheme_used || self.reason == RejectReason::ConfirmationMissing
        };
        let dpop = dpop.filter(proves);
        let scheme = if dpop.is_some() { "DPoP" } else { "Bearer" };
        let code = self.reason.code();
        let mut value = format!("{scheme} error=\"{error}\", error_description=\"{code}\"");
        if let Some(scope) = self.scope.as_deref().filter(|scope| is_scope(scope)) {
            value.push_str(&format!(", scope=\"{scope}\""));
        }
        if let Some(dpop) = dpop {
            value.push_str(&format!(", algs=\"{}\"", dpop.algs));
        }
        Some(value)
    }

    /// The body of the answer, `application/problem+json` (RFC 9457).
    #[must_use]
    pub fn problem_json(&self) -> String {
        let status = self.status();
        let title = match status {
            400 => "Bad Request",
            403 => "Forbidden",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            _ => "Unauthorized",
        };
        serde_json::json!({
            "type": "about:blank",
            "title": title,
            "status": status,
            "code": self.reason.code(),
            "detail": self.reason.describe(),
        })
        .to_string()
    }
}

/// RFC 6749 §3.3: what may stand in a scope, so that nothing else gets into a header.
fn is_scope(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

impl From<RejectReason> for Rejection {
    fn from(reason: RejectReason) -> Self {
        Self {
            reason,
            scope: None,
            source: None,
            dpop: None,
        }
    }
}

impl From<VerifyError> for Rejection {
    fn from(error: VerifyError) -> Self {
        Self {
            source: Some(Box::new(error.clone())),
            ..Self::from(RejectReason::from(&error))
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, &self.scope) {
            (Some(source), _) => write!(f, "{} ({source})", self.reason),
            (None, Some(scope)) => write!(f, "{} (needed: {scope})", self.reason),
            (None, None) => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_follows_rfc_6750() {
        let challenge = |reason| Rejection::from(reason).www_authenticate();
        assert_eq!(
            challenge(RejectReason::CredentialMissing).as_deref(),
            Some("Bearer")
        );
        assert_eq!(
            challenge(RejectReason::TokenExpired).as_deref(),
            Some(r#"Bearer error="invalid_token", error_description="token_expired""#)
        );
        assert_eq!(
            challenge(RejectReason::AuthorizationMalformed).as_deref(),
            Some(r#"Bearer error="invalid_request", error_description="authorization_malformed""#)
        );
        assert_eq!(challenge(RejectReason::RevocationStale), None);
        let missing = Rejection::scope_insufficient(&["orders:read", "orders:write"]);
        assert_eq!(missing.status(), 403);
        assert_eq!(
            missing.www_authenticate().as_deref(),
            Some(
                r#"Bearer error="insufficient_scope", error_description="insufficient_scope", scope="orders:read orders:write""#
            )
        );
    }

    #[test]
    fn a_scope_cannot_break_out_of_the_header() {
        let missing = Rejection::scope_insufficient(&["a\"b\r\nSet-Cookie: x"]);
        let challenge = missing.www_authenticate().unwrap();
        assert!(!challenge.contains("Set-Cookie"), "{challenge}");
    }

    #[test]
    fn every_reason_has_a_header_safe_challenge_and_a_problem() {
        for reason in RejectReason::ALL {
            let rejection = Rejection::from(*reason);
            if let Some(challenge) = rejection.www_authenticate() {
                assert!(challenge.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            }
            let problem: serde_json::Value =
                serde_json::from_str(&rejection.problem_json()).unwrap();
            assert_eq!(problem["code"], reason.code());
            assert_eq!(problem["status"], rejection.status());
        }
    }
}
