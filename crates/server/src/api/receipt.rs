//! The JSON form of a receipt.

use serde::Serialize;
use symbolon_core::readers::{Readers, Receipt, ReceiptState, VerifierReceipt, Waiter};
use symbolon_protocol::{ClientId, Cursor};
use utoipa::ToSchema;

/// Why a receipt was written before everybody had acknowledged.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Incomplete {
    /// As long as was asked for.
    TimeIsUp,
    /// The server has just been started, and verifiers may not have come back yet.
    JustStarted,
    /// Too many others wait for theirs.
    TooManyReceipts,
    /// The server stops.
    Stopping,
}

impl Incomplete {
    /// When the time is up.
    pub(crate) fn of_time(readers: &Readers) -> Self {
        match readers.settles_in().is_zero() {
            true => Self::TimeIsUp,
            false => Self::JustStarted,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::TimeIsUp => "time_is_up",
            Self::JustStarted => "just_started",
            Self::TooManyReceipts => "too_many_receipts",
            Self::Stopping => "stopping",
        }
    }
}

/// Who has applied what was ended, and who has not.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ReceiptView {
    /// The log's end after the commit.
    #[schema(value_type = String)]
    head: Cursor,
    waited_ms: i64,
    /// Whether every known verifier has applied it.
    pub(crate) complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) reason: Option<Incomplete>,
    pub(crate) applied: usize,
    pub(crate) behind: usize,
    pub(crate) silent: usize,
    /// Which services there are is the administrators' business.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) verifiers: Option<Vec<VerifierView>>,
    /// After how many milliseconds the last of those had applied it that have.
    #[serde(skip)]
    pub(crate) slowest_ms: Option<i64>,
}

/// One verifier and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifierReceipt)]
pub(crate) struct VerifierView {
    #[schema(value_type = String)]
    pub(crate) client: ClientId,
    pub(crate) instance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    software: Option<Box<str>>,
    #[serde(flatten)]
    pub(crate) state: StateView,
}

/// How far a verifier is.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifierState)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum StateView {
    /// It has acknowledged what was ended, so long after the commit.
    Applied { after_ms: i64 },
    /// It polls, and has not said that it took the last so many entries.
    Behind { by: u64 },
    /// It has not polled for so many seconds.
    Silent { for_s: i64 },
}

impl ReceiptView {
    /// Counts it, too.
    pub(crate) fn new(receipt: Receipt, incomplete: Option<Incomplete>, waiter: Waiter) -> Self {
        // The last one may have acknowledged while the receipt was written.
        let reason = incomplete.filter(|_| !receipt.complete);
        let outcome = reason.map_or("complete", Incomplete::as_str);
        #[expect(clippy::cast_precision_loss, reason = "ten seconds at most")]
        let secs = receipt.waited_ms as f64 / 1000.0;
        metrics::histogram!("symbolon_receipt_duration_seconds", "outcome" => outcome).record(secs);
        let count = |wanted: fn(ReceiptState) -> bool| {
            let states = receipt.verifiers.iter().map(|one| one.state);
            states.filter(|state| wanted(*state)).count()
        };
        Self {
            applied: count(|state| matches!(state, ReceiptState::Applied { .. })),
            behind: count(|state| matches!(state, ReceiptState::Behind { .. })),
            silent: count(|state| matches!(state, ReceiptState::Silent { .. })),
            slowest_ms: slowest_ms(&receipt),
            head: receipt.head,
            waited_ms: receipt.waited_ms,
            complete: receipt.complete,
            reason,
            verifiers: (waiter == Waiter::Admin)
                .then(|| receipt.verifiers.into_iter().map(Into::into).collect()),
        }
    }
}

fn slowest_ms(receipt: &Receipt) -> Option<i64> {
    let states = receipt.verifiers.iter().map(|one| one.state);
    states
        .filter_map(|state| match state {
            ReceiptState::Applied { after_ms } => Some(after_ms),
            ReceiptState::Behind { .. } | ReceiptState::Silent { .. } => None,
        })
        .max()
}

impl From<VerifierReceipt> for VerifierView {
    fn from(verifier: VerifierReceipt) -> Self {
        Self {
            client: verifier.name.client,
            instance: verifier.name.instance.as_str().to_owned(),
            software: verifier.software,
            state: match verifier.state {
                ReceiptState::Applied { after_ms } => StateView::Applied { after_ms },
                ReceiptState::Behind { by } => StateView::Behind { by },
                ReceiptState::Silent { for_s } => StateView::Silent { for_s },
            },
        }
    }
}
