//! The file `log.head` in the data directory: where the revocation log stood when it was last looked
//! at, so that a database which was put back from an earlier copy is noticed at the next start.
//!
//! Nothing rests on it: it is written at most once a second and not synced, and one that is missing
//! or cannot be read is as good as none. It is never ahead of the database, which has committed what
//! it tells.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use symbolon_core::{
    Issuer,
    service::{History, LogPosition},
};
use tokio::sync::watch;

use crate::{data_dir::DataDir, failure::Failure};

/// Pause between two times that it is written.
const EVERY: Duration = Duration::from_secs(1);

/// What it holds.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    #[serde(flatten)]
    position: LogPosition,
    /// Whether a server has told its readers of this epoch.
    announced: bool,
}

/// Where it is in a data directory.
pub(crate) fn path_in(data_dir: &Path) -> PathBuf {
    data_dir.join("log.head")
}

/// Compares the database with it. To be called before anything is served.
///
/// # Errors
/// The store's failures.
pub(crate) async fn check(issuer: &Issuer, data: &DataDir) -> Result<(), Failure> {
    let Some(noted) = read(data) else {
        return Ok(());
    };
    let history = issuer.check_history(&noted.position).await;
    match history.map_err(|error| Failure::unreachable(format_args!("the issuer: {error}")))? {
        History::Replaced => write(data, issuer.log_position(), true),
        History::Continued if !noted.announced => issuer.announce_epoch(),
        History::Continued => {}
    }
    Ok(())
}

/// Notes where the log of a restored database stands, whose epoch no reader has met yet.
pub(crate) fn note_restored(data: &DataDir, position: LogPosition) {
    write(data, position, false);
}

/// Notes where the log stands for the last time.
pub(crate) fn note(issuer: &Issuer, data: &DataDir) {
    write(data, issuer.log_position(), true);
}

/// Notes where the log stands, again and again until the server stops.
pub(crate) async fn follow(
    issuer: Arc<Issuer>,
    data: DataDir,
    mut draining: watch::Receiver<bool>,
) {
    let mut head = issuer.revocations_head();
    loop {
        head.mark_unchanged();
        note(&issuer, &data);
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = draining.wait_for(|draining| *draining) => return,
        }
        tokio::select! {
            changed = head.changed() => if changed.is_err() { return },
            _ = draining.wait_for(|draining| *draining) => return,
        }
    }
}

fn read(data: &DataDir) -> Option<Noted> {
    let text = std::fs::read(path_in(data.path())).ok()?;
    let noted = serde_json::from_slice(&text);
    if noted.is_err() {
        tracing::warn!("log.head cannot be read: the database is not compared with it");
    }
    noted.ok()
}

fn write(data: &DataDir, position: LogPosition, announced: bool) {
    let noted = Noted {
        position,
        announced,
    };
    let written = tempfile::NamedTempFile::new_in(data.path()).and_then(|mut file| {
        serde_json::to_writer(&mut file, &noted)?;
        file.write_all(b"\n")?;
        // Whole or not at all.
        file.persist(path_in(data.path()))
            .map_err(|error| error.error)
    });
    if let Err(error) = written {
        tracing::warn!(%error, "log.head cannot be written");
    }
}
