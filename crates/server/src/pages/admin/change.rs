//! What administrators change, one file a form. Dangerous things ask on GET and are done on POST;
//! afterwards a page tells what was ended and which verifiers have applied it.

pub(crate) mod disable;
pub(crate) mod emergency;
pub(crate) mod enable;
pub(crate) mod end_all;
pub(crate) mod end_session;
pub(crate) mod roles;
pub(crate) mod rotate;

use askama::Template;
use axum::response::Response;
use symbolon_core::store::{Reach, ReachOf};
use symbolon_protocol::AccountId;

use super::{Section, account::name, receipt::page_of};
use crate::{
    error::ApiError,
    pages::{account::ending::lines, frame::Frame, render::show},
    state::AppState,
};

/// A question before everything of an account ends, and what that reaches. With a script it opens as a
/// dialog.
#[derive(Template)]
#[template(path = "admin/question.html")]
struct QuestionPage {
    t: Frame,
    section: Section,
    title: String,
    means: &'static str,
    sessions: String,
    reached: Vec<String>,
    /// Where the form goes.
    action: String,
    button: &'static str,
    back: String,
}

/// What is asked, and where the answer goes.
struct Question {
    title: fn(Frame, String) -> String,
    means: &'static str,
    button: &'static str,
    /// Below the account's page.
    form: &'static str,
}

async fn ask(
    state: &AppState,
    t: Frame,
    id: AccountId,
    question: Question,
) -> Result<Response, ApiError> {
    let account = state.issuer().account(id).await?;
    let reach: Reach = state.issuer().reach(id, ReachOf::AllBut(None)).await?;
    let page = QuestionPage {
        t,
        section: Section::Accounts,
        title: (question.title)(t, name(t, &account)),
        means: question.means,
        sessions: t.ends_sessions(reach.sessions),
        reached: lines(*t, reach),
        action: format!("{}/{}", page_of(id), question.form),
        button: question.button,
        back: page_of(id),
    };
    Ok(show(t, &page))
}
