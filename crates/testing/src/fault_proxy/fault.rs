//! What is done to a request or its answer.

use std::{sync::Arc, time::Duration};

use super::http::Message;

/// What the proxy does.
#[derive(Debug, Clone, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    Pass,
    /// Resets the connection once the request is there.
    Reset,
    /// Takes the request and never says anything.
    Blackhole,
    /// Waits, then delivers this slowly.
    Slow {
        /// Before the first byte.
        latency: Duration,
        /// Afterwards.
        bytes_per_sec: u32,
    },
    /// Answers with this status, without asking the server.
    Status(u16),
    /// Answers with bytes that are no HTTP.
    Garbage,
    /// Ends in the middle of the body that `Content-Length` has announced.
    Truncate,
    /// Sends half of the body as a chunk and ends before the last one.
    TruncateChunked,
    /// Answers with the server's head and this body.
    Body(String),
    /// Answers with what the server said at another time, without asking it.
    Replay(Recorded),
    /// Sends the answer twice on one connection.
    Twice,
    /// Keeps the answer until [`FaultProxy::release`](super::FaultProxy::release).
    Hold,
}

impl Fault {
    /// Whether it does something to a body, so that "not modified" would not do.
    pub(super) const fn needs_a_body(&self) -> bool {
        matches!(self, Self::Truncate | Self::TruncateChunked | Self::Body(_))
    }
}

/// An answer of the server, whole.
#[derive(Clone)]
pub struct Recorded(Arc<Message>);

impl Recorded {
    pub(super) fn of(answer: &Message) -> Self {
        Self(Arc::new(answer.clone()))
    }

    pub(super) fn message(&self) -> &Message {
        &self.0
    }

    /// The answer's body.
    #[must_use]
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.0.body).into_owned()
    }
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Recorded").field(&self.0.body.len()).finish()
    }
}
