//! `symbolon accounts list` with more accounts than anybody looks at: memory does not grow with
//! them, and whoever has seen enough may go.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    time::Instant,
};

use rusqlite::Connection;
use serde_json::Value;
use symbolon_testing::{ServerProcess, ServerSetup, api::PASSWORD};

/// As many as take a debug build a few seconds; `SYMBOLON_TEST_ACCOUNTS` asks for more.
fn count() -> usize {
    let asked = std::env::var("SYMBOLON_TEST_ACCOUNTS").ok();
    asked.map_or(20_000, |text| text.parse().unwrap())
}

/// A data directory with `accounts` accounts and no server.
fn directory(accounts: usize) -> ServerProcess {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon")).prepare();
    let mut command = server.command();
    command.args(["accounts", "add", "--identifier", "first"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, format!("{PASSWORD}\n").as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    let mut database = Connection::open(server.data_dir().join("symbolon.db")).unwrap();
    let transaction = database.transaction().unwrap();
    let numbers = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})",
        accounts - 1
    );
    // Version 7 UUIDs of an earlier time than the account that is there.
    let id = "unhex(printf('%012x70008000%012x', 1600000000000 + i, i))";
    for insert in [
        format!(
            "INSERT INTO accounts (id, subject, state, created_at) {numbers}
             SELECT {id}, printf('subject-%d', i), 'active', 1600000000000 + i FROM n"
        ),
        format!(
            "INSERT INTO identifiers (account, kind, normalised, original, verified_at) {numbers}
             SELECT {id}, 'username', printf('user-%d', i), printf('User-%d', i), 1 FROM n"
        ),
    ] {
        transaction.execute(&insert, []).unwrap();
    }
    transaction.commit().unwrap();
    server
}

fn list(server: &ServerProcess, arguments: &[&str]) -> Child {
    let mut command: Command = server.command();
    command.args(["accounts", "list"]).args(arguments);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).spawn().unwrap()
}

/// The most memory that the process ever had, in KiB. It must not have ended.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_accounts_and_the_json_is_whole() {
    let accounts = count();
    let server = directory(accounts);
    #[expect(
        clippy::disallowed_methods,
        reason = "a stopwatch for a figure that is only printed"
    )]
    let start = Instant::now();
    let mut child = list(&server, &["--json"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "{");
    assert_eq!(lines.next().unwrap().unwrap(), "  \"accounts\": [");
    let (mut seen, mut last, mut early, mut late) = (0, String::new(), 0, 0);
    for line in lines.by_ref() {
        let line = line.unwrap();
        if line == "  ]" {
            break;
        }
        let text = line.trim_start().trim_start_matches(',');
        let account: Value = serde_json::from_str(text).unwrap();
        let id = account["id"].as_str().unwrap().to_owned();
        assert!(id > last, "in the order of their ids, each once");
        last = id;
        seen += 1;
        // With this much still to come the process waits for us to read.
        if seen == accounts / 10 {
            early = peak(&child);
        } else if seen == accounts - accounts / 20 {
            late = peak(&child);
        }
    }
    assert_eq!(lines.next().unwrap().unwrap(), "}");
    assert!(lines.next().is_none());
    assert_eq!((seen, child.wait().unwrap().code()), (accounts, Some(0)));
    println!(
        "{accounts} accounts in {:?}: {early} KiB after a tenth, {late} KiB at the end",
        start.elapsed()
    );
    assert!(late < early + 4 * 1024, "{early} KiB grew to {late} KiB");
}

#[test]
fn a_table_has_one_header_and_its_reader_may_go() {
    let server = directory(3_000);
    let mut child = list(&server, &[]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let header = lines.next().unwrap().unwrap();
    assert!(header.trim_start().starts_with("ID "), "{header}");
    let column = header.find("IDENTIFIERS").unwrap();
    for number in 1..=1_200 {
        let line = lines.next().unwrap().unwrap();
        assert_eq!(&line[column..column + 5], "User-", "{number}: {line}");
    }
    // As `| head` does.
    drop(lines);
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
