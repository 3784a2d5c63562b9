//! The rules of an issuer's metadata (RFC 8414, OpenID Connect Discovery).

use super::{
    document::Document,
    rule::{Hits, Rule, hit, hit_if, quoted},
};
use crate::algorithm::Algorithm;

/// The URLs that clients and services talk to.
const ENDPOINTS: [&str; 13] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "registration_endpoint",
    "end_session_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
    "symbolon_revocations_endpoint",
    "symbolon_revocations_jwks_uri",
];

pub(super) const RULES: &[Rule<Subject>] = &[
    Rule::error(
        "metadata_malformed",
        |it| {
            let problem = it.document.problem.as_ref();
            problem
                .map(|problem| hit("metadata", problem.to_string()))
                .into_iter()
                .collect()
        },
        "clients and verifiers cannot read it",
        "serve one JSON object (RFC 8414 §3.2)",
    ),
    Rule::error(
        "metadata_duplicate_member",
        |it| it.document.duplicate_hits(),
        "readers differ on which of two members counts",
        "write each member once",
    ),
    Rule::error(
        "metadata_issuer_missing",
        |it| {
            let missing = it.is_readable() && it.document.text("issuer").is_none_or(str::is_empty);
            hit_if(missing, "issuer", || "not there".into())
        },
        "nobody can tell whose metadata this is, which mix-up attacks live on",
        "write issuer, the URL itself (RFC 8414 §2)",
    ),
    Rule::error(
        "metadata_issuer_mismatch",
        mismatch,
        "the issuer must be identical, byte for byte, to the URL at which the metadata was found (RFC 8414 §3.3); strict clients stop here",
        "configure one URL and use it everywhere: in the metadata, in iss, in clients",
    ),
    Rule::warning(
        "metadata_issuer_trailing_slash",
        |it| {
            let issuer = it
                .document
                .text("issuer")
                .filter(|issuer| issuer.ends_with('/'));
            issuer
                .iter()
                .map(|issuer| hit("issuer", quoted(issuer)))
                .collect()
        },
        "issuers are compared byte for byte, and people leave the slash out",
        "configure the issuer without the slash",
    ),
    Rule::error(
        "metadata_issuer_insecure",
        |it| {
            let issuer = it
                .document
                .text("issuer")
                .filter(|issuer| is_insecure(issuer));
            issuer
                .iter()
                .map(|issuer| hit("issuer", quoted(issuer)))
                .collect()
        },
        "who sits between a verifier and an http issuer hands out keys of their own",
        "serve the issuer over https (RFC 8414 §2)",
    ),
    Rule::error(
        "metadata_issuer_form",
        |it| {
            let issuer = it
                .document
                .text("issuer")
                .filter(|issuer| issuer.contains(['?', '#', ' ']));
            issuer
                .iter()
                .map(|issuer| hit("issuer", quoted(issuer)))
                .collect()
        },
        "an issuer has neither query nor fragment (RFC 8414 §2)",
        "configure the issuer without them",
    ),
    Rule::error(
        "metadata_jwks_uri_missing",
        |it| it.missing("jwks_uri"),
        "services cannot find the keys, so they cannot verify tokens by themselves",
        "publish the keys and write jwks_uri",
    ),
    Rule::error(
        "metadata_endpoint_insecure",
        |it| it.endpoints(|url, _| is_insecure(url)),
        "credentials, codes and keys go over the wire unprotected",
        "serve it over https",
    ),
    Rule::warning(
        "metadata_endpoint_foreign",
        |it| it.endpoints(|url, issuer| origin(url) != origin(issuer)),
        "credentials meant for the issuer go to another origin, which must be trusted as much",
        "serve it at the issuer's own origin, or know why not",
    ),
    Rule::error(
        "metadata_alg_none",
        |it| it.algorithms(|alg| alg.eq_ignore_ascii_case("none")),
        "unsigned tokens or requests are taken: anybody can write them",
        "take \"none\" out of the list",
    ),
    Rule::warning(
        "metadata_alg_symmetric",
        |it| it.algorithms(|alg| alg.parse().is_ok_and(Algorithm::is_symmetric)),
        "who can verify with a shared secret can also sign",
        "take HS256, HS384 and HS512 out of the list",
    ),
    Rule::warning(
        "metadata_implicit_flow",
        implicit,
        "tokens in the redirect's URL end in histories, logs and Referer headers (RFC 9700 §2.1.2)",
        "offer the response type \"code\" with PKCE alone",
    ),
    Rule::warning(
        "metadata_password_grant",
        |it| {
            let there = it
                .document
                .list("grant_types_supported")
                .contains(&"password");
            hit_if(there, "grant_types_supported", || "\"password\"".into())
        },
        "clients see passwords, and second factors have no place (RFC 9700 §2.4)",
        "take \"password\" out of the list",
    ),
    Rule::warning(
        "metadata_pkce_missing",
        |it| {
            let offers = it.document.has("authorization_endpoint");
            let there = it
                .document
                .list("code_challenge_methods_supported")
                .contains(&"S256");
            hit_if(offers && !there, "code_challenge_methods_supported", || {
                "no \"S256\"".into()
            })
        },
        "a stolen authorization code can be redeemed by the thief, and clients cannot tell that PKCE works (RFC 9700 §2.1.1)",
        "support S256 and say so",
    ),
    Rule::warning(
        "metadata_pkce_plain",
        |it| {
            let there = it
                .document
                .list("code_challenge_methods_supported")
                .contains(&"plain");
            hit_if(there, "code_challenge_methods_supported", || {
                "\"plain\"".into()
            })
        },
        "who reads the request has the verifier: plain protects against nothing that S256 does",
        "support S256 alone",
    ),
    Rule::notice(
        "metadata_revocation_missing",
        |it| it.missing("revocation_endpoint"),
        "clients cannot hand back a token that they no longer need (RFC 7009)",
        "offer revocation_endpoint",
    ),
    Rule::notice(
        "metadata_revocation_log_missing",
        |it| it.missing("symbolon_revocations_endpoint"),
        "services that verify tokens by themselves do not hear of an ended session before its tokens expire",
        "Symbolon publishes its log at symbolon_revocations_endpoint; with other issuers keep lifetimes short or introspect",
    ),
];

/// Metadata as far as it can be read.
pub(super) struct Subject {
    document: Document,
    /// Where it was found.
    expected: Option<String>,
}

impl Subject {
    pub(super) fn read(text: &str, expected: Option<&str>) -> Self {
        Self {
            document: Document::read(text, ""),
            expected: expected.map(str::to_owned),
        }
    }

    fn is_readable(&self) -> bool {
        self.document.problem.is_none()
    }

    fn missing(&self, member: &str) -> Hits {
        let missing = self.is_readable() && !self.document.has(member);
        hit_if(missing, member, || "not there".into())
    }

    /// The endpoints of which `is_bad` holds, given the issuer beside them.
    fn endpoints(&self, is_bad: impl Fn(&str, &str) -> bool) -> Hits {
        let issuer = self.document.text("issuer").unwrap_or_default();
        let urls = ENDPOINTS
            .iter()
            .filter_map(|name| Some((*name, self.document.text(name)?)));
        urls.filter(|(_, url)| is_bad(url, issuer))
            .map(|(name, url)| hit(name, quoted(url)))
            .collect()
    }

    /// The lists of signature algorithms with a member of which `is_bad` holds.
    fn algorithms(&self, is_bad: impl Fn(&str) -> bool) -> Hits {
        let lists = self.document.members.keys();
        let lists = lists.filter(|name| name.ends_with("signing_alg_values_supported"));
        lists
            .filter_map(|name| {
                let list = self.document.list(name);
                let bad = list.into_iter().find(|alg| is_bad(alg))?;
                Some(hit(name, quoted(bad)))
            })
            .collect()
    }
}

fn mismatch(it: &Subject) -> Hits {
    let found = it.document.text("issuer").unwrap_or_default();
    let expected = it.expected.as_deref().filter(|expected| *expected != found);
    expected
        .filter(|_| !found.is_empty())
        .map(|expected| {
            hit(
                "issuer",
                format!("{}, found at {}", quoted(found), quoted(expected)),
            )
        })
        .into_iter()
        .collect()
}

fn implicit(it: &Subject) -> Hits {
    let types = it.document.list("response_types_supported");
    let gives_tokens = |types: &&str| types.split(' ').any(|one| one == "token");
    let mut hits = Vec::new();
    if let Some(found) = types.into_iter().find(gives_tokens) {
        hits.push(hit("response_types_supported", quoted(found)));
    }
    if it
        .document
        .list("grant_types_supported")
        .contains(&"implicit")
    {
        hits.push(hit("grant_types_supported", "\"implicit\""));
    }
    hits
}

/// Scheme, host and port, in small letters; default ports left out.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.to_ascii_lowercase();
    let scheme = scheme.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    let host = match host.strip_suffix(default) {
        Some(bare) if !default.is_empty() => bare,
        _ => &host,
    };
    Some(format!("{scheme}://{host}"))
}

/// Whether a URL is http, and not on this very machine.
pub(super) fn is_insecure(url: &str) -> bool {
    let Some(origin) = origin(url) else {
        return false;
    };
    let Some(authority) = origin.strip_prefix("http://") else {
        return false;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let local = host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.is_loopback());
    !local
}
