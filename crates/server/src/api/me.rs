//! `GET /api/v1/me`: who the credential speaks for.

pub(crate) mod erase;
pub(crate) mod export;

use serde::Serialize;
use utoipa::ToSchema;

use super::views::{AccountView, SessionView};
use crate::{
    extract::Authenticated,
    openapi::refusals::{Refusals, Signed},
};

/// Who is logged in.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct Answer {
    account: AccountView,
    /// None for the token of an offline grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    session: Option<SessionView>,
}

/// Shows who the credential speaks for
#[utoipa::path(
    get, path = "/api/v1/me", operation_id = "me", tag = "Own account",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The account and its session.", body = Answer),
        Refusals::<Signed>,
    ),
)]
pub(crate) async fn get(Authenticated(caller): Authenticated) -> axum::Json<Answer> {
    axum::Json(Answer {
        account: AccountView::from(&caller.account),
        session: caller
            .session
            .as_ref()
            .map(|session| SessionView::new(session, None)),
    })
}
