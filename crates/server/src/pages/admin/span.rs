//! How long something is or was, in words.

use crate::pages::{frame::Frame, message::wait};

/// Seconds as a person says them.
pub(super) fn span(t: Frame, secs: i64) -> String {
    wait(*t, u32::try_from(secs.max(0)).unwrap_or(u32::MAX))
}
