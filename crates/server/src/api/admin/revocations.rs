//! `/api/v1/admin/revocations`: the log, and ending anything by its id.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    Timestamp,
    readers::Waiter,
    service::{LoggedRevocation, Node},
};
use symbolon_protocol::{AccountId, ClientId, GrantId, RevocationId, SessionId, TokenId};

use crate::{
    api::views::{EndedView, moment},
    error::ApiError,
    extract::{Admin, Json, Query, ReceiptWait},
    state::AppState,
};

/// Entries on a page unless the caller says otherwise.
const PAGE: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListParams {
    before: Option<u64>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct LogPage {
    head: u64,
    /// How many ids are refused at this moment.
    in_force: usize,
    entries: Vec<EntryView>,
    next: Option<u64>,
}

#[derive(Serialize)]
struct EntryView {
    seq: u64,
    kind: &'static str,
    id: RevocationId,
    /// The session, grant, token, client or `kid` of that id, if it is known.
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<u32>,
    reason: &'static str,
    revoked_at: String,
    /// Absent: never forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    in_force: bool,
}

impl From<LoggedRevocation> for EntryView {
    fn from(logged: LoggedRevocation) -> Self {
        let entry = logged.revocation.entry;
        let at = |secs| moment(Timestamp::from_secs(secs));
        Self {
            seq: entry.seq,
            kind: entry.kind.as_str(),
            id: entry.id,
            name: logged.name,
            below: entry.below,
            reason: entry.reason.as_str(),
            revoked_at: at(entry.revoked_at),
            until: entry.until.map(at),
            in_force: logged.in_force,
        }
    }
}

/// `GET`: a page of the log, newest first.
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
    Query(params): Query<ListParams>,
) -> Result<axum::Json<LogPage>, ApiError> {
    let limit = params.limit.unwrap_or(PAGE);
    let page = state.issuer().revocation_log(params.before, limit).await?;
    Ok(axum::Json(LogPage {
        head: page.head,
        in_force: page.in_force,
        entries: page.entries.into_iter().map(EntryView::from).collect(),
        next: page.next,
    }))
}

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

/// `POST`: ends it.
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
