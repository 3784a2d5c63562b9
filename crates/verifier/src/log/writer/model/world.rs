//! Issuer, verifier, and a network that belongs to somebody else.

use super::{
    MAX_STALENESS,
    archive::Archive,
    issuer::{EXP, End, Issuer, Letter, UNTIL},
    limits::Limits,
    replica::{Poll, Replica, Wall},
};

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
    /// The issuer answers the verifier's poll, which arrives at once.
    Answer {
        cut: bool,
    },
    /// The network gives the verifier an answer to its own poll that it has held back.
    DeliverHeld(usize),
    /// The network gives the verifier any answer that fits its poll.
    DeliverKept(usize),
    RestartVerifier,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    now: i64,
    skew: i64,
    issuer: Issuer,
    /// If the network keeps anything.
    archive: Option<Archive>,
    /// Answers with the nonce of the poll that waits.
    held: Vec<Letter>,
    pages: bool,
    may_forget: bool,
    verifier: Replica,
    poll: Option<Poll>,
    restarted: bool,
    /// By version: whether the verifier has refused it as revoked since it was started.
    refused: [bool; 2],
    pub(super) took_back: bool,
    mid_page: bool,
    pub(super) page_was_overtaken: bool,
    pub(super) forgot: bool,
}

impl World {
    pub(super) fn new(skew: i64, limits: &Limits) -> Self {
        let mut world = Self {
            now: 0,
            skew,
            issuer: Issuer::default(),
            archive: limits.keeps.then(Archive::default),
            held: Vec::new(),
            pages: limits.pages,
            may_forget: limits.horizon > UNTIL,
            verifier: Replica::new(),
            poll: None,
            restarted: false,
            refused: [false; 2],
            took_back: false,
            mid_page: false,
            page_was_overtaken: false,
            forgot: false,
        };
        world.record();
        world
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
                    // The same database under the same epoch is a restart.
                    if !(same_epoch && keep == issuer.rows.len()) {
                        actions.push(Action::ReplaceDatabase { keep, same_epoch });
                    }
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
        if limits.restarts && !self.restarted {
            actions.push(Action::RestartVerifier);
        }
        self.network_actions(limits, actions);
    }

    fn network_actions(&self, limits: &Limits, actions: &mut Vec<Action>) {
        let Some(poll) = self.poll else {
            let wanted = self.verifier.wants_proof();
            actions.push(Action::Send { with_nonce: wanted });
            if limits.any_nonce {
                actions.push(Action::Send {
                    with_nonce: !wanted,
                });
            }
            return;
        };
        actions.push(Action::Lose);
        let Some(archive) = &self.archive else {
            let cuts = if self.pages { 2 } else { 1 };
            let cuts = [false, true].into_iter().take(cuts);
            actions.extend(cuts.map(|cut| Action::Answer { cut }));
            return;
        };
        actions.extend((0..self.held.len()).map(Action::DeliverHeld));
        // One that answers another question is as good as lost.
        let kept = archive.letters().iter().enumerate();
        let fitting = kept.filter(|(_, letter)| letter.answers(poll.asked));
        actions.extend(fitting.map(|(index, _)| Action::DeliverKept(index)));
    }

    /// What the action brings the verifier: when it was made, and whether for this poll.
    pub(super) fn brought(&self, action: Action) -> Option<(i64, bool)> {
        match action {
            Action::Answer { .. } => Some((self.now, self.poll?.with_nonce)),
            Action::DeliverHeld(index) => Some((self.held.get(index)?.now, true)),
            Action::DeliverKept(index) => {
                Some((self.archive.as_ref()?.letters().get(index)?.now, false))
            }
            _ => None,
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
            Action::Answer { cut } => {
                if let Some(poll) = self.poll {
                    let letter = self.issuer.answer(poll.asked, poll.with_nonce, cut, now);
                    self.deliver(&letter);
                }
            }
            Action::DeliverHeld(index) => {
                let letter = self.held[index].clone();
                self.deliver(&letter);
            }
            Action::DeliverKept(index) => {
                if let Some(archive) = self.archive.clone() {
                    self.deliver(&archive.letters()[index]);
                }
            }
            Action::RestartVerifier => {
                self.verifier = Replica::new();
                self.end_poll();
                self.restarted = true;
                self.refused = [false; 2];
            }
        }
        let is_news = match action {
            Action::Commit(_) | Action::ReadSession | Action::FillCache => false,
            Action::Send { with_nonce } => with_nonce,
            Action::Tick
            | Action::Acknowledge
            | Action::RestartIssuer
            | Action::ReplaceDatabase { .. }
            | Action::ForgetAtIssuer => true,
            _ => false,
        };
        if is_news {
            self.record();
        }
    }

    /// The network learns what the issuer answers now, to whoever asks from wherever.
    fn record(&mut self) {
        let Some(archive) = &mut self.archive else {
            return;
        };
        let cuts = if self.pages { 2 } else { 1 };
        for cut in [false, true].into_iter().take(cuts) {
            for after in self.issuer.positions() {
                archive.keep(self.issuer.answer(after, false, cut, self.now));
            }
            if let Some(poll) = self.poll.filter(|poll| poll.with_nonce) {
                let letter = self.issuer.answer(poll.asked, true, cut, self.now);
                if !self.held.contains(&letter) {
                    self.held.push(letter);
                }
            }
        }
    }

    fn deliver(&mut self, letter: &Letter) {
        let Some(poll) = self.poll else { return };
        let knew = self.verifier.len();
        // Nothing else looks at it.
        self.mid_page = self.pages && letter.is_partial();
        let wall = Wall {
            shows: self.shown(),
            may_forget: self.may_forget,
        };
        self.verifier.take(letter, poll, self.now, wall);
        self.forgot |= self.verifier.len() < knew;
        self.end_poll();
    }

    /// Nobody waits for its nonce any more; without it, the answers are such as anybody has.
    fn end_poll(&mut self) {
        self.poll = None;
        self.held.clear();
    }

    /// Notes what the properties need of the past.
    fn look_back(&mut self) {
        for version in [0, 1] {
            let refused = self.is_refused(version);
            let expired = self.has_expired();
            if let Some(before) = self.refused.get_mut(version as usize) {
                self.took_back |= *before && !refused && !expired;
                *before |= refused;
            }
        }
    }

    pub(super) const fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn as_of(&self) -> Option<i64> {
        self.verifier.as_of()
    }

    /// What the verifier's clock on the wall shows.
    const fn shown(&self) -> i64 {
        self.now + self.skew
    }

    /// Whether the verifier takes the token for expired: by its own clock.
    const fn has_expired(&self) -> bool {
        self.shown() > EXP
    }

    fn is_stale(&self) -> bool {
        self.verifier.is_stale(self.now)
    }

    fn is_refused(&self, version: u32) -> bool {
        self.verifier.refuses(version)
    }

    fn takes(&self, version: u32) -> bool {
        !self.has_expired() && !self.is_refused(version) && !self.is_stale()
    }

    pub(super) fn accepts(&self) -> bool {
        self.takes(0)
    }

    /// When each end was acknowledged that every verifier must know of by now.
    fn due(&self) -> impl Iterator<Item = (End, i64)> {
        let rows = self.issuer.rows.iter();
        rows.filter_map(|row| Some((row.end, row.acknowledged?)))
            .filter(|(_, at)| self.now - at > MAX_STALENESS)
    }

    pub(super) fn refused_within_bound(&self) -> bool {
        self.due().all(|(end, _)| {
            let accepted = self.takes(0) || (end != End::Narrowed && self.takes(1));
            !accepted
        })
    }

    /// The ends that were just judged, by their acknowledgement, and whether the copy is fresh.
    pub(super) fn judged(&self) -> impl Iterator<Item = (i64, bool)> {
        let fresh = !self.is_stale();
        self.due()
            .filter(|_| !self.has_expired())
            .map(move |(_, at)| (at, fresh))
    }

    pub(super) fn refuses_only_ended(&self) -> bool {
        // What a replaced database has lost was ended all the same.
        let rows = &self.issuer.rows;
        let ended = rows.iter().any(|row| row.end != End::Narrowed);
        self.issuer.replaced
            || (ended || !self.is_refused(1)) && (!rows.is_empty() || !self.is_refused(0))
    }

    /// When the session's end was acknowledged that the issuer has in its cache.
    pub(super) fn cache_judged(&self) -> Option<i64> {
        let mut rows = self.issuer.rows.iter();
        let ended = rows.find(|row| row.end == End::Session)?.acknowledged?;
        (self.issuer.cached && self.now <= EXP).then_some(ended)
    }

    pub(super) fn cache_follows_log(&self) -> bool {
        self.cache_judged().is_none() || !self.issuer.accepts_cached()
    }

    pub(super) fn cached_but_ended(&self) -> bool {
        self.issuer.cached && !self.issuer.accepts_cached()
    }

    pub(super) fn knows_in_time(&self) -> bool {
        self.is_refused(0) && !self.is_stale() && !self.has_expired()
    }

    pub(super) fn is_stale_after_live(&self) -> bool {
        self.as_of().is_some() && self.is_stale()
    }
}
