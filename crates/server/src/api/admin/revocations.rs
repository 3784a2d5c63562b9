//! `POST /api/v1/admin/revocations`: ends anything by its id.

use axum::extract::State;
use serde::Deserialize;
use symbolon_core::{readers::Waiter, service::Node};
use symbolon_protocol::{AccountId, ClientId, GrantId, SessionId, TokenId};

use crate::{
    api::views::EndedView,
    error::ApiError,
    extract::{Admin, Json, ReceiptWait},
    state::AppState,
};

/// One member: what the id is of.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    Session(SessionId),
    Account(AccountId),
    Grant(GrantId),
    Token(TokenId),
    Client(ClientId),
    Key(String),
}

impl From<Body> for Node {
    fn from(body: Body) -> Self {
        match body {
            Body::Session(id) => Self::Session(id),
            Body::Account(id) => Self::Account(id),
            Body::Grant(id) => Self::Grant(id),
            Body::Token(id) => Self::Token(id),
            Body::Client(id) => Self::Client(id),
            Body::Key(kid) => Self::Key(kid),
        }
    }
}

pub(crate) async fn post(
    State(state): State<AppState>,
    Admin(audit): Admin,
    wait: ReceiptWait,
    Json(body): Json<Body>,
) -> Result<axum::Json<EndedView>, ApiError> {
    let ended = state.issuer().revoke(body.into(), audit).await?;
    Ok(axum::Json(
        EndedView::with_receipt(ended, wait, Waiter::Admin, &state).await,
    ))
}
