//! Forms of the same host under another scheme are foreign too. The CSRF layer compares hosts, since
//! it cannot know the scheme behind a proxy; the issuer's is known.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, header};
use symbolon_protocol::RejectReason;

use crate::{error::ApiError, state::AppState};

/// Refuses requests that change something and come from another origin than the issuer's, as far as
/// the browser says so by `Origin` alone. Fetch metadata tell more and were judged before.
pub(crate) async fn check_origin(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let issuer = &state.issuer().settings().issuer;
    if !request.method().is_safe() && is_foreign(request.headers(), issuer) {
        return ApiError::from(RejectReason::CrossSite).into_response();
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap, issuer: &str) -> bool {
    !headers.contains_key("sec-fetch-site")
        && headers
            .get_all(header::ORIGIN)
            .iter()
            .any(|origin| !origin.as_bytes().eq_ignore_ascii_case(issuer.as_bytes()))
}
