//! Admin commands with the real binary against a socket of our own in the data directory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
mod program;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixListener,
    sync::mpsc::{Receiver, channel},
};

use program::Program;
use serde_json::{Value, json};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const DATA: [&str; 2] = ["--data-dir", "data"];

/// Answers one request after the other, and tells what was asked.
fn server(program: &Program, answers: Vec<(u16, Value)>) -> Receiver<(String, Value)> {
    let socket = program.file("data/lock", "").with_file_name("admin.sock");
    let listener = UnixListener::bind(socket).unwrap();
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut answers = answers.into_iter();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).unwrap() > 2 {}
            if head.is_empty() {
                continue; // The look whether somebody listens.
            }
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let asked = head
                .lines()
                .next()
                .unwrap()
                .trim_end_matches(" HTTP/1.1")
                .to_owned();
            sender
                .send((asked, serde_json::from_slice(&body).unwrap_or_default()))
                .unwrap();
            let (status, answer) = answers.next().unwrap();
            let answer = answer.to_string();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            )
            .unwrap();
        }
    });
    receiver
}

fn account(identifier: &str) -> Value {
    json!({
        "id": ID,
        "subject": "s",
        "state": "active",
        "identifiers": [{"kind": "email", "value": identifier, "verified": false}],
        "roles": ["admin"],
        "created_at": "2026-11-24T02:20:00Z",
    })
}

#[test]
fn the_first_admin_is_made_without_a_terminal() {
    let program = Program::new();
    let asked = server(&program, vec![(201, account("admin"))]);
    let arguments = [&DATA[..], &["--json", "accounts", "add", "--admin"]].concat();
    let run = program.run_with(&arguments, "  correct horse \nnot this\n");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.json()["id"], json!(ID));
    let (request, body) = asked.recv().unwrap();
    assert_eq!(request, "POST /api/v1/admin/accounts");
    assert_eq!(
        body,
        json!({"identifier": "admin", "password": "  correct horse ", "roles": ["admin"]})
    );
}

#[test]
fn accounts_are_listed_page_by_page_and_their_names_do_no_harm() {
    let evil = account("eve\u{1b}[2J\u{202e}@example.com");
    for json in [false, true] {
        let program = Program::new();
        let pages = vec![
            (200, json!({"accounts": [evil], "next": "a b"})),
            (200, json!({"accounts": [account("bob")], "next": null})),
        ];
        let asked = server(&program, pages);
        let mut arguments = [&DATA[..], &["accounts", "list"]].concat();
        if json {
            arguments.push("--json");
        }
        let run = program.run(&arguments);
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{run:?}");
        assert!(!json || run.json()["accounts"].as_array().unwrap().len() == 2);
        assert!(run.stdout.contains("bob"), "{run:?}");
        let headers = run.stdout.matches("IDENTIFIERS").count();
        assert_eq!(headers, usize::from(!json), "{run:?}");
        assert_eq!(
            asked.recv().unwrap().0,
            "GET /api/v1/admin/accounts?limit=500"
        );
        assert_eq!(
            asked.recv().unwrap().0,
            "GET /api/v1/admin/accounts?limit=500&after=a+b"
        );
    }
}

#[test]
fn an_account_is_named_by_its_id_or_an_identifier() {
    let ended = json!({"sessions_ended": 2, "grants_ended": 3, "revoked_at_ms": 0});
    let program = Program::new();
    let found = json!({"accounts": [account("a+b@example.com")], "next": null});
    let asked = server(
        &program,
        vec![(200, ended.clone()), (200, found), (200, ended)],
    );
    let run = program.run(&[&DATA[..], &["accounts", "disable", ID]].concat());
    assert!(run.stdout.contains("2 sessions and 3 grants"), "{run:?}");
    assert_eq!(
        asked.recv().unwrap().0,
        format!("POST /api/v1/admin/accounts/{ID}/disable")
    );
    let run = program.run(&[&DATA[..], &["accounts", "disable", "a+b@example.com"]].concat());
    assert_eq!(run.exit, 0, "{run:?}");
    let asked: Vec<_> = asked.try_iter().map(|(request, _)| request).collect();
    assert_eq!(
        asked,
        [
            "GET /api/v1/admin/accounts?identifier=a%2Bb%40example.com".to_owned(),
            format!("POST /api/v1/admin/accounts/{ID}/disable"),
        ]
    );
}

#[test]
fn a_refusal_of_the_server_is_told_with_its_code() {
    let program = Program::new();
    let problem = json!({"title": "Not found", "code": "session_unknown", "request_id": "r-1"});
    let empty = json!({"accounts": [], "next": null});
    let _asked = server(
        &program,
        vec![(404, problem), (200, empty), (503, json!({}))],
    );
    let run = program.run(&[&DATA[..], &["sessions", "end", ID]].concat());
    assert_eq!((run.exit, run.stdout.as_str()), (1, ""));
    assert_eq!(
        run.stderr,
        "error: Not found (session_unknown) [request r-1]\n"
    );
    let run = program.run(&[&DATA[..], &["sessions", "list", "nobody"]].concat());
    assert_eq!(run.exit, 1);
    assert_eq!(
        run.stderr,
        "error: no account has the identifier \"nobody\"\n"
    );
    let run = program.run(&[&DATA[..], &["keys", "list"]].concat());
    assert_eq!(run.exit, 3, "{run:?}");
}

#[test]
fn keys_rotate_and_say_when_the_next_one_signs() {
    let program = Program::new();
    let waiting = json!([{"kid": "k2", "signs_from": "2026-11-25T02:20:00Z"}]);
    let answer = json!({"activated": [], "waiting": waiting, "revoked": []});
    let asked = server(&program, vec![(200, answer.clone()), (200, answer)]);
    let run = program.run(&[&DATA[..], &["keys", "rotate"]].concat());
    assert!(
        run.stdout
            .contains("k2 is published and signs from 2026-11-25"),
        "{run:?}"
    );
    assert_eq!(asked.recv().unwrap().1, json!({"emergency": false}));
    let rotate = ["keys", "rotate", "--emergency", "--kid", "k1"];
    assert_eq!(program.run(&[&DATA[..], &rotate].concat()).exit, 0);
    assert_eq!(
        asked.recv().unwrap().1,
        json!({"emergency": true, "kid": "k1"})
    );
    assert_eq!(program.run(&["keys", "rotate", "--kid", "k1"]).exit, 2);
}

#[test]
fn a_socket_that_a_killed_server_left_is_not_a_server() {
    let program = Program::new();
    let socket = program.file("data/lock", "").with_file_name("admin.sock");
    drop(UnixListener::bind(socket).unwrap());
    let run = program.run(&[&DATA[..], &["keys", "list"]].concat());
    assert_eq!(run.exit, 3);
    assert!(
        run.stderr
            .starts_with("error: no server runs on data and no database is there\n"),
        "{run:?}"
    );
}

#[test]
fn admin_commands_say_that_no_server_runs() {
    let run = Program::new().run(&["accounts", "list"]);
    assert_eq!((run.exit, run.stdout.as_str()), (3, ""));
    assert!(
        run.stderr.starts_with("error: no server runs on "),
        "{run:?}"
    );
}

#[test]
fn an_admin_token_is_not_sent_in_the_clear() {
    let program = Program::new().variable("SYMBOLON_ADMIN_TOKEN", "canary-7c1f");
    let run = program.run(&[
        "--json",
        "accounts",
        "list",
        "--server",
        "http://auth.example.com",
    ]);
    assert_eq!(run.exit, 2);
    assert!(
        run.stderr.contains("must be https") && !run.all().contains("canary-7c1f"),
        "{run:?}"
    );
}
