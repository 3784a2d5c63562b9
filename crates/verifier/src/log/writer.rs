//! Takes verified answers of the log into the local copy.
//!
//! The one thing that must not be broken: entries are only ever added. No answer, whatever it
//! says, makes the copy forget an entry before its time.

use std::sync::{Arc, atomic::Ordering};

use symbolon_protocol::{Body, Cursor, Kind, RevocationSet};

use super::{
    Log, NEVER,
    freshness::{Answer, Freshness},
};

/// How often expired entries are looked for, in milliseconds.
const FORGET_EVERY: i64 = 60_000;

/// Why a body with a good signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the log is another issuer's (\"{found}\")")]
    Issuer { found: String },
    #[error("the answer belongs to another cursor")]
    OtherQuestion,
}

/// One request to the log, as it went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange {
    /// The cursor that was sent.
    pub(crate) asked: Option<Cursor>,
    /// Uptime when it was sent.
    pub(crate) sent: i64,
    /// Uptime when the answer was complete.
    pub(crate) received: i64,
    /// Our wall clock then, NumericDate.
    pub(crate) now: i64,
    /// Whether the answer repeats the nonce that was sent with it.
    pub(crate) proved: bool,
}

/// What an answer has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Whether it brought us on: another cursor, or a younger copy.
    pub(crate) progressed: bool,
    /// Whether it revokes keys.
    pub(crate) names_keys: bool,
    /// Whether the log that was followed so far has another history now.
    pub(crate) another_history: bool,
}

/// The one writer.
#[derive(Debug)]
pub(crate) struct LogWriter {
    log: Arc<Log>,
    issuer: String,
    set: RevocationSet,
    freshness: Freshness,
    cursor: Option<Cursor>,
    forgot_at: i64,
}

impl LogWriter {
    pub(crate) fn new(log: Arc<Log>, issuer: &str) -> Self {
        Self {
            log,
            issuer: issuer.to_owned(),
            set: RevocationSet::new(),
            freshness: Freshness::default(),
            cursor: None,
            forgot_at: NEVER,
        }
    }

    /// What to ask for next.
    pub(crate) const fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// Whether nothing but the answer to a question with a nonce would make the copy younger.
    pub(crate) const fn is_in_doubt(&self) -> bool {
        self.freshness.is_in_doubt()
    }

    /// Whether the next question should carry a nonce.
    pub(crate) fn wants_proof(&self) -> bool {
        self.freshness.wants_proof()
    }

    /// Takes in an answer whose signature was verified.
    pub(crate) fn apply(&mut self, body: &Body, exchange: Exchange) -> Result<Applied, BodyError> {
        if body.iss != self.issuer {
            return Err(BodyError::Issuer {
                found: body.iss.clone(),
            });
        }
        if !body.answers(exchange.asked) {
            return Err(BodyError::OtherQuestion);
        }
        self.set.extend(&body.entries);
        let before = self.log.epoch();
        let continues = self.follow(body);
        let younger = self.freshness.observe(Answer {
            sent: exchange.sent,
            received: exchange.received,
            now_ms: body.now_ms,
            live: continues && body.is_live(),
            proved: exchange.proved,
        });
        self.forget_expired(body, exchange);
        self.publish();
        Ok(Applied {
            progressed: younger || (continues && self.cursor != exchange.asked),
            names_keys: body.entries.iter().any(|entry| entry.kind == Kind::Key),
            another_history: before.is_some() && self.log.epoch() != before,
        })
    }

    /// Moves the cursor. An answer out of another history, without the snapshot that such a change
    /// needs, makes us start over; the entries we have stay.
    fn follow(&mut self, body: &Body) -> bool {
        let known = self.log.epoch.load();
        let same = known.as_ref().is_some_and(|epoch| **epoch == body.epoch);
        if !same && !body.snapshot {
            self.cursor = None;
            return false;
        }
        if !same {
            self.log.epoch.store(Some(Arc::new(body.epoch.clone())));
        }
        self.cursor = Some(body.next);
        true
    }

    /// `until` is the issuer's time, tokens expire by ours: an entry goes when both have passed.
    fn forget_expired(&mut self, body: &Body, exchange: Exchange) {
        let due = exchange.received.saturating_sub(FORGET_EVERY);
        if self.forgot_at == NEVER {
            self.forgot_at = exchange.received;
        } else if self.forgot_at <= due {
            self.forgot_at = exchange.received;
            self.set
                .forget_expired(exchange.now.min(body.now_ms.div_euclid(1000)));
        }
    }

    /// The set first, then the age: what is known to be revoked counts at once, also before the
    /// first snapshot is complete.
    fn publish(&self) {
        self.log.set.store(Arc::new(self.set.clone()));
        if let Some(as_of) = self.freshness.as_of() {
            self.log.as_of.store(as_of, Ordering::Release);
        }
    }
}

#[cfg(test)]
#[path = "writer/tests.rs"]
mod tests;

#[cfg(test)]
mod model;
