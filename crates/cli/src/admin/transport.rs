//! How an admin request reaches the server.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::failure::Failure;

/// Carries one request, whose URI is a path and a query, to an admin API.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// The answer, whatever its status.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure>;

    /// Whether it leads to a server, which others read the revocation log of.
    fn is_server(&self) -> bool {
        true
    }
}
