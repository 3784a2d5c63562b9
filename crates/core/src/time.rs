//! The clock as a parameter.

use symbolon_protocol::Timestamp;

/// Tells the time. The server's clock in production, a hand that tests move otherwise.
pub trait Clock: Send + Sync + 'static {
    /// Now, UTC.
    fn now(&self) -> Timestamp;
}
