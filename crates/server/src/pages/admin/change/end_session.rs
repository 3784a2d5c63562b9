//! `POST /admin/accounts/{id}/sessions/end`: ends one session of an account.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_protocol::{AccountId, EndReason, SessionId};

use crate::{
    error::ApiError,
    extract::{Form, Path},
    pages::{
        admin::{Administrator, receipt::lead},
        notice::Notice,
    },
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    session: SessionId,
}

pub(crate) async fn post(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<AccountId>,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let reason = EndReason::EndedByAdmin;
    let ended = state
        .issuer()
        .end_session(body.session, Some(id), reason, admin.audit())
        .await?;
    Ok(lead(Notice::SessionEnded, ended.committed, Some(id)))
}
