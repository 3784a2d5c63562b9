//! Who may see the console.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{Method, request::Parts};
use symbolon_core::{model::AuditContext, service::Caller};

use crate::{
    error::ApiError,
    extract::RequestId,
    pages::{admin::query::with_query, frame::Frame, render::see_other, visitor::Visitor},
    state::AppState,
};

/// Where the console begins.
const HOME: &str = "/admin";

/// Somebody who administers, by session cookie, and what stands around their pages.
pub(crate) struct Administrator {
    pub(crate) caller: Caller,
    pub(crate) t: Frame,
    id: Option<String>,
}

impl Administrator {
    /// As the audit trail names them.
    pub(crate) fn audit(&self) -> AuditContext {
        self.caller.audit(self.id.clone())
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = NotAdministrator;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, NotAdministrator> {
        let visitor = Visitor::from_request_parts(parts, state).await;
        let Visitor(caller, t) = visitor.map_err(NotAdministrator::Failed)?;
        let Some(caller) = caller else {
            // What a form wanted cannot be done again by going there.
            let target = parts.uri.path_and_query().map(|target| target.as_str());
            let next = target.filter(|_| parts.method == Method::GET);
            return Err(NotAdministrator::ToLogin(next.unwrap_or(HOME).to_owned()));
        };
        let refused = |error| NotAdministrator::Failed(ApiError::from(error));
        caller.require_admin().map_err(refused)?;
        let id = parts
            .extensions
            .get::<RequestId>()
            .and_then(RequestId::for_audit);
        Ok(Self { caller, t, id })
    }
}

/// Why there is no [`Administrator`].
pub(crate) enum NotAdministrator {
    /// Not logged in; where to go afterwards.
    ToLogin(String),
    /// It could not be found out, or it is somebody without the role.
    Failed(ApiError),
}

impl IntoResponse for NotAdministrator {
    fn into_response(self) -> Response {
        match self {
            Self::ToLogin(next) => see_other(&with_query("/login", [("next", &*next)]), []),
            Self::Failed(error) => error.into_response(),
        }
    }
}
