use symbolon_protocol::{EndReason, Kind, RevocationId};

use super::*;

const NOW: Timestamp = Timestamp::from_secs(100);

fn revocation(seq: u64, until: i64) -> Revocation {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seq.to_le_bytes());
    Revocation {
        entry: Entry {
            seq,
            kind: Kind::Session,
            id: RevocationId(id),
            below: None,
            reason: EndReason::Logout,
            revoked_at: 0,
            until: Some(until),
        },
        mark: Mark(id),
    }
}

fn seqs(page: &Page) -> Vec<u64> {
    page.entries().iter().map(|entry| entry.seq).collect()
}

#[test]
fn a_reader_gets_what_it_does_not_have() {
    let tail = LogTail::default();
    tail.committed(&[revocation(1, 200), revocation(2, 200)]);
    let first = tail.page(None, NOW);
    assert!(first.snapshot && first.next == first.head);
    assert_eq!(seqs(&first), [1, 2]);
    let nothing = tail.page(Some(first.next), NOW);
    assert!(!nothing.snapshot && seqs(&nothing).is_empty() && nothing.next == first.next);
    tail.committed(&[revocation(3, 200)]);
    assert_eq!(seqs(&tail.page(Some(first.next), NOW)), [3]);
    assert_eq!(
        seqs(&tail.page(Some(revocation(1, 0).cursor()), NOW)),
        [2, 3]
    );
}

#[test]
fn an_unknown_mark_means_snapshot() {
    let tail = LogTail::default();
    tail.committed(&[revocation(1, 200), revocation(2, 200)]);
    for cursor in [
        Cursor {
            seq: 1,
            mark: Mark([9; 16]),
        },
        Cursor {
            seq: 9,
            mark: Mark([9; 16]),
        },
        Cursor {
            seq: 0,
            mark: Mark([9; 16]),
        },
    ] {
        let page = tail.page(Some(cursor), NOW);
        assert!(page.snapshot, "{cursor:?}");
        assert_eq!(seqs(&page), [1, 2]);
    }
}

#[test]
fn long_logs_come_in_pages() {
    let tail = LogTail::default();
    let all: Vec<_> = (1..=9_000).map(|seq| revocation(seq, 200)).collect();
    tail.committed(&all);
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = tail.page(after, NOW);
        assert_eq!(page.snapshot, after.is_none());
        seen.extend(seqs(&page));
        after = Some(page.next);
        if page.next == page.head {
            break;
        }
    }
    assert_eq!(seen, (1..=9_000).collect::<Vec<_>>());
    assert_eq!(tail.set().len(), 9_000);
}

#[test]
fn what_has_expired_is_forgotten_but_the_head_stays_known() {
    let tail = LogTail::default();
    tail.committed(&[revocation(1, 99), revocation(2, 200), revocation(3, 99)]);
    assert_eq!(seqs(&tail.page(None, NOW)), [2]);
    let head = tail.head();
    tail.forget_expired(NOW);
    assert_eq!(tail.set().len(), 1);
    let page = tail.page(Some(head), NOW);
    assert!(!page.snapshot && seqs(&page).is_empty());
    assert!(tail.page(Some(revocation(1, 0).cursor()), NOW).snapshot);
}

#[test]
fn what_is_told_twice_counts_once() {
    let tail = LogTail::default();
    tail.committed(&[revocation(1, 200)]);
    tail.committed(&[revocation(1, 200), revocation(2, 200)]);
    assert_eq!(seqs(&tail.page(None, NOW)), [1, 2]);
    assert_eq!(tail.head().seq, 2);
}

/// Where a page ended stays a position when its last entry is forgotten: nobody starts over in the
/// middle of a snapshot.
#[test]
fn pages_end_where_everybody_can_go_on() {
    let tail = LogTail::default();
    let until = |seq| if seq == 4_000 { 99 } else { 200 };
    let all: Vec<_> = (1..=9_000).map(|seq| revocation(seq, until(seq))).collect();
    tail.committed(&all);
    let first = tail.page(None, NOW);
    assert_eq!((first.next.seq, first.entries().len()), (4_000, 3_999));
    tail.forget_expired(NOW);
    let second = tail.page(Some(first.next), NOW);
    assert!(!second.snapshot);
    assert_eq!((second.next.seq, second.entries().len()), (8_000, 4_000));
    // Whoever begins in the middle is on the same pages one answer later.
    let middle = tail.page(Some(revocation(10, 0).cursor()), NOW);
    assert_eq!(middle.next, first.next);
    assert_eq!(seqs(&first).first(), Some(&1), "made before, read after");
}

/// A week of ten endings a second, of tokens that live 5 to 60 minutes, with housekeeping every
/// minute as in the server: what is kept is what an hour brings, to the last day as on the first.
#[test]
fn a_week_of_revocations_leaves_nothing_behind() {
    const PER_MINUTE: u64 = 600;
    let tail = LogTail::default();
    let mut seq = 0;
    let mut largest = [(0, 0); 7];
    for minute in 0..7 * 24 * 60_u64 {
        let now = i64::try_from(minute * 60).unwrap();
        let revocations: Vec<_> = (0..PER_MINUTE)
            .map(|_| {
                seq += 1;
                let lifetime = 300 + i64::try_from(seq * 7_919 % 3_301).unwrap();
                revocation(seq, now + lifetime)
            })
            .collect();
        tail.committed(&revocations);
        tail.forget_expired(Timestamp::from_secs(now));
        if minute % 60 == 59 {
            let (entries, bytes) = tail.size();
            assert_eq!(entries, tail.set().len());
            let day = &mut largest[usize::try_from(minute / (24 * 60)).unwrap()];
            *day = (day.0.max(entries), day.1.max(bytes));
        }
    }
    assert_eq!(seq, 6_048_000);
    // Half of them live for more than 32 minutes: about 20,000 at a time, at 56 and 29 bytes and
    // what the newest segment has to spare.
    for (entries, bytes) in largest {
        assert!((19_000..21_500).contains(&entries), "{largest:?}");
        assert!(bytes < 21_500 * 90 + 448_000, "{largest:?}");
    }
    assert!(
        largest[6].1 < largest[0].1 + largest[0].1 / 20,
        "{largest:?}"
    );
}

#[test]
fn a_foreign_cursor_is_told_from_a_forgotten_one() {
    let tail = LogTail::default();
    let entries = (1..=4_002).map(|seq| revocation(seq, if seq < 3 { 150 } else { 200 }));
    tail.committed(&entries.collect::<Vec<_>>());
    let origin = tail.page(None, NOW).head;
    assert!(!tail.is_foreign(origin));
    let with_mark = |seq, mark| Cursor {
        seq,
        mark: Mark([mark; 16]),
    };
    // In the middle of a segment, at the end of one, at the head, beyond it, before the first.
    for seq in [5, 4_000, 4_002, 4_003, u64::MAX, 0] {
        assert!(tail.is_foreign(with_mark(seq, 9)), "{seq}");
    }
    assert!(!tail.is_foreign(revocation(4_000, 0).cursor()));
    assert!(tail.is_foreign(with_mark(1, 9)));
    // Whether that mark was its own, nobody can say any more.
    tail.forget_expired(Timestamp::from_secs(160));
    assert!(!tail.is_foreign(with_mark(1, 9)));
    assert!(tail.is_foreign(with_mark(5, 9)));
    tail.forget_expired(Timestamp::from_secs(300));
    assert!(tail.is_foreign(with_mark(4_002, 9)));
    assert!(!tail.is_foreign(origin));
}
