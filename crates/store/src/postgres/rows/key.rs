//! Signing keys and server secrets.

use symbolon_core::{
    model::{KeyPurpose, KeyState, ServerSecret, SigningKeyRecord},
    secret::Sealed,
    store::StoreError,
};

use crate::postgres::{
    conn::Conn,
    failure::Outcome,
    query::{Columns, all, one, params},
};

/// All signing keys, oldest first.
pub(in crate::postgres) async fn signing_keys(conn: &Conn) -> Outcome<Vec<SigningKeyRecord>> {
    all(
        conn,
        "signing_keys",
        "SELECT kid, purpose, algorithm, state, state_at, state_until, private, public_jwk,
                created_at
         FROM signing_keys ORDER BY created_at, seq",
        &[],
        signing_key,
    )
    .await
}

/// The signing key with this id, locked.
pub(in crate::postgres) async fn locked_by_kid(
    conn: &Conn,
    kid: &str,
) -> Outcome<Option<SigningKeyRecord>> {
    one(
        conn,
        "signing_keys",
        "SELECT kid, purpose, algorithm, state, state_at, state_until, private, public_jwk,
                created_at
         FROM signing_keys WHERE kid = $1 FOR NO KEY UPDATE",
        params![kid],
        signing_key,
    )
    .await
}

/// All server secrets, oldest first.
pub(in crate::postgres) async fn server_secrets(conn: &Conn) -> Outcome<Vec<ServerSecret>> {
    all(
        conn,
        "server_secrets",
        "SELECT id, secret, created_at FROM server_secrets ORDER BY id",
        &[],
        |row| {
            Ok(ServerSecret {
                id: row.number("id")?,
                secret: Sealed(row.get("secret")?),
                created_at: row.time("created_at")?,
            })
        },
    )
    .await
}

fn signing_key(row: &mut Columns<'_>) -> Result<SigningKeyRecord, StoreError> {
    Ok(SigningKeyRecord {
        kid: row.get("kid")?,
        purpose: row.get_as("purpose", KeyPurpose::from_name)?,
        algorithm: row.get_as("algorithm", |name: &str| name.parse().ok())?,
        state: state(row)?,
        private: Sealed(row.get("private")?),
        public_jwk: row.get("public_jwk")?,
        created_at: row.time("created_at")?,
    })
}

fn state(row: &mut Columns<'_>) -> Result<KeyState, StoreError> {
    let name: &str = row.get("state")?;
    let at = row.time_option("state_at")?;
    let until = row.time_option("state_until")?;
    match (name, at, until) {
        ("next", None, None) => Ok(KeyState::Next),
        ("active", Some(since), None) => Ok(KeyState::Active { since }),
        ("retired", Some(at), Some(until)) => Ok(KeyState::Retired { at, until }),
        ("gone", Some(at), None) => Ok(KeyState::Gone { at }),
        _ => Err(row.wrong("state")),
    }
}
