//! The signed body of `GET /revocations`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use symbolon_jose::Signer;
use symbolon_protocol::{Body, Cursor, Timestamp};

use crate::{error::Error, tail::LogTail};

/// Answers that are kept at once; more cursors than this are signed one by one.
const KEPT: usize = 1024;

/// One answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct FeedAnswer {
    /// A compact JWS, `typ: revocations+jwt`.
    pub body: Arc<str>,
    /// Whether it tells the reader something new; otherwise a long poll goes on waiting.
    pub is_news: bool,
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
}

impl Feed {
    pub(crate) fn new(issuer: String) -> Self {
        Self {
            issuer,
            kept: Mutex::new(Kept::default()),
        }
    }

    /// The answer for a reader at `after`.
    pub(crate) fn answer(
        &self,
        tail: &LogTail,
        signer: &Signer,
        after: Option<Cursor>,
        now: Timestamp,
    ) -> Result<FeedAnswer, Error> {
        let head = tail.head();
        if let Some(answer) = self.kept_answer(after, head, now) {
            return Ok(answer);
        }
        let page = tail.page(after, now);
        let is_news = page.is_news();
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
        let body = signer.sign(&body).map_err(Error::internal)?.into();
        let answer = FeedAnswer { body, is_news };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.answers.len() < KEPT && kept.head == Some(page.head) {
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
                answers: HashMap::new(),
            };
        }
        kept.answers.get(&after).cloned()
    }
}
