//! `/admin/done/{id}`: what a change did, and which verifiers have applied it. The id is that of the
//! request that made the change, as the audit trail and the log name it.
//!
//! The last changes are kept in memory, so that no link can put numbers into our mouth; after a
//! restart the page says that it does not know any more, and the change stands.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use askama::Template;
use axum::{extract::State, response::Response};
use symbolon_core::readers::{Committed, Receipt, ReceiptState, VerifierReceipt, Waiter};
use symbolon_protocol::AccountId;

use super::{Administrator, Section, span};
use crate::{
    error::ApiError,
    extract::Path,
    pages::{frame::Frame, render::show},
    state::AppState,
};

/// Changes that are kept.
const KEPT: usize = 256;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Disable,
    EndAll,
    EndSession,
    Roles,
    Emergency,
}

/// A change.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    /// Who made it; nobody else is told.
    pub(crate) by: AccountId,
    pub(crate) what: What,
    pub(crate) sessions: u32,
    pub(crate) grants: u32,
    pub(crate) committed: Committed,
    /// Once everybody has applied it.
    pub(crate) receipt: Option<Receipt>,
    /// Where one goes from there.
    pub(crate) back: String,
}

/// The last changes, by the id of their request.
#[derive(Debug, Default)]
pub(crate) struct Done(Mutex<VecDeque<(String, Deed)>>);

impl Done {
    /// Keeps a change, and forgets the oldest one if there are too many.
    pub(crate) fn keep(&self, id: String, deed: Deed) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((id, deed));
    }

    fn find(&self, id: &str, by: AccountId) -> Option<Deed> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .find(|(known, deed)| known == id && deed.by == by);
        found.map(|(_, deed)| deed.clone())
    }
}

#[derive(Template)]
#[template(path = "admin/done.html")]
struct DonePage {
    t: Frame,
    section: Section,
    id: String,
    title: &'static str,
    /// What was ended, if it is known.
    ended: Option<String>,
    rows: Vec<ReceiptRow>,
    is_complete: bool,
    back: String,
}

struct ReceiptRow {
    client: String,
    instance: String,
    state: String,
    is_applied: bool,
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    let Some(deed) = state.done().find(&id, admin.caller.account.id) else {
        return Err(ApiError::new(
            http::StatusCode::NOT_FOUND,
            "receipt_gone",
            "Nothing is known of this change any more; what was ended is ended.",
        ));
    };
    let receipt = deed.receipt.unwrap_or_else(|| {
        let readers = state.issuer().readers();
        readers.receipt(deed.committed, Waiter::Admin).write()
    });
    let ends = !matches!(deed.what, What::Roles | What::Emergency);
    Ok(show(
        t,
        &DonePage {
            t,
            section: match deed.what {
                What::Emergency => Section::Keys,
                _ => Section::Accounts,
            },
            id,
            title: title(t, deed.what),
            ended: ends.then(|| {
                let sessions = t.ended_sessions(deed.sessions);
                t.ended_count(sessions, t.ended_grants(deed.grants))
            }),
            is_complete: receipt.complete,
            rows: receipt
                .verifiers
                .into_iter()
                .map(|one| row(t, one))
                .collect(),
            back: deed.back,
        },
    ))
}

fn title(t: Frame, what: What) -> &'static str {
    match what {
        What::Disable => t.did_disable(),
        What::EndAll => t.did_end_all(),
        What::EndSession => t.did_end_session(),
        What::Roles => t.did_set_roles(),
        What::Emergency => t.did_revoke_keys(),
    }
}

fn row(t: Frame, verifier: VerifierReceipt) -> ReceiptRow {
    ReceiptRow {
        client: verifier.name.client.to_string(),
        instance: verifier.name.instance.as_str().to_owned(),
        is_applied: matches!(verifier.state, ReceiptState::Applied { .. }),
        state: match verifier.state {
            ReceiptState::Applied { after_ms } => t.verifier_applied(after_ms),
            ReceiptState::Behind { by } => t.entries_behind(t.log_entries(by)),
            ReceiptState::Silent { for_s } => t.silent_since(span(t, for_s)),
        },
    }
}
