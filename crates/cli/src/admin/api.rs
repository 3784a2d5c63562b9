//! The admin API's documents. What a field is stands in the API's own description; optional
//! fields are those that a server may leave out.

use serde::{Deserialize, Serialize};
use symbolon_protocol::{AccountId, ClientId, GrantId, SessionId, TokenId};

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<Receipt>,
}

/// What erasing an account did.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Erased {
    #[serde(flatten)]
    pub(crate) ended: Ended,
    pub(crate) traces_removed: bool,
}

/// Who has applied what was ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) head: String,
    pub(crate) waited_ms: i64,
    pub(crate) complete: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) verifiers: Vec<VerifierReceipt>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct VerifierReceipt {
    #[serde(flatten)]
    pub(crate) reader: Reader,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) software: Option<String>,
    #[serde(flatten)]
    pub(crate) state: ReceiptState,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reader {
    pub(crate) client: String,
    pub(crate) instance: String,
}

impl Reader {
    /// How people are shown it.
    pub(crate) fn name(&self) -> String {
        format!("{}#{}", self.client, self.instance)
    }

    /// All of them on one line.
    pub(crate) fn names(readers: &[Self]) -> String {
        readers
            .iter()
            .map(Self::name)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum ReceiptState {
    Applied { after_ms: i64 },
    Behind { by: u64 },
    Silent { for_s: i64 },
}

/// An account of another system. It has a hash in it, so it cannot be printed.
#[derive(Serialize)]
pub(crate) struct ForeignAccount {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    pub(crate) identifiers: Vec<ForeignIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_hash: Option<String>,
    pub(crate) roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<String>,
    pub(crate) profile: serde_json::Map<String, serde_json::Value>,
    pub(crate) disabled: bool,
}

#[derive(Serialize)]
pub(crate) struct ForeignIdentifier {
    pub(crate) value: String,
    pub(crate) verified: bool,
}

/// Accounts that are imported in one transaction.
#[derive(Serialize)]
pub(crate) struct ImportBatch<'a> {
    pub(crate) dry_run: bool,
    pub(crate) allow_roles: bool,
    pub(crate) accounts: &'a [ForeignAccount],
}

/// What became of them, in their order.
#[derive(Debug, Deserialize)]
pub(crate) struct ImportAnswer {
    pub(crate) results: Vec<ImportResult>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ImportResult {
    pub(crate) outcome: String,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) detail: Option<String>,
}

/// What is to be ended, as the API names it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Node {
    Session(SessionId),
    Account(AccountId),
    Grant(GrantId),
    Token(TokenId),
    Client(ClientId),
    Key(String),
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
    /// Verifiers that have not fetched a next key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<Reader>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server_secret: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WaitingKey {
    pub(crate) kid: String,
    pub(crate) signs_from: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<Reader>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RotateKeys<'a> {
    pub(crate) emergency: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kid: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) server_secret: bool,
}
