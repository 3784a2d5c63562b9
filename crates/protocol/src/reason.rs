//! Why a credential was refused: one variant, one stable code, the same in responses, metric
//! labels, audit events, the command line and the decoder.

use serde::{Serialize, Serializer};
use symbolon_jose::VerifyError;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+) => {
        /// Why a credential was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RejectReason {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl RejectReason {
            /// Every reason, for tables and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What it means, in one sentence for people.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+
                }
            }
        }
    };
}

reasons! {
    /// The request carries no credential.
    CredentialMissing = "credential_missing",
    /// A cookie and a bearer token in one request name different sessions.
    CredentialConflict = "credential_conflict",
    /// The `Authorization` header is not one bearer token (RFC 6750 §2.1).
    AuthorizationMalformed = "authorization_malformed",
    /// The request carries the session cookie more than once.
    CookieDuplicate = "cookie_duplicate",
    /// The session cookie does not have the form of one.
    CookieMalformed = "cookie_malformed",
    /// No session belongs to the cookie.
    SessionUnknown = "session_unknown",
    /// The session was not used for longer than its idle timeout.
    SessionIdle = "session_idle_timeout",
    /// The session is past its absolute timeout.
    SessionExpired = "session_expired",
    /// The identifier or the password is wrong.
    BadCredentials = "bad_credentials",
    /// The log-in is too long ago for this: log in again, or send the password along.
    LoginTooOld = "login_too_old",
    /// The account is disabled.
    AccountDisabled = "account_disabled",
    /// The set-up code is wrong or has expired.
    SetupCodeWrong = "setup_code_wrong",
    /// Too many attempts; wait before the next.
    RateLimited = "rate_limited",
    /// The token is longer than the limit.
    TokenTooLarge = "token_too_large",
    /// The text is not a compact JWS.
    TokenMalformed = "token_malformed",
    /// The token is encrypted (JWE), which is not accepted.
    JweNotSupported = "jwe_not_supported",
    /// The token is in JSON serialisation, which is not accepted.
    JsonSerializationNotSupported = "json_serialization_not_supported",
    /// The header is not a JSON object of the expected shape.
    HeaderMalformed = "header_malformed",
    /// A header member occurs twice.
    HeaderDuplicateMember = "header_duplicate_member",
    /// The token is not signed (`alg: none`).
    AlgNone = "alg_none",
    /// The algorithm is not one that this verifier or this key allows.
    AlgNotAllowed = "alg_not_allowed",
    /// The header names a critical extension that is not understood.
    CritNotSupported = "crit_not_supported",
    /// The payload is compressed, which is not accepted.
    ZipNotSupported = "zip_not_supported",
    /// The payload is unencoded (RFC 7797), which is not accepted.
    B64NotSupported = "b64_not_supported",
    /// The token is of another type than expected.
    TypMismatch = "typ_mismatch",
    /// The header names no key.
    KeyIdMissing = "key_id_missing",
    /// The issuer publishes no key of this id.
    KeyUnknown = "key_unknown",
    /// The key may not be used to verify this.
    KeyForbidsUse = "key_forbids_use",
    /// The signature is wrong: the token was altered or signed by somebody else.
    SignatureInvalid = "signature_invalid",
    /// The payload is not a JSON object.
    ClaimsNotObject = "claims_not_object",
    /// A claim occurs twice.
    ClaimsDuplicateMember = "claims_duplicate_member",
    /// A claim is missing or does not have its type.
    ClaimsMalformed = "claims_malformed",
    /// The token has expired.
    TokenExpired = "token_expired",
    /// The token names no expiry.
    ExpMissing = "exp_missing",
    /// The token is not valid yet (`nbf`).
    TokenNotYetValid = "token_not_yet_valid",
    /// The token says that it was issued in the future.
    IssuedInFuture = "issued_in_future",
    /// The token says nothing of when it was issued.
    IatMissing = "iat_missing",
    /// The token lives longer than this verifier accepts.
    LifetimeTooLong = "lifetime_too_long",
    /// The token names no issuer.
    IssuerMissing = "issuer_missing",
    /// The token is from another issuer.
    IssuerMismatch = "issuer_mismatch",
    /// The token names nobody it is meant for.
    AudienceMissing = "audience_missing",
    /// The token is meant for somebody else.
    AudienceMismatch = "audience_mismatch",
    /// The token is bound to a key that the request does not prove to hold.
    ConfirmationMissing = "confirmation_missing",
    /// The token is bound to another key than the one that the request proves to hold.
    ConfirmationMismatch = "confirmation_mismatch",
    /// The token is bound to no key and yet came under the scheme DPoP.
    TokenNotBound = "token_not_bound",
    /// The request carries no DPoP proof, or more than one.
    DpopProofMissing = "dpop_proof_missing",
    /// The DPoP proof is malformed, wrongly signed, or its key may not be used.
    DpopProofInvalid = "dpop_proof_invalid",
    /// The DPoP proof was made for another method, URL or access token.
    DpopProofMismatch = "dpop_proof_mismatch",
    /// The DPoP proof is too old, or from the future.
    DpopProofStale = "dpop_proof_stale",
    /// The DPoP proof was used before.
    DpopReplayed = "dpop_replayed",
    /// The DPoP proof must carry the nonce that comes with this answer.
    DpopNonceRequired = "dpop_nonce_required",
    /// More DPoP proofs came than can be remembered, so none can be said to be new.
    DpopMemoryFull = "dpop_memory_full",
    /// The session was ended.
    RevokedSession = "revoked_session",
    /// The grant was ended or changed.
    RevokedGrant = "revoked_grant",
    /// The token was revoked.
    RevokedToken = "revoked_token",
    /// The client was revoked.
    RevokedClient = "revoked_client",
    /// The signing key was revoked.
    RevokedKey = "revoked_key",
    /// The local copy of the revocation log is too old to decide.
    RevocationStale = "revocation_stale",
    /// The issuer, asked because the local copy of the revocation log is too old, says that the token
    /// is not active.
    TokenInactive = "token_inactive",
    /// The issuer's keys are not known yet.
    KeysUnavailable = "keys_unavailable",
    /// The token lacks a scope that is needed here.
    ScopeInsufficient = "insufficient_scope",
    /// The account lacks a role that is needed here.
    RoleMissing = "role_missing",
    /// The refresh token is malformed, unknown, forged, of another client, or its grant has ended.
    RefreshInvalid = "refresh_invalid",
    /// A spent refresh token came back after its grace window; its grant was ended.
    RefreshReused = "refresh_reused",
    /// The refresh token is ahead of the store, as after a restored backup.
    RefreshAhead = "refresh_ahead",
    /// The request comes from a foreign page (CSRF).
    CrossSite = "cross_site_request",
    /// The request names a host that is not the issuer's.
    HostMismatch = "host_mismatch",
}

impl RejectReason {
    /// The HTTP status that it is answered with. Most are a credential that is not, or no longer,
    /// good: 401.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::CredentialConflict | Self::AuthorizationMalformed | Self::CookieDuplicate => 400,
            Self::AccountDisabled
            | Self::ScopeInsufficient
            | Self::RoleMissing
            | Self::CrossSite
            | Self::SetupCodeWrong => 403,
            Self::HostMismatch => 421,
            Self::RateLimited => 429,
            Self::RevocationStale | Self::KeysUnavailable | Self::DpopMemoryFull => 503,
            _ => 401,
        }
    }

    /// The challenge of RFC 6750 §3.1 for a protected resource that refuses for this reason: no
    /// error code when there was no credential at all. `None` where no challenge belongs.
    #[must_use]
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::CredentialMissing | Self::BadCredentials => Some("Bearer"),
            Self::AuthorizationMalformed => Some("Bearer error=\"invalid_request\""),
            Self::ScopeInsufficient => Some("Bearer error=\"insufficient_scope\""),
            // RFC 9470 §3.
            Self::LoginTooOld => {
                Some("Bearer error=\"insufficient_user_authentication\", max_age=\"300\"")
            }
            Self::DpopNonceRequired => Some("DPoP error=\"use_dpop_nonce\""),
            _ if self.is_about_proof() => Some("DPoP error=\"invalid_dpop_proof\""),
            _ if self.http_status() == 401 => Some("Bearer error=\"invalid_token\""),
            _ => None,
        }
    }

    /// Whether a better DPoP proof would mend it (RFC 9449 §7.1: `invalid_dpop_proof`).
    #[must_use]
    pub const fn is_about_proof(self) -> bool {
        matches!(
            self,
            Self::DpopProofMissing
                | Self::DpopProofInvalid
                | Self::DpopProofMismatch
                | Self::DpopProofStale
                | Self::DpopReplayed
        )
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.code() == code)
    }
}

/// The code is what both layers share. A variant that this crate has not heard of yet is still a
/// refusal: the broadest one.
impl From<&VerifyError> for RejectReason {
    fn from(error: &VerifyError) -> Self {
        Self::from_code(error.code()).unwrap_or(Self::TokenMalformed)
    }
}

impl std::fmt::Display for RejectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.describe())
    }
}

impl std::error::Error for RejectReason {}

impl Serialize for RejectReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use symbolon_jose::TokenError;

    use super::*;

    #[test]
    fn every_refusal_of_the_jose_layer_has_its_reason() {
        let text = String::new;
        let token = [
            TokenError::TooLarge { bytes: 2, limit: 1 },
            TokenError::Malformed,
            TokenError::JweNotSupported,
            TokenError::JsonSerializationNotSupported,
            TokenError::HeaderMalformed,
            TokenError::HeaderDuplicateMember { name: text() },
            TokenError::ClaimsNotObject,
            TokenError::ClaimsDuplicateMember { name: text() },
            TokenError::ClaimsMalformed { claim: None },
        ];
        let verify = [
            VerifyError::AlgNone,
            VerifyError::AlgNotAllowed {
                found: text(),
                allowed: Vec::new(),
            },
            VerifyError::B64NotSupported,
            VerifyError::CritNotSupported,
            VerifyError::ZipNotSupported,
            VerifyError::TypMismatch {
                expected: text(),
                found: None,
            },
            VerifyError::KeyIdMissing,
            VerifyError::KeyUnknown { kid: text() },
            VerifyError::KeyForbidsUse { kid: text() },
            VerifyError::SignatureInvalid,
            VerifyError::ExpMissing,
            VerifyError::TokenExpired { exp: 0, now: 1 },
            VerifyError::TokenNotYetValid { nbf: 1, now: 0 },
            VerifyError::IatMissing,
            VerifyError::IssuedInFuture { iat: 1, now: 0 },
            VerifyError::LifetimeTooLong {
                seconds: 2,
                limit: 1,
            },
            VerifyError::IssuerMissing,
            VerifyError::IssuerMismatch {
                expected: text(),
                found: text(),
            },
            VerifyError::AudienceMissing,
            VerifyError::AudienceMismatch {
                expected: Vec::new(),
                found: Vec::new(),
            },
        ];
        for error in token.map(VerifyError::Token).into_iter().chain(verify) {
            assert_eq!(RejectReason::from(&error).code(), error.code(), "{error:?}");
        }
    }

    #[test]
    fn codes_are_unique_and_lead_back() {
        for reason in RejectReason::ALL {
            assert_eq!(RejectReason::from_code(reason.code()), Some(*reason));
            assert!(reason.describe().ends_with('.'), "{reason:?}");
        }
    }
}
