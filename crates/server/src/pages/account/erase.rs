//! `/account/erase`: erases the member.

use askama::Template;
use axum::{extract::State, response::Response};

use super::confirm::{Body, asks_password, described};
use crate::{
    cookies,
    error::ApiError,
    extract::{Context, Form, RequestId},
    pages::{
        form::{FormError, refuse},
        frame::Frame,
        notice::Notice,
        render::{see_other, show},
        visitor::Member,
    },
    state::AppState,
};

#[derive(Template)]
#[template(path = "account_erase.html")]
struct ErasePage {
    t: Frame,
    error: FormError,
    asks_password: Option<String>,
}

impl ErasePage {
    fn new(state: &AppState, member: &Member, error: FormError) -> Self {
        Self {
            t: member.1,
            asks_password: asks_password(state, &member.0, &error),
            error,
        }
    }
}

/// `GET`: what it does. A link erases nobody.
pub(crate) async fn get(State(state): State<AppState>, member: Member) -> Response {
    let page = ErasePage::new(&state, &member, FormError::default());
    show(member.1, &page)
}

/// `POST`: erases.
pub(crate) async fn post(
    State(state): State<AppState>,
    member: Member,
    Context(context): Context,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let issuer = state.issuer();
    let done = match issuer.confirm(&member.0, body.password, &context).await {
        Ok(()) => {
            let audit = member.0.audit(id.for_audit());
            issuer.erase_account(member.0.account.id, audit).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => {
            let settings = issuer.settings();
            Ok(see_other(
                &Notice::Erased.on("/login"),
                [
                    cookies::clear_session(settings),
                    cookies::clear_device(settings),
                ],
            ))
        }
        Err(error) => refuse(member.1, described(error), |error| {
            ErasePage::new(&state, &member, error)
        }),
    }
}
