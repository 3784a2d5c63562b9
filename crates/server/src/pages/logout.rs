//! `/logout`: asks on GET, ends the session on POST.

use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderValue;
use serde::Deserialize;
use symbolon_core::{Error, store::ReachOf};

use super::{
    account::ending::lines,
    frame::Frame,
    notice::Notice,
    render::{see_other, show},
    visitor::Visitor,
};
use crate::{
    cookies,
    error::ApiError,
    extract::{Form, RequestId},
    state::AppState,
};

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    t: Frame,
    reached: Vec<String>,
}

/// `GET`: the question. A link or an image logs nobody out.
pub(crate) async fn get(
    State(state): State<AppState>,
    Visitor(caller, t): Visitor,
) -> Result<Response, ApiError> {
    let Some((account, session)) = caller.and_then(|caller| {
        let session = caller.session?.id;
        Some((caller.account.id, session))
    }) else {
        return Ok(see_other("/login", []));
    };
    let of = ReachOf::Session(session);
    match state.issuer().reach(account, of).await {
        Ok(reach) => {
            let reached = lines(*t, reach);
            Ok(show(t, &LogoutPage { t, reached }))
        }
        // Somebody else was faster.
        Err(Error::NotFound { .. }) => Ok(see_other("/login", [])),
        Err(error) => Err(error.into()),
    }
}

/// A form without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// `POST`: ends the session; a cookie that opens nothing is forgotten all the same.
pub(crate) async fn post(
    State(state): State<AppState>,
    Visitor(caller, _): Visitor,
    id: RequestId,
    Form(_): Form<Empty>,
) -> Result<Response, ApiError> {
    if let Some(caller) = caller {
        let audit = caller.audit(id.for_audit());
        let ended = state.issuer().log_out(&caller, audit).await;
        match ended {
            // Somebody else was faster.
            Ok(_) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(logged_out(cookies::clear_session(
        state.issuer().settings(),
    )))
}

/// To the log-in form, without the cookie.
pub(super) fn logged_out(clear: Option<HeaderValue>) -> Response {
    see_other(&Notice::LoggedOut.on("/login"), [clear])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_a_form() {
        let html = LogoutPage {
            t: Frame::default(),
            reached: Vec::new(),
        }
        .render()
        .unwrap();
        assert!(html.contains("method=\"post\" action=\"/logout\""));
    }
}
