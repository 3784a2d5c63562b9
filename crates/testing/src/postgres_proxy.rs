//! A proxy between a store and its PostgreSQL that does to their connections what networks and
//! failing machines do: delays, stalls, cuts, also at the very message that commits a transaction.
//!
//! Everything goes through message by message, so that a cut is at a known place of the protocol. The
//! proxy's address stays while what is behind it changes ([`PostgresProxy::lead_to`]), as that of a
//! virtual address or a service name does when a standby is promoted.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

mod connection;
mod frames;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{port::Port, throwaway::PostgresCluster};

/// How long a test waits for what must come; nothing takes that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// How bytes get through, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flow {
    /// At once.
    #[default]
    Free,
    /// So much later.
    Late(Duration),
    /// So many bytes a second, each connection.
    Slow(u32),
    /// Not at all, until another flow is set. Connections are taken and nobody hears of anything.
    Stalled,
}

/// Where the connection is cut on which a transaction commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// `COMMIT` was sent, and the server never gets it.
    NotDelivered,
    /// The server gets `COMMIT` and finds nobody to answer.
    Delivered,
    /// The server has answered, and the client never gets it.
    Answered,
    /// The client gets the first bytes of the answer.
    HalfAnswered,
}

impl Moment {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::NotDelivered,
        Self::Delivered,
        Self::Answered,
        Self::HalfAnswered,
    ];

    /// Whether the transaction was committed, where that is certain.
    #[must_use]
    pub const fn is_committed(self) -> Option<bool> {
        match self {
            Self::NotDelivered => Some(false),
            Self::Delivered => None,
            Self::Answered | Self::HalfAnswered => Some(true),
        }
    }
}

/// A cut that waits for its transaction.
#[derive(Debug, Clone)]
struct Trap {
    moment: Moment,
    /// What a statement of the transaction contains.
    statement: String,
}

struct Shared {
    upstream: Mutex<SocketAddr>,
    flow: watch::Sender<Flow>,
    /// Rung to break every connection.
    cut: watch::Sender<()>,
    trap: Mutex<Option<Trap>>,
    sprung: watch::Sender<u64>,
    connections: AtomicU64,
}

impl Shared {
    /// The trap, if it is for a transaction of such statements; it springs once.
    fn spring(&self, statements: &[String]) -> Option<Moment> {
        let mut trap = locked(&self.trap);
        let fits = |trap: &mut Trap| {
            let mut statements = statements.iter();
            statements.any(|sql| sql.contains(&trap.statement))
        };
        trap.take_if(fits).map(|trap| trap.moment)
    }

    fn has_sprung(&self) {
        self.sprung.send_modify(|count| *count += 1);
    }
}

/// The proxy. It ends, with every connection, when this goes.
pub struct PostgresProxy {
    port: Port,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for PostgresProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresProxy")
            .field("address", &self.port.address())
            .finish_non_exhaustive()
    }
}

impl PostgresProxy {
    /// Listens on a port of its own for the server of this URL, which need not run yet.
    pub async fn start(url: &str) -> Self {
        let proxy = Self {
            port: Port::claim(),
            shared: Arc::new(Shared {
                upstream: Mutex::new(address(url)),
                flow: watch::Sender::default(),
                cut: watch::Sender::default(),
                trap: Mutex::default(),
                sprung: watch::Sender::default(),
                connections: AtomicU64::new(0),
            }),
            accepting: Mutex::new(None),
        };
        proxy.open().await;
        proxy
    }

    /// A URL of the server as it is through the proxy.
    #[must_use]
    pub fn through(&self, url: &str) -> String {
        let mut url: url::Url = url.parse().unwrap();
        url.set_port(Some(self.port.address().port())).unwrap();
        url.into()
    }

    /// How bytes get through from now on.
    pub fn set(&self, flow: Flow) {
        self.shared.flow.send_replace(flow);
    }

    /// New connections lead to this server from now on, and those that are open break.
    pub fn lead_to(&self, cluster: &PostgresCluster) {
        *locked(&self.shared.upstream) = address(&cluster.address());
        self.cut();
    }

    /// Breaks every connection that is open now.
    pub fn cut(&self) {
        self.shared.cut.send_replace(());
    }

    /// Cuts the connection, once, on which the next transaction commits with a statement that
    /// contains this.
    pub fn cut_commit(&self, moment: Moment, statement: &str) {
        *locked(&self.shared.trap) = Some(Trap {
            moment,
            statement: statement.to_owned(),
        });
    }

    /// Waits until so many commits were cut.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn has_cut(&self, count: u64) {
        let mut sprung = self.shared.sprung.subscribe();
        let reached = sprung.wait_for(|sprung| *sprung >= count);
        let reached = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        assert!(reached, "no such transaction came");
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Closes the port: connections are refused, and those that are open break.
    pub async fn close(&self) {
        let accepting = locked(&self.accepting).take();
        if let Some(accepting) = accepting {
            accepting.abort();
            // The listener is gone when its task is.
            let _ = accepting.await;
        }
        self.cut();
    }

    /// Listens again.
    pub async fn open(&self) {
        let listener = TcpListener::bind(self.port.address()).await.unwrap();
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                shared.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(connection::run(client, Arc::clone(&shared)));
            }
        });
        *locked(&self.accepting) = Some(task);
    }
}

impl Drop for PostgresProxy {
    fn drop(&mut self) {
        if let Some(accepting) = locked(&self.accepting).take() {
            accepting.abort();
        }
        self.cut();
    }
}

fn address(url: &str) -> SocketAddr {
    let url: url::Url = url.parse().unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    format!("{host}:{port}").parse().unwrap()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
