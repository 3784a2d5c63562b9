//! What to do about a refusal.

use symbolon_protocol::RejectReason as Reason;

use super::values::Values;

/// What to do. Whoever calls a service reads "ask for a token", whoever runs it the setting.
pub(super) fn fix(reason: Reason, values: &Values) -> String {
    let found = values.found.as_deref().unwrap_or("not there");
    let expected = values.expected.as_deref().unwrap_or("another");
    let text = match reason {
        Reason::TokenTooLarge => "take claims out of the token, or raise the verifier's limit",
        Reason::TokenMalformed => {
            "copy the token whole: three parts between two dots, without quotes, padding or line breaks"
        }
        Reason::JweNotSupported | Reason::JsonSerializationNotSupported => {
            "have the issuer send a signed token in compact form"
        }
        Reason::HeaderMalformed
        | Reason::HeaderDuplicateMember
        | Reason::ClaimsNotObject
        | Reason::ClaimsDuplicateMember => {
            "the token is not as an issuer writes it; symbolon jwt lint says where"
        }
        Reason::ClaimsMalformed => {
            "this is not one of Symbolon's access tokens, or a claim has the wrong type; symbolon jwt lint says where"
        }
        Reason::AlgNone => "somebody has taken the signature away: use the token as it was issued",
        Reason::AlgNotAllowed if found.starts_with("HS") => {
            "a token signed with a shared secret, perhaps the public key taken for one, is not the issuer's: never allow HS256 beside public keys"
        }
        Reason::AlgNotAllowed => {
            return format!(
                "if the issuer does sign with {found}, add it to the verifier's algorithms; it has {expected}"
            );
        }
        Reason::CritNotSupported | Reason::ZipNotSupported | Reason::B64NotSupported => {
            "have the issuer leave the member out"
        }
        Reason::TypMismatch => {
            return format!(
                "send the access token, not an ID or refresh token: its typ is {expected}"
            );
        }
        Reason::KeyIdMissing => "have the issuer write the key's kid into the header",
        Reason::KeyUnknown => {
            "the token is from another issuer, or its key was withdrawn: get a new token, and compare iss"
        }
        Reason::KeyForbidsUse => {
            "the issuer must publish the key for signatures, with a fitting alg and 2048 bits if RSA"
        }
        Reason::SignatureInvalid => {
            "the token was altered or cut, or is from another issuer with a key of the same kid: get it again"
        }
        Reason::TokenExpired => {
            "get a new one with the refresh token; if it is new, compare the clocks of issuer and service"
        }
        Reason::TokenNotYetValid | Reason::IssuedInFuture => {
            "compare the clocks of issuer and service"
        }
        Reason::ExpMissing
        | Reason::IatMissing
        | Reason::IssuerMissing
        | Reason::AudienceMissing => "have the issuer write the claim",
        Reason::LifetimeTooLong => {
            "shorten the resource's token lifetime, or raise the verifier's max_lifetime"
        }
        Reason::IssuerMismatch => {
            return format!(
                "get the token from {expected}, or build the verifier for {found}; both are compared byte for byte"
            );
        }
        Reason::AudienceMismatch => {
            return format!(
                "ask for a token with resource={expected}, or build the verifier with the audience {found}"
            );
        }
        Reason::ConfirmationMissing => "send the DPoP proof of the key that the token is bound to",
        Reason::RevokedSession | Reason::RevokedGrant => {
            "log in again: the session or grant was ended, and refreshing will not help"
        }
        Reason::RevokedToken => "refresh: only this token was revoked",
        Reason::RevokedClient => "the client was disabled: ask its administrator",
        Reason::RevokedKey => "the signing key was withdrawn in an emergency: log in again",
        Reason::RevocationStale | Reason::KeysUnavailable => {
            "the issuer cannot be reached from here: look at the network, and at the client that reads the log"
        }
        Reason::ScopeInsufficient => {
            return format!("ask for a token with the scope {expected}; this one has {found}");
        }
        other => other.describe(),
    };
    text.to_owned()
}
