//! How old the local copy of the log is.
//!
//! The age counts from when the request was *sent* that brought the last answer, and is never less
//! than the answer's own age. Two things tell how old an answer is:
//!
//! - It repeats a nonce of ours. Then it was made after we asked, whatever any clock says. Such an
//!   answer costs the issuer a signature of its own, so we ask for one only when we have reason to.
//! - It is one that all who wait at our cursor get. Then its `now` is compared with what a nonce has
//!   **proved** of the issuer's clock: `now` − our uptime lies between `now` − received and
//!   `now` − sent. Reckoned against the larger, an answer that was held back or recorded looks at
//!   least as old as it is. Whatever does not fit is not believed, and makes us ask with a nonce.
//!
//! So no synchronised clock is needed, a step of the issuer's clock costs honest readers one more
//! question, and a played-back answer makes nothing young, not even the first one. Who can hold
//! answers back (that is, owns the connection in spite of TLS) *and* sees the issuer's clock step
//! can still make shared answers look younger than they are, by as much as the clock stepped.
//!
//! The one thing that must not be broken: only a proved answer teaches us what the issuer's clock
//! shows.

/// By how many milliseconds an answer may be ahead of what was proved: the drift of two clocks.
const DRIFT: i64 = 100;
/// How old a fresh answer may look, in milliseconds, before it is worth a question of its own:
/// answers are shared within a second.
const LATE: i64 = 2_000;

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
    /// Whether it repeats the nonce of its request.
    pub(crate) proved: bool,
}

/// What a nonce has proved of the issuer's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Proof {
    /// By how much it is ahead of our uptime, at most.
    ahead: i64,
    /// Below this, it has shown the same time twice: it was set back, and an answer with such a
    /// `now` may be of the first time. `i64::MIN` if it never was.
    ambiguous_below: i64,
}

impl Proof {
    fn of(answer: Answer, before: Option<Self>) -> Self {
        let ahead = answer.now_ms.saturating_sub(answer.sent);
        let ambiguous_below = before.map_or(i64::MIN, |before| {
            // The most that it can have shown before it was set back.
            let shown = answer.received.saturating_add(before.ahead);
            let earlier = before.ambiguous_below;
            if before.ahead > ahead {
                earlier.max(shown)
            } else {
                earlier
            }
        });
        Self {
            ahead,
            ambiguous_below,
        }
    }

    /// When an answer was made, by our uptime, at the earliest; `None` if it cannot be told.
    fn made(self, answer: Answer) -> Option<i64> {
        let made = answer.now_ms.saturating_sub(self.ahead);
        let seen = answer.now_ms.saturating_sub(answer.received);
        let fits = seen <= self.ahead.saturating_add(DRIFT);
        (fits && answer.now_ms >= self.ambiguous_below).then_some(made)
    }
}

/// The account of all answers so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Freshness {
    proof: Option<Proof>,
    accepted: Option<Accepted>,
    /// Whether the last answer could not be told to be young.
    in_doubt: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Accepted {
    now_ms: i64,
    as_of: i64,
}

impl Freshness {
    /// Takes an answer into account; whether it made the copy younger.
    pub(crate) fn observe(&mut self, answer: Answer) -> bool {
        let as_of = if answer.proved {
            self.proof = Some(Proof::of(answer, self.proof));
            Some(answer.sent)
        } else {
            self.made(answer).map(|made| made.min(answer.sent))
        };
        self.in_doubt = as_of.is_none_or(|as_of| as_of < answer.sent.saturating_sub(LATE));
        let Some(as_of) = as_of.filter(|_| answer.live) else {
            return false;
        };
        let before = self.as_of();
        self.accepted = Some(Accepted {
            now_ms: answer.now_ms,
            as_of: before.map_or(as_of, |before| before.max(as_of)),
        });
        before.is_none_or(|before| as_of > before)
    }

    /// Whether nothing but the answer to a question with a nonce would make the copy younger.
    pub(crate) const fn is_in_doubt(&self) -> bool {
        self.proof.is_none() || self.in_doubt
    }

    /// Whether the next question should carry a nonce: in doubt, and as long as the issuer's clock
    /// shows what it has shown before.
    pub(crate) fn wants_proof(&self) -> bool {
        let repeats = |proof: Proof| {
            self.accepted
                .is_some_and(|accepted| accepted.now_ms < proof.ambiguous_below)
        };
        self.is_in_doubt() || self.proof.is_some_and(repeats)
    }

    /// Uptime at which the copy was complete; `None` before the first live answer.
    pub(crate) fn as_of(&self) -> Option<i64> {
        self.accepted.map(|accepted| accepted.as_of)
    }

    fn made(&self, answer: Answer) -> Option<i64> {
        let is_later = self
            .accepted
            .is_none_or(|accepted| answer.now_ms > accepted.now_ms);
        let proof = self.proof.filter(|_| is_later)?;
        proof.made(answer)
    }
}

#[cfg(test)]
#[path = "freshness/tests.rs"]
mod tests;
