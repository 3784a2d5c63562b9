use super::*;

/// The issuer's clock is 1,000,000 ms ahead of the uptime.
const AHEAD: i64 = 1_000_000;

/// An answer for everybody.
fn answer(sent: i64, received: i64, made: i64) -> Answer {
    Answer {
        sent,
        received,
        now_ms: made + AHEAD,
        live: true,
        proved: false,
    }
}

fn proved(sent: i64, received: i64, made: i64) -> Answer {
    Answer {
        proved: true,
        ..answer(sent, received, made)
    }
}

/// Has proved at 0 how far the issuer's clock is ahead.
fn begun() -> Freshness {
    let mut freshness = Freshness::default();
    assert!(freshness.wants_proof());
    assert!(freshness.observe(proved(0, 0, 0)));
    assert!(!freshness.wants_proof());
    freshness
}

#[test]
fn the_age_counts_from_when_the_request_was_sent() {
    let mut freshness = Freshness::default();
    assert_eq!(freshness.as_of(), None);
    assert!(freshness.observe(proved(100, 110, 105)));
    assert_eq!(freshness.as_of(), Some(100));
    assert!(freshness.observe(answer(2_110, 4_110, 4_110)));
    assert_eq!(freshness.as_of(), Some(2_110));
}

#[test]
fn the_first_answer_counts_only_with_proof() {
    let mut freshness = Freshness::default();
    // Recorded, or not: nothing to compare it with yet.
    assert!(!freshness.observe(answer(100_000, 100_000, 70_000)));
    assert_eq!(freshness.as_of(), None);
    assert!(freshness.is_in_doubt());
    assert!(freshness.observe(proved(100_010, 100_020, 100_015)));
    assert_eq!(freshness.as_of(), Some(100_010));
}

#[test]
fn a_replayed_answer_changes_nothing() {
    let mut freshness = begun();
    assert!(freshness.observe(answer(10, 2_010, 2_010)));
    assert!(!freshness.observe(answer(60_000, 60_010, 2_010)));
    assert_eq!(freshness.as_of(), Some(10));
    assert!(freshness.is_in_doubt());
}

#[test]
fn an_answer_that_was_held_back_looks_as_old_as_it_is() {
    let mut freshness = begun();
    // Made at 20,000, delivered at once to a request at 60,000.
    assert!(freshness.observe(answer(60_000, 60_010, 20_000)));
    assert_eq!(freshness.as_of(), Some(20_000));
    assert!(freshness.is_in_doubt());
}

/// A slow proof leaves us unsure by how far the issuer is ahead: an answer may be as old as the
/// worst case says, and a proved one settles it.
#[test]
fn what_is_not_known_counts_against_the_answer() {
    let mut freshness = Freshness::default();
    freshness.observe(proved(0, 5_000, 5_000));
    freshness.observe(answer(10_000, 12_000, 12_000));
    assert_eq!(freshness.as_of(), Some(7_000));
    assert!(freshness.is_in_doubt());
    freshness.observe(proved(12_000, 12_010, 12_005));
    assert_eq!(freshness.as_of(), Some(12_000));
}

#[test]
fn pages_before_the_head_do_not_count() {
    let mut freshness = Freshness::default();
    let page = Answer {
        live: false,
        ..proved(0, 10, 10)
    };
    assert!(!freshness.observe(page));
    assert_eq!(freshness.as_of(), None);
}

/// Polls every two seconds, as the verifier does; the issuer's clock is off by what `off` says.
/// How long the copy was older than ten seconds, and how many questions carried a nonce.
fn polls(seconds: i64, off: impl Fn(i64) -> i64) -> (i64, usize) {
    let mut freshness = Freshness::default();
    let (mut old, mut nonces) = (0, 0);
    let mut at = 0;
    while at < seconds * 1_000 {
        let (sent, nonce) = (at, freshness.wants_proof());
        at += if freshness.is_in_doubt() { 20 } else { 2_000 };
        nonces += usize::from(nonce);
        freshness.observe(Answer {
            proved: nonce,
            ..answer(sent, at, at + off(at))
        });
        let age = at - freshness.as_of().unwrap();
        old += if age > 10_000 { at - sent } else { 0 };
    }
    (old, nonces)
}

#[test]
fn a_steady_clock_needs_one_proof() {
    assert_eq!(polls(7_200, |_| 0), (0, 1));
}

#[test]
fn a_step_of_the_issuers_clock_costs_questions_and_no_freshness() {
    let step = |by: i64| move |at: i64| if at >= 60_000 { by } else { 0 };
    for ahead in [500, 60_000, 86_400_000 * 365] {
        assert_eq!(polls(7_200, step(ahead)), (0, 2), "{ahead}");
    }
    for behind in [-20_000, -60_000, -300_000] {
        let (old, nonces) = polls(7_200, step(behind));
        assert_eq!(old, 0, "{behind}");
        // One for each poll of the time that the clock shows twice.
        let twice = usize::try_from(-behind / 2_000).unwrap();
        assert!((twice..twice + 4).contains(&nonces), "{behind}: {nonces}");
    }
}

#[test]
fn a_clock_that_jumps_far_ahead_and_comes_back_is_got_over_at_once() {
    let there_and_back = |at: i64| {
        if (60_000..120_000).contains(&at) {
            3_600_000
        } else {
            0
        }
    };
    assert_eq!(polls(7_200, there_and_back).0, 0);
}

#[test]
fn slow_drift_is_forgiven() {
    for drift in [-100, 100] {
        // 100 ppm.
        let (old, nonces) = polls(7_200, |at| at * drift / 1_000_000);
        assert_eq!(old, 0);
        assert!(nonces < 20, "{nonces}");
    }
}

/// What was recorded before the clock was set back comes round again, at the very moment at which
/// it looks fresh.
#[test]
fn an_answer_of_before_the_clock_was_set_back_does_not_look_fresh_after_it() {
    let mut freshness = begun();
    // Recorded by somebody at 50,000; then the clock goes back by 60 s.
    let recorded = |at: i64| answer(at, at + 10, 50_000);
    assert!(freshness.observe(proved(60_000, 60_010, 0)));
    for at in [60_100, 109_995, 110_000, 111_000, 200_000] {
        assert!(!freshness.observe(recorded(at)), "{at}");
        assert_eq!(freshness.as_of(), Some(60_000));
    }
    // Neither does one of ahead of the step, at once.
    assert!(!freshness.observe(answer(60_200, 60_210, 59_000)));
    assert_eq!(freshness.as_of(), Some(60_000));
    // What the clock shows for the first time counts again.
    assert!(freshness.observe(proved(120_000, 120_010, 60_005)));
    assert!(freshness.wants_proof());
    assert!(freshness.observe(proved(122_000, 122_010, 62_005)));
    assert!(freshness.observe(answer(124_000, 126_000, 66_000)));
}

#[test]
fn a_machine_that_slept_while_it_asked_does_not_take_the_answer_for_fresh() {
    let mut freshness = begun();
    let hour = 3_600_000;
    freshness.observe(proved(2_000, 2_000 + hour, 3_000));
    assert_eq!(freshness.as_of(), Some(2_000));
    freshness.observe(proved(2_000 + hour, 2_010 + hour, 2_005 + hour));
    assert_eq!(freshness.as_of(), Some(2_000 + hour));
}

#[test]
fn extreme_clocks_do_not_overflow() {
    for proved in [false, true] {
        let mut freshness = Freshness::default();
        for now_ms in [i64::MIN, 0, i64::MAX, i64::MIN] {
            freshness.observe(Answer {
                sent: i64::MIN,
                received: i64::MAX,
                now_ms,
                live: true,
                proved,
            });
        }
    }
}
