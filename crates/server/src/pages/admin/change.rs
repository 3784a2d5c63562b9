//! What administrators change, one file a form. Dangerous things ask on GET and are done on POST;
//! afterwards a page tells what was ended and which verifiers have applied it.

pub(crate) mod disable;
pub(crate) mod emergency;
pub(crate) mod enable;
pub(crate) mod end_all;
pub(crate) mod end_session;
pub(crate) mod roles;
pub(crate) mod rotate;

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use symbolon_core::readers::{Committed, Waiter};
use symbolon_protocol::AccountId;

use super::{
    Administrator, Section,
    done::{Deed, What},
};
use crate::{
    error::ApiError,
    pages::{
        frame::Frame,
        render::{see_other, show},
    },
    state::AppState,
};

/// How long a change waits for the verifiers before it answers. What is not applied by then, the
/// page after it shows as it comes.
const WAIT: Duration = Duration::from_secs(2);

/// A question before something is done. With a script it opens as a dialog.
#[derive(Template)]
#[template(path = "admin/question.html")]
struct QuestionPage {
    t: Frame,
    section: Section,
    title: String,
    means: &'static str,
    fact: String,
    /// Where the form goes.
    action: String,
    /// Of which key, if it is about one.
    kid: Option<String>,
    button: &'static str,
    back: String,
}

fn ask(t: Frame, page: &QuestionPage) -> Response {
    show(t, page)
}

/// The page of an account.
fn page_of(account: AccountId) -> String {
    format!("{}/{account}", Section::Accounts.path())
}

/// After a change: waits for the verifiers, then leads to the page that tells of it.
async fn done(
    state: &AppState,
    admin: &Administrator,
    what: What,
    (sessions, grants): (u32, u32),
    committed: Committed,
    back: String,
) -> Result<Response, ApiError> {
    let mut pending = state.issuer().readers().receipt(committed, Waiter::Admin);
    if !pending.is_refused() {
        tokio::select! {
            biased;
            () = pending.completed() => {}
            () = state.drained() => {}
            () = tokio::time::sleep(WAIT) => {}
        }
    }
    let deed = Deed {
        by: admin.caller.account.id,
        what,
        sessions,
        grants,
        committed,
        receipt: Some(pending.write()).filter(|receipt| receipt.complete),
        back,
    };
    let id = admin.audit().request_id.unwrap_or_default();
    let path = format!("/admin/done/{id}");
    state.done().keep(id, deed);
    Ok(see_other(&path, []))
}
