//! How old the local copy of the log is.
//!
//! The age counts from when the request was *sent* that brought the last answer, and is never
//! less than the answer's own age. The latter is reckoned against the largest (`now` of an answer
//! − local uptime at its receipt) seen within some minutes, the best estimate of how far the issuer's clock is ahead
//! of ours: an answer that was held back or recorded shows a smaller difference, and so looks as
//! old as it is. No synchronised clock is needed.
//!
//! The one thing that must not be broken: nothing but a later `now` in a live answer makes the
//! copy younger.

/// For how long, in milliseconds, the largest difference counts; up to twice as long. Long enough
/// that who holds answers back must first keep the copy stale for all that time, which is seen;
/// short enough that a step of the issuer's clock does not leave it stale for days.
const WINDOW: i64 = 10 * 60 * 1000;

/// One verified answer. Uptimes are local, `now_ms` is the issuer's wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// Uptime when its request was sent.
    pub(crate) sent: i64,
    /// Uptime when it had arrived.
    pub(crate) received: i64,
    /// `now_ms` of the body.
    pub(crate) now_ms: i64,
    /// Whether it reaches the log's head.
    pub(crate) live: bool,
}

/// The largest issuer's clock minus our uptime of this window and the one before.
#[derive(Debug, Clone, Copy)]
struct Ahead {
    since: i64,
    current: i64,
    before: Option<i64>,
}

impl Ahead {
    const fn new(seen: i64, uptime: i64) -> Self {
        Self {
            since: uptime,
            current: seen,
            before: None,
        }
    }

    /// Takes in one more difference.
    fn and(self, seen: i64, uptime: i64) -> Self {
        match uptime.saturating_sub(self.since) {
            age if age < WINDOW => Self {
                current: self.current.max(seen),
                ..self
            },
            age if age < 2 * WINDOW => Self {
                since: uptime,
                current: seen,
                before: Some(self.current),
            },
            _ => Self::new(seen, uptime),
        }
    }

    fn largest(self) -> i64 {
        self.before
            .map_or(self.current, |before| before.max(self.current))
    }
}

/// The account of all answers so far.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    ahead: Option<Ahead>,
    accepted: Option<Accepted>,
}

#[derive(Debug, Clone, Copy)]
struct Accepted {
    now_ms: i64,
    as_of: i64,
}

impl Freshness {
    /// Takes an answer into account; whether it made the copy younger.
    pub(crate) fn observe(&mut self, answer: Answer) -> bool {
        let ahead = self.learn_ahead(answer);
        if let Some(accepted) = &mut self.accepted {
            // The issuer is further ahead than was thought: what was accepted is older, too.
            accepted.as_of = accepted.as_of.min(accepted.now_ms.saturating_sub(ahead));
            if answer.now_ms <= accepted.now_ms {
                return false;
            }
        }
        if !answer.live {
            return false;
        }
        let as_of = answer.sent.min(answer.now_ms.saturating_sub(ahead));
        let younger = self.accepted.is_none_or(|before| as_of > before.as_of);
        self.accepted = Some(Accepted {
            now_ms: answer.now_ms,
            as_of: self
                .accepted
                .map_or(as_of, |before| as_of.max(before.as_of)),
        });
        younger
    }

    /// Uptime at which the copy was complete; `None` before the first live answer.
    pub(crate) fn as_of(&self) -> Option<i64> {
        self.accepted.map(|accepted| accepted.as_of)
    }

    fn learn_ahead(&mut self, answer: Answer) -> i64 {
        let seen = answer.now_ms.saturating_sub(answer.received);
        let ahead = match self.ahead {
            Some(known) => known.and(seen, answer.received),
            None => Ahead::new(seen, answer.received),
        };
        self.ahead = Some(ahead);
        ahead.largest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The issuer's clock is 1,000,000 ms ahead of the uptime.
    const AHEAD: i64 = 1_000_000;

    fn answer(sent: i64, received: i64, made: i64) -> Answer {
        Answer {
            sent,
            received,
            now_ms: made + AHEAD,
            live: true,
        }
    }

    #[test]
    fn the_age_counts_from_when_the_request_was_sent() {
        let mut freshness = Freshness::default();
        assert_eq!(freshness.as_of(), None);
        assert!(freshness.observe(answer(100, 2_100, 2_100)));
        assert_eq!(freshness.as_of(), Some(100));
    }

    #[test]
    fn a_replayed_answer_changes_nothing() {
        let mut freshness = Freshness::default();
        freshness.observe(answer(0, 10, 10));
        assert!(!freshness.observe(answer(60_000, 60_010, 10)));
        assert_eq!(freshness.as_of(), Some(0));
    }

    #[test]
    fn an_answer_that_was_held_back_looks_as_old_as_it_is() {
        let mut freshness = Freshness::default();
        freshness.observe(answer(0, 10, 10));
        // Made at 20,000, delivered at once to a request at 60,000.
        assert!(freshness.observe(answer(60_000, 60_010, 20_000)));
        let as_of = freshness.as_of().unwrap();
        assert!((20_000..20_050).contains(&as_of), "{as_of}");
    }

    #[test]
    fn a_slow_first_answer_is_found_out_by_a_faster_one() {
        let mut freshness = Freshness::default();
        // Recorded 30 s earlier: nothing to compare it with yet.
        freshness.observe(answer(100_000, 100_000, 70_000));
        assert_eq!(freshness.as_of(), Some(100_000));
        // A page (not live) that was not delayed shows how far ahead the issuer really is.
        let page = Answer {
            live: false,
            ..answer(100_000, 100_100, 100_100)
        };
        assert!(!freshness.observe(page));
        assert_eq!(freshness.as_of(), Some(70_000));
    }

    #[test]
    fn pages_before_the_head_do_not_count() {
        let mut freshness = Freshness::default();
        let page = Answer {
            live: false,
            ..answer(0, 10, 10)
        };
        assert!(!freshness.observe(page));
        assert_eq!(freshness.as_of(), None);
    }

    #[test]
    fn slow_drift_is_forgiven() {
        let mut freshness = Freshness::default();
        freshness.observe(answer(0, 0, 0));
        // A week later the issuer's clock has lost 60 s against ours.
        let week = 7 * 24 * 3_600_000;
        assert!(freshness.observe(answer(week, week, week - 60_000)));
        assert_eq!(freshness.as_of(), Some(week));
    }

    /// Polls every two seconds; the issuer's clock is `step` off from minute one on. Seconds until
    /// the copy is young again.
    fn recovers_after(step: i64) -> Option<i64> {
        let mut freshness = Freshness::default();
        for second in (0..7_200).step_by(2) {
            let at = second * 1_000;
            let off = if second >= 60 { step } else { 0 };
            freshness.observe(answer(at, at, at + off));
            let age = at - freshness.as_of().unwrap();
            if second > 120 && age < 10_000 {
                return Some(second - 60);
            }
        }
        None
    }

    #[test]
    fn a_step_of_the_issuers_clock_is_got_over() {
        for step in [-20_000, -60_000, -300_000, 60_000] {
            let took = recovers_after(step).unwrap();
            assert!(took <= 21 * 60, "{step} ms: {took} s");
        }
    }

    #[test]
    fn one_answer_that_is_ahead_is_got_over() {
        let mut freshness = Freshness::default();
        freshness.observe(answer(0, 0, 60_000));
        let later = 21 * 60_000;
        for at in (2_000..=later).step_by(2_000) {
            freshness.observe(answer(at, at, at));
        }
        assert_eq!(freshness.as_of(), Some(later));
    }

    #[test]
    fn extreme_clocks_do_not_overflow() {
        let mut freshness = Freshness::default();
        for now_ms in [i64::MIN, 0, i64::MAX] {
            freshness.observe(Answer {
                sent: i64::MIN,
                received: i64::MAX,
                now_ms,
                live: true,
            });
        }
    }
}
