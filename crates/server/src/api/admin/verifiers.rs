//! `GET /api/v1/admin/verifiers`: who reads the revocation log, and how far each of them is.

use axum::extract::State;
use serde::Serialize;
use symbolon_core::service::Verifier;
use symbolon_protocol::ClientId;

use crate::{api::views::moment, extract::Admin, state::AppState};

#[derive(Serialize)]
pub(crate) struct VerifierList {
    /// The number of the log's last entry.
    head: u64,
    verifiers: Vec<VerifierView>,
}

#[derive(Serialize)]
struct VerifierView {
    client: ClientId,
    instance: String,
    software: Option<Box<str>>,
    /// How many entries it has not acknowledged.
    behind: u64,
    applied_at: String,
    silent_ms: i64,
    /// `polling` or `silent`.
    state: &'static str,
    /// `current`, `other` or `untold`.
    keys: &'static str,
    jwks: Option<String>,
}

impl From<Verifier> for VerifierView {
    fn from(Verifier { reader, keys }: Verifier) -> Self {
        Self {
            client: reader.name.client,
            instance: reader.name.instance.as_str().to_owned(),
            software: reader.software,
            behind: reader.behind,
            applied_at: moment(reader.applied_at),
            silent_ms: reader.silent_ms,
            state: if reader.is_silent {
                "silent"
            } else {
                "polling"
            },
            keys: keys.as_str(),
            jwks: reader.jwks.map(|hash| hash.to_string()),
        }
    }
}

/// `GET`: those that polled within the last minutes.
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> axum::Json<VerifierList> {
    let verifiers = state.issuer().verifiers();
    axum::Json(VerifierList {
        head: state.issuer().tail().head().seq,
        verifiers: verifiers.into_iter().map(VerifierView::from).collect(),
    })
}
