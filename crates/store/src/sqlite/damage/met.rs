//! Damage that is met while the database is open.
//!
//! SQLite calls a database malformed also when the disk does not read for a moment. So what is met is
//! a suspicion, on which the database's structure is checked; until that has found nothing, the store
//! is not ready.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use symbolon_core::store::StoreError;

use crate::sqlite::connection;

/// What is known, with what was found in words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Whole,
    Suspected(String),
    /// And a check of it runs.
    InCheck(String),
    Damaged(String),
}

/// What was met in one database since it was opened.
#[derive(Debug)]
pub(in crate::sqlite) struct Met {
    path: PathBuf,
    busy_timeout: Duration,
    state: Mutex<State>,
}

impl Met {
    pub(in crate::sqlite) fn new(path: PathBuf, busy_timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            path,
            busy_timeout,
            state: Mutex::new(State::Whole),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers it if an answer tells of damage.
    pub(in crate::sqlite) fn noting<T>(
        &self,
        answer: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Err(StoreError::Damaged(found)) = &answer {
            let mut state = self.state();
            if *state == State::Whole {
                tracing::error!(
                    found,
                    "the database seems to be damaged; it will be checked"
                );
                *state = State::Suspected(found.clone());
            }
        }
        answer
    }

    /// Whether nothing is known to be damaged. A suspicion is looked into meanwhile, by a thread of its
    /// own, since a large database takes longer than anybody waits for this.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if something is, or may be.
    pub(in crate::sqlite) fn nothing(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut state = self.state();
        let found = match &*state {
            State::Whole => return Ok(()),
            State::InCheck(found) | State::Damaged(found) => found.clone(),
            State::Suspected(found) => {
                let found = found.clone();
                let met = Arc::clone(self);
                let thread = std::thread::Builder::new().name("sqlite-check".to_owned());
                // Without a thread the next who asks tries again.
                if thread.spawn(move || met.look()).is_ok() {
                    *state = State::InCheck(found.clone());
                }
                found
            }
        };
        Err(StoreError::Damaged(found))
    }

    fn look(&self) {
        let checked = connection::open_for_reading(&self.path, self.busy_timeout)
            .and_then(|conn| conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)));
        let mut state = self.state();
        *state = match checked {
            Ok(found) if found == "ok" => {
                tracing::warn!("the database is not damaged: it could not be read for a while");
                State::Whole
            }
            Ok(found) => {
                tracing::error!(
                    found,
                    "the database is damaged: stop the server and keep a copy of its files; then \
                     `symbolon store check` says more, and `symbolon restore` brings a backup back"
                );
                State::Damaged(found)
            }
            // It cannot be read now, which says nothing yet.
            Err(error) => State::Suspected(error.to_string()),
        };
    }
}
