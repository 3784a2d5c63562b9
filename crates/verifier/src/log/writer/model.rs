//! A model check of what the product promises, over the code as it is: [`LogTail`] on the issuer's
//! side, [`LogWriter`], [`Log`] and `RevocationSet` on the verifier's.
//!
//! The claim: *once an end is acknowledged, no verifier accepts a credential below that node when
//! more than `max_staleness` has passed, and a verifier that cannot know refuses.* The checker goes
//! through every order of these events: ends and changes of a session and a grant; their commit and
//! their acknowledgement as two steps; the issuer killed and started again; its database replaced by
//! an older copy, with and without a new epoch; expired entries forgotten; polls sent, answered at
//! any later moment, lost, and answered with any genuine answer that was ever given to anybody
//! (so also held back and replayed); answers cut into pages that race with new entries; the verifier
//! started again, or suspended in the middle of a poll; its wall clock off by a tick in either
//! direction; and the issuer's own cache of sessions filled from a read just before an end.
//!
//! What it leaves out: steps of the issuer's clock, entries that expire one by one, entries that name
//! tokens, clients or keys, ends that a replaced database has lost (what a verifier knew of them it
//! keeps), `on_stale` other than reject, signatures (a forged body is not an event), threads (the set is published
//! before the age, see [`super::super`]), and more than two entries at a time. Time goes in ticks of
//! [`TICK`]; a revocation is instantaneous within one.

mod issuer;
mod replica;
mod world;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use issuer::{EXP, End};
use world::{Action, Limits, World};

/// Milliseconds.
const TICK: i64 = 30_000;
/// Ticks that a verifier may be behind.
const MAX_STALENESS: i64 = 1;

/// Where to look, and how far.
struct Search(Limits);

impl Model for Search {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        self.0.skews.iter().map(|skew| World::new(*skew)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(&self.0, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.after(action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let shown = SHOWN
            .into_iter()
            .filter(|(name, _)| self.0.shows.contains(name));
        PROMISED
            .into_iter()
            .map(|(name, holds)| Property::always(name, holds))
            .chain(shown.map(|(name, happens)| Property::sometimes(name, happens)))
            .collect()
    }
}

type Named = (&'static str, fn(&Search, &World) -> bool);

/// What holds in every world.
const PROMISED: [Named; 4] = [
    (
        "an end reaches every verifier within the bound",
        |_, world| world.refused_within_bound(),
    ),
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

/// Goes through all worlds within the limits and says how many there are.
fn check(limits: Limits) {
    let what = limits.shows.join(", ");
    let checker = Search(limits)
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    checker.assert_properties();
    let worlds = checker.unique_state_count();
    println!(
        "{worlds} worlds ({what}), {} events deep",
        checker.max_depth()
    );
}

#[test]
fn a_network_that_loses_keeps_and_replays_answers() {
    check(Limits {
        horizon: 3,
        letters: 1,
        shows: &["accepted", "refused in time", "stale"],
        ..Limits::NONE
    });
}

#[test]
fn pages_that_race_with_new_entries() {
    check(Limits {
        horizon: 2,
        ends: &[End::Session, End::Narrowed],
        pages: true,
        shows: &["accepted", "refused in time", "overtaken page"],
        ..Limits::NONE
    });
}

#[test]
fn restarts_and_databases_that_are_replaced() {
    check(Limits {
        horizon: 2,
        ends: &[End::Grant],
        letters: 1,
        restarts: true,
        replacements: true,
        shows: &["accepted", "refused in time", "stale"],
        ..Limits::NONE
    });
}

#[test]
fn entries_that_expire_under_clocks_that_are_off() {
    check(Limits {
        skews: &[-1, 0, 1],
        horizon: EXP + 2,
        restarts: true,
        shows: &["accepted", "refused in time", "forgotten"],
        ..Limits::NONE
    });
}

#[test]
fn a_cache_filled_from_a_read_before_the_end() {
    check(Limits {
        horizon: 1,
        ends: &[End::Session, End::Grant],
        restarts: true,
        cache: true,
        shows: &["cached and ended"],
        ..Limits::NONE
    });
}
