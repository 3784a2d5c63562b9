//! The code with which the first administrator is made: shown on the terminal, or put into a file
//! that only the operator can read; never into the log.

use std::{
    fs::File,
    io::{IsTerminal as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
};

use symbolon_core::{Issuer, secret::Password};

use crate::{
    data_dir::{DataDir, LockedDataDir},
    failure::Failure,
    output,
};

/// The file's name in the data directory.
const FILE: &str = "setup-code";

/// Offers a code unless there is an administrator.
pub(super) async fn offer(issuer: &Issuer, data: &LockedDataDir) -> Result<(), Failure> {
    let path = data.path().join(FILE);
    let failed = |error: std::io::Error| {
        Failure::unreachable(format_args!("cannot write {}: {error}", path.display()))
    };
    // Of an earlier start; what is in force is written anew.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let offered = issuer.open_setup().await.map_err(Failure::unreachable)?;
    let Some(offered) = offered else {
        return Ok(());
    };
    let code = offered.code;
    let left = offered.expires_at.millis_since(issuer.ambient().now());
    // Rounded down: it is better to be early.
    let minutes = left / 60_000;
    let url = format!("{}/setup", issuer.settings().issuer);
    if std::io::stderr().is_terminal() {
        let code = code.expose();
        output::note(&format!(
            "\nThere is no administrator yet. Within {minutes} minutes, open {url}\nand type this code: {code}\n"
        ));
    } else {
        write(&path, &code).map_err(failed)?;
        tracing::warn!(
            file = %path.display(),
            page = url,
            minutes,
            "there is no administrator yet: the code to make one is in the file, for so many minutes"
        );
    }
    Ok(())
}

/// Removes the file once there is an administrator: its code is void.
pub(super) async fn withdraw(issuer: &Issuer, data: &DataDir) {
    let path = data.path().join(FILE);
    if path.exists() && matches!(issuer.needs_setup().await, Ok(false)) {
        // One that cannot be removed holds nothing that opens anything.
        let _ = std::fs::remove_file(path);
    }
}

fn write(path: &std::path::Path, code: &Password) -> std::io::Result<()> {
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", code.expose())
}
