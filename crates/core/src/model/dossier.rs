//! Everything that is kept about one person, read at one moment. Secrets and their hashes are not
//! in it: they say nothing about the person and open doors.

use symbolon_protocol::Timestamp;

use super::{Account, Grant, Session};

/// Everything about one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The account with its identifiers, roles and profile.
    pub account: Account,
    /// What it can log in with.
    pub credentials: Vec<CredentialRecord>,
    /// Its sessions, ended ones too as long as they are kept, oldest first.
    pub sessions: Vec<SessionRecord>,
    /// Its grants, ended ones too as long as they are kept, oldest first.
    pub grants: Vec<Grant>,
    /// What it did and what was done to it or to the sessions and grants above, oldest first.
    pub audit: Vec<AuditRecord>,
}

/// Something that the account can log in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Its kind, e.g. `password`.
    pub kind: String,
    /// What its owner calls it.
    pub label: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last replaced.
    pub changed_at: Timestamp,
    /// When it was last used, for kinds that keep this.
    pub last_used_at: Option<Timestamp>,
}

/// A session and where its cookies were set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session: Session,
    /// The origins that have a cookie of it.
    pub origins: Vec<String>,
}

/// A row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub target_kind: String,
    /// To which.
    pub target_id: String,
    /// Why.
    pub reason: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}
