//! The verifier: what there is to know of a real [`LogWriter`], which is made anew from it for each
//! answer.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use symbolon_protocol::{Cursor, RevocationId, TokenIds};

use super::{
    MAX_STALENESS, TICK,
    issuer::{GRANT, ISSUER, Letter, Row, SESSION},
};
use crate::log::{Exchange, Log, LogWriter, NEVER, freshness::Freshness};

/// A poll that was sent and not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Poll {
    pub(super) asked: Option<Cursor>,
    pub(super) sent: i64,
    pub(super) with_nonce: bool,
}

/// The verifier's clock on the wall, which it looks at only to forget and for `exp`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wall {
    pub(super) shows: i64,
    /// Whether the search goes on for so long that entries expire.
    pub(super) may_forget: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Replica {
    rows: Vec<Row>,
    freshness: Freshness,
    cursor: Option<Cursor>,
    epoch: Option<String>,
    forgot_at: i64,
    as_of: i64,
    /// By version, as the real copy says.
    refused: [bool; 2],
}

fn token(version: u32) -> TokenIds {
    TokenIds {
        session: Some(SESSION),
        grant: GRANT,
        token: RevocationId([3; 16]),
        client: RevocationId([4; 16]),
        key: RevocationId([5; 16]),
        version,
    }
}

impl Replica {
    pub(super) fn new() -> Self {
        Self {
            rows: Vec::new(),
            freshness: Freshness::default(),
            cursor: None,
            epoch: None,
            forgot_at: NEVER,
            as_of: NEVER,
            refused: [false; 2],
        }
    }

    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// The tick of which it is, once it was complete.
    pub(super) fn as_of(&self) -> Option<i64> {
        (self.as_of != NEVER).then(|| self.as_of.div_euclid(TICK))
    }

    pub(super) fn wants_proof(&self) -> bool {
        self.freshness.wants_proof()
    }

    pub(super) fn is_stale(&self, now: i64) -> bool {
        self.log().is_stale(now * TICK)
    }

    /// Whether it says that the token of this version is revoked.
    pub(super) fn refuses(&self, version: u32) -> bool {
        self.refused[version as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    fn log(&self) -> Log {
        let staleness = u64::try_from(MAX_STALENESS * TICK).unwrap();
        let log = Log::new(Duration::from_millis(staleness));
        log.as_of.store(self.as_of, Ordering::Relaxed);
        log
    }

    fn writer(&self) -> LogWriter {
        let log = Arc::new(self.log());
        log.epoch.store(self.epoch.clone().map(Arc::new));
        let mut writer = LogWriter::new(log, ISSUER);
        for row in &self.rows {
            writer.set.insert(&row.revocation().entry);
        }
        writer.freshness = self.freshness;
        writer.cursor = self.cursor;
        writer.forgot_at = self.forgot_at;
        writer
    }

    /// Takes a genuine answer in, whoever it was made for.
    pub(super) fn take(&mut self, letter: &Letter, poll: Poll, now: i64, wall: Wall) {
        let exchange = Exchange {
            asked: poll.asked,
            sent: poll.sent * TICK,
            received: now * TICK,
            now: wall.shows * TICK / 1000,
            proved: letter.ours,
        };
        let mut writer = self.writer();
        if writer.apply(&letter.body(), exchange).is_err() {
            // An answer to another question: as good as lost.
            return;
        }
        // All entries have one `until`: they are forgotten together.
        if writer.set.is_empty() {
            self.rows.clear();
        } else {
            let known = |row: &&Row| !self.rows.iter().any(|known| known.is(row));
            let new: Vec<Row> = letter.rows.iter().filter(known).copied().collect();
            self.rows.extend(new);
        }
        self.freshness = writer.freshness;
        self.cursor = writer.cursor;
        self.epoch = writer.log.epoch().map(|epoch| String::clone(&epoch));
        // When it last looked makes no difference where nothing has expired.
        if wall.may_forget {
            self.forgot_at = writer.forgot_at;
        }
        self.as_of = writer.log.as_of.load(Ordering::Relaxed);
        let judge = |version| writer.log.judge(&token(version), now * TICK).refused;
        self.refused = [0, 1].map(|version| judge(version).is_some());
    }
}
