//! A model check of what the product promises, over the code as it is: [`LogTail`] on the issuer's
//! side, [`LogWriter`], [`Log`] and `RevocationSet` on the verifier's.
//!
//! The claim: *once an end is acknowledged, no verifier accepts a credential below that node when
//! more than `max_staleness` has passed, and a verifier that cannot know refuses.* The checker goes
//! through every order of these events: ends and changes of a session and a grant; their commit and
//! their acknowledgement as two steps; the issuer killed and started again; its database replaced by
//! an older copy, with and without a new epoch; expired entries forgotten; polls sent, with and
//! without a nonce, answered at any later moment, lost, and answered with **any** genuine answer that
//! was or could have been given to anybody since the beginning (so also held back, recorded at any
//! age, and replayed); answers cut into pages that race with new entries; the verifier started again,
//! or suspended in the middle of a poll; its wall clock off in either direction; and the issuer's
//! cache of sessions filled from a read just before an end. Each search mixes some of these.
//!
//! Each search counts what it has put to the test ([`tally`]) and fails if an end that was
//! acknowledged at any tick, so that it falls due before the token expires, was never judged with a
//! copy that counts as fresh.
//!
//! A verifier takes tokens until `exp` by its own clock, leeway included, and everybody else forgets
//! an entry once `until` has passed by the issuer's, which is the longest leeway that there is (60 s)
//! later. So the claim holds for verifiers whose clock is slow by no more than those 60 s less their
//! own leeway: 55 s by default. Beyond it, one that starts after the issuer has forgotten takes a
//! token that was ended, and that everybody else takes for expired. Two searches show both sides of
//! that limit.
//!
//! What it leaves out: steps of the issuer's clock (see `freshness/tests.rs`), entries that expire
//! one by one, entries that name tokens, clients or keys, ends that a replaced database has lost
//! (what a verifier knew of them it keeps), `on_stale` other than reject, signatures (a forged body
//! is not an event), threads (the set is published before the age, see [`super::super`]), and more
//! than two entries at a time. The session cache is a flag and the look-up in the set that each hit
//! makes; that filling it does not lose the race against an end is tested with the cache itself, in
//! `testing/tests/issuer/sessions.rs`. The verifier's cache of verified tokens is not in it: the
//! log is asked after it, as after any verification. Time goes in ticks of [`TICK`]; a revocation is
//! instantaneous within one.

mod archive;
mod issuer;
mod limits;
mod replica;
mod tally;
mod world;

use std::sync::Arc;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use issuer::{EXP, End, LEEWAY, UNTIL};
use limits::Limits;
use tally::Tally;
use world::{Action, World};

/// Milliseconds.
const TICK: i64 = 30_000;
/// Ticks that a verifier may be behind.
const MAX_STALENESS: i64 = 1;

/// Where to look, how far, and what was found.
struct Search {
    limits: Limits,
    tally: Arc<Tally>,
}

impl Model for Search {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let skews = self.limits.skews.iter();
        skews.map(|skew| World::new(*skew, &self.limits)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(&self.limits, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = world.after(action);
        self.tally.step(world, &next, world.brought(action));
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let shown = SHOWN
            .into_iter()
            .filter(|(name, _)| self.limits.shows.contains(name));
        PROMISED
            .into_iter()
            .map(|(name, holds)| Property::always(name, holds))
            .chain(shown.map(|(name, happens)| Property::sometimes(name, happens)))
            .collect()
    }
}

type Named = (&'static str, fn(&Search, &World) -> bool);

const REACHES: &str = "an end reaches every verifier within the bound";

/// What holds in every world.
const PROMISED: [Named; 4] = [
    (REACHES, |search, world| {
        // Asked once of each world.
        search.tally.visit(world);
        world.refused_within_bound()
    }),
    ("what was refused as revoked stays refused", |_, world| {
        !world.took_back
    }),
    ("only what was ended is refused as revoked", |_, world| {
        world.refuses_only_ended()
    }),
    (
        "the issuer's cache refuses what is acknowledged",
        |_, world| world.cache_follows_log(),
    ),
];

/// What happens in some world, so that the promises are not kept by doing nothing.
const SHOWN: [Named; 6] = [
    ("accepted", |_, world| world.accepts()),
    ("refused in time", |_, world| world.knows_in_time()),
    ("stale", |_, world| world.is_stale_after_live()),
    ("overtaken page", |_, world| world.page_was_overtaken),
    ("forgotten", |_, world| world.forgot),
    ("cached and ended", |_, world| world.cached_but_ended()),
];

/// Goes through all worlds within the limits, and says how many there are and what was judged.
fn search(limits: Limits) -> impl stateright::Checker<Search> {
    let tally = Arc::new(Tally::default());
    let checker = Search { limits, tally }
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    println!(
        "{} worlds ({}), {} events deep",
        checker.unique_state_count(),
        limits.shows.join(", "),
        checker.max_depth(),
    );
    checker.model().tally.print();
    checker
}

/// That every promise is kept, and that it was put to the test for an end at every tick that leaves
/// the time.
#[track_caller]
fn check(limits: Limits) -> Arc<Tally> {
    let checker = search(limits);
    checker.assert_properties();
    let tally = Arc::clone(&checker.model().tally);
    let last = limits.last_judged();
    tally.judged.assert_each("end was judged", 0..=last);
    tally
}

#[test]
fn a_network_that_keeps_and_replays_every_answer() {
    let tally = check(Limits {
        horizon: EXP,
        ends: &[End::Session, End::Narrowed],
        keeps: true,
        any_nonce: true,
        shows: &["accepted", "refused in time", "stale"],
        ..Limits::NONE
    });
    // Answers as old as the bound, and one tick older: those make a copy younger that is older yet.
    tally
        .ages
        .assert_each("answer of that age was taken", 0..=2);
    tally
        .dated
        .assert_each("answer was dated by an earlier proof", 1..=EXP);
}

#[test]
fn pages_that_race_with_new_entries() {
    let _ = check(Limits {
        horizon: 3,
        ends: &[End::Session, End::Narrowed],
        pages: true,
        shows: &["accepted", "refused in time", "overtaken page"],
        ..Limits::NONE
    });
}

#[test]
fn issuers_and_verifiers_that_start_again() {
    let _ = check(Limits {
        horizon: 4,
        ends: &[End::Grant],
        keeps: true,
        restarts: true,
        shows: &["accepted", "refused in time", "stale"],
        ..Limits::NONE
    });
}

#[test]
fn databases_that_are_replaced() {
    let _ = check(Limits {
        horizon: 3,
        ends: &[End::Grant],
        keeps: true,
        replacements: true,
        shows: &["accepted", "refused in time", "stale"],
        ..Limits::NONE
    });
}

#[test]
fn entries_that_expire_under_clocks_that_are_off() {
    let _ = check(Limits {
        skews: &[-LEEWAY, 0, 1],
        horizon: UNTIL + 1,
        restarts: true,
        shows: &["accepted", "refused in time", "forgotten"],
        ..Limits::NONE
    });
}

/// The limit that the module states is one: a clock that is slower takes what it should not.
#[test]
fn clocks_that_are_slower_than_the_leeway_are_beyond_the_claim() {
    let checker = search(Limits {
        skews: &[-LEEWAY - 1],
        horizon: UNTIL + 1,
        restarts: true,
        ..Limits::NONE
    });
    assert!(checker.discovery(REACHES).is_some());
}

#[test]
fn a_cache_filled_from_a_read_before_the_end() {
    let tally = check(Limits {
        horizon: 4,
        ends: &[End::Session, End::Grant],
        restarts: true,
        cache: true,
        shows: &["cached and ended"],
        ..Limits::NONE
    });
    tally.cached.assert_each("cached session was judged", 0..=4);
}
