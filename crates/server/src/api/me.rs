//! `GET /api/v1/me`: who the credential speaks for.

pub(crate) mod erase;
pub(crate) mod export;

use serde::Serialize;

use super::views::{AccountView, SessionView};
use crate::extract::Authenticated;

#[derive(Serialize)]
pub(crate) struct Answer {
    account: AccountView,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionView>,
}

pub(crate) async fn get(Authenticated(caller): Authenticated) -> axum::Json<Answer> {
    axum::Json(Answer {
        account: AccountView::from(&caller.account),
        session: caller
            .session
            .as_ref()
            .map(|session| SessionView::new(session, None)),
    })
}
