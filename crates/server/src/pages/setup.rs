//! `/setup`: the first administrator, with the code that the operator saw. Not there otherwise.

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use symbolon_core::{
    model::{Actor, AuditContext},
    secret::Password,
    service::ClaimRequest,
};

use super::{
    form::{FormError, check_repeat, refuse},
    frame::Frame,
    notice::Notice,
    render::{see_other, show},
    visitor::SoleCookie,
};
use crate::{
    error::ApiError,
    extract::{Context, Form, RequestId},
    state::AppState,
};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    t: Frame,
    error: FormError,
    identifier: String,
    min_length: usize,
}

/// `GET`: the form, as long as nobody administers.
pub(crate) async fn get(
    State(state): State<AppState>,
    _: SoleCookie,
    t: Frame,
) -> Result<Response, ApiError> {
    require_needed(&state).await?;
    let page = SetupPage {
        t,
        error: FormError::default(),
        identifier: String::new(),
        min_length: state.issuer().settings().passwords.min_length,
    };
    Ok(show(t, &page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    code: Password,
    identifier: String,
    password: Password,
    repeat: Option<Password>,
}

/// `POST`: makes the administrator.
pub(crate) async fn post(
    State(state): State<AppState>,
    _: SoleCookie,
    t: Frame,
    Context(context): Context,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    require_needed(&state).await?;
    let request = ClaimRequest {
        code: body.code,
        identifier: body.identifier.clone(),
        password: body.password,
        context,
        audit: AuditContext {
            actor: Actor::Anonymous,
            request_id: id.for_audit(),
        },
    };
    let done = match check_repeat(&request.password, body.repeat.as_ref()) {
        Ok(()) => claim(&state, request).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(see_other(&Notice::SetUp.on("/login"), [])),
        Err(error) => refuse(t, error, |error| SetupPage {
            t,
            error,
            identifier: body.identifier,
            min_length: state.issuer().settings().passwords.min_length,
        }),
    }
}

async fn require_needed(state: &AppState) -> Result<(), ApiError> {
    if state.issuer().needs_setup().await? {
        return Ok(());
    }
    Err(setup_done())
}

/// Between the look and the claim somebody else may have been faster.
async fn claim(state: &AppState, request: ClaimRequest) -> Result<(), ApiError> {
    match state.issuer().claim_first_admin(request).await {
        Ok(_) => Ok(()),
        Err(error) => match ApiError::from(error) {
            error if error.code == "setup_done" => Err(setup_done()),
            error => Err(error),
        },
    }
}

fn setup_done() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "setup_done",
        "There is an administrator already. Log in, or ask them for an account.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_typed_and_kept_by_no_browser() {
        let page = SetupPage {
            t: Frame::default(),
            error: FormError::default(),
            identifier: "\"onfocus=\"alert(1)".into(),
            min_length: 8,
        };
        let html = page.render().unwrap();
        assert!(html.contains("name=\"code\""), "{html}");
        assert!(html.contains("autocomplete=\"off\""));
        assert!(html.contains("method=\"post\" action=\"/setup\""));
        assert!(!html.contains("\"onfocus=\""), "{html}");
    }
}
