//! Time, as a parameter: the wall clock that claims are compared with, and an uptime that neither
//! a suspended machine nor a stepped clock can stop.

use symbolon_protocol::Timestamp;

/// Where a verifier takes its time from.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock: `exp` and its like are compared with it.
    fn now(&self) -> Timestamp;

    /// Milliseconds since some fixed moment, never going back and also counting while the machine
    /// sleeps. The age of the local revocation log is measured with it.
    fn uptime_millis(&self) -> i64;
}

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(wall_clock_millis())
    }

    fn uptime_millis(&self) -> i64 {
        uptime_millis()
    }
}

/// `CLOCK_REALTIME_COARSE` where it exists: claims count whole seconds, so the last tick of the
/// kernel (1 to 10 ms ago) will do, and it costs a quarter of the exact time.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn wall_clock_millis() -> i64 {
    millis(rustix::time::clock_gettime(
        rustix::time::ClockId::RealtimeCoarse,
    ))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock; everything else takes a `Clock`"
)]
fn wall_clock_millis() -> i64 {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// `CLOCK_BOOTTIME` where it exists: `CLOCK_MONOTONIC` stands still while a Linux machine sleeps,
/// and a log copied before the sleep would look fresh after it.
#[cfg(unix)]
fn uptime_millis() -> i64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const ID: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const ID: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    millis(rustix::time::clock_gettime(ID))
}

#[cfg(unix)]
const fn millis(time: rustix::time::Timespec) -> i64 {
    time.tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the uptime where there is no clock_gettime"
)]
fn uptime_millis() -> i64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clocks_run() {
        let year_2020 = Timestamp::from_secs(1_577_836_800);
        assert!(SystemClock.now() > year_2020);
        let before = SystemClock.uptime_millis();
        assert!(SystemClock.uptime_millis() >= before);
    }
}
