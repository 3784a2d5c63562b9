//! This node's use of the memory that nodes share: copies of sessions, and buckets of attempts.
//!
//! The one thing that must not be broken: nothing is accepted because it lies there. A copy has to open
//! under a key of ours, counts as read when the *store* was read, and is asked about in the revocation log
//! like any cached session. What is there tells nobody who an attempt was for, or whose a session is.

mod form;
mod seal;

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use symbolon_protocol::Timestamp;

use crate::{
    clock_and_entropy::Ambient,
    error::Error,
    keys::KeyRing,
    secret::CookieHash,
    settings::Bucket,
    store::{SessionView, SharedEntry, SharedMemory, Unreachable},
    tail::LogTail,
    throttle::Throttled,
};
use seal::Keys;

/// A copy may seem to be of the future by this many milliseconds: nodes' clocks differ. It is what the
/// revocation log's `until` has to spare, many times over.
const CLOCKS_DIFFER_MS: i64 = 2_000;

/// A session as a node read it in the store.
#[derive(Debug)]
pub(crate) struct SessionCopy {
    pub(crate) view: SessionView,
    pub(crate) read_at: Timestamp,
}

/// What became of looking for a copy, in `symbolon_shared_copies_total`.
#[derive(Clone, Copy)]
pub(crate) enum Looked {
    Hit,
    Miss,
    /// Too old, or of a clock that runs ahead.
    Stale,
    /// Ended, as the log says.
    Refused,
    /// It is not ours, or not of this release.
    Garbled,
    Unreachable,
}

impl Looked {
    pub(crate) fn count(self) {
        let outcome = match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Garbled => "garbled",
            Self::Unreachable => "unreachable",
        };
        metrics::counter!("symbolon_shared_copies_total", "outcome" => outcome).increment(1);
    }
}

/// The shared memory as one node of an issuer uses it.
pub(crate) struct Shared {
    memory: Arc<dyn SharedMemory>,
    rings: Arc<ArcSwap<KeyRing>>,
    tail: Arc<LogTail>,
    ambient: Ambient,
    issuer: String,
    /// What every key begins with: apart from other issuers' in the same memory.
    prefix: String,
    keys: ArcSwapOption<Keys>,
}

impl Shared {
    pub(crate) fn new(
        memory: Arc<dyn SharedMemory>,
        rings: Arc<ArcSwap<KeyRing>>,
        tail: Arc<LogTail>,
        ambient: Ambient,
        issuer: String,
    ) -> Self {
        let digest = symbolon_jose::digest::sha256(issuer.as_bytes());
        let cut = digest.get(..6).unwrap_or_default();
        Self {
            prefix: format!("symbolon:{}", symbolon_jose::base64url::encode(cut)),
            memory,
            rings,
            tail,
            ambient,
            issuer,
            keys: ArcSwapOption::empty(),
        }
    }

    /// The keys of the newest server secret, derived once.
    fn keys(&self) -> Result<Arc<Keys>, Error> {
        let ring = self.rings.load();
        let (id, secret) = ring.newest_secret()?;
        if let Some(keys) = self.keys.load_full().filter(|keys| keys.id == id) {
            return Ok(keys);
        }
        let keys = Arc::new(Keys::derive(id, secret, &self.issuer)?);
        self.keys.store(Some(Arc::clone(&keys)));
        Ok(keys)
    }

    fn key(&self, keys: &Keys, kind: &str, what: &[u8]) -> String {
        format!("{}:{kind}:{}", self.prefix, keys.name(kind, what))
    }

    /// The copy of the session of a cookie, if it is young enough at `now`.
    pub(crate) async fn copy(&self, cookie: &CookieHash, now: Timestamp) -> Option<SessionCopy> {
        let found = self.find(cookie, now).await;
        if let Err(looked) = &found {
            looked.count();
        }
        found.ok()
    }

    async fn find(&self, cookie: &CookieHash, now: Timestamp) -> Result<SessionCopy, Looked> {
        let keys = self.keys().map_err(|_| Looked::Miss)?;
        let sealed = match self.memory.get(&self.key(&keys, "copy", &cookie.0)).await {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Err(Looked::Miss),
            Err(Unreachable) => return Err(Looked::Unreachable),
        };
        let plain = keys
            .open(cookie, &self.tail.epoch(), sealed)
            .ok_or(Looked::Garbled)?;
        let (view, read_at) = form::read(&plain).ok_or(Looked::Garbled)?;
        let age = now.millis_since(read_at);
        if !(-CLOCKS_DIFFER_MS..view.session.coalesced_ms()).contains(&age) {
            return Err(Looked::Stale);
        }
        // This node's own cache counts from its own clock.
        let read_at = read_at.min(now);
        Ok(SessionCopy { view, read_at })
    }

    /// Leaves a copy of what was read in the store for other nodes.
    pub(crate) fn leave_copy(&self, cookie: &CookieHash, view: &SessionView, read_at: Timestamp) {
        let Ok(keys) = self.keys() else { return };
        let Some(value) = form::write(view, read_at).and_then(|plain| {
            keys.seal(cookie, &self.tail.epoch(), &plain, self.ambient.entropy())
        }) else {
            return;
        };
        let lives_ms = u64::try_from(view.session.coalesced_ms()).unwrap_or(0);
        let key = self.key(&keys, "copy", &cookie.0);
        let pointer = SharedEntry {
            key: self.key(&keys, "session", &view.session.id.to_bytes()),
            value: key.clone().into_bytes(),
            lives_ms,
        };
        let copy = SharedEntry {
            key,
            value,
            lives_ms,
        };
        self.memory.put(vec![copy, pointer]);
    }

    /// Forgets the copies of these sessions.
    pub(crate) fn forget_sessions(&self, sessions: impl IntoIterator<Item = [u8; 16]>) {
        let Ok(keys) = self.keys() else { return };
        let pointers: Vec<_> = sessions
            .into_iter()
            .map(|session| self.key(&keys, "session", &session))
            .collect();
        if !pointers.is_empty() {
            self.memory.remove_named(pointers);
        }
    }

    fn bucket_key(&self, limit: &str, key: &[u8]) -> Result<String, Error> {
        Ok(self.key(&*self.keys()?, limit, key))
    }

    /// Takes an attempt that all nodes count together.
    pub(crate) async fn take(
        &self,
        limit: &str,
        key: &[u8],
        bucket: Bucket,
    ) -> Result<Result<(), Throttled>, Unreachable> {
        let key = self.bucket_key(limit, key).map_err(|_| Unreachable)?;
        let taken = self.memory.take(&key, bucket).await;
        let outcome = match taken {
            Ok(Ok(())) => "taken",
            Ok(Err(_)) => "refused",
            Err(Unreachable) => "local",
        };
        metrics::counter!("symbolon_shared_takes_total", "outcome" => outcome).increment(1);
        taken
    }

    /// Gives back what [`Self::take`] took.
    pub(crate) fn give_back(&self, limit: &str, key: &[u8], bucket: Bucket) {
        if let Ok(key) = self.bucket_key(limit, key) {
            self.memory.give_back(key, bucket);
        }
    }

    /// Forgets the buckets of these keys, each of a limit.
    pub(crate) fn forget_buckets<'a>(&self, of: impl IntoIterator<Item = (&'a str, Vec<u8>)>) {
        let keys = of
            .into_iter()
            .filter_map(|(limit, key)| self.bucket_key(limit, &key).ok());
        self.memory.remove(keys.collect());
    }
}
