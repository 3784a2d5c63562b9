//! An issuer of a few lines on jose and protocol: metadata, keys, a log that can be told to
//! misbehave.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use symbolon_jose::{Algorithm, JwkSet, Signer, SigningKey, TokenClaims};
use symbolon_protocol::{
    AccessClaims, Body, BoundBody, Cursor, EndReason, Entry, Kind, Mark, Nonce, RevocationId,
    SessionId, Timestamp, typ,
};
use symbolon_verifier::{Builder, Clock as _, Status, Verifier};
use tokio::sync::watch;

use crate::time::TestClock;

pub(crate) const AUDIENCE: &str = "orders";
/// Nothing in these tests takes that long, unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How the log answers.
#[derive(Debug, Clone, Default)]
pub(crate) enum Mode {
    #[default]
    Well,
    /// Everything answers 503.
    Down,
    /// The log answers with exactly this.
    Answer(String),
    /// As well, but signed with this key.
    SignedBy(SigningKey),
}

/// How introspection answers.
#[derive(Debug, Clone)]
pub(crate) enum Introspected {
    Answer(serde_json::Value),
    Status(StatusCode),
    /// Not before something is changed.
    Hold(serde_json::Value),
}

pub(crate) struct Inner {
    /// The log alone answers 503.
    pub(crate) log_is_down: bool,
    pub(crate) introspected: Introspected,
    /// Where it is.
    pub(crate) introspection: &'static str,
    pub(crate) mode: Mode,
    pub(crate) keys: Vec<SigningKey>,
    pub(crate) log_key: SigningKey,
    pub(crate) epoch: String,
    pub(crate) entries: Vec<Entry>,
    pub(crate) page: usize,
    pub(crate) claimed_issuer: Option<String>,
    pub(crate) credentials: Option<String>,
    /// The last log answer.
    pub(crate) last: Option<String>,
    pub(crate) queries: Vec<HashMap<String, String>>,
}

/// How often what was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) metadata: usize,
    /// Of them, those whose asker had it already.
    pub(crate) unmodified: usize,
    pub(crate) keys: usize,
    pub(crate) log: usize,
    pub(crate) introspections: usize,
}

#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) clock: TestClock,
    inner: Arc<Mutex<Inner>>,
    counts: watch::Sender<Counts>,
    changed: watch::Sender<()>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = || SigningKey::generate(Algorithm::EdDSA).unwrap();
        let issuer = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            clock: TestClock::default(),
            inner: Arc::new(Mutex::new(Inner {
                log_is_down: false,
                introspected: Introspected::Status(StatusCode::NOT_FOUND),
                introspection: "/introspect",
                mode: Mode::Well,
                keys: vec![key()],
                log_key: key(),
                epoch: "one".into(),
                entries: Vec::new(),
                page: usize::MAX,
                claimed_issuer: None,
                credentials: None,
                last: None,
                queries: Vec::new(),
            })),
            counts: watch::Sender::default(),
            changed: watch::Sender::new(()),
        };
        let app = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/jwks", get(jwks))
            .route("/revocations/jwks.json", get(log_jwks))
            .route("/revocations", get(revocations))
            .route("/introspect", post(introspect))
            .route("/elsewhere", post(|| async { r#"{"active":true}"# }))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Changes something and answers every poll that waits.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner());
        self.changed.send_replace(());
    }

    pub(crate) fn builder(&self) -> Builder {
        Verifier::builder(&self.url)
            .audience(AUDIENCE)
            .algorithms([Algorithm::EdDSA])
            .clock(self.clock.clone())
    }

    pub(crate) async fn live_verifier(&self) -> Verifier {
        let verifier = self.builder().build().await.unwrap();
        assert!(verifier.wait_until_live(PATIENCE).await);
        verifier
    }

    pub(crate) fn token(&self, session: u8) -> String {
        let key = self.inner().keys.last().unwrap().clone();
        self.token_by(&key, session)
    }

    pub(crate) fn token_by(&self, key: &SigningKey, session: u8) -> String {
        let now = self.clock.now().as_secs();
        let token_number = self.clock.tick();
        let claims = AccessClaims {
            sub: "alice".parse().unwrap(),
            jti: id(u128::try_from(token_number).unwrap()).parse().unwrap(),
            client_id: "web".parse().unwrap(),
            scope: "orders:read".into(),
            sid: Some(sid(session)),
            gid: id(500 + u128::from(session)).parse().unwrap(),
            ver: 0,
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            cnf: None,
        };
        let claims = TokenClaims::new(&*self.url, AUDIENCE, now + 3_600)
            .issued_at(now)
            .extra(claims);
        Signer::new(key, typ::ACCESS_TOKEN).sign(&claims).unwrap()
    }

    pub(crate) fn revoke(&self, kind: Kind, id: RevocationId) {
        let now = self.clock.now().as_secs();
        self.change(|inner| {
            let seq = inner.entries.len() as u64 + 1;
            inner.entries.push(Entry {
                seq,
                kind,
                id,
                below: None,
                reason: EndReason::Logout,
                revoked_at: now,
                until: (kind != Kind::Key).then_some(now + 7_200),
            });
        });
    }

    pub(crate) fn end_session(&self, session: u8) {
        self.revoke(Kind::Session, sid(session).into());
    }

    /// Waits until the counts are as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Counts) -> bool) -> Counts {
        let mut counts = self.counts.subscribe();
        let reached = tokio::time::timeout(PATIENCE, counts.wait_for(wanted)).await;
        *reached.expect("the verifier asks").unwrap()
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(count);
    }

    fn body(&self, after: Option<Cursor>) -> Body {
        let now = Timestamp::from_millis(self.clock.tick());
        let inner = self.inner();
        let mark = mark(&inner.epoch);
        let after = after.filter(|after| after.mark == mark);
        let from = after.map_or(0, |after| usize::try_from(after.seq).unwrap());
        let to = from.saturating_add(inner.page).min(inner.entries.len());
        let at = |seq: usize| Cursor {
            seq: seq as u64,
            mark,
        };
        Body {
            iss: self.url.clone(),
            epoch: inner.epoch.clone(),
            snapshot: after.is_none(),
            after,
            next: at(to),
            head: at(inner.entries.len()),
            now_ms: now.as_millis(),
            entries: inner.entries[from..to].to_vec(),
        }
    }
}

/// The mark of every cursor of an epoch.
fn mark(epoch: &str) -> Mark {
    Mark(RevocationId::of_text(epoch).0)
}

pub(crate) fn id(number: u128) -> String {
    let hex = format!("{number:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

pub(crate) fn sid(session: u8) -> SessionId {
    id(u128::from(session)).parse().unwrap()
}

/// Waits for a status.
pub(crate) async fn until(verifier: &Verifier, wanted: impl Fn(&Status) -> bool + Send) {
    let reached = verifier.wait_until(PATIENCE, wanted).await;
    assert!(reached, "{:?}", verifier.status());
}

pub(crate) fn code(verifier: &Verifier, token: &str) -> &'static str {
    match verifier.verify(token) {
        Ok(_) => "accepted",
        Err(rejection) => rejection.reason().code(),
    }
}

async fn metadata(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    let url = &issuer.url;
    let (claimed, introspection) = {
        let inner = issuer.inner();
        if matches!(inner.mode, Mode::Down) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let claimed = inner.claimed_issuer.clone();
        (claimed.unwrap_or(url.clone()), inner.introspection)
    };
    let metadata = serde_json::json!({
        "issuer": claimed,
        "jwks_uri": format!("{url}/jwks"),
        "introspection_endpoint": format!("{url}{introspection}"),
        "symbolon_revocations_endpoint": format!("{url}/revocations"),
        "symbolon_revocations_jwks_uri": format!("{url}/revocations/jwks.json"),
    });
    let etag = format!("\"{}\"", RevocationId::of_text(&metadata.to_string()).0[0]);
    let known = headers.get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known == &*etag);
    issuer.count(|counts| {
        counts.metadata += 1;
        counts.unmodified += usize::from(is_known);
    });
    match is_known {
        true => (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response(),
        false => ([(header::ETAG, etag)], axum::Json(metadata)).into_response(),
    }
}

async fn jwks(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    let answer = {
        let inner = issuer.inner();
        publish(&inner.mode, &inner.keys, &headers)
    };
    issuer.count(|counts| counts.keys += 1);
    answer
}

async fn log_jwks(State(issuer): State<Issuer>, headers: HeaderMap) -> Response {
    let inner = issuer.inner();
    publish(&inner.mode, std::slice::from_ref(&inner.log_key), &headers)
}

fn publish(mode: &Mode, keys: &[SigningKey], headers: &HeaderMap) -> Response {
    if matches!(mode, Mode::Down) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let set = JwkSet::new(keys.iter().map(SigningKey::public_jwk)).unwrap();
    let kids: Vec<_> = keys.iter().map(SigningKey::kid).collect();
    let etag = format!("\"{}\"", kids.join("."));
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known == &*etag)
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    ([(header::ETAG, etag)], axum::Json(set)).into_response()
}

async fn revocations(
    State(issuer): State<Issuer>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut changed = issuer.changed.subscribe();
    let after: Option<Cursor> = query.get("after").map(|after| after.parse().unwrap());
    let wait = Duration::from_secs(query["wait"].parse().unwrap());
    let nonce: Option<Nonce> = query.get("nonce").map(|nonce| nonce.parse().unwrap());
    issuer.inner().queries.push(query);
    issuer.count(|counts| counts.log += 1);
    let authorization = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().unwrap());
    if issuer.inner().credentials.as_deref() != authorization {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if issuer.inner().log_is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let head = issuer.body(after).head;
    if after == Some(head) && matches!(issuer.inner().mode, Mode::Well) {
        // Ends early whenever the test changes something.
        drop(tokio::time::timeout(wait, changed.changed()).await);
    }
    let mode = issuer.inner().mode.clone();
    let key = match mode {
        Mode::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mode::Answer(jws) => return jws.into_response(),
        Mode::SignedBy(key) => key,
        Mode::Well => issuer.inner().log_key.clone(),
    };
    let (body, signer) = (issuer.body(after), Signer::new(&key, typ::REVOCATIONS));
    let jws = match &nonce {
        Some(nonce) => signer.sign(&BoundBody { body: &body, nonce }),
        None => signer.sign(&body),
    };
    let jws = jws.unwrap();
    issuer.inner().last = Some(jws.clone());
    ([(header::CONTENT_TYPE, "application/jwt")], jws).into_response()
}

async fn introspect(State(issuer): State<Issuer>, headers: HeaderMap, form: String) -> Response {
    let mut changed = issuer.changed.subscribe();
    let authorization = headers
        .get(header::AUTHORIZATION)
        .map(|value| value.to_str().unwrap());
    assert_eq!(issuer.inner().credentials.as_deref(), authorization);
    assert!(form.starts_with("token=ey") && form.ends_with("&token_type_hint=access_token"));
    let answer = issuer.inner().introspected.clone();
    issuer.count(|counts| counts.introspections += 1);
    match answer {
        Introspected::Answer(answer) => axum::Json(answer).into_response(),
        Introspected::Status(status) => status.into_response(),
        Introspected::Hold(answer) => {
            drop(changed.changed().await);
            axum::Json(answer).into_response()
        }
    }
}
