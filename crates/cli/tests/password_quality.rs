//! Which passwords the real server takes: how hard they are to guess, the commonest, and those known
//! from breaches.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    process::{Output, Stdio},
    sync::mpsc,
};

use serde_json::json;
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

async fn register(api: &Api, identifier: &str, password: &str) -> Answer {
    let body = json!({"identifier": identifier, "password": password});
    api.post("/api/v1/register").json(&body).send().await
}

fn add(server: &ServerProcess, identifier: &str, password: &str) -> Output {
    let mut child = server
        .command()
        .args(["accounts", "add", "--identifier", identifier])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let line = format!("{password}\n");
    let _ = child.stdin.take().unwrap().write_all(line.as_bytes());
    child.wait_with_output().unwrap()
}

/// With the same codes wherever a password is set.
#[tokio::test]
async fn guessable_passwords_are_refused_wherever_one_is_set() {
    let server = setup().start().await;
    let api = server.api();
    let cases = [
        ("ada", "password1", "password_common"),
        ("ada", "PASSWORD1", "password_common"),
        ("ada", "abcdefgh1", "password_too_weak"),
        ("ada", "Qx7!Zk", "password_too_short"),
        (
            "zephyranthes@example.com",
            "zephyranthes",
            "password_too_weak",
        ),
    ];
    for (identifier, password, code) in cases {
        register(&api, identifier, password)
            .await
            .expect_problem(422, code);
        let added = add(&server, identifier, password);
        assert_eq!(added.status.code(), Some(1), "{added:?}");
        let said = String::from_utf8(added.stderr).unwrap();
        assert!(said.contains(code), "{said}");
        let form = [("identifier", identifier), ("password", password)];
        let page = api.post("/register").form(&form).send().await.expect(422);
        assert!(page.body.contains("aria-invalid=\"true\""), "{password}");
        let shown = page.body.replace(identifier, "");
        assert!(!shown.contains(password), "{password}");
    }
    api.register("ada").await;
    let login = api.log_in("ada").await;
    let change = json!({"current": PASSWORD, "new": "iloveyou123"});
    let changed = api
        .post("/api/v1/password")
        .cookie(&login.cookie)
        .json(&change);
    changed
        .send()
        .await
        .expect_problem(422, "password_too_weak");
    let _ = api.try_log_in("ada", PASSWORD).await.expect(200);
    assert!(!server.log().contains("iloveyou123"));
}

#[tokio::test]
async fn the_score_that_is_needed_is_configured_and_the_commonest_are_refused_anyway() {
    let server = setup().set("passwords.min_score", "0").start().await;
    let api = server.api();
    register(&api, "ada", "password1")
        .await
        .expect_problem(422, "password_common");
    let _ = register(&api, "ada", "abcdefgh1").await.expect(201);
}

/// While it is typed: nothing is kept, and nobody asks for ever.
#[tokio::test]
async fn the_strength_is_said_while_it_is_typed() {
    let server = setup().start().await;
    let api = server.api();
    let score = |password: &str, identifier: Option<&str>| {
        let body = json!({"password": password, "identifier": identifier});
        api.post("/api/v1/password/score").json(&body).send()
    };
    let weak = score("canary-", None).await.expect(200);
    assert_eq!(weak.header("cache-control"), "no-store");
    let said = weak.json();
    assert_eq!(said["code"], "password_too_short");
    assert_eq!(
        (&said["acceptable"], &said["min_score"]),
        (&json!(false), &json!(3))
    );
    let common = score("password1", None).await.expect(200).json();
    assert_eq!(
        (&common["score"], &common["code"]),
        (&json!(0), &json!("password_common"))
    );
    let good = score(PASSWORD, Some("ada")).await.expect(200).json();
    assert_eq!(
        (&good["acceptable"], &good["code"]),
        (&json!(true), &json!(null))
    );
    let name = "zephyranthes-grandiflora";
    let known = score(name, Some(name)).await.expect(200).json();
    assert_eq!(known["acceptable"], false, "{known}");
    let long = score(&"x".repeat(5000), None).await.expect(200).json();
    assert_eq!(long["code"], "password_too_long");
    let mut limited = None;
    for _ in 0..200 {
        let answer = score("canary-typed", None).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
    }
    limited.unwrap().expect_problem(429, "rate_limited");
    assert!(!server.log().contains("canary"));
    // The script that asks is a file of ours.
    let page = api.get("/register").send().await.expect(200);
    let (_, script) = page.body.split_once("src=\"/assets/strength-").unwrap();
    let (name, _) = script.split_once('"').unwrap();
    let script = api.get(&format!("/assets/strength-{name}")).send().await;
    assert!(script.expect(200).body.contains("/api/v1/password/score"));
}

/// A service of the range protocol on loopback; what it was asked comes through the channel.
fn range_service(answer: &'static str) -> (SocketAddr, mpsc::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .map(Result::unwrap)
                .take_while(|line| !line.is_empty())
                .collect();
            let _ = tell.send(head);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, told)
}

/// SHA-1 of `correct horse battery`: 8 + the rest.
const FOUND: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
                     003D68EB55068C33ACE09247EE4C639306B:3\r\n@FOUND@:12\r\n0136:0\r\n";

fn breach_setup(address: SocketAddr) -> ServerSetup {
    let url = format!("http://{address}/range/");
    setup()
        .set("passwords.breach_check", "true")
        .set("passwords.breach_url", &url)
}

fn sha1_of(password: &str) -> String {
    let mut child = std::process::Command::new("sha1sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(password.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..40].to_uppercase()
}

#[tokio::test]
async fn a_breached_password_is_refused_and_five_digits_leave_the_server() {
    let sha1 = sha1_of(PASSWORD);
    let answer: &'static str = Box::leak(FOUND.replace("@FOUND@", &sha1[5..]).into_boxed_str());
    let (address, told) = range_service(answer);
    let server = breach_setup(address).start().await;
    let api = server.api();
    register(&api, "ada", PASSWORD)
        .await
        .expect_problem(422, "password_breached");
    let asked = told.recv().unwrap();
    assert_eq!(asked[0], format!("GET /range/{} HTTP/1.1", &sha1[..5]));
    let padding = |line: &String| line.eq_ignore_ascii_case("add-padding: true");
    assert!(asked.iter().any(padding), "{asked:?}");
    assert!(!asked.concat().contains(&sha1[5..]));
    let _ = register(&api, "ada", "another horse entirely")
        .await
        .expect(201);
    let count = |outcome| server.metric("symbolon_breach_checks_total", outcome);
    assert_eq!(count(&[("outcome", "found")]).await, 1.0);
    assert_eq!(count(&[("outcome", "clean")]).await, 1.0);
}

#[tokio::test]
async fn a_breach_service_that_fails_keeps_nobody_from_registering() {
    let (address, _told) = range_service("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    let server = breach_setup(address).start().await;
    let _ = register(&server.api(), "ada", PASSWORD).await.expect(201);
    let failed = server.metric("symbolon_breach_checks_total", &[("outcome", "failed")]);
    assert_eq!(failed.await, 1.0);
    // Nor one that is not there.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let server = breach_setup(gone).start().await;
    let _ = register(&server.api(), "ada", PASSWORD).await.expect(201);
}
