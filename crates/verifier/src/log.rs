//! The local copy of the revocation log: what readers see of it.
//!
//! The one thing that must not be broken: a reader looks at the copy's age **before** it loads the
//! set, and the writer publishes the set before the age. The set a reader decides on is then never
//! older than the age says.

mod freshness;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use symbolon_protocol::{RejectReason, RevocationId, RevocationSet, TokenIds};

pub(crate) use writer::{BodyError, Exchange, LogWriter};

/// Uptime that stands for "never complete".
const NEVER: i64 = i64::MIN;

/// What readers share.
#[derive(Debug)]
pub(crate) struct Log {
    set: ArcSwap<RevocationSet>,
    epoch: ArcSwapOption<String>,
    as_of: AtomicI64,
    max_staleness: i64,
}

/// What the log says of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) refused: Option<RejectReason>,
    /// Whether the copy is too old to say that nothing else was revoked.
    pub(crate) stale: bool,
}

impl Log {
    /// An empty copy that has never been complete.
    pub(crate) fn new(max_staleness: Duration) -> Self {
        Self {
            set: ArcSwap::default(),
            epoch: ArcSwapOption::empty(),
            as_of: AtomicI64::new(NEVER),
            max_staleness: i64::try_from(max_staleness.as_millis()).unwrap_or(i64::MAX),
        }
    }

    #[inline]
    pub(crate) fn judge(&self, token: &TokenIds, uptime: i64) -> Verdict {
        let stale = self.is_stale(uptime);
        Verdict {
            refused: self.set.load().refuses(token),
            stale,
        }
    }

    #[inline]
    pub(crate) fn is_stale(&self, uptime: i64) -> bool {
        let as_of = self.as_of.load(Ordering::Acquire);
        as_of == NEVER || uptime.saturating_sub(as_of) > self.max_staleness
    }

    /// Whether every version of this id is revoked.
    pub(crate) fn names(&self, id: &RevocationId) -> bool {
        self.set.load().is_revoked(id, u32::MAX)
    }

    /// How old the copy is; `None` before it was complete for the first time.
    pub(crate) fn age(&self, uptime: i64) -> Option<Duration> {
        let as_of = self.as_of.load(Ordering::Acquire);
        let millis = u64::try_from(uptime.saturating_sub(as_of)).unwrap_or(0);
        (as_of != NEVER).then(|| Duration::from_millis(millis))
    }

    pub(crate) fn len(&self) -> usize {
        self.set.load().len()
    }

    pub(crate) fn epoch(&self) -> Option<Arc<String>> {
        self.epoch.load_full()
    }
}
