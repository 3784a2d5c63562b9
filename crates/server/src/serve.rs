//! Accepting connections, and letting them finish when the server stops.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::extract::{Peer, UnixPeer};

/// How long a connection may take to send a request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of a request's head that are read at all; what is over our own limit but below this gets
/// an answer that says so.
const MAX_HEAD_BYTES: usize = 256 * 1024;
/// Headers that are read at all.
const MAX_HEADERS: usize = 256;
/// How long the other end may stop reading an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after an accept that failed for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that are open.
#[derive(Clone, Default)]
pub struct Connections {
    graceful: Arc<GracefulShutdown>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connections")
    }
}

impl Connections {
    /// Lets requests that are being answered finish, for at most `grace`. Answers whether all did.
    pub async fn drain(self, grace: Duration) -> bool {
        let Ok(graceful) = Arc::try_unwrap(self.graceful) else {
            return false;
        };
        tokio::time::timeout(grace, graceful.shutdown())
            .await
            .is_ok()
    }
}

/// Serves a TCP listener until `draining` turns true, at most `limit` connections at once; others
/// wait in the kernel, so that no listener takes the descriptors of another.
pub async fn serve_tcp(
    listener: TcpListener,
    routes: Router,
    limit: usize,
    connections: Connections,
    mut draining: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limit));
    let mut trouble = Trouble::default();
    let mut full = false;
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accept => accepted,
            _ = draining.wait_for(|draining| *draining) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                trouble.is_over();
                full = tell_if_full(full, places.available_permits(), limit);
                // Answers are small and whole; waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                let mut stream = TimeoutStream::new(stream);
                stream.set_write_timeout(Some(WRITE_TIMEOUT));
                spawn(
                    Box::pin(stream),
                    routes.clone(),
                    Peer(peer),
                    place.ok(),
                    &connections,
                );
            }
            Err(error) => trouble.pause(&error).await,
        }
    }
}

/// Serves `admin.sock` until `draining` turns true. Peers of another user than `owner` are refused.
pub async fn serve_unix(
    listener: UnixListener,
    routes: Router,
    owner: u32,
    connections: Connections,
    mut draining: watch::Receiver<bool>,
) {
    let mut trouble = Trouble::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = draining.wait_for(|draining| *draining) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                trouble.is_over();
                let peer = stream.peer_cred().map(|cred| cred.uid());
                match peer {
                    Ok(uid) if uid == owner || uid == 0 => {
                        spawn(stream, routes.clone(), UnixPeer { uid }, None, &connections);
                    }
                    Ok(uid) => tracing::warn!(uid, "admin.sock: another user was refused"),
                    Err(error) => tracing::warn!(%error, "admin.sock: peer unknown, refused"),
                }
            }
            Err(error) => trouble.pause(&error).await,
        }
    }
}

/// Tells once that the last place was taken, and again only after a tenth was free.
fn tell_if_full(told: bool, free: usize, limit: usize) -> bool {
    if free == 0 && !told {
        tracing::warn!(
            limit,
            "every connection that there is room for is taken, others wait: raise the limit of open \
             files (LimitNOFILE, ulimit -Hn)"
        );
    }
    free == 0 || (told && free < limit / 10)
}

/// Accepting fails: told once, not once every pause.
#[derive(Default)]
struct Trouble(bool);

impl Trouble {
    async fn pause(&mut self, error: &std::io::Error) {
        if !self.0 {
            tracing::error!(%error, "no connection can be accepted");
        }
        self.0 = true;
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }

    fn is_over(&mut self) {
        if self.0 {
            tracing::info!("connections are accepted again");
        }
        self.0 = false;
    }
}

/// `place` is given back when the connection ends.
fn spawn<S, P>(
    stream: S,
    routes: Router,
    peer: P,
    place: Option<OwnedSemaphorePermit>,
    connections: &Connections,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    P: Copy + Send + Sync + 'static,
{
    let service = routes.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let watched = connections.graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            // The other end went away or spoke no HTTP: its business.
            tracing::debug!(%error, "connection ended");
        }
        drop(place);
    });
}
