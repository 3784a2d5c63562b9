//! `GET /revocations?after=CURSOR&wait=SECONDS`: the revocation log, by long poll.

use std::time::Duration;

use axum::{body::Bytes, extract::State, response::IntoResponse, response::Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use symbolon_core::FeedAnswer;
use symbolon_protocol::Cursor;
use tokio::sync::watch;

use crate::{error::ApiError, extract::Query, state::AppState};

/// Seconds that a poll waits at most.
const MAX_WAIT_SECS: u64 = 25;

/// What a reader asks. Members that this release does not know are let be: newer readers say more
/// of themselves.
#[derive(Deserialize)]
pub(crate) struct Params {
    after: Option<Cursor>,
    #[serde(default)]
    wait: u64,
}

/// Answers at once when there is news, at the end of `wait` otherwise, and at once on drain.
pub(crate) async fn get(
    State(state): State<AppState>,
    Query(params): Query<Params>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let client = basic(&headers);
    let client = client
        .as_ref()
        .map(|(id, secret)| (id.as_str(), secret.as_str()));
    if !state.issuer().may_read_revocations(client) {
        return Err(unauthorized());
    }
    let answer = wait_for_news(&state, params.after, params.wait.min(MAX_WAIT_SECS)).await?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/jwt"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Bytes::from_owner(answer.body),
    )
        .into_response())
}

async fn wait_for_news(
    state: &AppState,
    after: Option<Cursor>,
    wait_secs: u64,
) -> Result<FeedAnswer, ApiError> {
    // Subscribed before the first look, so that nothing falls between the two.
    let mut head = state.issuer().revocations_head();
    head.mark_unchanged();
    let mut draining = state.draining();
    let end = tokio::time::sleep(Duration::from_secs(wait_secs));
    tokio::pin!(end);
    while wait_secs > 0 && !*draining.borrow() && !state.issuer().has_revocations_after(after) {
        tokio::select! {
            changed = head.changed() => if changed.is_err() { break },
            () = stopping(&mut draining) => break,
            () = &mut end => break,
        }
    }
    Ok(state.issuer().revocations(after)?)
}

async fn stopping(draining: &mut watch::Receiver<bool>) {
    // A sender that is gone drains too.
    let _ = draining.wait_for(|draining| *draining).await;
}

/// `Authorization: Basic` (RFC 6749 §2.3.1: both parts form-encoded).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64_simd::STANDARD.decode_to_vec(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        url::form_urlencoded::parse(format!("v={part}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

fn unauthorized() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "client_unauthorized",
        "Reading the revocation log takes a client with the scope revocations:read.",
    );
    error.challenge = Some("Basic realm=\"symbolon\"");
    error
}
