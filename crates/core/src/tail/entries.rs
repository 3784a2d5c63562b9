//! The log's entries as this process keeps them: 56 bytes each, in segments that readers share.
//!
//! A page is made of whole segments, so that making one takes a lock for some pointers only, and
//! so that readers who start at different moments ask for the same pages.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use symbolon_protocol::{Cursor, EndReason, Entry, Kind, Mark, RevocationId, Timestamp};

use crate::model::Revocation;

/// Entries of a segment, and of an answer, at most: about 150 bytes each, so below 1 MiB.
pub(super) const SEGMENT: usize = 4_000;
/// `until` of entries that never expire.
const NEVER: u32 = u32::MAX;

/// One entry, packed. NumericDates fit 32 bits until 2106.
#[derive(Debug, Clone, Copy)]
struct Packed {
    seq: u64,
    mark: [u8; 16],
    id: [u8; 16],
    revoked_at: u32,
    until: u32,
    /// `u32::MAX`: every version, which says the same.
    below: u32,
    kind: Kind,
    reason: EndReason,
}

fn seconds(numeric_date: i64) -> u32 {
    u32::try_from(numeric_date.max(0)).unwrap_or(NEVER)
}

impl Packed {
    fn new(revocation: &Revocation) -> Self {
        let entry = &revocation.entry;
        Self {
            seq: entry.seq,
            mark: revocation.mark.0,
            id: entry.id.0,
            revoked_at: seconds(entry.revoked_at),
            until: entry.until.map_or(NEVER, seconds),
            below: entry.below.unwrap_or(u32::MAX),
            kind: entry.kind,
            reason: entry.reason,
        }
    }

    fn entry(&self) -> Entry {
        Entry {
            seq: self.seq,
            kind: self.kind,
            id: RevocationId(self.id),
            below: (self.below != u32::MAX).then_some(self.below),
            reason: self.reason,
            revoked_at: i64::from(self.revoked_at),
            until: (self.until != NEVER).then(|| i64::from(self.until)),
        }
    }

    const fn counts(&self, now: u32) -> bool {
        self.until >= now
    }
}

/// Some entries that follow each other, and the position after the last, which stays known when
/// the entry itself is forgotten.
#[derive(Debug, Clone)]
struct Segment {
    rows: Arc<Vec<Packed>>,
    /// Entries that were ever in it.
    taken: usize,
    end: Cursor,
}

/// Entries of one answer, not yet read.
#[derive(Debug)]
pub(super) struct Selection {
    parts: Vec<(Arc<Vec<Packed>>, Range<usize>)>,
    pub(super) next: Cursor,
}

impl Selection {
    /// No entries.
    pub(super) const fn nothing(next: Cursor) -> Self {
        Self {
            parts: Vec::new(),
            next,
        }
    }

    /// How many, expired ones included.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|(_, range)| range.len()).sum()
    }

    /// Those of them that have not expired.
    pub(super) fn entries(&self, now: Timestamp) -> Vec<Entry> {
        let now = seconds(now.as_secs());
        let rows = |(rows, range): &(Arc<Vec<Packed>>, Range<usize>)| {
            let rows = rows.get(range.clone()).unwrap_or_default();
            let rows = rows.iter().filter(|row| row.counts(now));
            rows.map(Packed::entry).collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(rows).collect()
    }
}

/// A position: a segment, and a row in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    segment: usize,
    row: usize,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Entries {
    origin: Cursor,
    segments: VecDeque<Segment>,
}

impl Entries {
    pub(super) const fn new(origin: Cursor) -> Self {
        Self {
            origin,
            segments: VecDeque::new(),
        }
    }

    pub(super) const fn origin(&self) -> Cursor {
        self.origin
    }

    pub(super) fn head(&self) -> Cursor {
        self.segments.back().map_or(self.origin, |last| last.end)
    }

    pub(super) fn len(&self) -> usize {
        self.segments.iter().map(|segment| segment.rows.len()).sum()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let rows = |segment: &Segment| segment.rows.capacity() * size_of::<Packed>();
        self.segments.iter().map(rows).sum::<usize>()
            + self.segments.capacity() * size_of::<Segment>()
    }

    pub(super) fn push(&mut self, revocation: &Revocation) {
        if self
            .segments
            .back()
            .is_none_or(|last| last.taken == SEGMENT)
        {
            self.segments.push_back(Segment {
                rows: Arc::default(),
                taken: 0,
                end: revocation.cursor(),
            });
        }
        if let Some(last) = self.segments.back_mut() {
            // A copy only while a page of it is being made.
            let rows = Arc::make_mut(&mut last.rows);
            rows.push(Packed::new(revocation));
            last.taken += 1;
            last.end = revocation.cursor();
            if last.taken == SEGMENT {
                rows.shrink_to_fit();
            }
        }
    }

    /// The place after the cursor, if that is a position of this log.
    pub(super) fn position(&self, after: Cursor) -> Option<Position> {
        if after == self.origin {
            return Some(Position { segment: 0, row: 0 });
        }
        let segment = self
            .segments
            .partition_point(|segment| segment.end.seq < after.seq);
        let found = self.segments.get(segment)?;
        if found.end == after {
            let segment = segment + 1;
            return Some(Position { segment, row: 0 });
        }
        let row = found
            .rows
            .binary_search_by_key(&after.seq, |row| row.seq)
            .ok()?;
        let known = Mark(found.rows.get(row)?.mark) == after.mark;
        let row = row + 1;
        known.then_some(Position { segment, row })
    }

    /// Whether the cursor lies beyond the end, or its number has another mark here. Of a number whose
    /// entry is forgotten nothing can be said.
    pub(super) fn is_foreign(&self, cursor: Cursor) -> bool {
        if self.position(cursor).is_some() {
            return false;
        }
        if cursor.seq == self.origin.seq || cursor.seq > self.head().seq {
            return true;
        }
        let segment = self
            .segments
            .partition_point(|segment| segment.end.seq < cursor.seq);
        self.segments.get(segment).is_some_and(|segment| {
            segment.end.seq == cursor.seq
                || segment
                    .rows
                    .binary_search_by_key(&cursor.seq, |row| row.seq)
                    .is_ok()
        })
    }

    /// What one answer brings from there: the rest of the segment, and further ones as long as
    /// they fit whole.
    pub(super) fn select(&self, from: Position, after: Cursor) -> Selection {
        let mut selection = Selection::nothing(after);
        let mut count = 0;
        for (at, segment) in self.segments.iter().enumerate().skip(from.segment) {
            let first = if at == from.segment { from.row } else { 0 };
            let range = first..segment.rows.len();
            count += range.len();
            if count > SEGMENT {
                break;
            }
            selection.next = segment.end;
            selection.parts.push((Arc::clone(&segment.rows), range));
        }
        selection
    }

    /// Forgets what has expired in the first segments after number `seq`, `SEGMENTS_AT_ONCE` of
    /// them; the number to go on after, if there are more. The end of the last segment stays: it
    /// is the log's head.
    pub(super) fn forget_expired_after(&mut self, seq: u64, now: Timestamp) -> Option<u64> {
        const SEGMENTS_AT_ONCE: usize = 8;
        let now = seconds(now.as_secs());
        let head = self.head();
        let from = self
            .segments
            .partition_point(|segment| segment.end.seq <= seq);
        let mut end = None;
        for segment in self.segments.iter_mut().skip(from).take(SEGMENTS_AT_ONCE) {
            end = Some(segment.end.seq);
            let kept = segment.rows.iter().filter(|row| row.counts(now)).count();
            if kept < segment.rows.len() {
                let mut rows = Vec::with_capacity(kept);
                rows.extend(segment.rows.iter().filter(|row| row.counts(now)));
                segment.rows = Arc::new(rows);
            }
        }
        let end = end?;
        if end < head.seq {
            return Some(end);
        }
        self.segments
            .retain(|segment| !segment.rows.is_empty() || segment.end == head);
        self.segments.shrink_to_fit();
        None
    }
}
