//! `/admin/revocations`: the revocation log, newest first.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{Timestamp, service::LoggedRevocation};
use symbolon_protocol::Kind;

use super::{Administrator, Section, query::with_query};
use crate::{
    error::ApiError,
    extract::Query,
    pages::{frame::Frame, moment::Moment, render::show},
    state::AppState,
};

/// Entries on a page.
const PAGE: u32 = 100;

#[derive(Deserialize)]
pub(crate) struct Params {
    before: Option<u64>,
}

#[derive(Template)]
#[template(path = "admin/revocations.html")]
struct RevocationsPage {
    t: Frame,
    section: Section,
    head: u64,
    /// How many ids are refused, in words.
    in_force: String,
    rows: Vec<EntryRow>,
    first: Option<String>,
    next: Option<String>,
}

struct EntryRow {
    seq: u64,
    at: Moment,
    kind: &'static str,
    name: Option<String>,
    below: Option<u32>,
    reason: &'static str,
    until: Option<Moment>,
    in_force: bool,
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    let page = state.issuer().revocation_log(params.before, PAGE).await?;
    let link = |before: &str| with_query(Section::Revocations.path(), [("before", before)]);
    Ok(show(
        t,
        &RevocationsPage {
            t,
            section: Section::Revocations,
            head: page.head,
            in_force: t.refused_now(page.in_force),
            rows: page.entries.into_iter().map(|one| row(t, one)).collect(),
            first: params.before.map(|_| link("")),
            next: page.next.map(|next| link(&next.to_string())),
        },
    ))
}

fn row(t: Frame, logged: LoggedRevocation) -> EntryRow {
    let entry = logged.revocation.entry;
    let at = |secs| Moment::new(*t, Timestamp::from_secs(secs));
    EntryRow {
        seq: entry.seq,
        at: at(entry.revoked_at),
        kind: match entry.kind {
            Kind::Session => t.node_session(),
            Kind::Grant => t.node_grant(),
            Kind::Token => t.node_token(),
            Kind::Client => t.node_client(),
            Kind::Key => t.node_key(),
            Kind::Unknown => t.node_other(),
        },
        name: logged.name,
        below: entry.below,
        reason: entry.reason.as_str(),
        until: entry.until.map(at),
        in_force: logged.in_force,
    }
}
