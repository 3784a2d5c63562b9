//! Every class of tokens on which the libraries differ, and why we are right to.

/// The other library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Other {
    Jsonwebtoken,
    Npm,
}

use Other::{Jsonwebtoken, Npm};

/// Classes of which at least one token gets another verdict.
pub(crate) struct Difference {
    pub(crate) others: &'static [Other],
    pub(crate) they_accept: bool,
    pub(crate) classes: &'static [&'static str],
    #[expect(dead_code, reason = "for the reader of the table")]
    pub(crate) reason: &'static str,
}

const fn they_accept(
    others: &'static [Other],
    classes: &'static [&'static str],
    reason: &'static str,
) -> Difference {
    Difference {
        others,
        they_accept: true,
        classes,
        reason,
    }
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        others: &[Jsonwebtoken],
        they_accept: false,
        classes: &["jwk: text"],
        reason: "a `jwk` in a header is never looked into, so it can be anything; they parse it",
    },
    they_accept(
        &[Jsonwebtoken, Npm],
        &[
            "header: another member twice",
            "header: a nested member twice",
            "payload: unknown claim twice",
            "payload: nested member twice",
        ],
        "names are unique (RFC 7515 §4, RFC 7519 §4), else two parsers read two tokens; they take \
         the last, and jsonwebtoken sees what it has a field for",
    ),
    they_accept(
        &[Npm],
        &["header: alg twice"],
        "the same; JSON.parse takes the last",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &[
            "b64: true, critical",
            "b64: true, not critical",
            "b64: false, not critical",
        ],
        "we do not implement RFC 7797, so its parameter is refused whatever it says; without `crit` \
         they ignore it",
    ),
    they_accept(
        &[Jsonwebtoken],
        &[
            "b64: false, critical",
            "crit: unknown",
            "crit: absent member",
            "crit: a registered name",
            "crit: empty",
            "crit: exp",
            "crit: null",
        ],
        "they do not look at `crit`, which must be understood or refused (RFC 7515 §4.1.11)",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &["zip: DEF"],
        "compression is JWE's (RFC 7516 §4.1.3): the token is not what its header says; they ignore it",
    ),
    they_accept(
        &[Jsonwebtoken],
        &["typ: absent", "typ: another"],
        "explicit typing (RFC 8725 §3.11); they do not compare `typ`",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &["kid: any"],
        "our key has a `kid`, and a token that names another is not tried with it; they get one key",
    ),
    they_accept(
        &[Npm],
        &["kid: number"],
        "a `kid` is a string (RFC 7515 §4.1.4)",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &[
            "exp: exponent, far future",
            "exp: beyond 2^53",
            "iat: exponent, far future",
            "iat: huge",
            "iat: beyond 2^53",
            "iat: beyond 2^64",
            "iat: negative",
        ],
        "a NumericDate lies between 1970 and the year 9999, so that no sum overflows and no double \
         rounds it; jsonwebtoken does not read `iat`",
    ),
    they_accept(
        &[Npm],
        &[
            "exp: huge",
            "exp: infinite",
            "exp: beyond 2^64",
            "iat: infinite",
            "nbf: negative",
        ],
        "the same; for JavaScript each is a number",
    ),
    they_accept(
        &[Jsonwebtoken],
        &[
            "iat: text",
            "iat: null",
            "iat: true",
            "iat: list",
            "iat: object",
        ],
        "`iat` is a NumericDate (RFC 7519 §4.1.6); they do not read it",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &[
            "iat: absent",
            "iat: future",
            "iat: fraction, future",
            "iat: fraction of zero, future",
        ],
        "an access token says when it was issued (RFC 9068 §2.2), and not in the future: its \
         issuer's clock or its maker is wrong; to them `iat` is information",
    ),
    they_accept(
        &[Jsonwebtoken],
        &["iss: list"],
        "`iss` is one string (RFC 7519 §4.1.1)",
    ),
    they_accept(
        &[Npm],
        &["aud: list with a number"],
        "`aud` is a string or a list of strings (RFC 7519 §4.1.3)",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &["sub: number", "sub: null", "jti: number"],
        "`sub` and `jti` are strings (RFC 7519 §4.1.2, §4.1.7); they do not read them unasked",
    ),
    they_accept(
        &[Jsonwebtoken, Npm],
        &["payload: larger than 16 KiB"],
        "our limit before anything is parsed; they have none",
    ),
    they_accept(
        &[Npm],
        &["payload: 200 levels"],
        "our limit of nesting; JSON.parse has none that low",
    ),
    they_accept(
        &[Npm],
        &["header: byte order mark", "payload: byte order mark"],
        "JSON text starts without one (RFC 8259 §8.1); TextDecoder drops it",
    ),
    they_accept(
        &[Npm],
        &["payload: lone surrogate"],
        "half a character is no text (RFC 8259 §8.2); JavaScript's strings may hold it",
    ),
    they_accept(
        &[Npm],
        &[
            "base64: padding on the signature",
            "base64: space after",
            "base64: space within",
            "base64: newline after",
            "text: unused bits",
        ],
        "bytes have one text (RFC 7515 §2, RFC 4648 §3.5), else a token that was ended can come \
         back spelt otherwise; their decoder is lenient, and the signature's text is not signed",
    ),
];
