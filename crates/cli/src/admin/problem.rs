//! What the server answers when it refuses (RFC 9457).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::{
    failure::{Exit, Failure},
    text::visible,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: Option<String>,
    code: Option<String>,
    detail: Option<String>,
    request_id: Option<String>,
}

/// The failure that a refusing answer stands for.
pub(super) fn failure(response: &Response<Bytes>) -> Failure {
    let status = response.status();
    let problem: Problem = serde_json::from_slice(response.body()).unwrap_or_default();
    let mut message = match problem.detail.or(problem.title) {
        Some(text) => visible(&text).into_owned(),
        None => format!("the server answered {status}"),
    };
    if let Some(code) = problem.code {
        message = format!("{message} ({})", visible(&code));
    }
    if let Some(request) = problem.request_id {
        message = format!("{message} [request {}]", visible(&request));
    }
    let exit = match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Exit::Unreachable
        }
        _ => Exit::Failed,
    };
    let failure = Failure::new(exit, message);
    match status {
        StatusCode::UNAUTHORIZED => failure.hint("the admin token is missing, expired or revoked"),
        StatusCode::FORBIDDEN => failure.hint("the token's account needs the role admin"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_and_which_request() {
        let body = r#"{"title":"x","code":"account_unknown","detail":"no such\u001b account","request_id":"r1"}"#;
        let response = Response::builder()
            .status(404)
            .body(Bytes::from(body))
            .unwrap();
        let failure = failure(&response);
        assert_eq!(failure.exit, Exit::Failed);
        assert_eq!(
            failure.lines,
            [(
                r"no such\u{1b} account (account_unknown) [request r1]".to_owned(),
                None
            )]
        );
    }

    #[test]
    fn anything_else_is_named_by_its_status() {
        let response = Response::builder()
            .status(503)
            .body(Bytes::from("<html>"))
            .unwrap();
        let failure = failure(&response);
        assert_eq!(failure.exit, Exit::Unreachable);
        assert_eq!(
            failure.lines[0].0,
            "the server answered 503 Service Unavailable"
        );
    }
}
