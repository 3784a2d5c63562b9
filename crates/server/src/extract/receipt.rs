//! `?receipt=2s`: whether an answer waits until the verifiers have applied what it did.

use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Deserialize;
use symbolon_core::{
    readers::{Committed, PendingReceipt, Readers, Waiter},
    service::Caller,
    time::parse_duration,
};
use utoipa::IntoParams;

use super::Query;
use crate::{
    api::receipt::{Incomplete, ReceiptView},
    error::ApiError,
    state::AppState,
};

/// How long a receipt is waited for at most.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Who waits: administrators see every verifier, others how many there are.
pub(crate) fn waiter(caller: &Caller) -> Waiter {
    match caller.account.is_admin() {
        true => Waiter::Admin,
        false => Waiter::Account(caller.account.id),
    }
}

/// How long to wait for the verifiers; `None` if no receipt is asked for.
pub(crate) struct ReceiptWait(Option<Duration>);

/// The query of whatever can be asked for a receipt.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReceiptParams {
    /// Waits for at most so long, from `0s` to `10s`, until every known verifier has applied what
    /// was ended, and answers with a receipt.
    #[param(value_type = Option<String>, nullable = false, pattern = "^0*([0-9]|10)s$|^0+[dhm]$", example = "2s")]
    receipt: Option<Wait>,
}

/// From `0s` to `10s`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Wait(Duration);

impl TryFrom<String> for Wait {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse_duration(&text)
            .filter(|wait| *wait <= MAX_WAIT)
            .map(Self)
            .ok_or("a receipt is waited for from 0s to 10s")
    }
}

impl FromRequestParts<AppState> for ReceiptWait {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Query(ReceiptParams { receipt }) = Query::from_request_parts(parts, state).await?;
        Ok(Self(receipt.map(|Wait(wait)| wait)))
    }
}

/// Until every reader has applied it, those included that come back after a start.
async fn completed(readers: &Readers, pending: &mut PendingReceipt<'_>) {
    let mut settles = readers.settles_in();
    while !settles.is_zero() {
        tokio::time::sleep(settles).await;
        settles = readers.settles_in();
        if settles.is_zero() {
            pending.look_again();
        }
    }
    pending.completed().await;
}

impl ReceiptWait {
    /// As long as a page waits.
    pub(crate) const fn of(wait: Duration) -> Self {
        Self(Some(wait))
    }

    /// Waits, if a receipt was asked for, until every reader has acknowledged what was committed,
    /// the time is up or the server stops.
    pub(crate) async fn receipt(
        self,
        state: &AppState,
        committed: Committed,
        waiter: Waiter,
    ) -> Option<ReceiptView> {
        let wait = self.0?;
        let readers = state.issuer().readers();
        let mut pending = readers.receipt(committed, waiter);
        let incomplete = if pending.is_refused() {
            Some(Incomplete::TooManyReceipts)
        } else {
            tokio::select! {
                biased;
                () = completed(readers, &mut pending) => None,
                () = state.drained() => Some(Incomplete::Stopping),
                () = tokio::time::sleep(wait) => Some(Incomplete::of_time(readers)),
            }
        };
        Some(ReceiptView::new(pending.write(), incomplete, waiter))
    }
}
