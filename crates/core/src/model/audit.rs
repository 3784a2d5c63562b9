//! What the audit trail says. Ids only: never an e-mail address, an identifier, a full address.

use symbolon_protocol::AccountId;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody logged in.
    Account(AccountId),
    /// Somebody with access to the data directory or `admin.sock`, by operating-system user id.
    Cli {
        /// User id.
        uid: u32,
    },
    /// Nobody who is logged in (registering, logging in).
    Anonymous,
    /// The server itself (expiry, reuse detection, scheduled rotation).
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::Cli { uid } => write!(f, "cli:{uid}"),
            Self::Anonymous => f.write_str("anonymous"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Who acts and in which request: goes into the audit row of whatever the verb does, in the same
/// transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditContext {
    /// Who.
    pub actor: Actor,
    /// The request's id, as in its log lines and its answer.
    pub request_id: Option<String>,
}

impl AuditContext {
    /// The server itself, outside any request.
    #[must_use]
    pub const fn system() -> Self {
        Self {
            actor: Actor::System,
            request_id: None,
        }
    }
}

/// What was done. Stable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditAction {
    /// An account was made.
    AccountCreated,
    /// An account came from another system.
    AccountImported,
    /// The first administrator was made with the set-up code.
    FirstAdminClaimed,
    /// An account was disabled.
    AccountDisabled,
    /// An account was enabled.
    AccountEnabled,
    /// Everything about an account was handed out.
    AccountExported,
    /// An account was erased.
    AccountErased,
    /// Roles were changed.
    RolesChanged,
    /// What somebody says of themselves was changed.
    ProfileChanged,
    /// A password was changed.
    PasswordChanged,
    /// Sessions were ended.
    SessionEnded,
    /// A grant was ended.
    GrantEnded,
    /// A spent refresh token came back.
    RefreshReused,
    /// A token was revoked.
    TokenRevoked,
    /// A client was revoked.
    ClientRevoked,
    /// A key was published as next.
    KeyAdded,
    /// A key began to sign.
    KeyActivated,
    /// A key was revoked.
    KeyRevoked,
    /// Another server secret makes refresh tokens.
    ServerSecretAdded,
}

impl AuditAction {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account_created",
            Self::AccountImported => "account_imported",
            Self::FirstAdminClaimed => "first_admin_claimed",
            Self::AccountDisabled => "account_disabled",
            Self::AccountEnabled => "account_enabled",
            Self::AccountExported => "account_exported",
            Self::AccountErased => "account_erased",
            Self::RolesChanged => "roles_changed",
            Self::ProfileChanged => "profile_changed",
            Self::PasswordChanged => "password_changed",
            Self::SessionEnded => "session_ended",
            Self::GrantEnded => "grant_ended",
            Self::RefreshReused => "refresh_reused",
            Self::TokenRevoked => "token_revoked",
            Self::ClientRevoked => "client_revoked",
            Self::KeyAdded => "key_added",
            Self::KeyActivated => "key_activated",
            Self::KeyRevoked => "key_revoked",
            Self::ServerSecretAdded => "server_secret_added",
        }
    }
}
