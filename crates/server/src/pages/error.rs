//! Errors as pages: what happened, what to do, and the id that leads to the log line.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};

use super::{
    frame::{Asker, Frame},
    message::{Message, message},
    render::fill,
};
use crate::{
    error::ApiError,
    extract::RequestId,
    layers::problem::{bare, is_written},
    state::AppState,
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
    t: Frame,
    title: &'static str,
    message: Message,
    code: &'static str,
    request_id: &'a str,
    /// The address to load again, if that can help.
    again: Option<String>,
}

/// Makes a page of an error on the pages' own paths.
pub(crate) async fn page(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = id_of(&request);
    let asker = Asker::of(request.headers(), &state);
    let again = address(&request);
    let response = next.run(request).await;
    if !is_bare_error(&response) {
        return response;
    }
    to_page(response, asker.frame(&state), &id, again)
}

/// Makes a page of an error wherever a browser shows it to a person: unknown paths, wrong methods,
/// foreign forms.
pub(crate) async fn page_for_browsers(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if !is_for_people(request.uri().path(), request.headers()) {
        return next.run(request).await;
    }
    page(State(state), request, next).await
}

fn is_for_people(path: &str, headers: &HeaderMap) -> bool {
    !is_for_programs(path) && accepts_html(headers)
}

/// What was asked for, if asking again does nothing but that.
fn address(request: &Request) -> Option<String> {
    let path = request.uri().path_and_query()?.as_str();
    // Two slashes would lead to another host.
    let is_ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    (request.method() == Method::GET && is_ours).then(|| path.to_owned())
}

fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error()) && !is_written(response)
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

fn to_page(mut response: Response, t: Frame, id: &str, again: Option<String>) -> Response {
    let status = response.status();
    let error = response
        .extensions()
        .get::<ApiError>()
        .cloned()
        .unwrap_or_else(|| bare(status));
    let page = ErrorPage {
        t,
        title: title(t, status),
        message: message(*t, &error),
        code: error.code,
        request_id: id,
        again: again.filter(|_| error.retry_after_secs.is_some()),
    };
    // So that the log line has the code.
    response.extensions_mut().insert(error);
    fill(t, response, &page)
}

fn title(t: Frame, status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => t.title_not_found(),
        StatusCode::FORBIDDEN => t.title_forbidden(),
        StatusCode::TOO_MANY_REQUESTS => t.title_too_many(),
        StatusCode::SERVICE_UNAVAILABLE => t.title_unavailable(),
        StatusCode::INTERNAL_SERVER_ERROR => t.title_broken(),
        _ => t.title_other(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, response::IntoResponse as _};
    use symbolon_core::{Error, store::StoreError};

    use super::*;

    fn failing() -> Response {
        ApiError::from(Error::Store(StoreError::Unavailable("disk <full>".into()))).into_response()
    }

    async fn text_of(response: Response) -> String {
        let body = to_bytes(response.into_body(), 100_000).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_failing_store_is_a_503_page_with_the_request_id() {
        let again = Some("/login?next=\"><b>".to_owned());
        let response = to_page(failing(), Frame::default(), "0123", again);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let error = response.extensions().get::<ApiError>().unwrap();
        assert_eq!(error.code, "store_unavailable");
        let text = text_of(response).await;
        assert!(text.contains("<code>0123</code>"), "{text}");
        assert!(text.contains("href=\"/login?next=&#34;&#62;"), "{text}");
        assert!(
            !text.contains("<form") && !text.contains("disk"),
            "no form, no detail: {text}"
        );
    }

    #[tokio::test]
    async fn what_trying_again_cannot_mend_offers_no_such_link() {
        let not_found = StatusCode::NOT_FOUND.into_response();
        let response = to_page(not_found, Frame::default(), "0123", Some("/nowhere".into()));
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(!text_of(response).await.contains("/nowhere"));
    }

    #[test]
    fn only_an_address_of_ours_is_offered_again() {
        let address = |method: &str, target: &str| {
            let request = Request::builder().method(method).uri(target);
            address(&request.body(axum::body::Body::empty()).unwrap())
        };
        assert_eq!(address("GET", "/a?b=c").as_deref(), Some("/a?b=c"));
        assert_eq!(address("POST", "/a"), None);
        assert_eq!(address("GET", "//elsewhere.example"), None);
    }

    #[test]
    fn browsers_get_pages_and_programs_do_not() {
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (path, accept, is_html) in [
            ("/nowhere", browser, true),
            ("/nowhere", "*/*", false),
            ("/api/v1/x", browser, false),
            ("/authz/nginx", browser, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(is_for_people(path, &headers), is_html, "{path} {accept}");
        }
    }
}
