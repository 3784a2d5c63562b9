use std::time::Duration;

use symbolon_protocol::{EndReason, Entry, Mark, RevocationId};

use super::*;

const ISSUER: &str = "https://id.example";

fn at(seq: u64) -> Cursor {
    Cursor {
        seq,
        mark: Mark([7; 16]),
    }
}

fn entry(seq: u64, id: u8) -> Entry {
    Entry {
        seq,
        kind: Kind::Session,
        id: RevocationId([id; 16]),
        below: None,
        reason: EndReason::Logout,
        revoked_at: 0,
        until: Some(1_000),
    }
}

/// An answer to `asked` that reaches from there to `next` of `head`, made at `now_ms`.
fn body(asked: Option<u64>, next: u64, head: u64, now_ms: i64) -> Body {
    Body {
        iss: ISSUER.into(),
        epoch: "one".into(),
        snapshot: asked.is_none(),
        after: asked.map(at),
        next: at(next),
        head: at(head),
        now_ms,
        entries: Vec::new(),
    }
}

struct Set {
    log: Arc<Log>,
    writer: LogWriter,
    uptime: i64,
}

impl Set {
    fn new() -> Self {
        let log = Arc::new(Log::new(Duration::from_secs(30)));
        Self {
            writer: LogWriter::new(Arc::clone(&log), ISSUER),
            log,
            uptime: 0,
        }
    }

    /// Applies an answer that was sent and received 100 ms later than the one before.
    fn apply(&mut self, body: &Body) -> Result<Applied, BodyError> {
        self.uptime += 100;
        let exchange = Exchange {
            asked: self.writer.cursor(),
            sent: self.uptime,
            received: self.uptime,
            now: self.uptime / 1000,
            proved: true,
        };
        self.writer.apply(body, exchange)
    }

    fn knows(&self, id: u8) -> bool {
        self.log.names(&RevocationId([id; 16]))
    }
}

#[test]
fn pages_make_the_copy_live_only_at_the_head() {
    let mut set = Set::new();
    set.apply(&Body {
        entries: vec![entry(1, 1)],
        ..body(None, 1, 2, 1)
    })
    .unwrap();
    assert!(set.log.is_stale(set.uptime));
    set.apply(&Body {
        entries: vec![entry(2, 2)],
        ..body(Some(1), 2, 2, 2)
    })
    .unwrap();
    assert!(!set.log.is_stale(set.uptime));
    assert!(set.knows(1) && set.knows(2));
}

#[test]
fn another_issuers_log_is_refused() {
    let mut set = Set::new();
    let foreign = Body {
        iss: "https://evil.example".into(),
        ..body(None, 0, 0, 1)
    };
    let error = BodyError::Issuer {
        found: "https://evil.example".into(),
    };
    assert_eq!(set.apply(&foreign), Err(error));
    assert!(set.log.is_stale(set.uptime));
}

#[test]
fn a_genuine_answer_for_a_reader_further_on_is_refused() {
    let mut set = Set::new();
    set.apply(&body(None, 1, 1, 1)).unwrap();
    // Entries 2 to 8 were missed; the empty answer of somebody at 8 must not hide that.
    assert_eq!(
        set.apply(&body(Some(8), 8, 8, 60_000)),
        Err(BodyError::OtherQuestion)
    );
    assert_eq!(set.writer.cursor(), Some(at(1)));
}

#[test]
fn another_epoch_merges_and_forgets_nothing() {
    let mut set = Set::new();
    set.apply(&Body {
        entries: vec![entry(1, 1)],
        ..body(None, 1, 1, 1)
    })
    .unwrap();
    let restored = Body {
        epoch: "two".into(),
        entries: vec![entry(1, 2)],
        ..body(None, 1, 1, 200)
    };
    set.apply(&restored).unwrap();
    assert!(set.knows(1) && set.knows(2));
    assert_eq!(set.log.epoch().unwrap().as_str(), "two");
}

#[test]
fn another_epoch_without_a_snapshot_makes_us_start_over() {
    let mut set = Set::new();
    set.apply(&body(None, 1, 1, 1)).unwrap();
    let as_of = set.log.age(set.uptime);
    let odd = Body {
        epoch: "two".into(),
        ..body(Some(1), 2, 2, 101)
    };
    let applied = set.apply(&odd).unwrap();
    assert!(!applied.progressed);
    assert_eq!(set.writer.cursor(), None);
    assert_eq!(set.log.age(set.uptime - 100), as_of);
}

#[test]
fn expired_entries_go_when_both_clocks_have_passed() {
    let mut set = Set::new();
    set.apply(&Body {
        entries: vec![entry(1, 1)],
        ..body(None, 1, 1, 0)
    })
    .unwrap();
    // The issuer's clock says that the entry is over, ours does not.
    set.uptime += FORGET_EVERY;
    set.apply(&body(Some(1), 1, 1, 2_000_000)).unwrap();
    assert!(set.knows(1));
    set.uptime += 2_000_000;
    set.apply(&body(Some(1), 1, 1, 4_000_000)).unwrap();
    assert!(!set.knows(1));
}

#[test]
fn keys_are_announced() {
    let mut set = Set::new();
    let key = Entry {
        kind: Kind::Key,
        until: None,
        ..entry(1, 9)
    };
    let applied = set
        .apply(&Body {
            entries: vec![key],
            ..body(None, 1, 1, 1)
        })
        .unwrap();
    assert!(applied.names_keys && applied.progressed);
}

/// Two days of ten endings a second, of tokens that live 5 to 60 minutes: what is kept is what an
/// hour brings.
#[test]
fn days_of_revocations_leave_nothing_behind() {
    let mut set = Set::new();
    let mut seq = 0_u64;
    let mut largest = [(0, 0); 2];
    for minute in 0..2 * 24 * 60_i64 {
        let asked = (seq > 0).then_some(seq);
        let now = minute * 60;
        let entries: Vec<_> = (0..600)
            .map(|_| {
                seq += 1;
                let mut id = [0; 16];
                id[..8].copy_from_slice(&seq.to_le_bytes());
                Entry {
                    id: RevocationId(id),
                    until: Some(now + 300 + i64::try_from(seq * 7_919 % 3_301).unwrap()),
                    ..entry(seq, 0)
                }
            })
            .collect();
        let body = Body {
            entries,
            ..body(asked, seq, seq, now * 1_000)
        };
        let exchange = Exchange {
            asked: asked.map(at),
            sent: now * 1_000,
            received: now * 1_000 + 5,
            now,
            proved: true,
        };
        assert!(set.writer.apply(&body, exchange).unwrap().progressed);
        let day = &mut largest[usize::try_from(minute / (24 * 60)).unwrap()];
        let snapshot = set.log.set.load();
        *day = (day.0.max(snapshot.len()), day.1.max(snapshot.heap_bytes()));
    }
    for (entries, bytes) in largest {
        assert!((19_000..22_500).contains(&entries), "{largest:?}");
        assert!(bytes < 32 * entries + 8_000, "{largest:?}");
    }
    assert!(
        largest[1].0 < largest[0].0 + largest[0].0 / 20,
        "{largest:?}"
    );
}
