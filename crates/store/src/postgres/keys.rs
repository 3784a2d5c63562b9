//! Signing keys and server secrets. Revoking a key is in [`super::change`].

use async_trait::async_trait;
use futures_util::FutureExt as _;
use symbolon_core::{
    Timestamp,
    model::{AuditAction, AuditContext, KeyState, ServerSecret, SigningKeyRecord},
    store::{InitialKeys, KeyStore, PromoteKey, StoreError},
};

use super::{
    PostgresStore, audit,
    conn::Conn,
    failure::{Outcome, inconsistent},
    query::{exists, insert, params},
    rows,
    tx::Tx,
};

#[async_trait]
impl KeyStore for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.runner
            .look((), |conn, ()| rows::key::signing_keys(conn).boxed())
            .await
    }

    async fn server_secrets(&self) -> Result<Vec<ServerSecret>, StoreError> {
        self.runner
            .look((), |conn, ()| rows::key::server_secrets(conn).boxed())
            .await
    }

    async fn initialise_keys(
        &self,
        initial: InitialKeys,
        _: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(initial, |tx, initial| initialise(tx, initial).boxed())
            .await
    }

    async fn add_next_key(
        &self,
        key: SigningKeyRecord,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write((key, audit, now), |tx, (key, audit, now)| {
            add_next(tx, key, audit, *now).boxed()
        })
        .await
    }

    async fn promote_key(
        &self,
        promote: PromoteKey,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write((promote, audit, now), |tx, (promote, audit, now)| {
            self::promote(tx, promote, audit, *now).boxed()
        })
        .await
    }

    async fn expire_keys(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(now, |tx, now| expire(tx, *now).boxed()).await
    }

    async fn add_server_secret(
        &self,
        secret: ServerSecret,
        audit: AuditContext,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write((secret, audit, now), |tx, (secret, audit, now)| {
            add_secret(tx, secret, audit, *now).boxed()
        })
        .await
    }
}

/// One at a time changes which keys there are; whoever reads them waits for nobody.
pub(super) async fn lock(tx: &Tx) -> Outcome<()> {
    tx.query("SELECT pg_advisory_xact_lock(5351485, 4)", &[])
        .await
        .map(drop)
}

async fn initialise(tx: &Tx, initial: &InitialKeys) -> Outcome<bool> {
    lock(tx).await?;
    let any = "SELECT 1 FROM signing_keys UNION ALL SELECT 1 FROM server_secrets LIMIT 1";
    if exists(tx, any, &[]).await? {
        return Ok(false);
    }
    for key in &initial.keys {
        insert_key(tx, key).await?;
    }
    insert_secret(tx, &initial.secret).await?;
    Ok(true)
}

async fn add_next(
    tx: &Tx,
    key: &SigningKeyRecord,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<bool> {
    if key.state != KeyState::Next {
        return Err(inconsistent("signing_keys", "state", &key.kid).into());
    }
    lock(tx).await?;
    if exists(
        tx,
        "SELECT 1 FROM signing_keys WHERE purpose = $1 AND algorithm = $2 AND state = 'next'",
        params![key.purpose.as_str(), key.algorithm.as_str()],
    )
    .await?
    {
        return Ok(false);
    }
    insert_key(tx, key).await?;
    audit::write(
        tx,
        AuditAction::KeyAdded,
        audit,
        ("key", &key.kid),
        None,
        now,
    );
    Ok(true)
}

async fn promote(
    tx: &Tx,
    promote: &PromoteKey,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<bool> {
    lock(tx).await?;
    let kid = promote.kid.as_str();
    let is_next = "SELECT 1 FROM signing_keys WHERE kid = $1 AND state = 'next'";
    if !exists(tx, is_next, params![kid]).await? {
        return Ok(false);
    }
    tx.execute(
        "UPDATE signing_keys SET state = 'retired', state_at = $2, state_until = $3
         WHERE (purpose, algorithm) = (SELECT purpose, algorithm FROM signing_keys WHERE kid = $1)
           AND state = 'active'",
        params![kid, now.as_millis(), promote.retired_until.as_millis()],
    )
    .await?;
    tx.execute(
        "UPDATE signing_keys SET state = 'active', state_at = $2 WHERE kid = $1",
        params![kid, now.as_millis()],
    )
    .await?;
    let action = AuditAction::KeyActivated;
    audit::write(tx, action, audit, ("key", &kid), None, now);
    Ok(true)
}

async fn expire(tx: &Tx, now: Timestamp) -> Outcome<()> {
    tx.execute(
        "UPDATE signing_keys SET state = 'gone', state_at = $1, state_until = NULL, private = ''
         WHERE state = 'retired' AND state_until <= $1",
        params![now.as_millis()],
    )
    .await
    .map(drop)
}

async fn add_secret(
    tx: &Tx,
    secret: &ServerSecret,
    audit: &AuditContext,
    now: Timestamp,
) -> Outcome<()> {
    insert_secret(tx, secret).await?;
    let action = AuditAction::ServerSecretAdded;
    audit::write(tx, action, audit, ("server_secret", &secret.id), None, now);
    Ok(())
}

/// Adds a key's row.
pub(super) async fn insert_key(conn: &Conn, key: &SigningKeyRecord) -> Outcome<()> {
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
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            key.kid.as_str(),
            key.purpose.as_str(),
            key.algorithm.as_str(),
            key.state.as_str(),
            at.map(Timestamp::as_millis),
            until.map(Timestamp::as_millis),
            &key.private.0[..],
            key.public_jwk.as_str(),
            key.created_at.as_millis()
        ],
    )
    .await
}

async fn insert_secret(conn: &Conn, secret: &ServerSecret) -> Outcome<()> {
    insert(
        conn,
        ("server_secrets", "id", &secret.id),
        "INSERT INTO server_secrets (id, secret, created_at) VALUES ($1, $2, $3)",
        params![
            i64::from(secret.id),
            &secret.secret.0[..],
            secret.created_at.as_millis()
        ],
    )
    .await
}
