//! Authorization server metadata (RFC 8414).

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Deserialize;
use url::Url;

use super::origin::is_secure;

/// Where the metadata lies, below the issuer (RFC 8414 §3).
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// What the issuer says at present.
pub(crate) type Endpoints = Arc<ArcSwap<Metadata>>;

/// What a verifier needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Keys of access tokens.
    pub(crate) jwks: Url,
    /// The revocation log.
    pub(crate) revocations: Url,
    /// Keys of the log's answers, and of nothing else.
    pub(crate) log_jwks: Url,
    /// Where tokens are introspected, if anywhere.
    pub(crate) introspection: Option<Url>,
}

/// Why an issuer's metadata is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not JSON of the expected shape.
    #[error("the issuer's metadata is malformed")]
    Malformed,
    /// RFC 8414 §3.3: `issuer` must be identical, byte for byte.
    #[error("the metadata is of issuer \"{found}\", not of \"{expected}\"")]
    IssuerMismatch {
        /// The verifier's issuer.
        expected: String,
        /// The metadata's.
        found: String,
    },
    /// A URL that is needed is missing.
    #[error("the issuer's metadata lacks \"{member}\"")]
    Missing {
        /// The member's name.
        member: &'static str,
    },
    /// A URL is not https (or http on loopback), or the log or the introspection is at another origin
    /// than the issuer, where the client's secret must not be sent.
    #[error("the metadata's \"{member}\" must not be used")]
    Untrusted {
        /// The member's name.
        member: &'static str,
    },
}

#[derive(Deserialize)]
struct Raw {
    issuer: String,
    jwks_uri: Option<String>,
    symbolon_revocations_endpoint: Option<String>,
    symbolon_revocations_jwks_uri: Option<String>,
    introspection_endpoint: Option<String>,
}

impl Metadata {
    /// Reads and checks the document that was fetched for `issuer`.
    pub(crate) fn parse(body: &[u8], issuer: &str) -> Result<Self, MetadataError> {
        let raw: Raw = serde_json::from_slice(body).map_err(|_| MetadataError::Malformed)?;
        if raw.issuer != issuer {
            return Err(MetadataError::IssuerMismatch {
                expected: issuer.to_owned(),
                found: raw.issuer,
            });
        }
        let issuer = Url::parse(issuer).map_err(|_| MetadataError::Malformed)?;
        let at_issuer = |url: Option<String>, member| {
            let url = secure(url, member)?;
            if url.origin() == issuer.origin() {
                Ok(url)
            } else {
                Err(MetadataError::Untrusted { member })
            }
        };
        Ok(Self {
            jwks: secure(raw.jwks_uri, "jwks_uri")?,
            revocations: at_issuer(
                raw.symbolon_revocations_endpoint,
                "symbolon_revocations_endpoint",
            )?,
            introspection: raw
                .introspection_endpoint
                .map(|url| at_issuer(Some(url), "introspection_endpoint"))
                .transpose()?,
            log_jwks: secure(
                raw.symbolon_revocations_jwks_uri,
                "symbolon_revocations_jwks_uri",
            )?,
        })
    }
}

fn secure(url: Option<String>, member: &'static str) -> Result<Url, MetadataError> {
    let url = url.ok_or(MetadataError::Missing { member })?;
    Url::parse(&url)
        .ok()
        .filter(is_secure)
        .ok_or(MetadataError::Untrusted { member })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example";

    fn parse(change: impl FnOnce(&mut serde_json::Value)) -> Result<Metadata, MetadataError> {
        let mut json = serde_json::json!({
            "issuer": ISSUER,
            "jwks_uri": "https://id.example/.well-known/jwks.json",
            "symbolon_revocations_endpoint": "https://id.example/revocations",
            "symbolon_revocations_jwks_uri": "https://id.example/revocations/jwks.json",
        });
        change(&mut json);
        Metadata::parse(json.to_string().as_bytes(), ISSUER)
    }

    #[test]
    fn the_issuer_must_be_identical_byte_for_byte() {
        assert!(parse(|_| ()).is_ok());
        for other in [
            "https://id.example/",
            "https://ID.example",
            "https://id.example:443",
        ] {
            let error = parse(|json| json["issuer"] = other.into()).unwrap_err();
            assert!(
                matches!(error, MetadataError::IssuerMismatch { .. }),
                "{other}"
            );
        }
    }

    #[test]
    fn what_gets_the_clients_secret_is_at_the_issuer() {
        for member in ["symbolon_revocations_endpoint", "introspection_endpoint"] {
            let error = parse(|json| json[member] = "https://evil.example/revocations".into());
            assert_eq!(error, Err(MetadataError::Untrusted { member }));
        }
    }

    #[test]
    fn every_url_is_needed_and_secure() {
        for member in [
            "jwks_uri",
            "symbolon_revocations_endpoint",
            "symbolon_revocations_jwks_uri",
        ] {
            let missing = parse(|json| json[member] = serde_json::Value::Null);
            assert_eq!(missing, Err(MetadataError::Missing { member }));
            let plain = parse(|json| json[member] = "http://id.example/x".into());
            assert_eq!(plain, Err(MetadataError::Untrusted { member }));
        }
    }
}
