//! Writes the body of every error: RFC 9457 problem details with code and request id.

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use symbolon_protocol::RejectReason;
use utoipa::ToSchema;

use crate::{error::ApiError, extract::RequestId};

/// Every error but those of OAuth (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// Always `about:blank`: the code says what it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Stable; for programs.
    code: &'a str,
    /// For people; may change.
    detail: &'a str,
    /// As in `X-Request-Id`.
    request_id: &'a str,
}

/// Turns whatever error comes out of the routes into problem details, the router's own
/// (404, 405) included. Errors that have a page of their own are left alone.
pub(crate) async fn problem(request: Request, next: Next) -> Response {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    let mut response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    // Other crates' refusals name the reason and know no request id.
    let reason = response.extensions().get::<RejectReason>().copied();
    if is_written(&response) && reason.is_none() {
        return response;
    }
    let error = match response.extensions().get::<ApiError>() {
        Some(error) => error.clone(),
        None => {
            let error = reason.map_or_else(|| bare(status), ApiError::from);
            response.extensions_mut().insert(error.clone());
            error
        }
    };
    let body = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: error.code,
        detail: &error.detail,
        request_id: &id,
    };
    // A struct of texts and a number always serialises.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
    response
}

/// Pages have their own error pages, OAuth endpoints their own JSON, and other crates' routes write
/// their own problem details.
pub(crate) fn is_written(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| {
            let value = value.as_bytes();
            [
                b"text/html".as_slice(),
                b"application/json",
                b"application/problem+json",
            ]
            .iter()
            .any(|written| value.starts_with(written))
        })
}

/// What the router and the layers below answer by themselves.
pub(crate) fn bare(status: StatusCode) -> ApiError {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "The path does not take this method; see Allow.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "The body has more than 64 KiB."),
        StatusCode::BAD_REQUEST => ("bad_request", "The request is malformed."),
        status if status.is_client_error() => ("request_refused", "The request was refused."),
        _ => ("internal", "Something is broken on our side."),
    };
    ApiError::new(status, code, detail)
}
