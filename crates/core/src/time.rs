//! The clock as a parameter, and durations as people write them.

use std::time::Duration;

use symbolon_protocol::Timestamp;

/// Tells the time. The server's clock in production, a hand that tests move otherwise.
pub trait Clock: Send + Sync + 'static {
    /// Now, UTC.
    fn now(&self) -> Timestamp;
}

/// Units of a duration and their seconds, the largest first.
pub const DURATION_UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Reads a duration as configuration and API write it: one number and one unit, like `10s`, `5m`,
/// `12h` or `30d`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let secs = DURATION_UNITS.iter().find_map(|(unit, secs)| {
        let number = text.strip_suffix(unit)?;
        // What `parse` takes beside digits: a sign.
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let number = is_number.then(|| number.parse::<u32>().ok()).flatten()?;
        u64::from(number).checked_mul(*secs)
    })?;
    Some(Duration::from_secs(secs))
}
