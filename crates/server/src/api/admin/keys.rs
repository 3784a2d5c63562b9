//! `/api/v1/admin/keys`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{
    keys::RotateKeys,
    model::{KeyState, SigningKeyRecord},
};

use crate::{
    api::views::moment,
    error::ApiError,
    extract::{Admin, Json},
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
    #[serde(skip_serializing_if = "Option::is_none")]
    published_until: Option<String>,
}

impl From<SigningKeyRecord> for KeyView {
    fn from(key: SigningKeyRecord) -> Self {
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
            published_until,
        }
    }
}

/// `GET`: every key, gone ones included.
pub(crate) async fn list(
    State(state): State<AppState>,
    Admin(_): Admin,
) -> Result<axum::Json<KeyList>, ApiError> {
    let keys = state.issuer().keys().list().await?;
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
}

#[derive(Serialize)]
struct Waiting {
    kid: String,
    signs_from: String,
}

/// `POST /rotate`.
pub(crate) async fn rotate(
    State(state): State<AppState>,
    Admin(audit): Admin,
    Json(body): Json<RotateBody>,
) -> Result<axum::Json<Rotated>, ApiError> {
    let how = how(body)?;
    let done = state.issuer().rotate_keys(how, audit).await?;
    let waiting = |(kid, from)| Waiting {
        kid,
        signs_from: moment(from),
    };
    Ok(axum::Json(Rotated {
        activated: done.activated,
        waiting: done.waiting.into_iter().map(waiting).collect(),
        revoked: done.revoked,
        server_secret: done.server_secret,
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
