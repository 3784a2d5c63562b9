//! Errors as pages: what happened, what to do, and the id that leads to the log line.

use std::sync::Arc;

use askama::Template;
use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, StatusCode, header};

use super::{message::message, render::fill};
use crate::{
    error::ApiError,
    extract::RequestId,
    layers::problem::{bare, is_written},
};

/// Paths that programs read: their errors are JSON whatever is asked for.
const FOR_PROGRAMS: [&str; 5] = [
    "/api/",
    "/authz/",
    "/oauth2/",
    "/.well-known/",
    "/revocations",
];

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'static str,
    message: String,
    code: &'static str,
    request_id: &'a str,
}

/// Makes a page of an error on the pages' own paths.
pub(crate) async fn page(request: Request, next: Next) -> Response {
    let id = id_of(&request);
    to_page(next.run(request).await, &id)
}

/// Makes a page of an error wherever a browser shows it to a person: unknown paths, wrong methods,
/// foreign forms.
pub(crate) async fn page_for_browsers(request: Request, next: Next) -> Response {
    if is_for_programs(request.uri().path()) || !accepts_html(request.headers()) {
        return next.run(request).await;
    }
    page(request, next).await
}

fn is_for_programs(path: &str) -> bool {
    FOR_PROGRAMS.iter().any(|start| path.starts_with(start))
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

fn id_of(request: &Request) -> Arc<str> {
    request
        .extensions()
        .get::<RequestId>()
        .map(|id| Arc::clone(&id.0))
        .unwrap_or_default()
}

fn to_page(mut response: Response, id: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || is_written(&response) {
        return response;
    }
    let error = response
        .extensions()
        .get::<ApiError>()
        .cloned()
        .unwrap_or_else(|| bare(status));
    let page = ErrorPage {
        title: title(status),
        message: message(&error),
        code: error.code,
        request_id: id,
    };
    // So that the log line has the code.
    response.extensions_mut().insert(error);
    fill(response, &page)
}

const fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not here",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::TOO_MANY_REQUESTS => "Too many attempts",
        StatusCode::SERVICE_UNAVAILABLE => "Not available now",
        StatusCode::INTERNAL_SERVER_ERROR => "Something is broken",
        _ => "That did not work",
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::to_bytes, middleware::from_fn, routing::get};
    use symbolon_core::{Error, store::StoreError};
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(routes: Router, path: &str, accept: &str) -> (Response<()>, String) {
        let mut request = Request::get(path)
            .header(header::ACCEPT, accept)
            .body(axum::body::Body::empty())
            .unwrap();
        request
            .extensions_mut()
            .insert(RequestId(Arc::from("0123")));
        let response = routes.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 100_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        (Response::from_parts(parts, ()), text)
    }

    async fn failing() -> Result<(), ApiError> {
        Err(Error::Store(StoreError::Unavailable("disk <full>".into())).into())
    }

    #[tokio::test]
    async fn a_failing_store_is_a_503_page_with_the_request_id() {
        let routes = Router::new()
            .route("/login", get(failing))
            .layer(from_fn(page));
        let (response, text) = ask(routes, "/login", "*/*").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let error = response.extensions().get::<ApiError>().unwrap();
        assert_eq!(error.code, "store_unavailable");
        assert!(text.contains("<code>0123</code>"), "{text}");
        assert!(
            !text.contains("<form") && !text.contains("disk"),
            "no form, no detail: {text}"
        );
    }

    #[tokio::test]
    async fn browsers_get_pages_and_programs_do_not() {
        let routes = Router::new()
            .route("/api/v1/x", get(failing))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(from_fn(page_for_browsers));
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (path, accept, is_html) in [
            ("/nowhere", browser, true),
            ("/nowhere", "*/*", false),
            ("/api/v1/x", browser, false),
            ("/authz/nginx", browser, false),
        ] {
            let (response, _) = ask(routes.clone(), path, accept).await;
            let html = response.headers().get(header::CONTENT_TYPE);
            assert_eq!(html.is_some(), is_html, "{path} {accept}");
        }
    }
}
