//! The codes that no [`RejectReason`](symbolon_protocol::RejectReason) has, each with the status that
//! it is sent with and what it means.

/// Codes beside those of [`RejectReason`].
pub(super) const OTHERS: &[(u16, &str, &str)] = &[
    (400, "bad_request", "The request is malformed."),
    (400, "body_incomplete", "The body could not be read."),
    (400, "form_malformed", "The form is not in UTF-8."),
    (400, "json_malformed", "The body is not valid JSON."),
    (
        400,
        "query_invalid",
        "A query parameter is unknown or has the wrong form.",
    ),
    (
        401,
        "client_unauthorized",
        "The client did not prove who it is.",
    ),
    (404, "not_found", "There is no such thing."),
    (
        408,
        "body_timeout",
        "The body did not come within 15 seconds.",
    ),
    (
        409,
        "changed_meanwhile",
        "It was changed by another request; look again and repeat.",
    ),
    (
        409,
        "identifier_taken",
        "Another account has this identifier.",
    ),
    (
        409,
        "last_admin",
        "This would leave nobody who can administer the issuer.",
    ),
    (
        409,
        "registration_closed",
        "Accounts are made by an administrator here.",
    ),
    (409, "resource_gone", "The API is configured no more."),
    (
        413,
        "body_too_large",
        "The body has more bytes than are taken here: 64 KiB, 1 MiB for an import.",
    ),
    (
        415,
        "content_type_unsupported",
        "The body is of another media type.",
    ),
    (
        422,
        "body_invalid",
        "A member is missing, unknown, repeated or of the wrong type.",
    ),
    (
        422,
        "credentials_empty",
        "Neither a cookie nor tokens are asked for.",
    ),
    (
        422,
        "form_invalid",
        "A field of the form is missing, unknown or sent twice.",
    ),
    (
        422,
        "identifier_invalid",
        "The text cannot be an identifier.",
    ),
    (422, "invalid_scope", "The API has no such scope."),
    (422, "invalid_target", "No such API is configured."),
    (
        422,
        "kid_without_emergency",
        "A single key is rotated in an emergency only.",
    ),
    (
        422,
        "locale_invalid",
        "The locale is no BCP 47 language tag.",
    ),
    (
        422,
        "password_breached",
        "The password is known from a breach of some site.",
    ),
    (
        422,
        "password_common",
        "The password is one of the commonest.",
    ),
    (
        422,
        "password_too_long",
        "The password is longer than 1,024 bytes.",
    ),
    (
        422,
        "password_too_short",
        "The password is shorter than is asked for here.",
    ),
    (
        422,
        "password_too_weak",
        "The password is guessed too easily; the detail says what would be better.",
    ),
    (
        422,
        "profile_invalid",
        "A name is too long or has characters that nobody sees.",
    ),
    (
        422,
        "role_invalid",
        "A role has 1 to 64 characters of a-z, 0-9, _ and -.",
    ),
    (
        422,
        "server_secret_alone",
        "The server secret is rotated by itself.",
    ),
    (422, "step_invalid", "A step takes from 1m to 24h."),
    (
        422,
        "too_many_accounts",
        "At most 500 accounts are imported at once.",
    ),
    (
        431,
        "headers_too_large",
        "The headers have more than 32 KiB.",
    ),
    (
        500,
        "internal",
        "Something is broken on our side; the request id leads to the log line.",
    ),
    (
        503,
        "busy",
        "The server has more to do than it can; try again shortly.",
    ),
    (
        503,
        "store_unavailable",
        "The store cannot be reached or written to; nothing is known to have changed.",
    ),
    (
        503,
        "unknown_server_secret",
        "This node does not have the secret that made the token yet; try again.",
    ),
];
