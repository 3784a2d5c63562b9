//! The revocations that are in force, as a set that answers in nanoseconds.
//!
//! Made to sit behind an atomic pointer: readers take a snapshot and never a lock; the one writer
//! clones, inserts and swaps. Cloning is cheap because almost everything lies in a shared base and
//! only the newest entries in a small map of the clone's own.
//!
//! The one thing that must not be broken: inserting can only widen what is refused. An entry for
//! an id that is already there keeps the wider of the two meanings and the later `until`.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::{
    ids::{ClientId, GrantId, SessionId, TokenId},
    reason::RejectReason,
    revocation::{Entry, RevocationId},
};

/// Entries beyond this many move from a clone's own map into the shared base.
const RECENT_MAX: usize = 1024;
/// `until` of entries that never expire.
const NEVER: u32 = u32::MAX;

/// 8 bytes a revoked id: NumericDates fit 32 bits until 2106.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meaning {
    /// Versions lower than this are revoked; `u32::MAX`: all.
    below: u32,
    until: u32,
}

impl Meaning {
    fn widened(self, other: Self) -> Self {
        Self {
            below: self.below.max(other.below),
            until: self.until.max(other.until),
        }
    }
}

type Map = HashMap<RevocationId, Meaning, RandomState>;

/// Everything by which the log can name one access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenIds {
    /// `sid`, if it has one.
    pub session: Option<RevocationId>,
    /// `gid`.
    pub grant: RevocationId,
    /// `jti`.
    pub token: RevocationId,
    /// Hash of `client_id`.
    pub client: RevocationId,
    /// Hash of the `kid` that verified it.
    pub key: RevocationId,
    /// `ver`, the grant's version.
    pub version: u32,
}

/// The revocations in force. `Clone` is a snapshot.
#[derive(Debug, Clone, Default)]
pub struct RevocationSet {
    base: Arc<Map>,
    recent: Map,
}

impl RevocationSet {
    /// Nothing revoked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many ids are revoked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.base.len()
            + self
                .recent
                .keys()
                .filter(|id| !self.base.contains_key(*id))
                .count()
    }

    /// Whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base.is_empty() && self.recent.is_empty()
    }

    /// Takes an entry in.
    pub fn insert(&mut self, entry: &Entry) {
        let until = match entry.until {
            Some(secs) => u32::try_from(secs.max(0)).unwrap_or(NEVER),
            None => NEVER,
        };
        let meaning = Meaning {
            below: entry.below.unwrap_or(u32::MAX),
            until,
        };
        self.recent
            .entry(entry.id)
            .and_modify(|known| *known = known.widened(meaning))
            .or_insert(meaning);
        if self.recent.len() > RECENT_MAX {
            self.merge();
        }
    }

    /// Forgets what nothing can be accepted under any more. `now` is a NumericDate.
    pub fn forget_expired(&mut self, now: i64) {
        self.merge();
        let now = u32::try_from(now.max(0)).unwrap_or(NEVER);
        if self.base.values().any(|meaning| meaning.until < now) {
            let map = Arc::make_mut(&mut self.base);
            map.retain(|_, meaning| meaning.until >= now);
            map.shrink_to(map.len().saturating_mul(2));
        }
    }

    fn merge(&mut self) {
        if self.recent.is_empty() {
            return;
        }
        let base = Arc::make_mut(&mut self.base);
        for (id, meaning) in self.recent.drain() {
            base.entry(id)
                .and_modify(|known| *known = known.widened(meaning))
                .or_insert(meaning);
        }
    }

    /// Whether the log names this id for a credential of this version.
    #[must_use]
    pub fn is_revoked(&self, id: &RevocationId, version: u32) -> bool {
        let names = |meaning: &Meaning| meaning.below == u32::MAX || version < meaning.below;
        self.base.get(id).is_some_and(names) || self.recent.get(id).is_some_and(names)
    }

    /// Whether every version of this id is revoked.
    fn is_ended(&self, id: &RevocationId) -> bool {
        let ended = |meaning: &Meaning| meaning.below == u32::MAX;
        self.base.get(id).is_some_and(ended) || self.recent.get(id).is_some_and(ended)
    }

    /// Whether a token is refused, and why. A session entry with `below` speaks of the session's
    /// own version and so of cookies only: the same change names each grant below it by itself.
    #[must_use]
    pub fn refuses(&self, token: &TokenIds) -> Option<RejectReason> {
        if self.is_empty() {
            return None;
        }
        if token.session.is_some_and(|id| self.is_ended(&id)) {
            return Some(RejectReason::RevokedSession);
        }
        if self.is_revoked(&token.grant, token.version) {
            return Some(RejectReason::RevokedGrant);
        }
        if self.is_ended(&token.token) {
            return Some(RejectReason::RevokedToken);
        }
        if self.is_ended(&token.client) {
            return Some(RejectReason::RevokedClient);
        }
        if self.is_ended(&token.key) {
            return Some(RejectReason::RevokedKey);
        }
        None
    }
}

impl From<SessionId> for RevocationId {
    fn from(id: SessionId) -> Self {
        Self(id.to_bytes())
    }
}

impl From<GrantId> for RevocationId {
    fn from(id: GrantId) -> Self {
        Self(id.to_bytes())
    }
}

impl From<TokenId> for RevocationId {
    fn from(id: TokenId) -> Self {
        Self(id.to_bytes())
    }
}

impl From<&ClientId> for RevocationId {
    fn from(id: &ClientId) -> Self {
        Self::of_text(id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revocation::{EndReason, Kind};

    fn entry(id: u8, below: Option<u32>, until: Option<i64>) -> Entry {
        Entry {
            seq: 1,
            kind: Kind::Grant,
            id: RevocationId([id; 16]),
            below,
            reason: EndReason::Logout,
            revoked_at: 0,
            until,
        }
    }

    fn token(grant: u8, version: u32) -> TokenIds {
        TokenIds {
            session: Some(RevocationId([101; 16])),
            grant: RevocationId([grant; 16]),
            token: RevocationId([102; 16]),
            client: RevocationId([103; 16]),
            key: RevocationId([104; 16]),
            version,
        }
    }

    #[test]
    fn below_names_lower_versions_only() {
        let mut set = RevocationSet::new();
        set.insert(&entry(1, Some(2), Some(10)));
        assert_eq!(set.refuses(&token(1, 1)), Some(RejectReason::RevokedGrant));
        assert_eq!(set.refuses(&token(1, 2)), None);
        set.insert(&entry(1, None, Some(5)));
        assert_eq!(set.refuses(&token(1, 2)), Some(RejectReason::RevokedGrant));
    }

    #[test]
    fn every_part_of_a_token_can_be_named() {
        for (id, reason) in [
            (101, RejectReason::RevokedSession),
            (1, RejectReason::RevokedGrant),
            (102, RejectReason::RevokedToken),
            (103, RejectReason::RevokedClient),
            (104, RejectReason::RevokedKey),
        ] {
            let mut set = RevocationSet::new();
            set.insert(&entry(id, None, None));
            assert_eq!(set.refuses(&token(1, 0)), Some(reason));
        }
    }

    #[test]
    fn a_changed_session_does_not_refuse_tokens_by_itself() {
        let mut set = RevocationSet::new();
        set.insert(&entry(101, Some(9), None));
        assert_eq!(set.refuses(&token(1, 0)), None);
        assert!(set.is_revoked(&RevocationId([101; 16]), 8));
    }

    #[test]
    fn a_narrower_or_earlier_entry_never_shrinks_a_wider_one() {
        let mut set = RevocationSet::new();
        set.insert(&entry(1, None, Some(100)));
        set.insert(&entry(1, Some(1), Some(5)));
        set.forget_expired(50);
        assert!(set.is_revoked(&RevocationId([1; 16]), 7));
    }

    #[test]
    fn expiry_keeps_the_last_second_and_keys_for_ever() {
        let mut set = RevocationSet::new();
        set.insert(&entry(1, None, Some(10)));
        set.insert(&entry(2, None, None));
        set.forget_expired(10);
        assert_eq!(set.len(), 2);
        set.forget_expired(11);
        assert_eq!(set.len(), 1);
        set.forget_expired(i64::MAX);
        assert!(set.is_revoked(&RevocationId([2; 16]), 0));
    }

    #[test]
    fn a_snapshot_does_not_see_what_comes_later_and_many_entries_merge() {
        let mut set = RevocationSet::new();
        let before = set.clone();
        for number in 0..5_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_le_bytes());
            set.insert(&Entry {
                id: RevocationId(id),
                ..entry(0, None, Some(10))
            });
        }
        assert!(before.is_empty());
        assert_eq!(set.len(), 5_000);
    }
}
