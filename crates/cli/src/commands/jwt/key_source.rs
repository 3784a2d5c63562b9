//! Where the keys come from that a token is verified with.

use std::path::{Path, PathBuf};

use symbolon_jose::{Jwk, JwkSet, KeyError, KeySet, KeyType, VerifyingKey};
use zeroize::Zeroizing;

use crate::{commands::block_on, failure::Failure, fetch, output};

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct KeySource {
    /// A file with a JWK Set.
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// A file with one JWK; a shared secret is a JWK with "kty": "oct".
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The issuer's URL: its metadata says where its keys are.
    #[arg(long, value_name = "URL")]
    pub(super) issuer_url: Option<String>,
}

impl KeySource {
    pub(super) fn read(&self) -> Result<KeySet, Failure> {
        if let Some(url) = &self.issuer_url {
            let text = block_on(Box::pin(fetch::key_set(url)))?;
            return key_set(&text).map_err(|error| {
                Failure::unreachable(format_args!("the issuer's key set is unusable: {error}"))
            });
        }
        if let Some(path) = &self.jwks {
            return key_set(&file(path)?).map_err(|error| unusable(path, &error));
        }
        let Some(path) = &self.key else {
            unreachable!("one of the three is required")
        };
        let jwk = Jwk::from_json(&file(path)?).map_err(|error| unusable(path, &error))?;
        let key = VerifyingKey::from_jwk(&jwk).map_err(|error| unfit(path, &jwk, &error))?;
        let symmetric = key.algorithms().any(symbolon_jose::Algorithm::is_symmetric);
        if jwk.is_private() && !symmetric {
            output::note(&format!(
                "{} {} holds a private key; the public half is enough to verify",
                output::styled(output::WARN, "note:"),
                path.display()
            ));
        }
        Ok(KeySet::single(key))
    }
}

/// The key set in a file.
pub(super) fn set_of_file(path: &Path) -> Result<JwkSet, Failure> {
    JwkSet::from_json(&file(path)?).map_err(|error| unusable(path, &error))
}

fn key_set(text: &str) -> Result<KeySet, KeyError> {
    let set = JwkSet::from_json(text)?;
    if set.skipped() > 0 {
        let note = output::styled(output::WARN, "note:");
        output::note(&format!(
            "{note} {} keys of the set are of unknown kinds",
            set.skipped()
        ));
    }
    KeySet::from_jwks(&set)
}

/// A file's text.
pub(super) fn file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(path);
    text.map(Zeroizing::new)
        .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))
}

fn unusable(path: &Path, error: &KeyError) -> Failure {
    Failure::usage(format_args!("{}: {error}", path.display()))
}

/// As [`unusable`], with the size where that is what is wrong.
fn unfit(path: &Path, jwk: &Jwk, error: &KeyError) -> Failure {
    let failure = unusable(path, error);
    match (error, jwk.key_type()) {
        (KeyError::TooWeak, KeyType::Symmetric) => failure.hint(format!(
            "the secret has {} bits; HS256 needs 256, HS384 384, HS512 512",
            jwk.bits()
        )),
        (KeyError::TooWeak, KeyType::Rsa) => failure.hint(format!(
            "the modulus has {} bits; 2048 and an exponent of 65537 are the least",
            jwk.bits()
        )),
        _ => failure,
    }
}
