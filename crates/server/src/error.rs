//! The one place where what a service answers becomes what goes over the wire.
//!
//! Everything is RFC 9457 `application/problem+json` with a stable `code`; bearer resources add the
//! challenge of RFC 6750 §3. The body is written by [`crate::layers::problem`], which knows the
//! request's id.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use symbolon_core::{Error, store::StoreError};
use symbolon_protocol::RejectReason;

/// Seconds after which a client may try again when the store fails.
const STORE_RETRY_SECS: u32 = 1;

/// An error on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) retry_after_secs: Option<u32>,
    pub(crate) challenge: Option<&'static str>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after_secs: None,
            challenge: None,
        }
    }

    fn retry_after(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }
}

impl From<RejectReason> for ApiError {
    fn from(reason: RejectReason) -> Self {
        let status = StatusCode::from_u16(reason.http_status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let mut error = Self::new(status, reason.code(), reason.describe());
        error.challenge = reason.challenge();
        error
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(reason) => reason.into(),
            Error::RateLimited { retry_after_secs } => {
                Self::from(RejectReason::RateLimited).retry_after(retry_after_secs)
            }
            Error::Busy { retry_after_secs } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "The server has more to do than it can; try again shortly.",
            )
            .retry_after(retry_after_secs),
            Error::Store(error) => Self::from_store(&error),
            Error::Invalid { code, detail } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
            }
            Error::NotFound { what } => Self::new(
                StatusCode::NOT_FOUND,
                "not_found",
                format!("There is no such {what}."),
            ),
            Error::Conflict { code, detail } => Self::new(StatusCode::CONFLICT, code, detail),
            Error::UnknownSecret { id } => {
                tracing::error!(secret = id, "refresh token of an unknown server secret");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unknown_server_secret",
                    "This node does not have the secret that made the token yet; try again.",
                )
                .retry_after(STORE_RETRY_SECS)
            }
            Error::ClockSkewed { ahead_ms } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "clock_skewed",
                format!("This node's clock is {ahead_ms} ms ahead of the database's."),
            ),
            Error::Sealed(detail) | Error::Internal(detail) => Self::internal(&detail),
            // `Error` may grow; what is not known here is our fault, never the caller's.
            other => Self::internal(&other.to_string()),
        }
    }
}

impl ApiError {
    fn from_store(error: &StoreError) -> Self {
        tracing::error!(%error, "store failed");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
            "The store cannot be reached or written to; nothing is known to have changed.",
        )
        .retry_after(STORE_RETRY_SECS)
    }

    pub(crate) fn internal(detail: &str) -> Self {
        tracing::error!(detail, "internal error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something is broken on our side; the request id leads to the log line.",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, secs.into());
        }
        if let Some(challenge) = self.challenge {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        response.extensions_mut().insert(self);
        response
    }
}
