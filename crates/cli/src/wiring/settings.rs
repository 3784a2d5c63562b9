//! From the configuration to what the domain is set up with.

use std::{num::NonZeroU32, time::Duration};

use symbolon_core::{
    secret::SecretHash,
    settings::{
        Bucket, ClientSettings, KeySettings, LimitSettings, PasswordSettings, ResourceSettings,
        SessionSettings, Settings, TokenSettings,
    },
};
use symbolon_jose::Algorithm;

use crate::config::{Config, TokenAlgorithm};

/// The issuer's settings. Every value was validated when it was read.
pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        issuer: config.server.issuer.as_str().to_owned(),
        sessions: sessions(config),
        tokens: tokens(config),
        passwords: passwords(config),
        limits: limits(config),
        keys: KeySettings {
            jwks_max_age_secs: secs(config.keys.jwks_max_age),
            next_ahead_secs: secs(config.keys.next_ahead),
            rotate_every_secs: secs(config.keys.rotate_every),
        },
        registration_open: config.registration.open,
        revocations_public: config.revocations.public,
        max_staleness_secs: secs(config.store.max_staleness),
        lease_secs: secs(config.store.lease),
        clients: config
            .clients
            .iter()
            .map(|client| ClientSettings {
                id: client.id.clone(),
                secret: SecretHash(client.secret_sha256.0),
                scopes: client
                    .scopes
                    .iter()
                    .map(|scope| scope.as_str().to_owned())
                    .collect(),
            })
            .collect(),
        resources: config
            .resources
            .iter()
            .map(|resource| ResourceSettings {
                audience: resource.audience.as_str().to_owned(),
                scopes: resource
                    .scopes
                    .iter()
                    .map(|scope| scope.as_str().to_owned())
                    .collect(),
                access_lifetime_secs: resource.access_lifetime.map(secs),
                algorithm: resource.algorithm.map(algorithm),
            })
            .collect(),
    }
}

fn sessions(config: &Config) -> SessionSettings {
    let sessions = &config.sessions;
    SessionSettings {
        browser_idle_secs: secs(sessions.browser_idle),
        browser_absolute_secs: secs(sessions.browser_absolute),
        token_idle_secs: secs(sessions.token_idle),
        token_absolute_secs: secs(sessions.token_absolute),
        max_per_account: sessions.max_per_account,
    }
}

fn tokens(config: &Config) -> TokenSettings {
    let tokens = &config.tokens;
    TokenSettings {
        access_lifetime_secs: secs(tokens.access_lifetime),
        algorithm: algorithm(tokens.algorithm),
        refresh_grace_ms: millis(tokens.refresh_grace),
        refresh_idle_secs: secs(tokens.refresh_idle),
        refresh_absolute_secs: secs(tokens.refresh_absolute),
        reuse_ends_session: tokens.reuse_ends_session,
    }
}

fn passwords(config: &Config) -> PasswordSettings {
    let passwords = &config.passwords;
    PasswordSettings {
        memory_kib: passwords.memory_kib,
        iterations: passwords.iterations,
        parallelism: passwords.parallelism,
        workers: passwords.workers as usize,
        queue: passwords.queue as usize,
        min_length: passwords.min_length as usize,
        min_score: u8::try_from(passwords.min_score).unwrap_or(u8::MAX),
    }
}

fn limits(config: &Config) -> LimitSettings {
    let limits = &config.limits;
    let bucket = |burst, refill| Bucket {
        burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
        refill_ms: millis(refill),
    };
    LimitSettings {
        login_per_account: bucket(
            limits.login_per_account_burst,
            limits.login_per_account_refill,
        ),
        login_per_device: bucket(
            limits.login_per_device_burst,
            limits.login_per_device_refill,
        ),
        login_per_address: bucket(
            limits.login_per_address_burst,
            limits.login_per_address_refill,
        ),
        register_per_address: bucket(
            limits.register_per_address_burst,
            limits.register_per_address_refill,
        ),
    }
}

const fn algorithm(algorithm: TokenAlgorithm) -> Algorithm {
    match algorithm {
        TokenAlgorithm::EdDSA => Algorithm::EdDSA,
        TokenAlgorithm::ES256 => Algorithm::ES256,
        TokenAlgorithm::RS256 => Algorithm::RS256,
    }
}

fn secs(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
