//! The admin API's documents. What a field is stands in the API's own description; optional
//! fields are those that a server may leave out.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) state: String,
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) roles: Vec<String>,
    pub(crate) created_at: String,
}

impl Account {
    /// How people know it.
    pub(crate) fn name(&self) -> &str {
        self.identifiers
            .first()
            .map_or(&self.id, |identifier| &identifier.value)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identifier {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) verified: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Accounts {
    pub(crate) accounts: Vec<Account>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct NewAccount<'a> {
    pub(crate) identifier: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<&'a str>,
    pub(crate) roles: &'a [String],
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) created_at: String,
    pub(crate) last_seen: String,
    pub(crate) expires_at: String,
    #[serde(default)]
    pub(crate) device: Option<String>,
    #[serde(default)]
    pub(crate) ip: Option<String>,
    #[serde(default)]
    pub(crate) amr: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sessions {
    pub(crate) sessions: Vec<Session>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) sessions_ended: u64,
    pub(crate) grants_ended: u64,
    pub(crate) revoked_at_ms: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) purpose: String,
    pub(crate) alg: String,
    pub(crate) state: String,
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) signing_since: Option<String>,
    #[serde(default)]
    pub(crate) published_until: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) keys: Vec<Key>,
}

/// What a rotation did.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rotated {
    pub(crate) activated: Vec<String>,
    pub(crate) waiting: Vec<WaitingKey>,
    pub(crate) revoked: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WaitingKey {
    pub(crate) kid: String,
    pub(crate) signs_from: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct RotateKeys<'a> {
    pub(crate) emergency: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kid: Option<&'a str>,
}
