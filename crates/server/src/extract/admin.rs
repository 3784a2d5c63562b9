//! Who administers: somebody with the role, or a process at the other end of `admin.sock`.

use axum::extract::FromRequestParts;
use http::request::Parts;
use symbolon_core::model::{Actor, AuditContext};

use super::{Authenticated, RequestId, UnixPeer};
use crate::{error::ApiError, state::AppState};

/// An administrator, as the audit trail names them.
pub(crate) struct Admin(pub(crate) AuditContext);

impl FromRequestParts<AppState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let id = parts
            .extensions
            .get::<RequestId>()
            .and_then(RequestId::for_audit);
        // Only the acceptor of the socket puts this there, after checking the peer.
        if let Some(UnixPeer { uid }) = parts.extensions.get::<UnixPeer>() {
            return Ok(Self(AuditContext {
                actor: Actor::Cli { uid: *uid },
                request_id: id,
            }));
        }
        let Authenticated(caller) = Authenticated::from_request_parts(parts, state).await?;
        caller.require_admin()?;
        Ok(Self(caller.audit(id)))
    }
}
