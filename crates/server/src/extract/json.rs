//! Bodies, paths and queries, strictly: a wrong one is a 4xx with a stable code that says where,
//! and never repeats a value, which may be a password.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, rejection::BytesRejection},
};
use http::{StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::ApiError;

/// How long a body may take. Whoever sends it slower holds a connection and gives nothing for it.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// A JSON body (`Content-Type: application/json`), unknown members refused by its type.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or_default();
        if !content_type.trim().eq_ignore_ascii_case("application/json") {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content_type_unsupported",
                "The body must be application/json.",
            ));
        }
        let body = read_body(request, state).await?;
        // Of a list serde would take the elements for members, in the order of their declaration.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "body_invalid",
                "The body must be a JSON object.",
            ));
        }
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| json_error(&error))
    }
}

/// The whole body, for which its sender has not for ever.
pub(super) async fn read_body<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await {
        Ok(body) => body.map_err(body_error),
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "body_timeout",
            "The body did not come in time.",
        )),
    }
}

fn body_error(rejection: BytesRejection) -> ApiError {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(
            status,
            "body_too_large",
            "The body has more bytes than are taken here: 64 KiB, 1 MiB for an import.",
        );
    }
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "body_incomplete",
        "The body could not be read.",
    )
}

fn json_error(error: &serde_json::Error) -> ApiError {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Data => {
            let text = error.to_string();
            // serde's other messages quote the value.
            let names_only = ["unknown field", "missing field", "duplicate field"]
                .iter()
                .any(|start| text.starts_with(start));
            let detail = if names_only {
                text
            } else {
                format!("wrong type at {place}")
            };
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "body_invalid", detail)
        }
        _ => ApiError::new(
            StatusCode::BAD_REQUEST,
            "json_malformed",
            format!("not valid JSON at {place}"),
        ),
    }
}

/// Path parameters.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // An id of another form names nothing.
            Err(_) => Err(ApiError::new(
                StatusCode::NOT_FOUND,
                "not_found",
                "The path does not name anything.",
            )),
        }
    }
}

/// Query parameters.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(_) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "query_invalid",
                "A query parameter is unknown or has the wrong form.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from_stream(never))
            .unwrap();
        let refused = Json::<serde_json::Value>::from_request(request, &()).await;
        let error = refused.err().unwrap();
        assert_eq!((error.status.as_u16(), error.code), (408, "body_timeout"));
    }

    #[tokio::test]
    async fn a_list_is_no_object() {
        for body in ["[]", " [\"a\"]", "["] {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            let refused = Json::<serde_json::Value>::from_request(request, &()).await;
            assert_eq!(refused.err().unwrap().code, "body_invalid", "{body}");
        }
    }
}
