//! `/register`: an account of one's own, where that is open.

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use symbolon_core::{
    Settings,
    model::{Actor, AuditContext},
    secret::Password,
    service::RegisterRequest,
};

use super::{
    form::{FormError, check_repeat, refuse},
    frame::Frame,
    notice::Notice,
    render::{see_other, show},
    visitor::{SoleCookie, Visitor},
};
use crate::{
    error::ApiError,
    extract::{Context, Form, RequestId},
    state::AppState,
};

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    t: Frame,
    error: FormError,
    identifier: String,
    min_length: usize,
}

/// `GET`: the form.
pub(crate) async fn get(
    State(state): State<AppState>,
    Visitor(caller, t): Visitor,
) -> Result<Response, ApiError> {
    let settings = state.issuer().settings();
    require_open(settings)?;
    if caller.is_some() {
        return Ok(see_other("/account", []));
    }
    let page = RegisterPage {
        t,
        error: FormError::default(),
        identifier: String::new(),
        min_length: settings.passwords.min_length,
    };
    Ok(show(t, &page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    identifier: String,
    password: Password,
    repeat: Option<Password>,
}

/// `POST`: makes the account, which then logs in as any other.
pub(crate) async fn post(
    State(state): State<AppState>,
    _: SoleCookie,
    t: Frame,
    Context(context): Context,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let settings = state.issuer().settings();
    require_open(settings)?;
    let request = RegisterRequest {
        identifier: body.identifier.clone(),
        password: body.password,
        context,
        audit: AuditContext {
            actor: Actor::Anonymous,
            request_id: id.for_audit(),
        },
    };
    let done = match check_repeat(&request.password, body.repeat.as_ref()) {
        Ok(()) => state
            .issuer()
            .register(request)
            .await
            .map_err(ApiError::from),
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(see_other(&Notice::Registered.on("/login"), [])),
        Err(error) => refuse(t, error, |error| RegisterPage {
            t,
            error,
            identifier: body.identifier,
            min_length: settings.passwords.min_length,
        }),
    }
}

fn require_open(settings: &Settings) -> Result<(), ApiError> {
    if settings.registration_open {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::NOT_FOUND,
        "registration_closed",
        "Accounts are made by an administrator here. Ask them for one.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_shown_again_and_the_password_is_not_a_field_of_the_page() {
        let page = RegisterPage {
            t: Frame::default(),
            error: FormError::default(),
            identifier: "<img src=x onerror=alert(1)>".into(),
            min_length: 10,
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<img src=x"), "{html}");
        assert!(html.contains("At least 10 characters"), "{html}");
        assert_eq!(html.matches("autocomplete=\"new-password\"").count(), 2);
    }
}
