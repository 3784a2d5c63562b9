//! `/account/sessions/…`: ending one's sessions.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::Error;
use symbolon_protocol::{EndReason, SessionId};

use crate::{
    cookies,
    error::ApiError,
    extract::{Form, RequestId},
    pages::{
        logout::{Empty, logged_out},
        notice::Notice,
        render::see_other,
        visitor::Member,
    },
    state::AppState,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    session: String,
}

/// `POST /account/sessions/end`: ends one. Another account's is as good as gone.
pub(crate) async fn end(
    State(state): State<AppState>,
    member: Member,
    id: RequestId,
    Form(body): Form<Body>,
) -> Result<Response, ApiError> {
    let Ok(session) = body.session.parse::<SessionId>() else {
        return Ok(back(Notice::SessionGone));
    };
    let audit = member.0.audit(id.for_audit());
    let owner = Some(member.0.account.id);
    let ended = state
        .issuer()
        .end_session(session, owner, EndReason::EndedByUser, audit)
        .await;
    match ended {
        Ok(_) if member.session() == Some(session) => Ok(logged_out(cookies::clear_session(
            state.issuer().settings(),
        ))),
        Ok(_) => Ok(back(Notice::SessionEnded)),
        Err(Error::NotFound { .. }) => Ok(back(Notice::SessionGone)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/sessions/end-others`: ends all but the one at hand.
pub(crate) async fn end_others(
    State(state): State<AppState>,
    member: Member,
    id: RequestId,
    Form(_): Form<Empty>,
) -> Result<Response, ApiError> {
    let audit = member.0.audit(id.for_audit());
    state
        .issuer()
        .end_sessions(member.0.account.id, member.session(), audit)
        .await?;
    Ok(back(Notice::OthersEnded))
}

fn back(notice: Notice) -> Response {
    see_other(&notice.on("/account"), [])
}
