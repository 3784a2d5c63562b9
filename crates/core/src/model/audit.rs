//! What the audit trail says. Ids only: never an e-mail address, an identifier, a full address.

use symbolon_protocol::{AccountId, Timestamp};

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

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// What was done. Stable names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum AuditAction {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl AuditAction {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

actions! {
    /// An account was made.
    AccountCreated = "account_created",
    /// An account came from another system.
    AccountImported = "account_imported",
    /// The first administrator was made with the set-up code.
    FirstAdminClaimed = "first_admin_claimed",
    /// An account was disabled.
    AccountDisabled = "account_disabled",
    /// An account was enabled.
    AccountEnabled = "account_enabled",
    /// Everything about an account was handed out.
    AccountExported = "account_exported",
    /// An account was erased.
    AccountErased = "account_erased",
    /// Roles were changed.
    RolesChanged = "roles_changed",
    /// What somebody says of themselves was changed.
    ProfileChanged = "profile_changed",
    /// A password was changed.
    PasswordChanged = "password_changed",
    /// Sessions were ended.
    SessionEnded = "session_ended",
    /// A grant was ended.
    GrantEnded = "grant_ended",
    /// A spent refresh token came back.
    RefreshReused = "refresh_reused",
    /// A token was revoked.
    TokenRevoked = "token_revoked",
    /// A client was revoked.
    ClientRevoked = "client_revoked",
    /// A key was published as next.
    KeyAdded = "key_added",
    /// A key began to sign.
    KeyActivated = "key_activated",
    /// A key was revoked.
    KeyRevoked = "key_revoked",
    /// Another server secret makes refresh tokens.
    ServerSecretAdded = "server_secret_added",
    /// The revocation log began another epoch: the store was restored, or found to be an older copy.
    EpochChanged = "epoch_changed",
}

impl AuditAction {
    /// The action of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.as_str() == name)
    }
}

/// One row of the audit trail, as it was written: what another release has written is shown, not
/// refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its place in the trail, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, as an [`Actor`] is written.
    pub actor: String,
    /// What, by its stable name.
    pub action: String,
    /// What kind of thing it was done to.
    pub target_kind: String,
    /// To which.
    pub target_id: String,
    /// Why, by its stable name.
    pub reason: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}
