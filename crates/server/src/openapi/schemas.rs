//! Schemas of texts that are one of a few, which their types say by `as_str` alone.

use utoipa::{ToSchema, openapi::schema::Object};

use super::answers::text_of;

pub(crate) fn account_state() -> Object {
    text_of(&["active", "disabled"], "")
}

pub(crate) fn identifier_kind() -> Object {
    text_of(&["email", "username"], "")
}

pub(crate) fn session_kind() -> Object {
    text_of(
        &["browser", "token"],
        "`browser`: logged in for a cookie. `token`: for tokens alone.",
    )
}

pub(crate) fn key_purpose() -> Object {
    text_of(
        &["token", "log"],
        "What the key signs: access tokens, or the revocation log.",
    )
}

pub(crate) fn key_state() -> Object {
    text_of(
        &["next", "active", "retired", "gone"],
        "`next`: published and not signing yet. `retired`: not signing any more and published until \
         the last token has expired.",
    )
}

pub(crate) fn token_type() -> Object {
    text_of(&["Bearer"], "")
}

pub(crate) fn oauth_error() -> Object {
    text_of(
        &[
            "invalid_client",
            "invalid_request",
            "insufficient_scope",
            "temporarily_unavailable",
            "server_error",
        ],
        "",
    )
}

/// Public keys (RFC 7517 §5).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the set is served as it was written"
)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
}

/// A public key; further members depend on its kind.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the set is served as it was written"
)]
struct Jwk {
    kty: String,
    kid: String,
    alg: String,
    r#use: String,
}
