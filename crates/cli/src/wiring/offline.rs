//! The admin API in this process, for the command line when no server runs.

use async_trait::async_trait;
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use symbolon_server::{AppState, ServerSettings, UnixPeer, admin_routes};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{OpenIssuer, open_issuer};
use crate::{
    admin::{AdminService, OfflineAdmin},
    config::Config,
    data_dir::LockedDataDir,
    failure::Failure,
};

/// Bytes that an answer may have: more than the largest page of accounts.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Opens the store under the data directory's lock and calls the routes without a socket.
pub(crate) struct InProcessAdmin;

struct Service {
    routes: Router,
    _open: OpenIssuer,
    _draining: watch::Sender<bool>,
    _data: LockedDataDir,
}

#[async_trait]
impl OfflineAdmin for InProcessAdmin {
    async fn start(
        &self,
        config: &Config,
        data: LockedDataDir,
    ) -> Result<Box<dyn AdminService>, Failure> {
        let open = open_issuer(config, &data).await?;
        let (draining, watched) = watch::channel(false);
        let state = AppState::new(
            open.issuer.clone(),
            ServerSettings::default(),
            std::sync::Arc::new(String::new),
            watched,
        );
        let service = Service {
            routes: admin_routes(&state),
            _open: open,
            _draining: draining,
            _data: data,
        };
        Ok(Box::new(service))
    }
}

#[async_trait]
impl AdminService for Service {
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut request = request.map(Body::from);
        let uid = rustix::process::getuid().as_raw();
        request.extensions_mut().insert(UnixPeer { uid });
        let Ok(answer) = self.routes.clone().oneshot(request).await;
        let (head, body) = answer.into_parts();
        match axum::body::to_bytes(body, MAX_ANSWER).await {
            Ok(body) => Response::from_parts(head, body),
            Err(_) => {
                let mut broken = Response::new(Bytes::new());
                *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                broken
            }
        }
    }
}
