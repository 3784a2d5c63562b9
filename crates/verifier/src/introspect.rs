//! Asking the issuer about one token (RFC 7662), for when the log is silent.
//!
//! The one thing that must not be broken: without an answer that says `"active": true` nothing is
//! accepted, and an answer is used for no longer than [`REUSE_MILLIS`].

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;
use symbolon_jose::digest::sha256;
use symbolon_protocol::{RejectReason, TokenId};
use tokio::{
    sync::{OnceCell, Semaphore},
    time,
};
use url::{Url, form_urlencoded};

use crate::{
    clock::Clock,
    http::{
        Credentials,
        fetch::{self, FetchError},
    },
    outcome::Introspections,
};

/// How long after a question its answer serves other requests with the same token.
const REUSE_MILLIS: i64 = 1_000;
/// An answer that takes longer is none; waiting for one's turn included.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Questions on their way at the same time.
const AT_ONCE: usize = 16;
/// Tokens whose answers are kept or awaited; beyond it nothing is asked.
const MAX_QUESTIONS: usize = 4_096;
const MAX_BYTES: usize = 64 * 1024;

/// Asks, once for all who want to know the same.
pub(crate) struct Introspector {
    client: reqwest::Client,
    credentials: Option<Credentials>,
    /// Known once the metadata are, and as they say at present.
    endpoint: ArcSwapOption<Url>,
    questions: Mutex<HashMap<[u8; 32], Arc<Question>, RandomState>>,
    slots: Semaphore,
    outcomes: Introspections,
}

/// One question about one token.
struct Question {
    asked_at: i64,
    answer: OnceCell<Answer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Active,
    Inactive,
    /// None came, or none that can be used.
    None,
}

/// RFC 7662 §2.2.
#[derive(Deserialize)]
struct Body {
    active: bool,
    jti: Option<TokenId>,
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the issuer offers no introspection")]
    NoEndpoint,
    #[error("there is no client to introspect as")]
    NoClient,
    #[error("no answer in time")]
    Timeout,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("the answer is not the one that was asked for")]
    Malformed,
}

impl Introspector {
    pub(crate) fn new(client: reqwest::Client, credentials: Option<Credentials>) -> Self {
        Self {
            client,
            credentials,
            endpoint: ArcSwapOption::empty(),
            questions: Mutex::default(),
            slots: Semaphore::new(AT_ONCE),
            outcomes: Introspections::new(),
        }
    }

    /// Takes in what the metadata say.
    pub(crate) fn set_endpoint(&self, endpoint: Option<Url>) {
        self.endpoint.store(endpoint.map(Arc::new));
    }

    /// Whether the issuer says that this token, whose signature was verified, is still good.
    pub(crate) async fn ask(
        &self,
        token: &str,
        id: TokenId,
        clock: &dyn Clock,
    ) -> Result<(), RejectReason> {
        let question = self
            .question(token, clock.uptime_millis())
            .ok_or(RejectReason::RevocationStale)?;
        // One who waits takes over when the one who asks goes away.
        let answer = question
            .answer
            .get_or_init(|| self.find_out(token, id))
            .await;
        match answer {
            Answer::Active => Ok(()),
            Answer::Inactive => Err(RejectReason::TokenInactive),
            Answer::None => Err(RejectReason::RevocationStale),
        }
    }

    /// The question that is on its way or was answered just now, or a new one.
    fn question(&self, token: &str, now: i64) -> Option<Arc<Question>> {
        let is_fresh = |question: &Question| {
            (0..REUSE_MILLIS).contains(&now.saturating_sub(question.asked_at))
        };
        let key = sha256(token.as_bytes());
        let mut questions = self
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = questions.get(&key).filter(|known| is_fresh(known)) {
            return Some(Arc::clone(known));
        }
        if questions.len() >= MAX_QUESTIONS {
            questions.retain(|_, question| is_fresh(question));
        }
        if questions.len() >= MAX_QUESTIONS {
            return None;
        }
        let question = Arc::new(Question {
            asked_at: now,
            answer: OnceCell::new(),
        });
        questions.insert(key, Arc::clone(&question));
        Some(question)
    }

    async fn find_out(&self, token: &str, id: TokenId) -> Answer {
        let answered = time::timeout(TIMEOUT, self.send(token, id)).await;
        let answer = match answered.unwrap_or(Err(AskError::Timeout)) {
            Ok(true) => Answer::Active,
            Ok(false) => Answer::Inactive,
            Err(error) => {
                tracing::debug!(%error, "a token could not be introspected");
                Answer::None
            }
        };
        self.outcomes.count(answer);
        answer
    }

    async fn send(&self, token: &str, id: TokenId) -> Result<bool, AskError> {
        let endpoint = self.endpoint.load_full().ok_or(AskError::NoEndpoint)?;
        let credentials = self.credentials.as_ref().ok_or(AskError::NoClient)?;
        let _slot = self.slots.acquire().await.map_err(|_| AskError::Timeout)?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let request = self
            .client
            .post((*endpoint).clone())
            .timeout(TIMEOUT)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        let response = credentials
            .sign(request)
            .send()
            .await
            .map_err(FetchError::from)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()).into());
        }
        let bytes = fetch::read(response, MAX_BYTES).await?;
        let body: Body = serde_json::from_slice(&bytes).map_err(|_| AskError::Malformed)?;
        if body.active && body.jti.is_some_and(|jti| jti != id) {
            return Err(AskError::Malformed);
        }
        Ok(body.active)
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector")
            .field(
                "endpoint",
                &self.endpoint.load().as_deref().map(Url::as_str),
            )
            .finish_non_exhaustive()
    }
}
