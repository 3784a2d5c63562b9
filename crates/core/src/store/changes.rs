//! The one function that ends and changes things.
//!
//! Every change walks the grant graph below its node, appends to the revocation log and writes the
//! audit row in one transaction. There is no other way to end anything; [`super::GrantStore::rotate`]
//! (reuse) and [`super::SessionStore::create_session`] (cap, replaced session) call the same code
//! inside their own transaction.

use async_trait::async_trait;
use symbolon_protocol::{AccountId, ClientId, EndReason, GrantId, SessionId, Timestamp, TokenId};

use super::StoreError;
use crate::{
    model::{AuditContext, Revocation, Role, SessionCookie, SigningKeyRecord},
    secret::PasswordHash,
};

/// How long revocations must be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// NumericDate for `until` of entries made now: the highest access-token lifetime in force in
    /// the last 24 h (and the longest time that a session is cached) from now, plus leeway.
    pub until: i64,
    /// That lifetime in seconds: what expired or ended longer ago can have no unexpired token.
    pub lifetime_secs: i64,
}

impl Horizon {
    /// Milliseconds from `now` that a token may outlive what it hangs below.
    #[must_use]
    pub const fn longest_token_ms(self, now: Timestamp) -> i64 {
        let lifetime = self.lifetime_secs.saturating_mul(1000);
        // What `until` covers includes the leeway.
        let until = self.until.saturating_mul(1000);
        let covered = until.saturating_sub(now.as_millis());
        if covered > lifetime {
            covered
        } else {
            lifetime
        }
    }
}

/// The cookie that a session keeps when all its earlier ones are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewedCookie {
    /// Which session.
    pub session: SessionId,
    /// Its only cookie from now on; none for a session that has only tokens.
    pub cookie: Option<SessionCookie>,
}

/// What is to be ended or changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Ends a session and its online grants. With `owner`, only if it is that account's.
    EndSession {
        /// Which.
        session: SessionId,
        /// Whose it must be.
        owner: Option<AccountId>,
    },
    /// Ends all sessions of an account but one, and the offline grants that were not given in it.
    EndSessions {
        /// Whose.
        account: AccountId,
        /// The one that stays.
        except: Option<SessionId>,
    },
    /// Ends sessions and grants of whomever, at most so many of each that nothing hangs above: a
    /// page of ending everything. It is done when a page appends no entry.
    EndEverything {
        /// How many.
        limit: u32,
    },
    /// Ends one grant.
    EndGrant {
        /// Which.
        grant: GrantId,
    },
    /// Revokes one access token.
    RevokeToken {
        /// `jti`.
        token: TokenId,
        /// NumericDate until which it must be remembered.
        until: i64,
    },
    /// Ends all grants of a client and refuses all its tokens.
    RevokeClient {
        /// Which.
        client: ClientId,
    },
    /// A signing key is compromised: gone at once, never forgotten; the replacement signs at once.
    RevokeKey {
        /// `kid`.
        kid: String,
        /// The key that takes its place, already in state active; kept only if the revoked key was
        /// the active one.
        replacement: Box<SigningKeyRecord>,
    },
    /// Disables an account and ends everything of it.
    DisableAccount {
        /// Which.
        account: AccountId,
    },
    /// Erases an account: ends everything of it, then deletes its credentials, identifiers, roles,
    /// profile, sessions and grants. Its id and subject stay, so that they are never given again.
    /// Erasing it again changes nothing.
    EraseAccount {
        /// Which.
        account: AccountId,
    },
    /// Replaces the roles of an account: bumps the version of its sessions and grants, so that
    /// caches and verifiers take new ones.
    SetRoles {
        /// Whose.
        account: AccountId,
        /// All roles that it has afterwards.
        roles: Vec<Role>,
    },
    /// Replaces the password: ends everything of the account but `keep`, whose cookies are dropped
    /// for the new one and whose version is bumped, its online grants' too.
    SetPassword {
        /// Whose.
        account: AccountId,
        /// The version that the old password was verified against; `None` for an administrator.
        expected_version: Option<u32>,
        /// The new hash.
        hash: PasswordHash,
        /// The session that stays.
        keep: Option<RenewedCookie>,
    },
}

/// A change, why, by whom and when.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRequest {
    /// What.
    pub change: Change,
    /// Why.
    pub reason: EndReason,
    /// By whom.
    pub audit: AuditContext,
    /// How long to remember.
    pub horizon: Horizon,
    /// When.
    pub now: Timestamp,
}

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The entries that it appended, in order. Empty when everything had ended before.
    pub revocations: Vec<Revocation>,
    /// How much it ended.
    pub ended: EndedCount,
}

/// How much was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EndedCount {
    /// Sessions.
    pub sessions: u32,
    /// Grants.
    pub grants: u32,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// Done, durable and visible to this process's tail. Ending what has ended is done too.
    Applied(Applied),
    /// There is no such node, or it is not the owner's.
    NotFound,
    /// The password has another version than the one that was verified, or the session to keep is
    /// no longer alive.
    Stale,
    /// It would leave the issuer without an active administrator.
    LastAdmin,
}

/// Changes.
#[async_trait]
pub trait ChangeStore: Send + Sync {
    /// Ends or changes something, appends to the revocation log and writes the audit row, all in
    /// one transaction.
    async fn change(&self, request: ChangeRequest) -> Result<ChangeOutcome, StoreError>;
}
