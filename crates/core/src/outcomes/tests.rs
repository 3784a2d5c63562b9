use std::sync::atomic::AtomicBool;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn after(secs: i64) -> Timestamp {
    START.plus_secs(secs)
}

fn counts(history: &OutcomeHistory, attempt: Attempt, reason: &str) -> Vec<u64> {
    let mut series = history.series.iter();
    let found = series.find(|one| one.attempt == attempt && one.reason == reason);
    found.map(|one| one.counts.clone()).unwrap_or_default()
}

#[test]
fn outcomes_are_told_by_minute_attempt_and_reason() {
    let outcomes = Outcomes::new(START);
    for (attempt, reason, secs) in [
        (Attempt::Login, OK, 0),
        (Attempt::Login, "bad_credentials", 1),
        (Attempt::Login, "bad_credentials", 61),
        (Attempt::Session, OK, 62),
        // Nothing in the third minute.
        (Attempt::Login, "bad_credentials", 180),
        (Attempt::Login, "bad_credentials", 239),
    ] {
        outcomes.count(attempt, reason, after(secs));
    }
    let read = outcomes.read(START, 1, after(239));
    assert_eq!((read.from, read.steps, read.step_secs), (START, 4, 60));
    assert_eq!(read.since, START);
    assert_eq!(read.series.len(), 3, "what never happened is left out");
    assert_eq!(counts(&read, Attempt::Login, OK), [1, 0, 0, 0]);
    assert_eq!(
        counts(&read, Attempt::Login, "bad_credentials"),
        [1, 1, 0, 2]
    );
    assert_eq!(counts(&read, Attempt::Session, OK), [0, 1, 0, 0]);
    // Reading changes nothing, and the end is where the clock is.
    let later = outcomes.read(START, 1, after(300));
    assert_eq!(
        counts(&later, Attempt::Login, "bad_credentials"),
        [1, 1, 0, 2, 0, 0]
    );
}

#[test]
fn steps_are_multiples_of_their_length() {
    let outcomes = Outcomes::new(START);
    for minute in 0..30 {
        outcomes.count(Attempt::Token, OK, after(minute * 60));
    }
    // The start is no multiple of seven minutes; the first step begins before it.
    let read = outcomes.read(after(60), 7, after(29 * 60));
    let step = 7 * MINUTE_MS;
    assert_eq!(read.from.as_millis().rem_euclid(step), 0);
    assert!(read.from <= after(60));
    assert_eq!(read.series.first().map(OutcomeSeries::total), Some(30));
    assert_eq!(counts(&read, Attempt::Token, OK).len(), read.steps);
}

#[test]
fn a_day_is_remembered_and_no_more() {
    let outcomes = Outcomes::new(START);
    let minutes = i64::from(MINUTES);
    for minute in 0..3 * minutes {
        outcomes.count(Attempt::Session, OK, after(minute * 60));
    }
    let end = after((3 * minutes - 1) * 60);
    let read = outcomes.read(Timestamp::from_millis(0), 1, end);
    let counts = counts(&read, Attempt::Session, OK);
    assert_eq!(counts.len(), MINUTES as usize);
    assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn memory_is_bounded_whatever_happens() {
    let outcomes = Outcomes::new(START);
    let reasons = RejectReason::ALL;
    for minute in 0..2 * i64::from(MINUTES) {
        for attempt in Attempt::ALL {
            for reason in reasons {
                outcomes.count(attempt, reason.code(), after(minute * 60));
            }
        }
    }
    let bytes = outcomes.history.lock().unwrap().bytes();
    let series = Attempt::ALL.len() * reasons.len();
    assert!(bytes <= MINUTES as usize * (series * 8 + 64), "{bytes}");
    assert!(bytes < 5_000_000, "{bytes}");
}

#[test]
fn a_clock_that_is_set_back_loses_nothing() {
    let outcomes = Outcomes::new(START);
    outcomes.count(Attempt::Login, OK, after(600));
    outcomes.count(Attempt::Login, OK, after(0));
    outcomes.count(Attempt::Login, OK, after(660));
    let read = outcomes.read(START, 1, after(660));
    let counts = counts(&read, Attempt::Login, OK);
    assert_eq!(counts.iter().sum::<u64>(), 3);
    assert_eq!(counts.first(), Some(&1));
}

#[test]
fn nothing_is_lost_while_minutes_turn() {
    const EACH: i64 = 20_000;
    let outcomes = Outcomes::new(START);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let counting: Vec<_> = [OK, "bad_credentials", "rate_limited"]
            .map(|reason| {
                let outcomes = &outcomes;
                scope.spawn(move || {
                    for number in 0..EACH {
                        // A minute every ten counts.
                        outcomes.count(Attempt::Login, reason, after(number / 10 * 6));
                    }
                })
            })
            .into();
        let reading = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _ = outcomes.read(START, 60, after(EACH));
            }
        });
        for thread in counting {
            thread.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reading.join().unwrap();
    });
    let read = outcomes.read(START, 60, after(EACH / 10 * 6));
    for series in &read.series {
        assert_eq!(series.total(), EACH.unsigned_abs(), "{}", series.reason);
    }
    assert_eq!(read.series.len(), 3);
}
