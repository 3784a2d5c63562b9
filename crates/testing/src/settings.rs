//! An issuer's settings with the defaults of the configuration, but cheap passwords.

use std::num::NonZeroU32;

use symbolon_core::settings::{
    Bucket, KeySettings, LimitSettings, PasswordSettings, ResourceSettings, SessionSettings,
    Settings, TokenSettings,
};
use symbolon_jose::Algorithm;

use crate::fixtures::ORIGIN;

/// The settings.
#[must_use]
pub fn settings() -> Settings {
    let bucket = |burst, refill_ms| Bucket {
        burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
        refill_ms,
    };
    Settings {
        issuer: ORIGIN.to_owned(),
        sessions: SessionSettings {
            browser_idle_secs: 30 * 60,
            browser_absolute_secs: 12 * 3600,
            token_idle_secs: 14 * 86_400,
            token_absolute_secs: 30 * 86_400,
            max_per_account: 100,
        },
        tokens: TokenSettings {
            access_lifetime_secs: 300,
            algorithm: Algorithm::EdDSA,
            refresh_grace_ms: 10_000,
            refresh_idle_secs: 14 * 86_400,
            refresh_absolute_secs: 30 * 86_400,
            reuse_ends_session: false,
        },
        passwords: PasswordSettings {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            workers: 1,
            queue: 1_000,
            min_length: 8,
            min_score: 3,
        },
        limits: LimitSettings {
            login_per_account: bucket(10, 30_000),
            login_per_device: bucket(10, 10_000),
            login_per_address: bucket(30, 2_000),
            register_per_address: bucket(10, 60_000),
        },
        keys: KeySettings {
            jwks_max_age_secs: 300,
            next_ahead_secs: 86_400,
            rotate_every_secs: 90 * 86_400,
        },
        registration_open: true,
        revocations_public: true,
        clients: Vec::new(),
        max_staleness_secs: 30,
        lease_secs: 30,
        resources: vec![ResourceSettings {
            audience: "orders".to_owned(),
            scopes: vec!["orders:read".to_owned()],
            access_lifetime_secs: None,
            algorithm: None,
        }],
    }
}
