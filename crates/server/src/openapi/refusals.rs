//! How a handler's annotation says with which stable codes it refuses: by what it takes and does.
//!
//! `responses((status = 200, …), Refusals::<(Admin, JsonBody)>)` names groups; their codes and
//! statuses are written once, here, and what the layers around every handler answer is added by
//! [`super::answers`]. The one thing that must not be broken: a code stands in the document with the
//! status that it is sent with, so those of [`RejectReason`] are taken from there.

mod others;

use std::{collections::BTreeMap, marker::PhantomData};

use symbolon_protocol::RejectReason;
use utoipa::{
    IntoResponses,
    openapi::{RefOr, Response, extensions::Extensions},
};

use self::others::OTHERS;

/// Under which extension a response carries its codes until [`super::answers`] has written it.
pub(super) const PROBLEM_CODES: &str = "x-codes";
/// The same for errors of OAuth endpoints.
pub(super) const OAUTH_CODES: &str = "x-oauth-codes";

/// Something that can be refused.
pub(crate) trait Refused {
    /// The stable codes.
    fn codes() -> Vec<&'static str>;
}

/// Refusals as problem details (RFC 9457).
pub(crate) struct Refusals<T>(PhantomData<T>);

/// Refusals in the words of OAuth (RFC 6749 §5.2).
pub(crate) struct OAuthRefusals<T>(PhantomData<T>);

impl<T: Refused> IntoResponses for Refusals<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        by_status(T::codes(), PROBLEM_CODES, |status| status)
    }
}

impl<T: Refused> IntoResponses for OAuthRefusals<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        // As `OAuthError` does.
        by_status(T::codes(), OAUTH_CODES, |status| match status {
            422 => 400,
            other => other,
        })
    }
}

fn by_status(
    codes: Vec<&'static str>,
    extension: &str,
    sent: fn(u16) -> u16,
) -> BTreeMap<String, RefOr<Response>> {
    let mut statuses: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in codes {
        let status = find(code).map_or(500, |(status, _)| sent(status));
        let known = statuses.entry(status).or_default();
        if !known.contains(&code) {
            known.push(code);
        }
    }
    let response = |codes: Vec<&'static str>| {
        let mut response = Response::default();
        response.extensions = Some(Extensions::from_iter([(extension, codes)]));
        RefOr::T(response)
    };
    let statuses = statuses.into_iter();
    statuses
        .map(|(status, codes)| (status.to_string(), response(codes)))
        .collect()
}

/// The status that a code is sent with, and what it means.
pub(super) fn find(code: &str) -> Option<(u16, &'static str)> {
    if let Some(reason) = RejectReason::from_code(code) {
        return Some((reason.http_status(), reason.describe()));
    }
    let mut others = OTHERS.iter();
    let (status, _, meaning) = others.find(|(_, known, _)| *known == code)?;
    Some((*status, meaning))
}

/// The codes of a credential that is missing, has ended or is not good, but for those that only a
/// DPoP proof, a log-in or a refresh can meet.
pub(super) fn credential_codes() -> Vec<&'static str> {
    let reasons = RejectReason::ALL.iter().copied();
    reasons
        .filter(|reason| reason.http_status() == 401 && !reason.is_about_proof())
        .filter(|reason| {
            !matches!(
                reason,
                RejectReason::BadCredentials
                    | RejectReason::RefreshInvalid
                    | RejectReason::RefreshReused
                    | RejectReason::RefreshAhead
                    | RejectReason::LoginTooOld
                    | RejectReason::DpopNonceRequired
                    | RejectReason::ConfirmationMissing
                    | RejectReason::ConfirmationMismatch
                    | RejectReason::TokenNotBound
                    | RejectReason::TokenInactive
            )
        })
        .map(RejectReason::code)
        .collect()
}

/// Somebody must be logged in.
pub(crate) enum Signed {}

impl Refused for Signed {
    fn codes() -> Vec<&'static str> {
        let mut codes = credential_codes();
        codes.extend([
            "credential_conflict",
            "authorization_malformed",
            "cookie_duplicate",
            "account_disabled",
            "store_unavailable",
        ]);
        codes
    }
}

/// An administrator must be logged in.
pub(crate) enum Admin {}

impl Refused for Admin {
    fn codes() -> Vec<&'static str> {
        let mut codes = Signed::codes();
        codes.push("role_missing");
        codes
    }
}

macro_rules! groups {
    ($($(#[doc = $doc:literal])+ $name:ident = [$($code:literal),+ $(,)?];)+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) enum $name {}

            impl Refused for $name {
                fn codes() -> Vec<&'static str> {
                    vec![$($code),+]
                }
            }
        )+

        /// Every code of every group, for tests.
        #[cfg(test)]
        const GROUPED: &[&str] = &[$($($code),+),+];
    };
}

groups! {
    /// Anybody, but a browser's session cookie is looked at.
    Visitor = ["cookie_duplicate"];
    /// A client proves who it is.
    Client = ["client_unauthorized"];
    /// A client with a scope.
    ScopedClient = ["client_unauthorized", "insufficient_scope"];
    /// The store is asked.
    Stored = ["store_unavailable"];
    /// The body is JSON.
    JsonBody = [
        "json_malformed", "body_incomplete", "body_timeout", "body_too_large",
        "content_type_unsupported", "body_invalid",
    ];
    /// The body is a form.
    FormBody = [
        "form_malformed", "body_incomplete", "body_timeout", "body_too_large",
        "content_type_unsupported", "form_invalid",
    ];
    /// There are query parameters, also `receipt`.
    QueryParams = ["query_invalid"];
    /// The path or the body names something.
    Named = ["not_found"];
    /// Attempts are limited.
    Limited = ["rate_limited"];
    /// A password is hashed.
    Hashed = ["busy"];
    /// An identifier is chosen.
    NewIdentifier = ["identifier_invalid", "identifier_taken"];
    /// A password is chosen.
    NewPassword = [
        "password_too_short", "password_too_long", "password_common", "password_too_weak",
        "password_breached",
    ];
    /// A password is asked for.
    PasswordCheck = ["bad_credentials"];
    /// Somebody who logged in a moment ago, or sends the password.
    RecentLogin = ["login_too_old"];
    /// People say something of themselves.
    NewProfile = ["profile_invalid", "locale_invalid"];
    /// Accounts come from another system.
    Import = ["too_many_accounts"];
    /// How long a step is.
    StepLength = ["step_invalid"];
    /// A log-in.
    LogIn = [
        "bad_credentials", "account_disabled", "credentials_empty", "invalid_target", "invalid_scope",
    ];
    /// A refresh token is used.
    RefreshStep = [
        "refresh_invalid", "refresh_reused", "refresh_ahead", "resource_gone", "unknown_server_secret",
    ];
    /// A token is looked up, which may be a refresh token.
    TokenLookup = ["store_unavailable", "unknown_server_secret"];
    /// Accounts can be registered, or not.
    Registration = ["registration_closed"];
    /// Something must not have changed meanwhile.
    Unchanged = ["changed_meanwhile"];
    /// Somebody must stay who administers.
    LastAdmin = ["last_admin"];
    /// Roles are named.
    RoleNames = ["role_invalid"];
    /// Which key is rotated.
    Rotation = ["server_secret_alone", "kid_without_emergency"];
}

macro_rules! together {
    ($($name:ident),+) => {
        impl<$($name: Refused),+> Refused for ($($name,)+) {
            fn codes() -> Vec<&'static str> {
                let mut codes = Vec::new();
                $(codes.extend($name::codes());)+
                codes
            }
        }
    };
}

together!(A);
together!(A, B);
together!(A, B, C);
together!(A, B, C, D);
together!(A, B, C, D, E);
together!(A, B, C, D, E, F);
together!(A, B, C, D, E, F, G);
together!(A, B, C, D, E, F, G, H);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_and_a_meaning() {
        for code in GROUPED.iter().copied().chain(Admin::codes()) {
            let (status, meaning) = find(code).unwrap_or_else(|| panic!("{code} is not known"));
            assert!((400..600).contains(&status), "{code}");
            assert!(meaning.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn a_code_has_one_status() {
        for (place, (_, code, _)) in OTHERS.iter().enumerate() {
            assert!(RejectReason::from_code(code).is_none(), "{code}");
            let again = OTHERS
                .iter()
                .skip(place + 1)
                .any(|(_, other, _)| other == code);
            assert!(!again, "{code}");
        }
    }

    #[test]
    fn groups_are_put_together_by_status() {
        let responses = <Refusals<(Limited, Hashed, Stored, Stored)>>::responses();
        let codes = |status: &str| {
            let Some(RefOr::T(response)) = responses.get(status) else {
                panic!("no {status}");
            };
            response.extensions.as_ref().unwrap()[PROBLEM_CODES].clone()
        };
        assert_eq!(codes("429"), serde_json::json!(["rate_limited"]));
        assert_eq!(
            codes("503"),
            serde_json::json!(["busy", "store_unavailable"])
        );
    }
}
