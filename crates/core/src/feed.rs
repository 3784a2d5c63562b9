//! The signed body of `GET /revocations`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use symbolon_jose::Signer;
use symbolon_protocol::{Body, Cursor, Timestamp};

use crate::{error::Error, tail::LogTail};

/// Answers that are kept at once, and their bytes together; what is beyond is signed one by one.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// One answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct FeedAnswer {
    /// A compact JWS in ASCII, `typ: revocations+jwt`.
    pub body: Arc<[u8]>,
}

/// Signs answers, one signature for all readers at one cursor within one second.
pub(crate) struct Feed {
    issuer: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    second: i64,
    head: Option<Cursor>,
    answers: HashMap<Option<Cursor>, FeedAnswer>,
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
        // Made-up cursors all mean the snapshot, and must not be signed for one by one.
        let after = tail.known(after);
        let head = tail.head();
        if let Some(answer) = self.kept_answer(after, head, now) {
            return Ok(answer);
        }
        let page = tail.page(after, now);
        let body = Body {
            iss: self.issuer.clone(),
            epoch: page.epoch,
            snapshot: page.snapshot,
            after: after.filter(|_| !page.snapshot),
            next: page.next,
            head: page.head,
            now_ms: now.as_millis(),
            entries: page.entries,
        };
        let body: Arc<[u8]> = signer
            .sign(&body)
            .map_err(Error::internal)?
            .into_bytes()
            .into();
        let answer = FeedAnswer { body };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = kept.answers.len() < KEPT && kept.bytes + answer.body.len() <= KEPT_BYTES;
        if fits && kept.head == Some(page.head) {
            kept.bytes += answer.body.len();
            kept.answers.insert(after, answer.clone());
        }
        Ok(answer)
    }

    fn kept_answer(
        &self,
        after: Option<Cursor>,
        head: Cursor,
        now: Timestamp,
    ) -> Option<FeedAnswer> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.second != now.as_secs() || kept.head != Some(head) {
            *kept = Kept {
                second: now.as_secs(),
                head: Some(head),
                ..Kept::default()
            };
        }
        kept.answers.get(&after).cloned()
    }
}
