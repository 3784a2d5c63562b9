//! `/admin/accounts/{id}/end`: logs an account out everywhere.

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
        title: |t, name| t.end_all_question(name),
        means: t.end_all_means(),
        button: t.end_everywhere(),
        form: "end",
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
    let ended = state.issuer().end_sessions(id, None, admin.audit()).await?;
    Ok(lead(Notice::EndedEverywhere, ended.committed, Some(id)))
}
