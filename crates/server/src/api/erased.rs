//! What erasing an account did.

use serde::Serialize;
use symbolon_core::{readers::Waiter, service::Erased};
use utoipa::ToSchema;

use super::views::EndedView;
use crate::{extract::ReceiptWait, state::AppState};

/// What erasing an account did.
#[derive(Serialize, ToSchema)]
#[schema(as = Erased)]
pub(crate) struct ErasedView {
    #[serde(flatten)]
    ended: EndedView,
    /// Whether the store's files hold no trace of it any more; otherwise within minutes.
    traces_removed: bool,
}

impl ErasedView {
    pub(crate) async fn new(
        erased: Erased,
        wait: ReceiptWait,
        waiter: Waiter,
        state: &AppState,
    ) -> Self {
        Self {
            ended: EndedView::with_receipt(erased.ended, wait, waiter, state).await,
            traces_removed: erased.traces_removed,
        }
    }
}
