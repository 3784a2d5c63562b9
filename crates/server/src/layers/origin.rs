//! Who sent the form: requests that change something come from the issuer's own pages, or from
//! programs, which are no browsers and carry no cookies that they were not given.
//!
//! Ours and not tower-http's, which writes paths into the log and compares hosts without schemes,
//! since it does not know the origin that it protects.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, header};
use symbolon_protocol::RejectReason;

use crate::{error::ApiError, state::AppState};

/// Refuses a cross-site request (CSRF).
pub(crate) async fn check_origin(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let issuer = &state.issuer().settings().issuer;
    // Safe methods change nothing (RFC 9110 §9.2.1), so links from elsewhere may use them.
    if !request.method().is_safe() && is_foreign(request.headers(), issuer) {
        return ApiError::from(RejectReason::CrossSite).into_response();
    }
    next.run(request).await
}

/// Fetch metadata decide where a browser sends them; older ones send `Origin` with every form.
fn is_foreign(headers: &HeaderMap, issuer: &str) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter().peekable();
    if sites.peek().is_some() {
        return sites.any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    }
    headers
        .get_all(header::ORIGIN)
        .iter()
        .any(|origin| !origin.as_bytes().eq_ignore_ascii_case(issuer.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(sent: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        is_foreign(&headers, "https://auth.example")
    }

    #[test]
    fn own_pages_and_programs_pass() {
        assert!(!foreign(&[]));
        assert!(!foreign(&[("sec-fetch-site", "same-origin")]));
        assert!(!foreign(&[("sec-fetch-site", "none")]));
        assert!(!foreign(&[("origin", "https://auth.example")]));
    }

    #[test]
    fn everything_else_is_foreign() {
        for site in ["cross-site", "same-site", "", "made-up", "Same-Origin"] {
            assert!(foreign(&[("sec-fetch-site", site)]), "{site}");
        }
        for origin in [
            "null",
            "",
            "http://auth.example",
            "https://auth.example:8443",
            "https://auth.example.evil.example",
        ] {
            assert!(foreign(&[("origin", origin)]), "{origin}");
        }
        let own = ("origin", "https://auth.example");
        assert!(foreign(&[own, ("origin", "https://evil.example")]));
        assert!(foreign(&[own, ("sec-fetch-site", "cross-site")]));
        assert!(foreign(&[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site")
        ]));
    }
}
