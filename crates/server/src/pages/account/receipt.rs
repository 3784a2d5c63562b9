//! `GET /account/receipt`: who has applied what was just ended.
//!
//! The form that ends something leads here, so that loading the page again ends nothing again and
//! shows how things stand then. The address carries a position of the log, which nobody can guess,
//! and the moment; one that is none of ours or a minute old says nothing. The one thing that must not
//! be broken: the end was committed before anybody got here, and this page never says otherwise.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{Timestamp, readers::Committed};
use symbolon_protocol::Cursor;

use crate::{
    api::receipt::{Incomplete, ReceiptView, StateView},
    error::ApiError,
    extract::{Query, ReceiptWait, waiter},
    pages::{
        frame::Frame,
        message::wait,
        notice::{self, Notice},
        render::show,
        visitor::Member,
    },
    state::AppState,
    texts::Texts,
};

/// How long the page waits for the verifiers.
const WAIT: Duration = Duration::from_secs(2);
/// For how long a receipt can be looked at again, in milliseconds.
const KEPT_MS: i64 = 60_000;

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage {
    t: Frame,
    notice: Option<&'static str>,
    lines: Vec<String>,
    verifiers: Vec<VerifierRow>,
    /// Where to look again, if not all have applied it.
    again: Option<String>,
}

pub(in crate::pages) struct VerifierRow {
    pub(in crate::pages) service: String,
    pub(in crate::pages) instance: String,
    pub(in crate::pages) state: String,
}

#[derive(Deserialize)]
pub(crate) struct Params {
    notice: String,
    head: String,
    at: i64,
}

/// Where the receipt of what was committed is.
pub(super) fn path(notice: Notice, committed: Committed) -> String {
    format!(
        "{}&head={}&at={}",
        notice.on("/account/receipt"),
        committed.head,
        committed.at.as_millis()
    )
}

pub(crate) async fn get(
    State(state): State<AppState>,
    member: Member,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let t = member.1;
    let mut page = ReceiptPage {
        t,
        notice: notice::text_of(*t, Some(&params.notice)),
        lines: vec![t.receipt_gone().to_owned()],
        verifiers: Vec::new(),
        again: None,
    };
    if let Some(committed) = committed(&state, &params.head, params.at) {
        let wait = ReceiptWait::of(WAIT);
        let receipt = wait.receipt(&state, committed, waiter(&member.0)).await;
        if let (Some(receipt), Some(notice)) = (receipt, Notice::from_code(&params.notice)) {
            page.lines = lines(*t, &receipt);
            page.verifiers = rows(*t, &receipt);
            page.again = (!receipt.complete).then(|| path(notice, committed));
        }
    }
    Ok(show(t, &page))
}

/// What the address names, if it is of this log and recent.
pub(in crate::pages) fn committed(state: &AppState, head: &str, at: i64) -> Option<Committed> {
    let head = head.parse::<Cursor>().ok()?;
    let head = state.issuer().tail().known(Some(head))?;
    let (at, now) = (Timestamp::from_millis(at), state.issuer().ambient().now());
    let is_recent = (0..KEPT_MS).contains(&now.millis_since(at));
    is_recent.then_some(Committed { head, at })
}

/// The receipt in words.
pub(in crate::pages) fn lines(t: Texts, receipt: &ReceiptView) -> Vec<String> {
    let mut lines = vec![t.receipt_here().to_owned()];
    if matches!(receipt.reason, Some(Incomplete::TooManyReceipts)) {
        lines.push(t.receipt_busy().to_owned());
    }
    match (receipt.applied, receipt.slowest_ms) {
        (0, _) => {}
        (applied, Some(millis)) => lines.push(t.receipt_all(t.services(applied), millis)),
        (applied, None) => lines.push(t.receipt_some(t.services(applied))),
    }
    if receipt.behind > 0 {
        lines.push(t.receipt_behind(t.services(receipt.behind)));
    }
    if receipt.silent > 0 {
        lines.push(t.receipt_silent(t.services(receipt.silent)));
    }
    if lines.len() == 1 {
        lines.push(t.receipt_none().to_owned());
    }
    lines
}

/// Which services they are, for those who may know.
pub(in crate::pages) fn rows(t: Texts, receipt: &ReceiptView) -> Vec<VerifierRow> {
    let verifiers = receipt.verifiers.iter().flatten();
    verifiers
        .map(|verifier| VerifierRow {
            service: verifier.client.to_string(),
            instance: verifier.instance.clone(),
            state: match verifier.state {
                StateView::Applied { after_ms } => t.applied_after(after_ms),
                StateView::Behind { by } => t.behind_by(t.entries(by)),
                StateView::Silent { for_s } => {
                    t.silent_for(wait(t, u32::try_from(for_s).unwrap_or(u32::MAX)))
                }
            },
        })
        .collect()
}
