//! Schemas of texts that are one of a few, which their types say by `as_str` alone.

use symbolon_core::{model::AuditAction, outcomes::Attempt};
use symbolon_protocol::EndReason;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, OneOfBuilder, Schema, Type},
};

use super::answers::text_of;

pub(crate) fn account_state() -> Object {
    text_of(
        &["active", "disabled", "erased"],
        "`erased`: nothing is kept but that its subject was given.",
    )
}

pub(crate) fn exported_state() -> Object {
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

pub(crate) fn revocation_kind() -> Object {
    text_of(
        &["session", "grant", "token", "client", "key", "unknown"],
        "What the id is of; `unknown`: a kind of a later release.",
    )
}

pub(crate) fn end_reason() -> Object {
    let mut names: Vec<_> = EndReason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .collect();
    names.push(EndReason::Unknown.as_str());
    text_of(
        &names,
        "Why it was ended; `unknown`: a reason of a later release.",
    )
}

pub(crate) fn optional_end_reason() -> Schema {
    let none = Object::with_type(Type::Null);
    let one = OneOfBuilder::new().item(none).item(end_reason());
    one.build().into()
}

pub(crate) fn audit_action() -> Object {
    let names: Vec<_> = AuditAction::ALL
        .iter()
        .map(|action| action.as_str())
        .collect();
    text_of(&names, "")
}

pub(crate) fn attempt() -> Object {
    let names: Vec<_> = Attempt::ALL
        .iter()
        .map(|attempt| attempt.as_str())
        .collect();
    text_of(&names, "What was tried.")
}

pub(crate) fn verifier_state() -> Object {
    text_of(&["polling", "silent"], "")
}

pub(crate) fn held_keys() -> Object {
    text_of(
        &["current", "other", "untold"],
        "Whether it holds the token keys that are published now.",
    )
}

pub(crate) fn import_outcome() -> Object {
    text_of(
        &["imported", "exists", "rejected"],
        "`exists`: an account has this subject already; nothing was changed.",
    )
}

pub(crate) fn audit_actor() -> Object {
    text_of(
        &["self", "another_account", "operator", "system", "anonymous"],
        "Who did it, without the ids of others.",
    )
}

pub(crate) fn export_format() -> Object {
    text_of(
        &["symbolon-account-export/1"],
        "Members may be added within a version.",
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
