//! Which tables and columns there are, in both schemas.

use super::value::{Row, Value};

/// How a column's values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of 64 bits.
    Integer,
    /// One of 32 bits where there are such.
    Small,
    /// Yes or no.
    Flag,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// A UUID.
    Id,
    /// A list of texts.
    Texts,
}

/// A column that is not computed from others.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// How its values are kept.
    pub kind: Kind,
}

/// A table that moves with a store.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of the primary key first and in its order.
    pub columns: &'static [Column],
    /// How many columns the primary key has.
    pub key: usize,
    /// Whether the key is a number that the database counts on.
    pub is_numbered: bool,
}

impl Table {
    /// The names of the key's columns.
    pub(crate) fn key_columns(&self) -> &'static [Column] {
        self.columns.get(..self.key).unwrap_or_default()
    }

    /// A row's value by its column's name.
    #[must_use]
    pub fn value<'r>(&self, row: &'r Row, column: &str) -> Option<&'r Value> {
        let at = self.columns.iter().position(|one| one.name == column)?;
        row.0.get(at)
    }

    /// The columns' names, separated by commas.
    pub(crate) fn column_list(&self) -> String {
        list(self.columns)
    }

    /// The same of the key.
    pub(crate) fn key_list(&self) -> String {
        list(self.key_columns())
    }
}

fn list(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

macro_rules! tables {
    ($($(#[$attribute:meta])* $constant:ident = $name:literal, $key:literal $($numbered:ident)? {
        $($column:ident: $kind:ident),+ $(,)?
    })+) => {
        $($(#[$attribute])* pub(crate) static $constant: &Table = &Table {
            name: $name,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind }),+],
            key: $key,
            is_numbered: tables!(@ $($numbered)?),
        };)+

        /// Every table that moves with a store, those that others refer to first.
        pub static TABLES: &[&Table] = &[$($constant),+];
    };
    (@ numbered) => { true };
    (@) => { false };
}

tables! {
    ACCOUNTS = "accounts", 1 {
        id: Id, subject: Text, state: Text, disabled_at: Integer, erased_at: Integer, locale: Text,
        profile: Text, created_at: Integer,
    }
    IDENTIFIERS = "identifiers", 3 {
        account: Id, kind: Text, normalised: Text, original: Text, verified_at: Integer,
    }
    ROLES = "roles", 4 { account: Id, scope_kind: Text, scope_id: Text, name: Text }
    CREDENTIALS = "credentials", 1 {
        id: Id, account: Id, kind: Text, version: Integer, hash: Text, data: Bytes, label: Text,
        created_at: Integer, changed_at: Integer, last_used_at: Integer,
    }
    SESSIONS = "sessions", 1 {
        id: Id, account: Id, kind: Text, version: Integer, actor: Id, created_at: Integer,
        auth_time: Integer, last_seen: Integer, idle_secs: Integer, expires_at: Integer, amr: Texts,
        acr: Text, device_label: Text, ip: Text, ended_at: Integer, ended_reason: Text,
    }
    SESSION_COOKIES = "session_cookies", 1 { hash: Bytes, session: Id, origin: Text }
    CLIENTS = "clients", 1 {
        id: Text, name: Text, secret_hash: Bytes, settings: Text, created_at: Integer,
        disabled_at: Integer,
    }
    RESOURCES = "resources", 1 {
        uri: Text, scopes: Texts, token_lifetime_secs: Integer, algorithm: Text,
        created_at: Integer,
    }
    GRANTS = "grants", 1 {
        id: Id, account: Id, client: Text, resource: Text, scopes: Texts, session: Id, parent: Id,
        offline: Flag, version: Integer, generation: Integer, seed: Bytes, secret_id: Integer,
        rotated_at: Integer, created_at: Integer, idle_secs: Integer, expires_at: Integer,
        ended_at: Integer, ended_reason: Text,
    }
    SIGNING_KEYS = "signing_keys", 1 numbered {
        seq: Integer, kid: Text, purpose: Text, algorithm: Text, state: Text, state_at: Integer,
        state_until: Integer, private: Bytes, public_jwk: Text, created_at: Integer,
    }
    SERVER_SECRETS = "server_secrets", 1 { id: Integer, secret: Bytes, created_at: Integer }
    REVOCATIONS = "revocations", 1 {
        seq: Integer, mark: Bytes, kind: Text, id: Bytes, below: Integer, reason: Text,
        revoked_at_secs: Integer, until_secs: Integer,
    }
    AUDIT_EVENTS = "audit_events", 1 numbered {
        seq: Integer, at: Integer, actor: Text, action: Text, target_kind: Text, target_id: Text,
        reason: Text, request_id: Text,
    }
    OUTBOX = "outbox", 1 numbered {
        seq: Integer, topic: Text, payload: Text, attempts: Integer, next_at: Integer,
        created_at: Integer,
    }
    SETUP_CODE = "setup_code", 1 { id: Small, hash: Bytes, sealed: Bytes, expires_at: Integer }
    TOKEN_LIFETIMES = "token_lifetimes", 1 numbered { seq: Integer, secs: Integer, since: Integer }
}
