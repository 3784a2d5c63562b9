//! Issuer, verifier, and a network that belongs to somebody else.

use symbolon_protocol::Cursor;

use super::{
    MAX_STALENESS,
    issuer::{EXP, End, Issuer, Letter},
    replica::{Poll, Replica},
};

/// How far to look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Ticks that the verifier's wall clock is ahead.
    pub(super) skews: &'static [i64],
    /// Ticks.
    pub(super) horizon: i64,
    /// What may be ended or changed, once each.
    pub(super) ends: &'static [End],
    /// Answers that the network remembers.
    pub(super) letters: usize,
    pub(super) pages: bool,
    pub(super) restarts: bool,
    pub(super) replacements: bool,
    pub(super) cache: bool,
    /// What must be seen to happen.
    pub(super) shows: &'static [&'static str],
}

impl Limits {
    pub(super) const NONE: Self = Self {
        skews: &[0],
        horizon: 0,
        ends: &[End::Session],
        letters: 0,
        pages: false,
        restarts: false,
        replacements: false,
        cache: false,
        shows: &[],
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Tick,
    Commit(End),
    Acknowledge,
    RestartIssuer,
    ReplaceDatabase {
        keep: usize,
        same_epoch: bool,
    },
    ForgetAtIssuer,
    ReadSession,
    FillCache,
    Send {
        with_nonce: bool,
    },
    Lose,
    /// The issuer answers the verifier's poll, at once or for the network to keep.
    Answer {
        cut: bool,
        held: bool,
    },
    /// Somebody else asks, and the network keeps the answer.
    Overhear(Option<Cursor>),
    /// The network gives the verifier one of the answers it has.
    Deliver(usize),
    RestartVerifier,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    now: i64,
    skew: i64,
    issuer: Issuer,
    letters: Vec<Letter>,
    verifier: Replica,
    poll: Option<Poll>,
    restarted: bool,
    /// By version: whether the verifier has refused it as revoked since it was started.
    refused: [bool; 2],
    pub(super) took_back: bool,
    mid_page: bool,
    pub(super) page_was_overtaken: bool,
    pub(super) forgot: bool,
    was_live: bool,
}

impl World {
    pub(super) fn new(skew: i64) -> Self {
        Self {
            now: 0,
            skew,
            issuer: Issuer::default(),
            letters: Vec::new(),
            verifier: Replica::new(),
            poll: None,
            restarted: false,
            refused: [false; 2],
            took_back: false,
            mid_page: false,
            page_was_overtaken: false,
            forgot: false,
            was_live: false,
        }
    }

    pub(super) fn actions(&self, limits: &Limits, actions: &mut Vec<Action>) {
        let issuer = &self.issuer;
        if self.now < limits.horizon {
            actions.push(Action::Tick);
        }
        let left = |end: &&End| !issuer.rows.iter().any(|row| row.end == **end);
        actions.extend(limits.ends.iter().filter(left).copied().map(Action::Commit));
        if issuer.has_untold() {
            actions.push(Action::Acknowledge);
        }
        if limits.restarts && (issuer.has_untold() || issuer.cached) {
            actions.push(Action::RestartIssuer);
        }
        if limits.replacements && !issuer.replaced {
            for keep in 0..=issuer.rows.len() {
                for same_epoch in [false, true] {
                    actions.push(Action::ReplaceDatabase { keep, same_epoch });
                }
            }
        }
        if issuer.can_forget(self.now) {
            actions.push(Action::ForgetAtIssuer);
        }
        if limits.cache && issuer.can_read() {
            actions.push(Action::ReadSession);
        }
        if issuer.can_fill() {
            actions.push(Action::FillCache);
        }
        self.network_actions(limits, actions);
    }

    fn network_actions(&self, limits: &Limits, actions: &mut Vec<Action>) {
        let room = self.letters.len() < limits.letters;
        if room {
            let positions = self.issuer.positions();
            actions.extend(positions.into_iter().map(Action::Overhear));
        }
        if self.poll.is_some() {
            actions.push(Action::Lose);
            for cut in [false, true] {
                for held in [false, true] {
                    if (limits.pages || !cut) && (room || !held) {
                        actions.push(Action::Answer { cut, held });
                    }
                }
            }
            actions.extend((0..self.letters.len()).map(Action::Deliver));
        } else {
            actions.extend([true, false].map(|with_nonce| Action::Send { with_nonce }));
        }
        if limits.restarts && !self.restarted {
            actions.push(Action::RestartVerifier);
        }
    }

    pub(super) fn after(&self, action: Action) -> Self {
        let mut next = self.clone();
        next.act(action);
        next.look_back();
        next
    }

    fn act(&mut self, action: Action) {
        let now = self.now;
        match action {
            Action::Tick => self.now += 1,
            Action::Commit(end) => self.issuer.commit(end),
            Action::Acknowledge => {
                self.page_was_overtaken |= self.mid_page;
                self.issuer.acknowledge(now);
            }
            Action::RestartIssuer => self.issuer.restart(now),
            Action::ReplaceDatabase { keep, same_epoch } => {
                self.issuer.replace(keep, same_epoch, now);
            }
            Action::ForgetAtIssuer => self.issuer.forget(now),
            Action::ReadSession => self.issuer.read(),
            Action::FillCache => self.issuer.fill(),
            Action::Send { with_nonce } => {
                self.poll = Some(Poll {
                    asked: self.verifier.cursor(),
                    sent: now,
                    with_nonce,
                });
            }
            Action::Lose => self.end_poll(),
            Action::Answer { cut, held } => {
                if let Some(poll) = self.poll {
                    let letter = self.issuer.answer(poll.asked, poll.with_nonce, cut, now);
                    if held {
                        self.keep(letter);
                    } else {
                        self.deliver(&letter);
                    }
                }
            }
            Action::Overhear(after) => {
                let letter = self.issuer.answer(after, false, false, now);
                self.keep(letter);
            }
            Action::Deliver(index) => {
                let letter = self.letters[index].clone();
                self.deliver(&letter);
            }
            Action::RestartVerifier => {
                self.verifier = Replica::new();
                self.end_poll();
                self.restarted = true;
                self.refused = [false; 2];
                self.was_live = false;
            }
        }
    }

    fn deliver(&mut self, letter: &Letter) {
        let Some(poll) = self.poll else { return };
        let knew = self.verifier.len();
        self.mid_page = letter.is_partial();
        self.verifier
            .take(letter, poll, self.now, self.now + self.skew);
        self.forgot |= self.verifier.len() < knew;
        self.end_poll();
    }

    fn keep(&mut self, letter: Letter) {
        if !self.letters.contains(&letter) {
            self.letters.push(letter);
        }
    }

    /// Nobody waits for its nonce any more.
    fn end_poll(&mut self) {
        self.poll = None;
        for letter in &mut self.letters {
            letter.ours = false;
        }
    }

    /// Notes what the properties need of the past.
    fn look_back(&mut self) {
        for version in [0, 1] {
            let refused = self.is_refused(version);
            if let Some(before) = self.refused.get_mut(version as usize) {
                self.took_back |= *before && !refused && self.now <= EXP;
                *before |= refused;
            }
        }
        self.was_live |= !self.verifier.is_stale(self.now);
    }

    fn is_refused(&self, version: u32) -> bool {
        self.verifier.refuses(version)
    }

    fn takes(&self, version: u32) -> bool {
        self.now <= EXP && !self.is_refused(version) && !self.verifier.is_stale(self.now)
    }

    pub(super) fn accepts(&self) -> bool {
        self.takes(0)
    }

    pub(super) fn refused_within_bound(&self) -> bool {
        self.issuer.rows.iter().all(|row| {
            let due = row
                .acknowledged
                .is_some_and(|at| self.now - at > MAX_STALENESS);
            let accepted = self.takes(0) || (row.end != End::Narrowed && self.takes(1));
            !(due && accepted)
        })
    }

    pub(super) fn refuses_only_ended(&self) -> bool {
        // What a replaced database has lost was ended all the same.
        let rows = &self.issuer.rows;
        let ended = rows.iter().any(|row| row.end != End::Narrowed);
        self.issuer.replaced
            || (ended || !self.is_refused(1)) && (!rows.is_empty() || !self.is_refused(0))
    }

    pub(super) fn cache_follows_log(&self) -> bool {
        let ended = self
            .issuer
            .rows
            .iter()
            .any(|row| row.end == End::Session && row.acknowledged.is_some());
        !(ended && self.now <= EXP && self.issuer.accepts_cached())
    }

    pub(super) fn cached_but_ended(&self) -> bool {
        self.issuer.cached && !self.issuer.accepts_cached()
    }

    pub(super) fn knows_in_time(&self) -> bool {
        self.is_refused(0) && !self.verifier.is_stale(self.now) && self.now < EXP
    }

    pub(super) fn is_stale_after_live(&self) -> bool {
        self.was_live && self.verifier.is_stale(self.now)
    }
}
