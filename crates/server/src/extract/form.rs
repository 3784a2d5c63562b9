//! Forms, as strictly as JSON: what does not fit is refused, and no value is repeated.

use axum::{
    body::Body,
    extract::{FromRequest, Request, rejection::FormRejection},
};
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::json::read_body;
use crate::error::ApiError;

/// The body of a form's POST (`application/x-www-form-urlencoded`), unknown and repeated fields
/// refused by its type.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let body = read_body(Request::from_parts(parts.clone(), body), state).await?;
        if !is_utf8(&body) {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "form_malformed",
                "The form is not in UTF-8.",
            ));
        }
        let request = Request::from_parts(parts, Body::from(body));
        match axum::Form::from_request(request, state).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(rejection) => Err(form_error(&rejection)),
        }
    }
}

fn form_error(rejection: &FormRejection) -> ApiError {
    match rejection {
        FormRejection::InvalidFormContentType(_) => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content_type_unsupported",
            "The body must be application/x-www-form-urlencoded.",
        ),
        _ => ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "form_invalid",
            "A field of the form is missing, unknown or sent twice.",
        ),
    }
}

/// Whether the form is UTF-8 once decoded. The decoder replaces what is not, which would make one
/// password of many. Names and values are parted by ASCII, so that the whole can be looked at.
fn is_utf8(body: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, tail @ ..] = rest {
        let escaped = match tail {
            [high, low, after @ ..] if *first == b'%' => hex(*high).zip(hex(*low)).zip(Some(after)),
            _ => None,
        };
        let (byte, after) = match escaped {
            Some(((high, low), after)) => (high << 4 | low, after),
            None => (*first, tail),
        };
        decoded.push(byte);
        rest = after;
    }
    std::str::from_utf8(&decoded).is_ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use http::header;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        name: String,
        next: Option<String>,
    }

    async fn read(content_type: &str, body: &[u8]) -> Result<Fields, (u16, &'static str)> {
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body.to_vec()))
            .unwrap();
        match Form::from_request(request, &()).await {
            Ok(Form(fields)) => Ok(fields),
            Err(error) => Err((error.status.as_u16(), error.code)),
        }
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[tokio::test]
    async fn a_form_is_read() {
        let fields = read(FORM, b"name=A+%C3%A9%26%2").await.unwrap();
        assert_eq!(fields.name, "A \u{e9}&%2");
        assert_eq!(fields.next, None);
        let with_charset = format!("{FORM}; charset=utf-8");
        let fields = read(&with_charset, b"name=&next=/x").await.unwrap();
        assert_eq!(fields.next.as_deref(), Some("/x"));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_refused() {
        let invalid = Err((422, "form_invalid"));
        assert_eq!(read(FORM, b"next=/x").await, invalid);
        assert_eq!(read(FORM, b"name=a&admin=1").await, invalid);
        assert_eq!(read(FORM, b"name=a&name=b").await, invalid);
        let unsupported = Err((415, "content_type_unsupported"));
        assert_eq!(read("text/plain", b"name=a").await, unsupported);
        assert_eq!(read("application/json", b"{}").await, unsupported);
        let malformed = Err((400, "form_malformed"));
        assert_eq!(read(FORM, b"name=%ff").await, malformed);
        assert_eq!(read(FORM, b"name=%C3&next=%A9").await, malformed);
        assert_eq!(read(FORM, b"name=\xff").await, malformed);
    }

    #[tokio::test]
    async fn a_form_without_fields_has_none() {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Empty {}

        for (body, is_fine) in [("", true), ("a=1", false)] {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, FORM)
                .body(Body::from(body))
                .unwrap();
            let form = Form::<Empty>::from_request(request, &()).await;
            assert_eq!(form.is_ok(), is_fine, "{body:?}");
        }
    }

    #[tokio::test]
    async fn a_form_has_its_limit() {
        use axum::{Router, extract::DefaultBodyLimit, routing::post};
        use tower::ServiceExt as _;

        let routes = Router::new()
            .route(
                "/",
                post(|Form(fields): Form<Fields>| async { fields.name }),
            )
            .layer(DefaultBodyLimit::max(16));
        for (body, status) in [("name=0123456789a", 200), ("name=0123456789ab", 413)] {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, FORM)
                .body(Body::from(body))
                .unwrap();
            let response = routes.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{body}");
        }
    }
}
