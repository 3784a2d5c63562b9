//! `GET /api/v1/admin/verifiers`: who reads the revocation log, and how far each of them is.

use axum::extract::State;
use serde::Serialize;
use symbolon_core::service::Verifier;
use symbolon_protocol::ClientId;
use utoipa::ToSchema;

use crate::{
    api::views::moment,
    extract::Admin,
    openapi::{
        refusals::{self, Refusals},
        schemas,
    },
    state::AppState,
};

/// Who reads the revocation log.
#[derive(Serialize, ToSchema)]
#[schema(as = Verifiers)]
pub(crate) struct VerifierList {
    /// The number of the log's last entry.
    head: u64,
    verifiers: Vec<VerifierView>,
}

/// A process that reads the revocation log.
#[derive(Serialize, ToSchema)]
#[schema(as = Verifier)]
struct VerifierView {
    #[schema(value_type = String)]
    client: ClientId,
    /// The id that it made up at its start.
    instance: String,
    /// What it says it is.
    #[schema(value_type = Option<String>)]
    software: Option<Box<str>>,
    /// How many entries it has not acknowledged.
    behind: u64,
    /// When it said that it had applied what it has applied.
    #[schema(format = DateTime)]
    applied_at: String,
    /// For how many milliseconds it has not asked.
    silent_ms: i64,
    #[schema(schema_with = schemas::verifier_state)]
    state: &'static str,
    #[schema(schema_with = schemas::held_keys)]
    keys: &'static str,
    /// SHA-256 of the JWK Set that it holds.
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

/// Lists the verifiers
///
/// Those that polled within the last minutes.
#[utoipa::path(
    get, path = "/api/v1/admin/verifiers", operation_id = "listVerifiers", tag = "Administration",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The verifiers.", body = VerifierList),
        Refusals::<refusals::Admin>,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> axum::Json<VerifierList> {
    state.hear_of_verifiers().await;
    let verifiers = state.issuer().verifiers();
    axum::Json(VerifierList {
        head: state.issuer().tail().head().seq,
        verifiers: verifiers.into_iter().map(VerifierView::from).collect(),
    })
}
