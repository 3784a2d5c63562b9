//! `POST /account/password`: changes one's password.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{
    secret::Password,
    service::{PasswordChange, PasswordChanged},
};

use super::{load, receipt};
use crate::{
    cookies,
    error::ApiError,
    extract::{Context, Form, RequestId},
    pages::{
        form::{check_repeat, refuse},
        notice::Notice,
        render::see_other,
        visitor::Member,
    },
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    current: Password,
    new: Password,
    repeat: Option<Password>,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    member: Member,
    Context(context): Context,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let repeat = body.repeat;
    let change = PasswordChange {
        current: body.current,
        new: body.new,
        context,
        audit: member.0.audit(id.for_audit()),
    };
    let done = match check_repeat(&change.new, repeat.as_ref()) {
        Ok(()) => apply(&state, &member, change).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(done) => {
            let settings = state.issuer().settings();
            let cookie = done.cookie.as_ref();
            let cookie = cookie.and_then(|value| cookies::set_session(settings, value));
            let device = done.device.as_ref();
            let device = device.and_then(|value| cookies::set_device(settings, value));
            let path = receipt::path(Notice::PasswordChanged, done.ended.committed);
            Ok(see_other(&path, [cookie, device]))
        }
        Err(error) => {
            let mut page = load(&state, &member).await?;
            refuse(member.1, error, |error| {
                page.error = error;
                page
            })
        }
    }
}

async fn apply(
    state: &AppState,
    member: &Member,
    change: PasswordChange,
) -> Result<PasswordChanged, ApiError> {
    let done = state.issuer().change_password(&member.0, change).await;
    done.map_err(|error| match ApiError::from(error) {
        // Only one of the two was typed here.
        mut error if error.code == "bad_credentials" => {
            error.code = "current_password_wrong";
            error.detail = "The current password is wrong. Check it and try again.".to_owned();
            error
        }
        error => error,
    })
}
