//! A proxy in front of a real server that does to its answers what networks, middleboxes and
//! attackers do, switched while it runs, path by path.
//!
//! The proxy's address is the issuer's URL and the server listens elsewhere
//! ([`ServerSetup::issuer`](crate::ServerSetup::issuer)), so a verifier sees nothing but what the
//! proxy lets it see, while a test reaches the server directly. Tests await what the proxy saw;
//! they never wait for time to pass.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

mod connection;
mod fault;
mod http;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

pub use fault::{Fault, Recorded};

use crate::port::Port;

/// How long a test waits for what must come; nothing takes that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// One request that reached the proxy.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// When it had been read.
    pub at: Instant,
    /// `If-None-Match`; empty if there is none.
    pub if_none_match: String,
    /// The status that the server answered with, once it has.
    pub status: Option<u16>,
}

#[derive(Default)]
struct Plan {
    everywhere: Fault,
    by_path: HashMap<String, Fault>,
}

struct Shared {
    upstream: SocketAddr,
    plan: Mutex<Plan>,
    seen: watch::Sender<Vec<Seen>>,
    recorded: Mutex<HashMap<String, Recorded>>,
    /// Rung to break every connection.
    cut: watch::Sender<()>,
    releases: Semaphore,
}

impl Shared {
    fn fault(&self, path: &str) -> Fault {
        let plan = locked(&self.plan);
        plan.by_path.get(path).unwrap_or(&plan.everywhere).clone()
    }

    /// The request's number.
    fn saw(&self, seen: Seen) -> usize {
        let mut number = 0;
        self.seen.send_modify(|all| {
            number = all.len();
            all.push(seen);
        });
        number
    }

    fn answered(&self, number: usize, answer: &http::Message) {
        let status = answer.status();
        let path = self.seen.borrow()[number].path.clone();
        if status == 200 {
            locked(&self.recorded).insert(path, Recorded::of(answer));
        }
        self.seen
            .send_modify(|all| all[number].status = Some(status));
    }
}

/// The proxy. It ends, with every connection, when this goes.
pub struct FaultProxy {
    port: Port,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultProxy")
            .field("address", &self.port.address())
            .finish_non_exhaustive()
    }
}

impl FaultProxy {
    /// Listens at `port` for the server at `upstream`, which need not run yet.
    pub async fn start(port: Port, upstream: SocketAddr) -> Self {
        let proxy = Self {
            port,
            shared: Arc::new(Shared {
                upstream,
                plan: Mutex::default(),
                seen: watch::Sender::default(),
                recorded: Mutex::default(),
                cut: watch::Sender::default(),
                releases: Semaphore::new(0),
            }),
            accepting: Mutex::new(None),
        };
        proxy.open().await;
        proxy
    }

    /// Does this to every request from now on. Those that wait for an answer get theirs.
    pub fn set(&self, fault: Fault) {
        let mut plan = locked(&self.shared.plan);
        *plan = Plan {
            everywhere: fault,
            by_path: HashMap::new(),
        };
    }

    /// Does this to requests for one path from now on, and leaves the others as they are.
    pub fn set_for(&self, path: &str, fault: Fault) {
        let mut plan = locked(&self.shared.plan);
        plan.by_path.insert(path.to_owned(), fault);
    }

    /// Breaks every connection that is open now.
    pub fn cut(&self) {
        self.shared.cut.send_replace(());
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
                tokio::spawn(connection::run(client, Arc::clone(&shared)));
            }
        });
        *locked(&self.accepting) = Some(task);
    }

    /// Lets one answer go that [`Fault::Hold`] holds, or will hold.
    pub fn release(&self) {
        self.shared.releases.add_permits(1);
    }

    /// The last good answer (200) that the server gave for a path.
    #[must_use]
    #[track_caller]
    pub fn recorded(&self, path: &str) -> Recorded {
        let recorded = locked(&self.shared.recorded);
        recorded.get(path).expect("an answer was recorded").clone()
    }

    /// Every request for a path so far, in order.
    #[must_use]
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        of_path(&self.shared.seen.borrow(), path)
    }

    /// How many requests for a path came so far.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.seen(path).len()
    }

    /// Waits until the requests for a path are as wanted; those requests.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn until(&self, path: &str, wanted: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let mut all = self.shared.seen.subscribe();
        let reached = all.wait_for(|all| wanted(&of_path(all, path)));
        let reached = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        assert!(reached, "{path}: {:?}", self.seen(path));
        self.seen(path)
    }

    /// Waits for that many more requests for a path than came before.
    pub async fn until_more(&self, path: &str, more: usize) -> Vec<Seen> {
        let before = self.count(path);
        self.until(path, |seen| seen.len() >= before + more).await
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(accepting) = locked(&self.accepting).take() {
            accepting.abort();
        }
        self.cut();
    }
}

fn of_path(all: &[Seen], path: &str) -> Vec<Seen> {
    let of_path = all.iter().filter(|seen| seen.path == path);
    of_path.cloned().collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
