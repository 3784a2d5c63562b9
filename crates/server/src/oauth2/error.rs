//! Errors of OAuth endpoints: JSON as in RFC 6749 §5.2.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{error::ApiError, extract::BASIC_CHALLENGE, openapi::schemas};

/// An [`ApiError`] in the words of OAuth: its status, its stable code as `error_description`.
#[derive(Debug)]
pub(crate) struct OAuthError {
    error: &'static str,
    inner: ApiError,
}

/// An error of an OAuth endpoint (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub(crate) struct Body {
    #[schema(schema_with = schemas::oauth_error)]
    error: &'static str,
    /// The stable code.
    error_description: &'static str,
}

impl OAuthError {
    /// RFC 6749 §5.2 `invalid_client`: unknown, or the secret is not its own.
    pub(crate) fn invalid_client() -> Self {
        let detail = "The client did not prove who it is.";
        let mut inner = ApiError::new(StatusCode::UNAUTHORIZED, "client_unauthorized", detail);
        inner.challenge = Some(BASIC_CHALLENGE);
        Self {
            error: "invalid_client",
            inner,
        }
    }

    /// The client is who it says and may not do this.
    pub(crate) fn insufficient_scope() -> Self {
        let detail = "The client lacks the scope that this takes.";
        Self {
            error: "insufficient_scope",
            inner: ApiError::new(StatusCode::FORBIDDEN, "insufficient_scope", detail),
        }
    }
}

/// What has no name in OAuth's words gets one by its status.
impl<E: Into<ApiError>> From<E> for OAuthError {
    fn from(error: E) -> Self {
        let mut inner = error.into();
        let error = match inner.status {
            StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
            StatusCode::UNPROCESSABLE_ENTITY => {
                inner.status = StatusCode::BAD_REQUEST;
                "invalid_request"
            }
            status if status.is_client_error() => "invalid_request",
            _ => "server_error",
        };
        Self { error, inner }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = axum::Json(Body {
            error: self.error,
            error_description: self.inner.code,
        });
        let mut response = self.inner.into_response();
        let (parts, body) = body.into_response().into_parts();
        response.headers_mut().extend(parts.headers);
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        *response.body_mut() = body;
        response
    }
}
