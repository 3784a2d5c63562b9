//! The signed body of `GET /revocations`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use symbolon_jose::Signer;
use symbolon_protocol::{Body, BoundBody, Cursor, Nonce, Timestamp};

use crate::{
    error::Error,
    tail::{LogTail, Page},
};

/// Answers that reach the head and are kept at once, and their bytes together; what is beyond is
/// signed one by one.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 8 * 1024 * 1024;
/// Entries up to which an answer is signed for one reader alone: a large one would cost us more
/// than the question costs whoever asks.
const BOUND_ENTRIES: usize = 64;
/// Answers for one reader alone that are signed within one second, for clients and for strangers
/// each; who is beyond gets the common one, and asks again.
const BOUND_A_SECOND: u32 = 2_000;
/// Bytes of pages before the head that are kept; the oldest make room.
const PAGES_BYTES: usize = 32 * 1024 * 1024;
/// For how long, in milliseconds. Such a page says nothing of the present, so its age does no harm;
/// what has expired meanwhile is no harm either.
const PAGES_AGE: i64 = 20_000;

/// One answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct FeedAnswer {
    /// A compact JWS in ASCII, `typ: revocations+jwt`.
    pub body: Arc<[u8]>,
}

/// What a reader asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// What it has applied.
    pub after: Option<Cursor>,
    /// What its answer is to repeat, if it has to be one of its own.
    pub nonce: Option<&'a Nonce>,
    /// Whether it is a client that has proved who it is.
    pub from_client: bool,
}

/// Signs answers: those that reach the head once for all readers at one cursor within one second,
/// the pages before it once for all who load the log at about the same time.
pub(crate) struct Feed {
    issuer: String,
    kept: Mutex<Kept>,
}

/// The place of an answer. Whoever comes first makes it, the others wait for that.
type Cell = Arc<Mutex<Option<FeedAnswer>>>;

#[derive(Default)]
struct Kept {
    second: i64,
    head: Option<Cursor>,
    answers: HashMap<Option<Cursor>, Cell>,
    bytes: usize,
    pages: HashMap<Option<Cursor>, KeptPage>,
    pages_bytes: usize,
    /// Answers for one reader alone within this second: strangers', clients'.
    bound: [u32; 2],
    bound_second: i64,
    /// The key that signed what is kept.
    kid: Option<String>,
    /// The epoch that what is kept names.
    epoch: Option<Arc<str>>,
}

/// A page before the head.
struct KeptPage {
    /// When it was asked for first, in milliseconds.
    made: i64,
    cell: Cell,
    /// Once it is made.
    bytes: usize,
}

impl Feed {
    pub(crate) fn new(issuer: String) -> Self {
        Self {
            issuer,
            kept: Mutex::new(Kept::default()),
        }
    }

    /// Whether a reader at `after` has anything to learn. Signs nothing.
    pub(crate) fn has_news(tail: &LogTail, after: Option<Cursor>) -> bool {
        tail.known(after).is_none_or(|after| after != tail.head())
    }

    /// The answer for a reader at `after`.
    pub(crate) fn answer(
        &self,
        tail: &LogTail,
        signer: &Signer,
        after: Option<Cursor>,
        now: Timestamp,
    ) -> Result<FeedAnswer, Error> {
        let page = tail.page(after, now);
        // Made-up cursors all mean the snapshot, and must not be signed for one by one.
        let after = after.filter(|_| !page.snapshot);
        let live = page.next == page.head;
        let Some(cell) = self.lock().of(signer, &page.epoch).cell(after, &page, now) else {
            return sign(signer, &self.body(&page, after, now));
        };
        let mut place = cell.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = &*place {
            return Ok(answer.clone());
        }
        let answer = sign(signer, &self.body(&page, after, now))?;
        *place = Some(answer.clone());
        drop(place);
        self.lock().account(after, live, &cell, answer.body.len());
        Ok(answer)
    }

    /// Lets go of pages that nobody loads any more.
    pub(crate) fn forget_pages(&self, now: Timestamp) {
        self.lock().forget_pages(now);
    }

    /// The answer for a reader at `after` who asks for one of its own; the common one where its own
    /// would be large, or too many have asked within this second.
    pub(crate) fn bound_answer(
        &self,
        tail: &LogTail,
        signer: &Signer,
        question: Question<'_>,
        now: Timestamp,
    ) -> Result<FeedAnswer, Error> {
        let after = question.after;
        let page = tail.page(after, now);
        let nonce = question
            .nonce
            .filter(|_| page.size() <= BOUND_ENTRIES)
            .filter(|_| self.lock().may_bind(question.from_client, now));
        let Some(nonce) = nonce else {
            return self.answer(tail, signer, after, now);
        };
        let body = &self.body(&page, after.filter(|_| !page.snapshot), now);
        sign(signer, &BoundBody { body, nonce })
    }

    fn body(&self, page: &Page, after: Option<Cursor>, now: Timestamp) -> Body {
        Body {
            iss: self.issuer.clone(),
            epoch: (*page.epoch).to_owned(),
            snapshot: page.snapshot,
            after,
            next: page.next,
            head: page.head,
            now_ms: now.as_millis(),
            entries: page.entries(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sign(signer: &Signer, payload: &impl serde::Serialize) -> Result<FeedAnswer, Error> {
    let body = signer.sign(payload).map_err(Error::internal)?;
    metrics::counter!("symbolon_feed_signatures_total").increment(1);
    Ok(FeedAnswer {
        body: body.into_bytes().into(),
    })
}

impl Kept {
    /// Nothing that another key signed is served on: that key may be revoked. Nor is anything of
    /// another epoch: whoever loads the log would meet both and begin anew.
    fn of(&mut self, signer: &Signer, epoch: &Arc<str>) -> &mut Self {
        let kid = signer.key().kid();
        if self.kid.as_deref() != Some(kid) || self.epoch.as_ref() != Some(epoch) {
            *self = Self {
                kid: Some(kid.to_owned()),
                epoch: Some(Arc::clone(epoch)),
                bound: self.bound,
                bound_second: self.bound_second,
                ..Self::default()
            };
        }
        self
    }

    /// Whether one more answer may be signed for one reader alone.
    fn may_bind(&mut self, for_client: bool, now: Timestamp) -> bool {
        if self.bound_second != now.as_secs() {
            self.bound_second = now.as_secs();
            self.bound = [0; 2];
        }
        let [strangers, clients] = &mut self.bound;
        let count = if for_client { clients } else { strangers };
        *count = count.saturating_add(1);
        *count <= BOUND_A_SECOND
    }

    /// The place of the answer; `None` when there is no room for one more.
    fn cell(&mut self, after: Option<Cursor>, page: &Page, now: Timestamp) -> Option<Cell> {
        if page.next != page.head {
            self.forget_pages(now);
            let new = || KeptPage {
                made: now.as_millis(),
                cell: Cell::default(),
                bytes: 0,
            };
            let page = self.pages.entry(after).or_insert_with(new);
            return Some(Arc::clone(&page.cell));
        }
        if self.second != now.as_secs() || self.head != Some(page.head) {
            self.second = now.as_secs();
            self.head = Some(page.head);
            self.answers.clear();
            self.bytes = 0;
        }
        if !self.answers.contains_key(&after)
            && (self.answers.len() >= KEPT || self.bytes >= KEPT_BYTES)
        {
            return None;
        }
        Some(Arc::clone(self.answers.entry(after).or_default()))
    }

    /// Counts the bytes of an answer that was made, unless its place is gone already.
    fn account(&mut self, after: Option<Cursor>, live: bool, cell: &Cell, bytes: usize) {
        if live {
            let place = self.answers.get(&after);
            if place.is_some_and(|place| Arc::ptr_eq(place, cell)) {
                self.bytes += bytes;
            }
            return;
        }
        match self.pages.get_mut(&after) {
            Some(page) if Arc::ptr_eq(&page.cell, cell) => page.bytes = bytes,
            _ => return,
        }
        self.pages_bytes += bytes;
        while self.pages_bytes > PAGES_BYTES {
            let oldest = self.pages.iter().min_by_key(|(_, page)| page.made);
            let Some(oldest) = oldest.map(|(after, _)| *after) else {
                break;
            };
            self.drop_page(oldest);
        }
    }

    fn forget_pages(&mut self, now: Timestamp) {
        let young = |made: i64| (0..PAGES_AGE).contains(&(now.as_millis().saturating_sub(made)));
        let old: Vec<_> = self
            .pages
            .iter()
            .filter(|(_, page)| !young(page.made))
            .map(|(after, _)| *after)
            .collect();
        old.into_iter().for_each(|after| self.drop_page(after));
    }

    fn drop_page(&mut self, after: Option<Cursor>) {
        if let Some(page) = self.pages.remove(&after) {
            self.pages_bytes -= page.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use symbolon_jose::{Algorithm, SigningKey, base64url, decode};
    use symbolon_protocol::{Echo, EndReason, Entry, Kind, Mark, RevocationId, typ};

    use super::*;
    use crate::{model::Revocation, store::LogObserver as _};

    const NOW: Timestamp = Timestamp::from_secs(100);

    fn log_of(entries: u64) -> LogTail {
        let tail = LogTail::default();
        let revocation = |seq| Revocation {
            entry: Entry {
                seq,
                kind: Kind::Session,
                id: RevocationId::of_text(&seq.to_string()),
                below: None,
                reason: EndReason::Logout,
                revoked_at: 0,
                until: Some(1_000),
            },
            mark: Mark([1; 16]),
        };
        tail.committed(&(1..=entries).map(revocation).collect::<Vec<_>>());
        tail
    }

    fn nonce_of(answer: &FeedAnswer) -> Option<Nonce> {
        let jws = std::str::from_utf8(&answer.body).unwrap();
        let payload = decode(jws).unwrap().raw_parts()[1].to_owned();
        let payload = base64url::decode(&payload).unwrap();
        serde_json::from_slice::<Echo>(&payload).unwrap().nonce
    }

    /// The feed and its signer.
    fn feed() -> (Feed, Signer) {
        let key = SigningKey::generate(Algorithm::EdDSA).unwrap();
        let signer = Signer::new(&key, typ::REVOCATIONS);
        (Feed::new("https://id.example".to_owned()), signer)
    }

    #[test]
    fn a_question_with_a_nonce_has_an_answer_of_its_own_unless_that_is_large() {
        let (feed, signer) = feed();
        let nonce: Nonce = "0123456789abcdef".parse().unwrap();
        let question = Question {
            nonce: Some(&nonce),
            ..Question::default()
        };
        for (entries, own) in [(0, true), (64, true), (65, false)] {
            let tail = log_of(entries);
            let answer = feed.bound_answer(&tail, &signer, question, NOW);
            let found = nonce_of(&answer.unwrap());
            assert_eq!(found, own.then(|| nonce.clone()), "{entries}");
            let common = feed.answer(&tail, &signer, None, NOW).unwrap();
            assert_eq!(nonce_of(&common), None);
        }
    }

    #[test]
    fn strangers_cannot_use_up_the_signatures_of_clients() {
        let (feed, signer) = feed();
        let tail = log_of(0);
        let nonce: Nonce = "0123456789abcdef".parse().unwrap();
        let ask = |from_client, now| {
            let question = Question {
                after: None,
                nonce: Some(&nonce),
                from_client,
            };
            let answer = feed.bound_answer(&tail, &signer, question, now);
            nonce_of(&answer.unwrap()).is_some()
        };
        let own = (0..BOUND_A_SECOND + 5).filter(|_| ask(false, NOW)).count();
        assert_eq!(own, usize::try_from(BOUND_A_SECOND).unwrap());
        assert!(ask(true, NOW));
        assert!(ask(false, NOW.plus_millis(1_000)));
    }

    #[test]
    fn a_new_key_signs_pages_at_once() {
        let (_, new) = feed();
        let (feed, old) = feed();
        let tail = log_of(4_001);
        let first = feed.answer(&tail, &old, None, NOW).unwrap();
        assert_eq!(
            feed.answer(&tail, &old, None, NOW).unwrap().body,
            first.body
        );
        assert_ne!(
            feed.answer(&tail, &new, None, NOW).unwrap().body,
            first.body
        );
    }
}
