//! The readers, one by one, as administrators see them.

use symbolon_protocol::{JwksHash, Timestamp};

use super::{ReaderName, Readers, SILENT_MS};

/// A reader of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedReader {
    /// Which.
    pub name: ReaderName,
    /// Its software, if it told.
    pub software: Option<Box<str>>,
    /// How many entries it has not acknowledged.
    pub behind: u64,
    /// When it was first known to have applied what it has.
    pub applied_at: Timestamp,
    /// Milliseconds since its last poll; 0 while one is waiting.
    pub silent_ms: i64,
    /// Whether it polls.
    pub is_silent: bool,
    /// Which keys it holds, if it told.
    pub jwks: Option<JwksHash>,
}

/// How many readers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReaderTally {
    /// All of them.
    pub known: usize,
    /// Those that do not poll.
    pub silent: usize,
    /// Those that poll and have not acknowledged the log's end.
    pub behind: usize,
}

impl Readers {
    /// Counts those that poll this process. `head` is the number of the log's last entry.
    #[must_use]
    pub fn tally(&self, head: u64) -> ReaderTally {
        let now = self.ambient.now();
        let mut state = self.lock();
        state.forget_silent(now);
        let mut tally = ReaderTally::default();
        for (.., reader) in state.all().filter(|(.., reader)| reader.here) {
            let is_silent = reader.silent_ms(now) >= SILENT_MS;
            tally.known += 1;
            tally.silent += usize::from(is_silent);
            tally.behind += usize::from(!is_silent && reader.applied < head);
        }
        tally
    }

    /// Every reader that is known, in order. `head` is the number of the log's last entry.
    #[must_use]
    pub fn list(&self, head: u64) -> Vec<ListedReader> {
        let now = self.ambient.now();
        let mut state = self.lock();
        state.forget_silent(now);
        let mut listed: Vec<_> = state
            .all()
            .map(|(client, instance, reader)| {
                let silent_ms = reader.silent_ms(now);
                ListedReader {
                    name: ReaderName {
                        client: client.clone(),
                        instance: instance.clone(),
                    },
                    software: reader.software.clone(),
                    behind: head.saturating_sub(reader.applied),
                    applied_at: reader.applied_at,
                    silent_ms,
                    is_silent: silent_ms >= SILENT_MS,
                    jwks: reader.jwks,
                }
            })
            .collect();
        drop(state);
        listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        listed
    }
}
