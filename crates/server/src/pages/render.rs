//! From a template to an answer.

use askama::Template;
use axum::{
    body::Body,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::frame::Frame;
use crate::error::ApiError;

/// A page that is fine.
pub(crate) fn show(t: Frame, page: &impl Template) -> Response {
    fill(t, StatusCode::OK, page)
}

/// Writes a page into an answer, whose status and other headers stand.
pub(super) fn fill(t: Frame, answer: impl IntoResponse, page: &impl Template) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => return ApiError::internal(&error.to_string()).into_response(),
    };
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Who is logged in has a language of their own, which goes by the cookie.
    headers.insert(
        header::VARY,
        HeaderValue::from_static("Accept-Language, Cookie"),
    );
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(t.tag()));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(html);
    response
}

/// Where to go after a POST. `path` is one of ours or a checked [`super::next::Next`].
pub(super) fn see_other<const N: usize>(path: &str, cookies: [Option<HeaderValue>; N]) -> Response {
    let set = cookies
        .into_iter()
        .flatten()
        .map(|value| (header::SET_COOKIE, value));
    (AppendHeaders(set), Redirect::to(path)).into_response()
}
