//! `/account/sessions/…`: ending one's sessions. GET asks and says what it reaches, POST does it.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{
    Error,
    store::{Reach, ReachOf},
};
use symbolon_protocol::{EndReason, SessionId};

use super::{SessionRow, ending::lines, receipt};
use crate::{
    cookies,
    error::ApiError,
    extract::{Form, Query, RequestId},
    pages::{
        frame::Frame,
        logout::{Empty, logged_out},
        notice::Notice,
        render::{see_other, show},
        visitor::Member,
    },
    state::AppState,
};

/// The question before an end.
#[derive(Template)]
#[template(path = "end_sessions.html")]
struct Question {
    t: Frame,
    /// The session that would end; none: all others.
    session: Option<SessionRow>,
    /// How many others would end, in words.
    others: String,
    reached: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    session: String,
}

/// `GET /account/sessions/end`: asks. Another account's session is as good as gone.
pub(crate) async fn ask(
    State(state): State<AppState>,
    member: Member,
    Query(which): Query<Which>,
) -> Result<Response, ApiError> {
    let Some((session, reach)) = find(&state, &member, &which.session).await? else {
        return Ok(back(Notice::SessionGone));
    };
    let t = member.1;
    let page = Question {
        t,
        session: Some(session),
        others: String::new(),
        reached: lines(*t, reach),
    };
    Ok(show(t, &page))
}

async fn find(
    state: &AppState,
    member: &Member,
    session: &str,
) -> Result<Option<(SessionRow, Reach)>, Error> {
    let Ok(id) = session.parse::<SessionId>() else {
        return Ok(None);
    };
    let account = member.0.account.id;
    let sessions = state.issuer().sessions_of(account).await?;
    let Some(session) = sessions.iter().find(|session| session.id == id) else {
        return Ok(None);
    };
    match state.issuer().reach(account, ReachOf::Session(id)).await {
        Ok(reach) => {
            let row = SessionRow::new(member.1, session, member.session());
            Ok(Some((row, reach)))
        }
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `GET /account/sessions/end-others`: asks.
pub(crate) async fn ask_others(
    State(state): State<AppState>,
    member: Member,
) -> Result<Response, ApiError> {
    let of = ReachOf::AllBut(member.session());
    let reach = state.issuer().reach(member.0.account.id, of).await?;
    if reach == Reach::default() {
        return Ok(back(Notice::NoOthers));
    }
    let t = member.1;
    let page = Question {
        t,
        session: None,
        others: t.reached_sessions(reach.sessions),
        reached: lines(*t, reach),
    };
    Ok(show(t, &page))
}

/// `POST /account/sessions/end`: ends one.
pub(crate) async fn end(
    State(state): State<AppState>,
    member: Member,
    id: RequestId,
    Form(which): Form<Which>,
) -> Result<Response, ApiError> {
    let Ok(session) = which.session.parse::<SessionId>() else {
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
        Ok(ended) => Ok(see_other(
            &receipt::path(Notice::SessionEnded, ended.committed),
            [],
        )),
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
    let ended = state
        .issuer()
        .end_sessions(member.0.account.id, member.session(), audit)
        .await?;
    Ok(see_other(
        &receipt::path(Notice::OthersEnded, ended.committed),
        [],
    ))
}

fn back(notice: Notice) -> Response {
    see_other(&notice.on("/account"), [])
}
