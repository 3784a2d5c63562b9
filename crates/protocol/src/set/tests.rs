use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::revocation::EndReason;

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
    for (id, kind, reason) in [
        (101, Kind::Session, RejectReason::RevokedSession),
        (1, Kind::Grant, RejectReason::RevokedGrant),
        (102, Kind::Token, RejectReason::RevokedToken),
        (103, Kind::Client, RejectReason::RevokedClient),
        (104, Kind::Key, RejectReason::RevokedKey),
    ] {
        // What this release does not know counts for whatever has the id.
        for kind in [kind, Kind::Unknown] {
            let entry = Entry {
                kind,
                ..entry(id, None, None)
            };
            let mut set = RevocationSet::new();
            set.insert(&entry);
            assert_eq!(set.refuses(&token(1, 0)), Some(reason));
            let mut set = RevocationSet::new();
            set.extend([&entry; 100]);
            assert_eq!((set.refuses(&token(1, 0)), set.len()), (Some(reason), 1));
        }
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

#[test]
fn clients_and_keys_are_looked_for_as_long_as_one_is_named() {
    let client = Entry {
        kind: Kind::Client,
        ..entry(103, None, Some(10))
    };
    let mut set = RevocationSet::new();
    set.insert(&entry(7, None, Some(20)));
    set.insert(&client);
    set.forget_expired(10);
    assert_eq!(set.refuses(&token(1, 0)), Some(RejectReason::RevokedClient));
    set.forget_expired(11);
    assert_eq!((set.refuses(&token(1, 0)), set.len()), (None, 1));
    assert!(set.rare_until.is_none());
}

fn numbered(number: u64, until: i64) -> Entry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Entry {
        id: RevocationId(id),
        ..entry(0, None, Some(until))
    }
}

/// The goal is 32 bytes an entry, at every size.
#[test]
fn an_entry_takes_less_than_32_bytes_and_nothing_is_left_of_forgotten_ones() {
    let mut set = RevocationSet::new();
    let mut inserted = 0;
    for size in [50_000, 80_000, 130_000, 140_000, 200_000, 262_000, 270_000] {
        let entries: Vec<_> = (inserted..size).map(|at| numbered(at, 10)).collect();
        set.extend(&entries);
        inserted = size;
        let each = set.heap_bytes() as f64 / size as f64;
        assert!(each < 31.0, "{each} bytes an entry at {size}");
    }
    assert_eq!(set.len(), 270_000);
    let kept: Vec<_> = (0..1_000).map(|at| numbered(at, 20)).collect();
    set.extend(&kept);
    set.forget_expired(11);
    assert_eq!(set.len(), 1_000);
    assert!(set.heap_bytes() < 200_000, "{}", set.heap_bytes());
    assert!(kept.iter().all(|entry| set.is_revoked(&entry.id, 0)));
    set.forget_expired(21);
    assert!(set.is_empty());
}

#[test]
fn a_copy_shares_what_does_not_change() {
    let mut set = RevocationSet::new();
    set.extend(&(0..100_000).map(|at| numbered(at, 10)).collect::<Vec<_>>());
    let before = set.clone();
    for at in 100_000..101_000 {
        set.insert(&numbered(at, 10));
    }
    assert_eq!((before.len(), set.len()), (100_000, 101_000));
    assert!(!before.is_revoked(&numbered(100_500, 0).id, 0));
    assert!(set.is_revoked(&numbered(100_500, 0).id, 0));
}

/// What a set must say, in the simplest words: by id, the meaning and until when it may be that a
/// client or key is named.
#[derive(Debug, Default)]
struct Model {
    ids: BTreeMap<[u8; 16], (u32, u32)>,
    rare_until: Option<u32>,
}

impl Model {
    fn insert(&mut self, entry: &Entry) {
        let until = u32::try_from(entry.until.unwrap()).unwrap();
        let below = entry.below.unwrap_or(u32::MAX);
        let known = self.ids.entry(entry.id.0).or_insert((0, 0));
        *known = (known.0.max(below), known.1.max(until));
        if matches!(entry.kind, Kind::Client | Kind::Key | Kind::Unknown) {
            self.rare_until = self.rare_until.max(Some(until));
        }
    }

    fn forget_expired(&mut self, now: i64) {
        self.ids.retain(|_, (_, until)| i64::from(*until) >= now);
        self.rare_until = self.rare_until.filter(|until| i64::from(*until) >= now);
    }

    fn names(&self, id: RevocationId, version: u32) -> bool {
        let known = self.ids.get(&id.0);
        known.is_some_and(|(below, _)| *below == u32::MAX || version < *below)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(Vec<Entry>),
    Extend(Vec<Entry>),
    Forget(i64),
}

fn an_entry() -> impl Strategy<Value = Entry> {
    let kinds = [
        Kind::Session,
        Kind::Grant,
        Kind::Token,
        Kind::Client,
        Kind::Key,
        Kind::Unknown,
    ];
    let below = prop_oneof![Just(None), (0_u32..4).prop_map(Some)];
    (0_u64..1_500, below, 0_i64..100, 0..kinds.len()).prop_map(move |(id, below, until, kind)| {
        Entry {
            kind: kinds[kind],
            below,
            ..numbered(id, until)
        }
    })
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec(an_entry(), 1..400).prop_map(Step::Insert),
        2 => prop::collection::vec(an_entry(), 1..2_000).prop_map(Step::Extend),
        1 => (0_i64..100).prop_map(Step::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever comes in whatever order: the set says what the model says, the snapshots say what
    /// they said, and only time makes anything acceptable again.
    #[test]
    fn the_set_is_as_simple_as_it_looks(steps in prop::collection::vec(a_step(), 1..12)) {
        let mut set = RevocationSet::new();
        let mut model = Model::default();
        let mut snapshots = Vec::new();
        for step in steps {
            match &step {
                Step::Insert(entries) => entries.iter().for_each(|entry| set.insert(entry)),
                Step::Extend(entries) => set.extend(entries),
                Step::Forget(now) => {
                    set.forget_expired(*now);
                    model.forget_expired(*now);
                }
            }
            if let Step::Insert(entries) | Step::Extend(entries) = &step {
                let before = snapshots.last().map(|(set, _): &(RevocationSet, _)| set);
                for entry in entries {
                    model.insert(entry);
                    let kept = before.is_none_or(|before| {
                        (0..5).all(|version| {
                            !before.is_revoked(&entry.id, version)
                                || set.is_revoked(&entry.id, version)
                        })
                    });
                    prop_assert!(kept, "an insertion made something acceptable: {entry:?}");
                }
            }
            snapshots.push((set.clone(), set.len()));
            prop_assert_eq!(set.len(), model.ids.len());
            for id in 0..1_510 {
                let id = numbered(id, 0).id;
                for version in [0, 2, u32::MAX] {
                    prop_assert_eq!(set.is_revoked(&id, version), model.names(id, version));
                }
                let token = TokenIds { client: id, ..token(200, 0) };
                let refused = model.rare_until.is_some() && model.names(id, u32::MAX);
                prop_assert_eq!(set.refuses(&token).is_some(), refused);
            }
        }
        for (snapshot, len) in snapshots {
            prop_assert_eq!(snapshot.table.len() + snapshot.only_recent, len);
        }
    }
}
