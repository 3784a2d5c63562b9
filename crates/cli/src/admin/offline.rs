//! Admin requests when no server runs: the same API in this process, under the directory's lock.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::transport::Transport;
use crate::{config::Config, data_dir::LockedDataDir, failure::Failure};

/// The admin API as a function.
#[async_trait]
pub trait AdminService: Send + Sync {
    /// Answers one request.
    async fn call(&self, request: Request<Bytes>) -> Response<Bytes>;
}

/// Opens the store and makes an [`AdminService`] of it.
#[async_trait]
pub trait OfflineAdmin: Send + Sync {
    /// Starts it on a data directory that is ours alone until the result is dropped.
    async fn start(
        &self,
        config: &Config,
        data: LockedDataDir,
    ) -> Result<Box<dyn AdminService>, Failure>;
}

/// Calls the service of this process.
pub(super) struct OfflineTransport(pub(super) Box<dyn AdminService>);

#[async_trait]
impl Transport for OfflineTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        Ok(self.0.call(request).await)
    }

    fn is_server(&self) -> bool {
        false
    }
}
