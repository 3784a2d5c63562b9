//! `/admin/accounts/{id}/end`: logs an account out everywhere.

use axum::{extract::State, response::Response};
use symbolon_protocol::AccountId;

use super::{QuestionPage, ask, done, page_of};
use crate::{
    error::ApiError,
    extract::{Form, Path},
    pages::{
        admin::{Administrator, Section, account::name, done::What},
        logout::Empty,
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
    let account = state.issuer().account(id).await?;
    let sessions = state.issuer().sessions_of(id).await?;
    Ok(ask(
        t,
        &QuestionPage {
            t,
            section: Section::Accounts,
            title: t.end_all_question(name(t, &account)),
            means: t.end_all_means(),
            fact: t.ends_sessions(sessions.len()),
            action: format!("{}/end", page_of(id)),
            kid: None,
            button: t.end_everywhere(),
            back: page_of(id),
        },
    ))
}

/// `POST`.
pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
    Form(_): Form<Empty>,
) -> Result<Response, ApiError> {
    let ended = state.issuer().end_sessions(id, None, admin.audit()).await?;
    let counts = (ended.sessions, ended.grants);
    done(
        &state,
        &admin,
        What::EndAll,
        counts,
        ended.committed,
        page_of(id),
    )
    .await
}
