//! Nobody is told of a change before it is on the disk: read from the system calls of the real
//! binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/trace.rs"]
mod trace;

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::json;
use symbolon_testing::{Api, Login, ServerProcess, ServerSetup, api::PASSWORD};
use trace::audit;

/// How often the whole sequence is done: often enough that the write-ahead log is moved into the
/// database in between.
const TIMES: usize = 12;
const CALLS: &str = "trace=fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg,\
                     read,readv,recvfrom,recvmsg";

/// Whether this machine has an strace that may trace.
fn can_trace() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-o", "/dev/null", "true"]);
    strace.stdout(Stdio::null()).stderr(Stdio::null());
    strace.status().is_ok_and(|status| status.success())
}

#[tokio::test]
async fn no_change_is_acknowledged_before_it_is_synced() {
    if !can_trace() {
        println!("skipped: strace is missing or may not trace");
        assert!(std::env::var_os("CI").is_none(), "CI must run this test");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("trace");
    let strace = [
        "strace",
        "-D",
        "-f",
        "-ttt",
        "-yy",
        "-s",
        "48",
        "-e",
        CALLS,
        "-e",
        "signal=none",
        "-o",
        output.to_str().unwrap(),
    ];
    let mut server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .under(&strace)
        .start()
        .await;
    let admin = make_admin(&server).await;
    // What the server does by itself after its start writes too; it is through with it by now.
    for number in 0..10 {
        server.api().register(&format!("warm-up-{number}")).await;
    }
    for number in 0..TIMES {
        change_one_after_the_other(&server.api(), &format!("user-{number}"), &admin).await;
    }
    let pid = server.pid();
    assert!(server.terminate().success());
    let trace = whole_trace(&output, pid).await;
    let findings = audit(&trace);
    assert_eq!(findings.violations, [""; 0]);
    // The administrator's two, the ten before the sequence, and the sequence.
    let made = 2 + 10 + TIMES * CHANGES;
    assert_eq!(findings.answered.len(), made, "{:?}", findings.answered);
    println!(
        "{} changes acknowledged, each after its sync ({} syncs of the log)",
        findings.answered.len(),
        findings.log_syncs
    );
}

async fn make_admin(server: &ServerProcess) -> Login {
    let id = server.api().register("root").await;
    let mut roles = server.command();
    roles.args(["accounts", "roles", "root", "admin"]);
    let done = roles.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{done:?} {id}");
    server.api().log_in("root").await
}

/// How many requests one sequence makes.
const CHANGES: usize = 13;

/// Every kind of change.
async fn change_one_after_the_other(api: &Api, name: &str, admin: &Login) {
    let account = api.register(name).await;
    let first = api.log_in(name).await;
    let mut token = first.refresh.clone();
    for _ in 0..3 {
        token = api.refresh(&token).await.expect(200).text("/refresh_token");
    }
    let second = api.log_in(name).await;
    let path = format!("/api/v1/sessions/{}", second.session);
    let ended = api.delete(&path).bearer(&first.access).send().await;
    assert_eq!(ended.status, 200, "{ended:?}");
    api.log_in(name).await;
    let change = json!({"current": PASSWORD, "new": "correct horse battery 2"});
    let changed = api.post("/api/v1/password").json(&change);
    let changed = changed.cookie(&first.cookie).send().await.expect(200);
    let logout = api.post("/api/v1/logout");
    let logout = logout.cookie(&changed.cookie("symbolon")).send().await;
    assert_eq!(logout.status, 200, "{logout:?}");
    let path = format!("/api/v1/admin/accounts/{account}");
    for (call, body) in [
        (
            api.put(&format!("{path}/roles")),
            json!({"roles": ["clerk"]}),
        ),
        (api.post(&format!("{path}/disable")), json!({})),
        (api.post(&format!("{path}/enable")), json!({})),
    ] {
        let done = call.bearer(&admin.access).json(&body).send().await;
        assert_eq!(done.status, 200, "{done:?}");
    }
}

/// The trace once strace has written all of it.
async fn whole_trace(path: &std::path::Path, pid: u32) -> String {
    let last = format!("{pid} ");
    let complete = async {
        loop {
            let trace = std::fs::read_to_string(path).unwrap();
            let ended = |line: &str| line.starts_with(&last) && line.contains("+++ exited with 0");
            if trace.lines().rev().take(64).any(ended) {
                return trace;
            }
            // strace tells nobody else that it is through.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), complete)
        .await
        .unwrap()
}

const SOCKET: &str = "15<TCP:[127.0.0.1:11000->127.0.0.1:51000]>";
const LOG: &str = "9</data/symbolon.db-wal>";

/// A trace of lines in which `S` is the socket and `L` the write-ahead log.
fn trace_of(lines: &[&str]) -> String {
    let lines = lines.iter().enumerate().map(|(number, line)| {
        let line = line.replace("(S", &format!("({SOCKET}"));
        let line = line.replace("(L", &format!("({LOG}"));
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        format!("{thread} 1700000000.{number:06} {call}\n")
    });
    lines.collect()
}

const REQUEST: &str =
    r#"1 recvfrom(S, "POST /api/v1/login HTTP/1.1\r\nho"..., 8192, 0, NULL, NULL) = 300"#;
const WRITE: &str = r#"2 pwrite64(L, "\0\0"..., 4096, 56) = 4096"#;
const SYNC: &str = "2 fdatasync(L) = 0";
const ANSWER: &str = r#"1 writev(S, [{iov_base="HTTP/1.1 200 OK\r\n"..., iov_len=500}], 1) = 500"#;

#[test]
fn a_good_trace_passes() {
    let findings = audit(&trace_of(&[REQUEST, WRITE, WRITE, SYNC, ANSWER]));
    assert_eq!(findings.answered, ["POST /api/v1/login"]);
    assert_eq!((findings.violations, findings.log_syncs), (vec![], 1));
    // Calls that are cut in two, and another thread's in between.
    let findings = audit(&trace_of(&[
        "1 recvfrom(S,  <unfinished ...>",
        "3 write(2</home/log>, \"line\", 4) = 4",
        r#"1 <... recvfrom resumed>"PUT /api/v1/x HTTP/1.1\r\nho"..., 8192, 0, NULL, NULL) = 300"#,
        r#"2 pwrite64(L, "\0"..., 4096, 56 <unfinished ...>"#,
        "3 write(2</home/log>, \"line\", 4) = 4",
        "2 <... pwrite64 resumed>) = 4096",
        "2 fdatasync(L <unfinished ...>",
        "1 --- SIGCHLD {si_signo=SIGCHLD} ---",
        "2 <... fdatasync resumed>) = 0",
        ANSWER,
    ]));
    assert_eq!(findings.answered, ["PUT /api/v1/x"]);
    assert_eq!(findings.violations, [""; 0]);
}

#[test]
fn an_answer_before_the_sync_is_found() {
    let bad: [&[&str]; 8] = [
        // Never synced.
        &[REQUEST, WRITE, ANSWER],
        // Synced too late.
        &[REQUEST, WRITE, ANSWER, SYNC],
        // The answer begins while the sync still runs.
        &[
            REQUEST,
            WRITE,
            "2 fdatasync(L <unfinished ...>",
            ANSWER,
            "2 <... fdatasync resumed>) = 0",
        ],
        // Written after the sync had begun.
        &[
            REQUEST,
            WRITE,
            "2 fdatasync(L <unfinished ...>",
            r#"3 pwrite64(L, "\0"..., 4096, 4176) = 4096"#,
            "2 <... fdatasync resumed>) = 0",
            ANSWER,
        ],
        // The sync failed.
        &[
            REQUEST,
            WRITE,
            "2 fdatasync(L) = -1 EIO (Input/output error)",
            ANSWER,
        ],
        // Another file was synced.
        &[
            REQUEST,
            WRITE,
            "2 fdatasync(8</data/symbolon.db>) = 0",
            ANSWER,
        ],
        // Everything was written before the request came: the answer is of something else.
        &[WRITE, SYNC, REQUEST, ANSWER],
        // Half of the answer is as bad as all of it.
        &[
            REQUEST,
            WRITE,
            r#"1 sendto(S, "HTTP/1.1 201 Created\r\n"..., 500, MSG_NOSIGNAL, NULL, 0 <unfinished ...>"#,
            SYNC,
        ],
    ];
    for lines in bad {
        let findings = audit(&trace_of(lines));
        assert_eq!(findings.violations.len(), 1, "{lines:?} {findings:?}");
    }
}

#[test]
fn a_log_that_begins_anew_too_early_is_found() {
    let anew = r#"2 pwrite64(L, "7\177"..., 32, 0) = 32"#;
    let checkpoint = r#"2 pwrite64(8</data/symbolon.db>, "\0"..., 4096, 8192) = 4096"#;
    let synced = "2 fdatasync(8</data/symbolon.db>) = 0";
    assert_eq!(audit(&trace_of(&[checkpoint, anew])).violations.len(), 1);
    let cut = r#"2 pwrite64(L, "7\177"..., 32, 0 <unfinished ...>"#;
    assert_eq!(audit(&trace_of(&[checkpoint, cut])).violations.len(), 1);
    let good = audit(&trace_of(&[checkpoint, synced, anew]));
    assert_eq!(good.violations, [""; 0]);
}

#[test]
fn a_refusal_and_a_read_may_come_without_a_sync() {
    let refusal = ANSWER.replace("200 OK", "401 Unauthorized");
    let read = REQUEST.replace("POST", "GET");
    assert_eq!(
        audit(&trace_of(&[REQUEST, &refusal, &read, ANSWER])).violations,
        [""; 0]
    );
}
