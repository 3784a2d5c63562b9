//! The domain's entities. A lifecycle is an enum, never a set of nullable times.

mod account;
mod audit;
mod dossier;
mod grant;
mod key;
mod log;
mod profile;
mod session;

pub use account::{
    Account, AccountState, Identifier, IdentifierKind, IdentifierPrefix, InvalidIdentifier,
    PasswordCredential, Role, RoleScope,
};
pub use audit::{Actor, AuditAction, AuditContext, AuditEvent};
pub use dossier::{AuditRecord, CredentialRecord, Dossier, SessionRecord};
pub use grant::{Grant, GrantState};
pub use key::{KeyPurpose, KeyState, ServerSecret, SigningKeyRecord};
pub use log::{LogState, Revocation};
pub use profile::{InvalidProfile, Profile};
pub use session::{Session, SessionCookie, SessionKind, SessionState, SessionStatus, TruncatedIp};
