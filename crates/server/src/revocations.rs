//! `GET /revocations?after=CURSOR&wait=SECONDS`: the revocation log, by long poll.

use std::time::Duration;

use axum::{body::Bytes, extract::State, response::IntoResponse, response::Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use symbolon_core::{
    Question,
    readers::{Instance, Polling, ReaderName, ReaderPoll},
    service::LogReader,
};
use symbolon_protocol::{Cursor, JwksHash, Nonce};

use crate::{
    error::ApiError,
    extract::{BASIC_CHALLENGE, ClientCredentials, Query},
    openapi::refusals::{Client, QueryParams, Refusals},
    state::AppState,
};

/// Seconds that a poll waits at most.
const MAX_WAIT_SECS: u64 = 25;

/// What a reader asks. Members that this release does not know are let be: newer readers say more
/// of themselves.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Params {
    /// The cursor of the answer before; the whole log without one, or with one that is none of it.
    #[param(value_type = Option<String>, nullable = false, min_length = 32, max_length = 32, pattern = "^[A-Za-z0-9_-]{32}$")]
    after: Option<Cursor>,
    /// Seconds to wait for news; what is over 25 is 25.
    #[serde(default)]
    wait: u64,
    /// Repeated in an answer of at most 64 entries, which is then signed for this question alone.
    #[param(value_type = Option<String>, nullable = false, pattern = "^[A-Za-z0-9_-]{16,64}$")]
    nonce: Option<Nonce>,
    /// The id that the reader made up at its start.
    #[param(value_type = Option<String>, nullable = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    instance: Option<Instance>,
    /// Which token keys it holds: SHA-256 of the JWK Set as it was served.
    #[param(value_type = Option<String>, nullable = false, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    jwks: Option<JwksHash>,
}

/// Reads the revocation log
///
/// By long poll: answers at once when there is news, at the end of `wait` otherwise, and at once
/// when the server stops. Takes a client of scope `revocations:read`, unless `revocations.public` is
/// set. Unknown parameters are let be.
#[utoipa::path(
    get, path = "/revocations", operation_id = "readRevocations", tag = "Verifiers",
    params(Params),
    security((), ("client" = [])),
    responses(
        (
            status = 200, description = "A signed page of the log (`typ: revocations+jwt`).",
            body = String, content_type = "application/jwt"
        ),
        Refusals::<(Client, QueryParams)>,
    ),
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    ClientCredentials(client): ClientCredentials,
    Query(params): Query<Params>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let client = client
        .as_ref()
        .map(|(id, secret)| (id.as_str(), secret.as_str()));
    let reader = state
        .issuer()
        .may_read_revocations(client)
        .ok_or_else(unauthorized)?;
    state.issuer().notice_cursor(reader, params.after).await;
    let _polling = polling(&state, reader, &params, &headers);
    wait_for_news(&state, params.after, params.wait.min(MAX_WAIT_SECS)).await;
    let question = Question {
        after: params.after,
        nonce: params.nonce.as_ref(),
        from_client: matches!(reader, LogReader::Client(_)),
    };
    let answer = state.issuer().revocations(question).await?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/jwt"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Bytes::from_owner(answer.body),
    )
        .into_response())
}

/// Notes who is there and how far; nobody can be told apart without a client and an instance.
fn polling<'a>(
    state: &'a AppState,
    reader: LogReader<'_>,
    params: &Params,
    headers: &HeaderMap,
) -> Option<Polling<'a>> {
    let LogReader::Client(client) = reader else {
        return None;
    };
    let poll = ReaderPoll {
        name: ReaderName {
            client: client.clone(),
            instance: params.instance.clone()?,
        },
        applied: state.issuer().applied_by(params.after),
        jwks: params.jwks,
        software: headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok()),
    };
    Some(state.issuer().readers().poll(poll))
}

async fn wait_for_news(state: &AppState, after: Option<Cursor>, wait_secs: u64) {
    // Subscribed before the first look, so that nothing falls between the two.
    let mut head = state.issuer().revocations_head();
    head.mark_unchanged();
    let draining = state.draining();
    let end = tokio::time::sleep(Duration::from_secs(wait_secs));
    tokio::pin!(end);
    let _waiting = Waiting::new();
    while wait_secs > 0 && !*draining.borrow() && !state.issuer().has_revocations_after(after) {
        tokio::select! {
            changed = head.changed() => if changed.is_err() { break },
            () = state.drained() => break,
            () = &mut end => break,
        }
    }
}

/// One reader more that waits, until it is dropped: also when its connection goes.
struct Waiting;

impl Waiting {
    fn new() -> Self {
        metrics::gauge!("symbolon_feed_waiting").increment(1.0);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        metrics::gauge!("symbolon_feed_waiting").decrement(1.0);
    }
}

fn unauthorized() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "client_unauthorized",
        "Reading the revocation log takes a client with the scope revocations:read.",
    );
    error.challenge = Some(BASIC_CHALLENGE);
    error
}
