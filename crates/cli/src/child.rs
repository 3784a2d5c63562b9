//! Processes of this same program, for `demo` and `bench`: started, waited for, ended.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tokio::process::{Child, Command};

/// How long a process may take to be ready.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long a process may take to stop after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Pause between two looks at whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Loopback addresses that are free now.
pub(crate) fn free_addresses<const N: usize>() -> std::io::Result<[SocketAddr; N]> {
    // All are held until each is known, so that no two are the same.
    let mut held = Vec::with_capacity(N);
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for address in &mut addresses {
        let listener = TcpListener::bind(*address)?;
        *address = listener.local_addr()?;
        held.push(listener);
    }
    Ok(addresses)
}

/// Starts a server with a configuration file; it ends with this process.
pub(crate) fn spawn_server(config: &Path, data: &Path, log: &Path) -> Result<Child, String> {
    let arguments = [
        "serve".into(),
        "--end-with-parent".into(),
        std::process::id().to_string().into(),
        "--config".into(),
        config.into(),
        "--data-dir".into(),
        data.into(),
    ];
    spawn(arguments, log)
}

/// Asks it to stop, and sees to it.
pub(crate) async fn end(mut child: Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok())
        && let Some(pid) = rustix::process::Pid::from_raw(pid)
    {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(STOP_LIMIT, child.wait())
        .await
        .is_err()
    {
        let _ = child.kill().await;
    }
}

/// Starts this program again, with its output in a file. It ends when it is dropped.
pub(crate) fn spawn(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
    log: &Path,
) -> Result<Child, String> {
    let failed = |error: std::io::Error| format!("cannot start a process: {error}");
    let program = std::env::current_exe().map_err(failed)?;
    let log = File::create(log).map_err(failed)?;
    // What is set for the caller's own server is not meant for this one.
    let foreign = std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_string_lossy().starts_with("SYMBOLON_"));
    let mut command = Command::new(program);
    foreign.for_each(|name| {
        command.env_remove(name);
    });
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(failed)?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)
}

/// Waits until the URL answers with success.
pub(crate) async fn wait_until_ready(
    http: &reqwest::Client,
    url: &str,
    child: Option<&mut Child>,
) -> Result<(), String> {
    let Some(child) = child else {
        return Err("there is no process".to_owned());
    };
    let ready = async {
        while !is_ok(http, url).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = ready => Ok(()),
        status = child.wait() => Err(format!("the process ended: {status:?}")),
        () = tokio::time::sleep(START_LIMIT) => Err("the process was not ready in time".to_owned()),
    }
}

async fn is_ok(http: &reqwest::Client, url: &str) -> bool {
    http.get(url)
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}
