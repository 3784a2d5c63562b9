//! Every request's id, log line and metrics. The line names the route and never the URL, which
//! may hold what is not to be written down.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderValue;
use symbolon_core::EntropyExt;
use symbolon_protocol::RejectReason;

use crate::{error::ApiError, extract::RequestId, state::AppState};

/// Gives the request its id, and tells of it when it is answered.
pub(crate) async fn observe(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = new_id(&state);
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    #[expect(clippy::disallowed_methods, reason = "a stopwatch: decides nothing")]
    let start = Instant::now();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = {
        use tracing::Instrument as _;
        next.run(request).instrument(span).await
    };
    let elapsed = start.elapsed();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let status = response.status().as_u16();
    let code = code_of(&response);
    tracing::info!(
        request_id = %id,
        method,
        route,
        status,
        code,
        micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    metrics::histogram!(
        "symbolon_http_request_duration_seconds", "method" => method, "route" => route.clone()
    )
    .record(elapsed.as_secs_f64());
    metrics::counter!(
        "symbolon_http_requests_total",
        "method" => method, "route" => route, "status" => status.to_string()
    )
    .increment(1);
    if !code.is_empty() {
        metrics::counter!("symbolon_http_errors_total", "code" => code).increment(1);
    }
    response
}

fn code_of(response: &Response) -> &'static str {
    let extensions = response.extensions();
    let reason = || extensions.get::<RejectReason>().map(|reason| reason.code());
    extensions
        .get::<ApiError>()
        .map(|error| error.code)
        .or_else(reason)
        .unwrap_or_default()
}

fn new_id(state: &AppState) -> Arc<str> {
    let random: [u8; 16] = state.issuer().ambient().entropy().bytes();
    format!("{:032x}", u128::from_be_bytes(random)).into()
}

/// Made-up methods make no new time series.
fn method_label(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
