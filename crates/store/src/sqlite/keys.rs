//! Signing keys and server secrets. Revoking a key is in [`super::change`].

use async_trait::async_trait;
use rusqlite::{Connection, params};
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, KeyState, ServerSecret, SigningKeyRecord},
    store::{InitialKeys, KeyStore, PromoteKey, StoreError},
};

use super::{
    SqliteStore, audit,
    failure::{Outcome, inconsistent},
    query::{execute, exists, insert, one},
    rows,
};

#[async_trait]
impl KeyStore for SqliteStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.read(rows::key::signing_keys).await
    }

    async fn server_secrets(&self) -> Result<Vec<ServerSecret>, StoreError> {
        self.read(rows::key::server_secrets).await
    }

    async fn initialise_keys(
        &self,
        initial: InitialKeys,
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| initialise(tx, &initial)).await
    }

    async fn add_next_key(
        &self,
        key: SigningKeyRecord,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| add_next(tx, &key, &audit, now)).await
    }

    async fn promote_key(
        &self,
        promote: PromoteKey,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| self::promote(tx, &promote, &audit, now))
            .await
    }

    async fn expire_keys(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| {
            execute(
                tx,
                "UPDATE signing_keys SET state = 'gone', state_at = ?1, state_until = NULL,
                                         private = x''
                 WHERE state = 'retired' AND state_until <= ?1",
                params![now.as_millis()],
            )
            .map(drop)
        })
        .await
    }

    async fn add_server_secret(
        &self,
        secret: ServerSecret,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            insert_secret(tx, &secret)?;
            let on = ("server_secret", &secret.id as &dyn std::fmt::Display);
            audit::write(tx, AuditAction::ServerSecretAdded, &audit, on, None, now)
        })
        .await
    }
}

fn initialise(conn: &Connection, initial: &InitialKeys) -> Outcome<bool> {
    if exists(
        conn,
        "SELECT 1 FROM signing_keys UNION ALL SELECT 1 FROM server_secrets",
        [],
    )? {
        return Ok(false);
    }
    for key in &initial.keys {
        insert_key(conn, key)?;
    }
    insert_secret(conn, &initial.secret)?;
    Ok(true)
}

fn add_next(
    conn: &Connection,
    key: &SigningKeyRecord,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<bool> {
    if key.state != KeyState::Next {
        return Err(inconsistent("signing_keys", "state", &key.kid).into());
    }
    if exists(
        conn,
        "SELECT 1 FROM signing_keys WHERE purpose = ?1 AND algorithm = ?2 AND state = 'next'",
        params![key.purpose.as_str(), key.algorithm.as_str()],
    )? {
        return Ok(false);
    }
    insert_key(conn, key)?;
    audit::write(
        conn,
        AuditAction::KeyAdded,
        audit,
        ("key", &key.kid),
        None,
        now,
    )?;
    Ok(true)
}

fn promote(
    conn: &Connection,
    promote: &PromoteKey,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<bool> {
    let kid = promote.kid.as_str();
    let line = one(
        conn,
        "signing_keys",
        "SELECT kid, purpose, algorithm FROM signing_keys WHERE kid = ?1 AND state = 'next'",
        [kid],
        |row| {
            let _kid: String = row.get("kid")?;
            Ok((
                row.get::<String>("purpose")?,
                row.get::<String>("algorithm")?,
            ))
        },
    )?;
    let Some((purpose, algorithm)) = line else {
        return Ok(false);
    };
    retire_active(conn, (&purpose, &algorithm), now, promote.retired_until)?;
    execute(
        conn,
        "UPDATE signing_keys SET state = 'active', state_at = ?2 WHERE kid = ?1",
        params![kid, now.as_millis()],
    )?;
    audit::write(
        conn,
        AuditAction::KeyActivated,
        audit,
        ("key", &kid),
        None,
        now,
    )?;
    Ok(true)
}

/// Stops the active key of a purpose and algorithm from signing; it stays published for a while.
pub(super) fn retire_active(
    conn: &Connection,
    (purpose, algorithm): (&str, &str),
    now: Timestamp,
    until: Timestamp,
) -> Outcome<()> {
    execute(
        conn,
        "UPDATE signing_keys SET state = 'retired', state_at = ?3, state_until = ?4
         WHERE purpose = ?1 AND algorithm = ?2 AND state = 'active'",
        params![purpose, algorithm, now.as_millis(), until.as_millis()],
    )
    .map(drop)
}

/// Adds a key's row.
pub(super) fn insert_key(conn: &Connection, key: &SigningKeyRecord) -> Outcome<()> {
    let (at, until) = match key.state {
        KeyState::Next => (None, None),
        KeyState::Active { since: at } | KeyState::Gone { at } => (Some(at), None),
        KeyState::Retired { at, until } => (Some(at), Some(until)),
    };
    insert(
        conn,
        ("signing_keys", "kid", &key.kid),
        "INSERT INTO signing_keys (kid, purpose, algorithm, state, state_at, state_until, private,
                                   public_jwk, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            key.kid,
            key.purpose.as_str(),
            key.algorithm.as_str(),
            key.state.as_str(),
            at.map(Timestamp::as_millis),
            until.map(Timestamp::as_millis),
            key.private.0,
            key.public_jwk,
            key.created_at.as_millis()
        ],
    )
}

fn insert_secret(conn: &Connection, secret: &ServerSecret) -> Outcome<()> {
    insert(
        conn,
        ("server_secrets", "id", &secret.id),
        "INSERT INTO server_secrets (id, secret, created_at) VALUES (?1, ?2, ?3)",
        params![secret.id, secret.secret.0, secret.created_at.as_millis()],
    )
}
