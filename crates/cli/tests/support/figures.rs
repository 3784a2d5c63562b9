//! What users did, in numbers.

use std::ops::AddAssign;

/// What a user did, as far as it was acknowledged.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    pub(crate) logins: u64,
    pub(crate) refreshes: u64,
    pub(crate) ends: u64,
    pub(crate) reuses: u64,
    /// Requests that were never answered.
    pub(crate) lost: u64,
    /// Of these, how many had happened all the same.
    pub(crate) happened: u64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.logins += other.logins;
        self.refreshes += other.refreshes;
        self.ends += other.ends;
        self.reuses += other.reuses;
        self.lost += other.lost;
        self.happened += other.happened;
    }
}
