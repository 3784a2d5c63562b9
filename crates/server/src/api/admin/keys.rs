//! `/api/v1/admin/keys`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    keys::{ListedKey, RotateKeys, WaitingKey},
    model::KeyState,
    readers::{ReaderName, Waiter},
};
use symbolon_protocol::ClientId;

use crate::{
    api::{receipt::ReceiptView, views::moment},
    error::ApiError,
    extract::{Admin, Json, ReceiptWait},
    state::AppState,
};

#[derive(Serialize)]
pub(crate) struct KeyList {
    keys: Vec<KeyView>,
}

#[derive(Serialize)]
struct KeyView {
    kid: String,
    purpose: &'static str,
    alg: &'static str,
    state: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_since: Option<String>,
    /// From when a *next* key may sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    signs_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_until: Option<String>,
    /// Verifiers that have not fetched a *next* key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<ReaderView>,
}

#[derive(Serialize)]
struct ReaderView {
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

/// `GET`: every key, gone ones included.
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> Result<axum::Json<KeyList>, ApiError> {
    let keys = state.issuer().key_list().await?;
    Ok(axum::Json(KeyList {
        keys: keys.into_iter().map(KeyView::from).collect(),
    }))
}

#[derive(Deserialize)]
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

#[derive(Serialize)]
pub(crate) struct Rotated {
    activated: Vec<String>,
    waiting: Vec<Waiting>,
    revoked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_secret: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptView>,
}

#[derive(Serialize)]
struct Waiting {
    kid: String,
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

/// `POST /rotate`. Only an emergency ends something of which there could be a receipt.
pub(crate) async fn rotate(
    State(state): State<AppState>,
    Admin(audit): Admin,
    wait: ReceiptWait,
    Json(body): Json<RotateBody>,
) -> Result<axum::Json<Rotated>, ApiError> {
    let how = how(body)?;
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
