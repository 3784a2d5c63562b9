//! `GET /admin/receipt`: which verifiers have applied what was just changed. As
//! [`crate::pages::account::receipt`], and it names them.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::readers::{Committed, Waiter};
use symbolon_protocol::AccountId;

use super::{Administrator, Section};
use crate::{
    error::ApiError,
    extract::{Query, ReceiptWait},
    pages::{
        account::receipt::{VerifierRow, committed, lines, rows},
        frame::Frame,
        notice::{self, Notice},
        render::{see_other, show},
    },
    state::AppState,
};

/// How long the page waits for the verifiers.
const WAIT: Duration = Duration::from_secs(2);

#[derive(Template)]
#[template(path = "admin/receipt.html")]
struct ReceiptPage {
    t: Frame,
    section: Section,
    notice: Option<&'static str>,
    lines: Vec<String>,
    verifiers: Vec<VerifierRow>,
    /// Where to look again, if not all have applied it.
    again: Option<String>,
    /// Where one goes from here.
    back: String,
}

#[derive(Deserialize)]
pub(crate) struct Params {
    notice: String,
    head: String,
    at: i64,
    /// The account that was changed; none: keys.
    account: Option<AccountId>,
}

/// Leads to the receipt of what was committed.
pub(super) fn lead(notice: Notice, committed: Committed, account: Option<AccountId>) -> Response {
    see_other(&path(notice, committed, account), [])
}

fn path(notice: Notice, committed: Committed, account: Option<AccountId>) -> String {
    let account = account.map(|id| format!("&account={id}"));
    format!(
        "{}&head={}&at={}{}",
        notice.on("/admin/receipt"),
        committed.head,
        committed.at.as_millis(),
        account.unwrap_or_default(),
    )
}

/// The page of an account.
pub(super) fn page_of(account: AccountId) -> String {
    format!("{}/{account}", Section::Accounts.path())
}

pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    let notice = Notice::from_code(&params.notice);
    let mut page = ReceiptPage {
        t,
        section: Section::Keys,
        notice: notice::text_of(*t, Some(&params.notice)),
        lines: vec![t.receipt_gone().to_owned()],
        verifiers: Vec::new(),
        again: None,
        back: Section::Keys.path().to_owned(),
    };
    if let Some(account) = params.account {
        page.section = Section::Accounts;
        page.back = page_of(account);
    }
    if let (Some(notice), Some(committed)) = (notice, committed(&state, &params.head, params.at)) {
        let wait = ReceiptWait::of(WAIT);
        if let Some(receipt) = wait.receipt(&state, committed, Waiter::Admin).await {
            page.lines = lines(*t, &receipt);
            page.verifiers = rows(*t, &receipt);
            page.again = (!receipt.complete).then(|| path(notice, committed, params.account));
        }
    }
    Ok(show(t, &page))
}
