//! The signals that stop the server, and the one that must not.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// SIGTERM, SIGINT and SIGHUP.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// Sent with a write beyond the limit on the size of files. Unless it is caught it ends the
    /// process; the write that failed is an error like others, which the store answers for.
    _file_too_large: Signal,
}

impl Signals {
    pub(crate) fn new() -> Result<Self, Failure> {
        let failed = |error| Failure::unreachable(format_args!("no signals: {error}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            hangup: signal(SignalKind::hangup()).map_err(failed)?,
            _file_too_large: signal(file_too_large()).map_err(failed)?,
        })
    }

    /// Waits for one of them.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

const fn file_too_large() -> SignalKind {
    SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())
}
