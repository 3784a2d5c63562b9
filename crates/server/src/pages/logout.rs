//! `/logout`: asks on GET, ends the session on POST.

use askama::Template;
use axum::{extract::State, response::Response};
use http::HeaderValue;
use serde::Deserialize;
use symbolon_core::Error;

use super::{
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
}

/// `GET`: the question. A link or an image logs nobody out.
pub(crate) async fn get(Visitor(caller, t): Visitor) -> Response {
    if caller.is_some() {
        show(t, &LogoutPage { t })
    } else {
        see_other("/login", [])
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
        }
        .render()
        .unwrap();
        assert!(html.contains("method=\"post\" action=\"/logout\""));
    }
}
