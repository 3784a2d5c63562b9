//! `/api/v1/admin/keys`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    keys::{ListedKey, RotateKeys, WaitingKey},
    model::KeyState,
    readers::{ReaderName, Waiter},
};
use symbolon_protocol::ClientId;
use utoipa::ToSchema;

use crate::{
    api::{receipt::ReceiptView, views::moment},
    error::ApiError,
    extract::{Admin, Json, ReceiptParams, ReceiptWait, RecentAdmin},
    openapi::{
        refusals::{
            self, JsonBody, Named, QueryParams, RecentLogin, Refusals, Rotation, Unchanged,
        },
        schemas,
    },
    state::AppState,
};

/// Signing keys.
#[derive(Serialize, ToSchema)]
#[schema(as = Keys)]
pub(crate) struct KeyList {
    keys: Vec<KeyView>,
}

/// A signing key.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
struct KeyView {
    kid: String,
    #[schema(schema_with = schemas::key_purpose)]
    purpose: &'static str,
    /// RFC 7518, RFC 8037.
    alg: &'static str,
    #[schema(schema_with = schemas::key_state)]
    state: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    signing_since: Option<String>,
    /// From when a *next* key may sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    signs_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    published_until: Option<String>,
    /// Verifiers that have not fetched a *next* key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<ReaderView>,
}

/// A process that reads the log.
#[derive(Serialize, ToSchema)]
#[schema(as = Reader)]
struct ReaderView {
    #[schema(value_type = String)]
    client: ClientId,
    instance: String,
}

impl From<ReaderName> for ReaderView {
    fn from(name: ReaderName) -> Self {
        Self {
            client: name.client,
            instance: name.instance.as_str().to_owned(),
        }
    }
}

fn readers(names: Vec<ReaderName>) -> Vec<ReaderView> {
    names.into_iter().map(Into::into).collect()
}

impl From<ListedKey> for KeyView {
    fn from(listed: ListedKey) -> Self {
        let ListedKey {
            key,
            signs_from,
            missing,
        } = listed;
        let (signing_since, published_until) = match key.state {
            KeyState::Active { since } => (Some(moment(since)), None),
            KeyState::Retired { until, .. } => (None, Some(moment(until))),
            KeyState::Gone { at } => (None, Some(moment(at))),
            KeyState::Next => (None, None),
        };
        Self {
            kid: key.kid,
            purpose: key.purpose.as_str(),
            alg: key.algorithm.as_str(),
            state: key.state.as_str(),
            created_at: moment(key.created_at),
            signing_since,
            signs_from: signs_from.map(moment),
            published_until,
            missing: readers(missing),
        }
    }
}

/// Lists the signing keys
///
/// Every one, gone ones included.
#[utoipa::path(
    get, path = "/api/v1/admin/keys", operation_id = "listKeys", tag = "Administration",
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The keys.", body = KeyList),
        Refusals::<refusals::Admin>,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> Result<axum::Json<KeyList>, ApiError> {
    state.hear_of_verifiers().await;
    let keys = state.issuer().key_list().await?;
    Ok(axum::Json(KeyList {
        keys: keys.into_iter().map(KeyView::from).collect(),
    }))
}

/// What is to be rotated, and how.
#[derive(Deserialize, ToSchema)]
#[schema(as = RotateRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateBody {
    /// The key is compromised: refuse everything that it signed, at once.
    #[serde(default)]
    emergency: bool,
    /// Which key, in an emergency; every active token key if absent.
    kid: Option<String>,
    /// Not the signing keys but the secret that makes refresh tokens.
    #[serde(default)]
    server_secret: bool,
}

/// What a rotation did.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rotated {
    /// Keys that sign from now on.
    activated: Vec<String>,
    /// Keys that will sign once they have been published for long enough.
    waiting: Vec<Waiting>,
    /// Keys of which everything is refused from now on.
    revoked: Vec<String>,
    /// The number of the new server secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    server_secret: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    receipt: Option<ReceiptView>,
}

/// A key that will sign.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingKey)]
struct Waiting {
    kid: String,
    /// If every reader has fetched it by then.
    #[schema(format = DateTime)]
    signs_from: String,
    /// Verifiers that have not fetched it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<ReaderView>,
}

impl From<WaitingKey> for Waiting {
    fn from(key: WaitingKey) -> Self {
        Self {
            kid: key.kid,
            signs_from: moment(key.signs_from),
            missing: readers(key.missing),
        }
    }
}

/// Rotates signing keys
///
/// In order: a new key is published, and signs once its readers know it. In an emergency: the key
/// and all that it signed are refused at once, which takes a log-in within five minutes; only that ends
/// something of which there could be a receipt.
#[utoipa::path(
    post, path = "/api/v1/admin/keys/rotate", operation_id = "rotateKeys", tag = "Administration",
    params(ReceiptParams),
    request_body = RotateBody,
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "What was done.", body = Rotated),
        Refusals::<(refusals::Admin, RecentLogin, QueryParams, JsonBody, Rotation, Named, Unchanged)>,
    ),
)]
pub(crate) async fn rotate(
    State(state): State<AppState>,
    Admin(audit): Admin,
    recent: Result<RecentAdmin, ApiError>,
    wait: ReceiptWait,
    Json(body): Json<RotateBody>,
) -> Result<axum::Json<Rotated>, ApiError> {
    let how = how(body)?;
    if matches!(how, RotateKeys::Emergency { .. }) {
        recent?;
    }
    let done = state.issuer().rotate_keys(how, audit).await?;
    let receipt = match done.revoked.is_empty() {
        true => None,
        false => {
            wait.receipt(&state, state.issuer().committed(), Waiter::Admin)
                .await
        }
    };
    Ok(axum::Json(Rotated {
        activated: done.activated,
        waiting: done.waiting.into_iter().map(Into::into).collect(),
        revoked: done.revoked,
        server_secret: done.server_secret,
        receipt,
    }))
}

fn how(body: RotateBody) -> Result<RotateKeys, ApiError> {
    let invalid = |code, detail| {
        Err(ApiError::new(
            http::StatusCode::UNPROCESSABLE_ENTITY,
            code,
            detail,
        ))
    };
    match (body.server_secret, body.emergency, body.kid) {
        (true, false, None) => Ok(RotateKeys::ServerSecret),
        (true, ..) => invalid(
            "server_secret_alone",
            "The server secret is rotated by itself.",
        ),
        (false, true, kid) => Ok(RotateKeys::Emergency { kid }),
        (false, false, None) => Ok(RotateKeys::Orderly),
        (false, false, Some(_)) => invalid(
            "kid_without_emergency",
            "A single key is rotated in an emergency only.",
        ),
    }
}
