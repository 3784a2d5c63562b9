//! Stopping and starting: what is under way is finished, what is stopped is whole, and a start that
//! cannot be says why and changes nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs::Permissions,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::json;
use symbolon_jose::digest::sha256;
use symbolon_testing::{Port, ServerProcess, ServerSetup, api::PASSWORD};
use tokio::task::JoinSet;

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

/// How a start that fails ends: its exit code and what it says.
fn refused(command: &mut Command) -> (i32, String) {
    let run = command.arg("serve").stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "");
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    (run.status.code().unwrap(), said)
}

/// Every file of a directory with its content's hash; nothing if there is no directory. The lock's
/// content is for people only.
fn files(directory: &Path) -> BTreeMap<String, [u8; 32]> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return BTreeMap::new();
    };
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let is_read = entry.file_type().unwrap().is_file() && name != "lock";
        let content = is_read.then(|| std::fs::read(entry.path()).unwrap());
        (name, sha256(&content.unwrap_or_default()))
    };
    entries.map(file).collect()
}

/// Whether everything is in the database itself.
fn must_be_checkpointed(server: &ServerProcess) {
    let log = server.data_dir().join("symbolon.db-wal");
    let left = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
    assert_eq!(
        left, 0,
        "the write-ahead log was not moved into the database"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_finishes_what_is_under_way() {
    // Log-ins that take their time, one after the other.
    let mut server = setup()
        .set("passwords.memory_kib", "65536")
        .set("passwords.iterations", "4")
        .set("passwords.workers", "1")
        .start()
        .await;
    let api = server.api();
    api.register("anna").await;
    let before = api.log_in("anna").await;
    let snapshot = api.get("/revocations").send().await.expect(200);
    let snapshot = symbolon_jose::decode(&snapshot.body).unwrap();
    let cursor = snapshot.untrusted_claims()["next"].as_str().unwrap();
    let poll = api.get(&format!("/revocations?after={cursor}&wait=25"));
    let poll = tokio::spawn(async move {
        let begun = tokio::time::Instant::now();
        (poll.send().await, begun.elapsed())
    });
    let mut logins = JoinSet::new();
    for _ in 0..4 {
        let api = server.api();
        logins.spawn(async move { api.log_in("anna").await });
    }
    while server.metric("symbolon_password_queue", &[]).await < 4.0 {
        tokio::task::yield_now().await;
    }
    server.ask_to_stop();
    let (poll, took) = poll.await.unwrap();
    let answer = symbolon_jose::decode(&poll.expect(200).body).unwrap();
    assert_eq!(answer.untrusted_claims()["entries"], json!([]));
    assert_eq!(answer.untrusted_claims()["next"], cursor);
    assert!(took < Duration::from_secs(20), "the poll waited {took:?}");
    // Nobody new is let in, while those who are in are served.
    while TcpStream::connect(server.address()).is_ok() {
        tokio::task::yield_now().await;
    }
    let logins = logins.join_all().await;
    assert!(server.ended().await.success());
    must_be_checkpointed(&server);
    assert!(!server.data_dir().join("admin.sock").exists());
    assert!(server.log().contains("\"stopped\""), "{}", server.log());
    server.start().await;
    for login in logins.iter().chain([&before]) {
        let me = server.api().me(&login.cookie).await.expect(200);
        assert_eq!(me.text("/session/id"), login.session);
        assert_eq!(server.api().refresh(&login.refresh).await.status, 200);
    }
}

#[tokio::test]
async fn sigterm_does_not_wait_longer_than_its_grace() {
    let mut server = setup().set("server.shutdown_grace", "1s").start().await;
    server.api().register("anna").await;
    let login = server.api().log_in("anna").await;
    // A request that never ends, and one that never begins.
    let mut half = TcpStream::connect(server.address()).unwrap();
    let head =
        "POST /api/v1/login HTTP/1.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n";
    write!(
        half,
        "{head}Host: {}\r\nContent-Length: 100\r\n\r\n",
        server.address()
    )
    .unwrap();
    // The server asks for the body, so the request is under way.
    let mut go_on = [0; 25];
    half.read_exact(&mut go_on).unwrap();
    assert_eq!(go_on, *b"HTTP/1.1 100 Continue\r\n\r\n");
    let idle = TcpStream::connect(server.address()).unwrap();
    assert!(server.terminate().success());
    must_be_checkpointed(&server);
    drop((half, idle));
    server.start().await;
    assert_eq!(server.api().me(&login.cookie).await.status, 200);
}

#[tokio::test]
async fn a_second_process_on_the_same_data_is_refused() {
    let server = setup().start().await;
    server.api().register("anna").await;
    let login = server.api().log_in("anna").await;
    let (public, ops) = (Port::claim(), Port::claim());
    let mut elsewhere = server.command();
    elsewhere
        .env("SYMBOLON_SERVER__LISTEN", public.address().to_string())
        .env("SYMBOLON_SERVER__OPS_LISTEN", ops.address().to_string());
    // Also where only the data is shared, and where all is.
    for mut command in [elsewhere, server.command()] {
        let (exit, said) = refused(&mut command);
        let expected = format!(
            "error: another symbolon process (pid {}) uses this data directory ({})",
            server.pid(),
            server.data_dir().display()
        );
        assert!(said.contains(&expected), "{said}");
        assert_eq!(exit, 3);
    }
    // The first has noticed nothing.
    assert_eq!(server.api().me(&login.cookie).await.status, 200);
    let mut list = server.command();
    let list = list.args(["accounts", "list"]).output().unwrap();
    assert!(list.status.success(), "{list:?}");
    server.api().log_in("anna").await;
}

#[tokio::test]
async fn a_port_that_is_taken_leaves_no_traces() {
    let mut server = setup().prepare();
    for key in ["server.listen", "server.ops_listen"] {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = other.local_addr().unwrap().to_string();
        let variable = format!("SYMBOLON_{}", key.replace('.', "__").to_uppercase());
        let (exit, said) = refused(server.command().env(variable, &address));
        let expected = format!("error: cannot listen on {address} ({key}): ");
        assert!(said.contains(&expected), "{said}");
        assert_eq!(exit, 3);
        assert!(
            !server.data_dir().exists(),
            "{:?}",
            files(&server.data_dir())
        );
    }
    server.start().await;
    server.api().register("anna").await;
    let login = server.api().log_in("anna").await;
    // Killed, so that there is a socket to be left alone and a log to be replayed later.
    server.kill();
    let before = files(&server.data_dir());
    let taken = TcpListener::bind(server.address()).unwrap();
    let (exit, said) = refused(&mut server.command());
    assert!(said.contains("(server.listen)"), "{said}");
    assert_eq!(exit, 3);
    assert_eq!(files(&server.data_dir()), before);
    drop(taken);
    server.start().await;
    assert_eq!(server.api().me(&login.cookie).await.status, 200);
}

#[tokio::test]
async fn a_restart_keeps_sessions_and_keys() {
    let mut server = setup().start().await;
    server.api().register("anna").await;
    let mut login = server.api().log_in("anna").await;
    let sets = ["/.well-known/jwks.json", "/revocations/jwks.json"];
    let mut keys = Vec::new();
    for set in sets {
        keys.push(server.api().get(set).send().await.expect(200).json());
    }
    for gently in [true, false, true] {
        if gently {
            assert!(server.terminate().success());
            must_be_checkpointed(&server);
        } else {
            server.kill();
        }
        server.start().await;
        let api = server.api();
        for (set, before) in sets.iter().zip(&keys) {
            assert_eq!(api.get(set).send().await.expect(200).json(), *before);
        }
        assert_eq!(api.me(&login.cookie).await.status, 200);
        assert_eq!(api.me_by_token(&login.access).await.status, 200);
        let step = api.refresh(&login.refresh).await.expect(200);
        login.refresh = step.text("/refresh_token");
        login.access = step.text("/access_token");
        assert_eq!(api.try_log_in("anna", PASSWORD).await.status, 200);
        // The browser is known again.
        let known = api.get("/api/v1/me").cookie(&login.cookie).send().await;
        assert_eq!(known.text("/session/id"), login.session);
    }
}

#[tokio::test]
async fn without_its_master_key_it_does_not_start() {
    let mut server = setup().start().await;
    server.api().register("anna").await;
    let login = server.api().log_in("anna").await;
    assert!(server.terminate().success());
    let key = server.data_dir().join("master.key");
    let content = std::fs::read(&key).unwrap();
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    // Lost: no new one is made, which would open nothing.
    std::fs::remove_file(&key).unwrap();
    let before = files(&server.data_dir());
    let (exit, said) = refused(&mut server.command());
    let expected = format!(
        "error: {} does not exist, but the data directory is in use already",
        key.display()
    );
    assert!(said.contains(&expected), "{said}");
    assert_eq!(exit, 2);
    assert_eq!(files(&server.data_dir()), before);
    // Another's.
    std::fs::write(&key, other).unwrap();
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let (exit, said) = refused(&mut server.command());
    assert!(
        said.contains("error: ") && said.contains("master key"),
        "{said}"
    );
    assert!((2..=3).contains(&exit), "{exit}");
    // Readable by others.
    std::fs::write(&key, &content).unwrap();
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let (exit, said) = refused(&mut server.command());
    assert!(said.contains("has mode 0644"), "{said}");
    assert_eq!(exit, 2);
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    server.start().await;
    assert_eq!(server.api().me(&login.cookie).await.status, 200);
    assert_eq!(server.api().refresh(&login.refresh).await.status, 200);
}

#[test]
fn a_wrong_configuration_is_refused_by_file_line_and_key() {
    let server = setup().prepare();
    let file = server.config_file();
    std::fs::write(
        &file,
        "[tokens]\naccess_lifetime = \"5m\"\nrefresh_grce = \"10s\"\n\n[server]\nshutdown_grace = 7\n",
    )
    .unwrap();
    let (exit, said) = refused(&mut server.command());
    for expected in [
        "symbolon.toml:3: tokens.refresh_grce: unknown key",
        "did you mean refresh_grace?",
        "symbolon.toml:6: server.shutdown_grace: ",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(exit, 2);
    std::fs::write(&file, "").unwrap();
    let variable = "SYMBOLON_TOKENS__REFRESH_GRACE";
    let (exit, said) = refused(server.command().env(variable, "2m"));
    assert!(
        said.contains(variable) && said.contains("tokens.refresh_grace"),
        "{said}"
    );
    assert_eq!(exit, 2);
    assert!(!server.data_dir().exists());
}
