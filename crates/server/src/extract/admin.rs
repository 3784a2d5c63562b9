//! Who administers: somebody with the role, or a process at the other end of `admin.sock`.

use axum::extract::FromRequestParts;
use http::request::Parts;
use symbolon_core::{
    Error,
    model::{Actor, AuditContext},
};
use symbolon_protocol::RejectReason;

use super::{Authenticated, RequestId, UnixPeer};
use crate::{error::ApiError, state::AppState};

/// An administrator, as the audit trail names them.
pub(crate) struct Admin(pub(crate) AuditContext);

/// An administrator who logged in within the last minutes, for what cannot be taken back: a stolen
/// session is not enough for it.
pub(crate) struct RecentAdmin(pub(crate) AuditContext);

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match by_socket(parts) {
            Some(audit) => Ok(Self(audit)),
            None => by_login(parts, state, false).await.map(Self),
        }
    }
}

impl FromRequestParts<AppState> for RecentAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match by_socket(parts) {
            Some(audit) => Ok(Self(audit)),
            None => by_login(parts, state, true).await.map(Self),
        }
    }
}

fn request_id(parts: &Parts) -> Option<String> {
    let id = parts.extensions.get::<RequestId>();
    id.and_then(RequestId::for_audit)
}

/// Only the acceptor of the socket puts the peer there, after checking it.
fn by_socket(parts: &Parts) -> Option<AuditContext> {
    let UnixPeer { uid } = parts.extensions.get::<UnixPeer>()?;
    Some(AuditContext {
        actor: Actor::Cli { uid: *uid },
        request_id: request_id(parts),
    })
}

async fn by_login(
    parts: &mut Parts,
    state: &AppState,
    recently: bool,
) -> Result<AuditContext, ApiError> {
    let id = request_id(parts);
    let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
    caller.require_admin()?;
    if recently && !state.issuer().is_recent_login(&caller) {
        return Err(Error::from(RejectReason::LoginTooOld).into());
    }
    Ok(caller.audit(id))
}
