//! Signing keys and server secrets.

use rusqlite::{Connection, params};
use symbolon_core::{
    model::{KeyPurpose, KeyState, ServerSecret, SigningKeyRecord},
    secret::Sealed,
    store::StoreError,
};

use crate::sqlite::{
    failure::Outcome,
    query::{Columns, all, one},
};

/// All signing keys, oldest first.
pub(in crate::sqlite) fn signing_keys(conn: &Connection) -> Outcome<Vec<SigningKeyRecord>> {
    all(
        conn,
        "signing_keys",
        "SELECT kid, purpose, algorithm, state, state_at, state_until, private, public_jwk,
                created_at
         FROM signing_keys ORDER BY created_at, seq",
        [],
        signing_key,
    )
}

/// The signing key with this id.
pub(in crate::sqlite) fn by_kid(conn: &Connection, kid: &str) -> Outcome<Option<SigningKeyRecord>> {
    one(
        conn,
        "signing_keys",
        "SELECT kid, purpose, algorithm, state, state_at, state_until, private, public_jwk,
                created_at
         FROM signing_keys WHERE kid = ?1",
        params![kid],
        signing_key,
    )
}

/// All server secrets, oldest first.
pub(in crate::sqlite) fn server_secrets(conn: &Connection) -> Outcome<Vec<ServerSecret>> {
    all(
        conn,
        "server_secrets",
        "SELECT id, secret, created_at FROM server_secrets ORDER BY id",
        [],
        |row| {
            Ok(ServerSecret {
                id: row.get("id")?,
                secret: Sealed(row.get("secret")?),
                created_at: row.time("created_at")?,
            })
        },
    )
}

fn signing_key(row: &mut Columns<'_>) -> Result<SigningKeyRecord, StoreError> {
    Ok(SigningKeyRecord {
        kid: row.get("kid")?,
        purpose: row.get_as("purpose", |name: String| KeyPurpose::from_name(&name))?,
        algorithm: row.get_as("algorithm", |name: String| name.parse().ok())?,
        state: state(row)?,
        private: Sealed(row.get("private")?),
        public_jwk: row.get("public_jwk")?,
        created_at: row.time("created_at")?,
    })
}

fn state(row: &mut Columns<'_>) -> Result<KeyState, StoreError> {
    let name: String = row.get("state")?;
    let at = row.time_option("state_at")?;
    let until = row.time_option("state_until")?;
    match (name.as_str(), at, until) {
        ("next", None, None) => Ok(KeyState::Next),
        ("active", Some(since), None) => Ok(KeyState::Active { since }),
        ("retired", Some(at), Some(until)) => Ok(KeyState::Retired { at, until }),
        ("gone", Some(at), None) => Ok(KeyState::Gone { at }),
        _ => Err(row.wrong("state")),
    }
}
