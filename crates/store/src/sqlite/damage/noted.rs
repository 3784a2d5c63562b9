//! What was found damaged while the store is open.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::Connection;

use crate::sqlite::failure::Outcome;

/// Remembers what was found, until another look finds that all is well: SQLite says of a read that
/// the disk refused once what it says of a page that is damaged for good.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct Noted {
    found: Mutex<Option<String>>,
    is_looking: AtomicBool,
}

impl Noted {
    /// Remembers it and tells whoever runs the server, once.
    pub(in crate::sqlite) fn note(&self, found: &str) {
        let mut noted = self.found();
        if noted.is_none() {
            *noted = Some(found.to_owned());
            tracing::error!(
                found,
                "the database is damaged, or the disk does not read it: unless it is said to be well \
                 again soon, stop the server and keep a copy of its files; then `symbolon store \
                 check` says more, and `symbolon restore` brings a backup back"
            );
        }
    }

    /// What was found last.
    pub(in crate::sqlite) fn get(&self) -> Option<String> {
        self.found().clone()
    }

    /// Whether the caller is the one who is to [look again](Self::look_again).
    pub(in crate::sqlite) fn may_look(&self) -> bool {
        !self.is_looking.swap(true, Ordering::AcqRel)
    }

    /// Reads every page, and forgets what was found if nothing is.
    pub(in crate::sqlite) fn look_again(&self, conn: &Connection) -> Outcome<()> {
        let found = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        self.has_looked();
        if found? == "ok" && self.found().take().is_some() {
            tracing::warn!("the database is well: the disk had not read it for a while");
        }
        Ok(())
    }

    /// Somebody else may look.
    pub(in crate::sqlite) fn has_looked(&self) {
        self.is_looking.store(false, Ordering::Release);
    }

    fn found(&self) -> MutexGuard<'_, Option<String>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
