//! `/admin/accounts/{id}/disable`: ends everything of an account and lets nobody log in to it.

use axum::{extract::State, response::Response};
use symbolon_protocol::AccountId;

use super::{Question, ask};
use crate::{
    error::ApiError,
    extract::{Form, Path},
    pages::{
        admin::{Administrator, receipt::lead},
        logout::Empty,
        notice::Notice,
    },
    state::AppState,
};

/// `GET`: the question.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    let question = Question {
        title: |t, name| t.disable_question(name),
        means: t.disable_means(),
        button: t.disable_account(),
        form: "disable",
    };
    ask(&state, t, id, question).await
}

/// `POST`.
pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
    Form(_): Form<Empty>,
) -> Result<Response, ApiError> {
    let ended = state.issuer().disable_account(id, admin.audit()).await?;
    Ok(lead(Notice::AccountDisabled, ended.committed, Some(id)))
}
