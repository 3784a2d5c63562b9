//! The keys that are in use, opened and parsed once.

use std::collections::{BTreeMap, HashMap};

use symbolon_jose::{Algorithm, Jwk, JwkSet, KeySet, Signer, SigningKey};
use symbolon_protocol::{JwksHash, Timestamp, typ};
use zeroize::Zeroizing;

use crate::{
    error::Error,
    master_key::MasterKeys,
    model::{KeyPurpose, KeyState, ServerSecret, SigningKeyRecord},
    refresh_token::ServerSecretKey,
    settings::Settings,
};

/// What sealing a private key is bound to.
pub(crate) fn key_purpose(kid: &str) -> String {
    format!("signing-key:{kid}")
}

/// What sealing a server secret is bound to.
pub(crate) fn secret_purpose(id: u32) -> String {
    format!("server-secret:{id}")
}

/// A JWK Set as it is published.
#[derive(Debug, Clone)]
pub struct PublishedKeys {
    /// The JWK Set document (RFC 7517 §5).
    pub json: String,
    /// What readers that hold it report.
    pub hash: JwksHash,
    /// A strong validator of it (RFC 9110 §8.8.3), quotes included.
    pub etag: String,
    /// The same keys, parsed.
    pub keys: KeySet,
}

/// The keys that are in use.
pub struct KeyRing {
    tokens: HashMap<Algorithm, Signer>,
    log: Option<Signer>,
    token_keys: PublishedKeys,
    log_keys: PublishedKeys,
    secrets: BTreeMap<u32, ServerSecretKey>,
    max_age_secs: u32,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

impl KeyRing {
    pub(super) fn open(
        records: &[SigningKeyRecord],
        secrets: &[ServerSecret],
        master: &MasterKeys,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut tokens = HashMap::new();
        let mut log = None;
        for record in records {
            if !matches!(record.state, KeyState::Active { .. }) {
                continue;
            }
            let der = master.open(&key_purpose(&record.kid), &record.private)?;
            let key = SigningKey::from_pkcs8(record.algorithm, &der).map_err(Error::internal)?;
            if key.kid() != record.kid {
                return Err(Error::internal(format_args!(
                    "signing key {} holds another key",
                    record.kid
                )));
            }
            match record.purpose {
                KeyPurpose::Token => {
                    tokens.insert(record.algorithm, Signer::new(&key, typ::ACCESS_TOKEN));
                }
                KeyPurpose::Log => log = Some(Signer::new(&key, typ::REVOCATIONS)),
            }
        }
        let secrets = secrets
            .iter()
            .map(|secret| {
                let plain = master.open(&secret_purpose(secret.id), &secret.secret)?;
                let key = <[u8; 32]>::try_from(plain.as_slice())
                    .map_err(|_| Error::internal("a server secret has 32 bytes"))?;
                Ok((secret.id, Zeroizing::new(key)))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            tokens,
            log,
            token_keys: publish(records, KeyPurpose::Token, now)?,
            log_keys: publish(records, KeyPurpose::Log, now)?,
            secrets,
            max_age_secs: settings.keys.jwks_max_age_secs,
        })
    }

    /// Signs access tokens of this algorithm.
    ///
    /// # Errors
    /// When there is no active key of it.
    pub fn token_signer(&self, algorithm: Algorithm) -> Result<&Signer, Error> {
        self.tokens
            .get(&algorithm)
            .ok_or_else(|| Error::internal(format_args!("no active {} key", algorithm.as_str())))
    }

    /// Signs the revocation log.
    ///
    /// # Errors
    /// When there is no active key.
    pub fn log_signer(&self) -> Result<&Signer, Error> {
        self.log
            .as_ref()
            .ok_or_else(|| Error::internal("no active log key"))
    }

    /// The keys that sign.
    pub(crate) fn signing_kids(&self) -> impl Iterator<Item = &str> {
        self.tokens
            .values()
            .chain(&self.log)
            .map(|signer| signer.key().kid())
    }

    /// Whether everything that must be signed can be.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.tokens.is_empty() && self.log.is_some() && !self.secrets.is_empty()
    }

    /// The keys that verify access tokens.
    #[must_use]
    pub const fn token_keys(&self) -> &PublishedKeys {
        &self.token_keys
    }

    /// The keys that verify the revocation log.
    #[must_use]
    pub const fn log_keys(&self) -> &PublishedKeys {
        &self.log_keys
    }

    /// Seconds for which the JWKS may be cached.
    #[must_use]
    pub const fn max_age_secs(&self) -> u32 {
        self.max_age_secs
    }

    /// The server secret of this number.
    ///
    /// # Errors
    /// [`Error::UnknownSecret`]: this node lags behind, which is no fault of the token.
    pub fn secret(&self, id: u32) -> Result<&ServerSecretKey, Error> {
        self.secrets.get(&id).ok_or(Error::UnknownSecret { id })
    }

    /// The server secret that makes new refresh tokens, and its number.
    ///
    /// # Errors
    /// When there is none at all.
    pub fn newest_secret(&self) -> Result<(u32, &ServerSecretKey), Error> {
        self.secrets
            .last_key_value()
            .map(|(id, secret)| (*id, secret))
            .ok_or_else(|| Error::internal("no server secret"))
    }
}

fn publish(
    records: &[SigningKeyRecord],
    purpose: KeyPurpose,
    now: Timestamp,
) -> Result<PublishedKeys, Error> {
    let public = records
        .iter()
        .filter(|record| record.purpose == purpose && record.state.is_published(now))
        .map(|record| Jwk::from_json(&record.public_jwk).map_err(Error::internal))
        .collect::<Result<Vec<_>, _>>()?;
    let set = JwkSet::new(public).map_err(Error::internal)?;
    let json = serde_json::to_string(&set).map_err(Error::internal)?;
    let hash = JwksHash::of(json.as_bytes());
    let etag = format!("\"{hash}\"");
    let keys = KeySet::from_jwks(&set).map_err(Error::internal)?;
    Ok(PublishedKeys {
        json,
        hash,
        etag,
        keys,
    })
}
