//! `/revocations` of the real server: the signed log, by long poll, and a verifier that reads it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::{Duration, Instant};

use serde_json::json;
use symbolon_jose::{Algorithm, JwkSet, JwsRules, KeySet, base64url, decode, digest, verify_jws};
use symbolon_protocol::{Body, EndReason, Kind, typ};
use symbolon_testing::{Answer, Api, Login, ServerProcess, ServerSetup};
use symbolon_verifier::Verifier;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

async fn poll(api: &Api, query: &str) -> Answer {
    api.get(&format!("/revocations{query}")).send().await
}

async fn key_set(api: &Api, path: &str) -> KeySet {
    let jwks = api.get(path).send().await.expect(200).body;
    KeySet::from_jwks(&JwkSet::from_json(&jwks).unwrap()).unwrap()
}

/// The body, after JOSE alone verified it with the log's published keys.
async fn read(api: &Api, query: &str) -> Body {
    let answer = poll(api, query).await.expect(200);
    let keys = key_set(api, "/revocations/jwks.json").await;
    let rules = JwsRules::new([Algorithm::EdDSA], typ::REVOCATIONS).unwrap();
    let payload = verify_jws(&answer.body, &keys, &rules).unwrap();
    serde_json::from_slice(payload.payload()).unwrap()
}

async fn end(api: &Api, login: &Login) {
    let path = format!("/api/v1/sessions/{}", login.session);
    let call = api.delete(&path).cookie(&login.cookie);
    let _ = call.send().await.expect(200);
}

fn admin(server: &ServerProcess, arguments: &[&str]) {
    let output = server.command().args(arguments).output();
    assert!(
        output.as_ref().is_ok_and(|output| output.status.success()),
        "{output:?}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    (work.await, start.elapsed())
}

#[tokio::test]
async fn the_log_is_signed_with_a_key_of_its_own() {
    let server = setup().start().await;
    let api = server.api();
    let answer = poll(&api, "").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/jwt");
    assert_eq!(answer.header("cache-control"), "no-store");
    let header = decode(&answer.body).unwrap().raw_parts()[0].to_owned();
    let header: serde_json::Value =
        serde_json::from_slice(&base64url::decode(&header).unwrap()).unwrap();
    assert_eq!(header["typ"], "revocations+jwt");
    let tokens = key_set(&api, "/.well-known/jwks.json").await;
    let rules = JwsRules::new([Algorithm::EdDSA], typ::REVOCATIONS).unwrap();
    assert!(verify_jws(&answer.body, &tokens, &rules).is_err());
    let empty = read(&api, "").await;
    assert_eq!(empty.iss, server.issuer());
    assert!(empty.snapshot && empty.entries.is_empty() && empty.next == empty.head);
    let metadata = api.get("/.well-known/oauth-authorization-server");
    let metadata = metadata.send().await.expect(200).json();
    assert_eq!(metadata["issuer"], server.issuer());
    assert_eq!(
        metadata["symbolon_revocations_endpoint"],
        server.url("/revocations")
    );
}

#[tokio::test]
async fn every_end_is_an_entry_after_the_cursor() {
    let mut server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let [first, second] = [api.log_in("alice").await, api.log_in("alice").await];
    let start = read(&api, "").await;
    end(&api, &first).await;
    let news = read(&api, &format!("?after={}", start.next)).await;
    assert!(!news.snapshot);
    assert_eq!(news.after, Some(start.next));
    assert_eq!(news.entries.len(), 1);
    let entry = news.entries[0];
    assert_eq!(
        (entry.kind, entry.reason),
        (Kind::Session, EndReason::EndedByUser)
    );
    assert!(entry.until.unwrap() >= entry.revoked_at + 300);
    let none = read(&api, &format!("?after={}", news.next)).await;
    assert!(none.entries.is_empty() && none.next == news.next && none.head == news.next);
    end(&api, &second).await;
    let both = read(&api, &format!("?after={}", start.next)).await;
    assert_eq!(both.entries.len(), 2);
    assert!(both.entries[0].seq < both.entries[1].seq);
    // A restart changes neither the history nor what cursors mean.
    assert!(server.terminate().success());
    server.start().await;
    let again = read(&api, &format!("?after={}", start.next)).await;
    assert_eq!((again.epoch, again.entries), (both.epoch, both.entries));
}

#[tokio::test]
async fn a_cursor_that_is_none_of_ours_gives_the_snapshot_or_is_refused() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    end(&api, &api.log_in("alice").await).await;
    let head = read(&api, "").await.head;
    let mut bytes = base64url::decode(&head.to_string()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let other_mark = base64url::encode(&bytes);
    bytes[0] = 0xff;
    for cursor in [other_mark, base64url::encode(&bytes)] {
        let answer = read(&api, &format!("?after={cursor}&wait=20")).await;
        assert!(answer.snapshot && answer.entries.len() == 1, "{cursor}");
    }
    for query in [
        "?after=garbage",
        "?after=",
        "?after=%00",
        "?wait=-1",
        "?wait=1.5",
        "?wait=99999999999999999999999",
        "?wait=1&wait=2",
        "?nonce=",
        "?nonce=0123456789abcde",
        "?nonce=0123456789abcdef%22",
        "?jwks=def",
        "?instance=",
        "?instance=a%20b",
        "?instance=a&instance=b",
        &format!("?instance={}", "a".repeat(65)),
    ] {
        poll(&api, query).await.expect_problem(400, "query_invalid");
    }
    // Newer readers say more of themselves.
    let _ = read(&api, "?instance=abc&color=red").await;
}

/// Who asks with a nonce gets an answer that nobody had before.
#[tokio::test]
async fn an_answer_repeats_the_nonce_of_its_question() {
    let server = setup().start().await;
    let api = server.api();
    let start = read(&api, "").await.next;
    let nonce = "0123456789abcdefABCDEF-_";
    let mut seen = std::collections::BTreeSet::new();
    for query in [
        format!("?nonce={nonce}"),
        format!("?after={start}&nonce={nonce}"),
        format!("?after={start}&wait=1&nonce=another-nonce-of-ours"),
    ] {
        let answer = poll(&api, &query).await.expect(200);
        let payload = decode(&answer.body).unwrap().raw_parts()[1].to_owned();
        let payload = base64url::decode(&payload).unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert!(query.ends_with(payload["nonce"].as_str().unwrap()));
        assert!(read(&api, &query).await.is_live());
        assert!(seen.insert(answer.body));
    }
}

#[tokio::test]
async fn a_long_poll_answers_at_once_on_news_and_otherwise_at_its_end() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let start = read(&api, "").await;
    let waiting = format!("?after={}&wait=20", start.next);
    let (((), news), took) =
        timed(async { tokio::join!(end(&api, &login), read(&api, &waiting)) }).await;
    assert_eq!(news.entries.len(), 1);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let (silent, took) = timed(read(&api, &format!("?after={}&wait=1", news.next))).await;
    assert!(silent.entries.is_empty() && silent.now_ms > news.now_ms);
    assert!(took >= Duration::from_millis(950), "{took:?}");
    // A reader without a cursor has news: the snapshot.
    let (_, took) = timed(read(&api, "?wait=20")).await;
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_stop_answers_those_who_wait() {
    let mut server = setup().start().await;
    let api = server.api();
    let start = read(&api, "").await;
    let request = format!(
        "GET /revocations?after={}&wait=25 HTTP/1.1\r\nhost: {}\r\n\r\n",
        start.next,
        server.address()
    );
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    wait_until_read(connection.local_addr().unwrap().port()).await;
    let (status, took) = timed(async { server.terminate() }).await;
    assert!(
        status.success() && took < Duration::from_secs(9),
        "{took:?}"
    );
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

/// Until the server has taken what came from this port: the kernel's table says how much has not
/// been read.
async fn wait_until_read(port: u16) {
    let remote = format!("0100007F:{port:04X}");
    let is_read = || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().any(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            fields[2] == remote && fields[4].ends_with(":00000000")
        })
    };
    while !is_read() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_may_read_it() {
    let hash: String = digest::sha256(b"s3cret: %+")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let clients = format!(
        "[[clients]]\nid = \"reader\"\nsecret_sha256 = \"{hash}\"\nscopes = [\"revocations:read\"]\n\
         [[clients]]\nid = \"other\"\nsecret_sha256 = \"{hash}\"\n"
    );
    let server = setup()
        .set("revocations.public", "false")
        .lists(&clients)
        .start()
        .await;
    let api = server.api();
    let nobody = poll(&api, "").await;
    nobody.expect_problem(401, "client_unauthorized");
    assert_eq!(
        nobody.header("www-authenticate"),
        "Basic realm=\"symbolon\""
    );
    let basic = |id: &str, secret: &str| {
        let pair = base64url::encode(format!("{id}:{secret}").as_bytes());
        format!("Basic {}", pair.replace('-', "+").replace('_', "/"))
    };
    for (authorization, status) in [
        (padded(&basic("reader", "s3cret%3A+%25%2B")), 200),
        (padded(&basic("reader", "s3cret: %+")), 401),
        (padded(&basic("reader", "wrong")), 401),
        (padded(&basic("other", "s3cret%3A+%25%2B")), 401),
        (padded(&basic("nobody", "s3cret%3A+%25%2B")), 401),
        (padded(&basic("", "")), 401),
        ("Basic nonsense!".to_owned(), 401),
        ("Basic".to_owned(), 401),
        ("Bearer s3cret".to_owned(), 401),
    ] {
        let call = api
            .get("/revocations")
            .header("authorization", &authorization);
        let answer = call.send().await;
        assert_eq!(answer.status, status, "{authorization} {answer:?}");
        if status != 200 {
            answer.expect_problem(401, "client_unauthorized");
        }
    }
    // Who says who they are is held to it, also where anybody may read.
    let server = setup().lists(&clients).start().await;
    let wrong = padded(&basic("reader", "wrong"));
    let call = server
        .api()
        .get("/revocations")
        .header("authorization", &wrong);
    call.send().await.expect_problem(401, "client_unauthorized");
}

/// RFC 7617 takes base64 with its padding.
fn padded(header: &str) -> String {
    let (_, encoded) = header.split_once(' ').unwrap();
    format!("{header}{}", "=".repeat((4 - encoded.len() % 4) % 4))
}

async fn verifier(server: &ServerProcess) -> Verifier {
    let verifier = Verifier::builder(server.issuer())
        .audience("orders")
        .algorithms([Algorithm::EdDSA])
        .build()
        .await
        .unwrap();
    assert!(verifier.wait_until_live(Duration::from_secs(20)).await);
    verifier
}

/// A log-in for both credentials, its tokens for another API.
async fn orders(api: &Api) -> Login {
    let body = json!({"credentials": ["cookie", "tokens"], "resource": "orders"});
    api.log_in_with("alice", &body).await
}

/// Why the verifier refuses a token, once it does.
async fn refused(verifier: &Verifier, token: &str) -> &'static str {
    let refuses = |_: &symbolon_verifier::Status| verifier.verify(token).is_err();
    assert!(verifier.wait_until(Duration::from_secs(20), refuses).await);
    verifier.verify(token).unwrap_err().reason().code()
}

#[tokio::test]
async fn a_verifier_refuses_whatever_was_ended() {
    let server = setup().start().await;
    let api = server.api();
    let verifier = verifier(&server).await;
    let id = api.register("alice").await;
    let login = orders(&api).await;
    let token = verifier.verify(&login.access).unwrap();
    assert_eq!(token.claims().sid.unwrap().to_string(), login.session);
    end(&api, &login).await;
    assert_eq!(refused(&verifier, &login.access).await, "revoked_session");

    let login = orders(&api).await;
    verifier.verify(&login.access).unwrap();
    admin(&server, &["accounts", "roles", &id, "editor"]);
    assert_eq!(refused(&verifier, &login.access).await, "revoked_grant");
    let next = api
        .refresh(&login.refresh)
        .await
        .expect(200)
        .text("/access_token");
    verifier.verify(&next).unwrap();

    admin(&server, &["accounts", "disable", &id]);
    assert_eq!(refused(&verifier, &next).await, "revoked_session");
    admin(&server, &["accounts", "enable", &id]);
    assert_eq!(
        verifier.verify(&next).unwrap_err().reason().code(),
        "revoked_session"
    );
    verifier.verify(&orders(&api).await.access).unwrap();
}

#[tokio::test]
async fn a_verifier_refuses_a_revoked_key_and_learns_its_successor() {
    let server = setup().start().await;
    let api = server.api();
    let verifier = verifier(&server).await;
    api.register("alice").await;
    let login = orders(&api).await;
    verifier.verify(&login.access).unwrap();
    let keys = verifier.status().keys;
    admin(&server, &["keys", "rotate", "--emergency"]);
    let code = refused(&verifier, &login.access).await;
    assert!(["revoked_key", "key_unknown"].contains(&code), "{code}");
    let next = api
        .refresh(&login.refresh)
        .await
        .expect(200)
        .text("/access_token");
    // An unknown key makes it fetch, in the background.
    let learned =
        |status: &symbolon_verifier::Status| !status.keys.is_empty() && status.keys != keys;
    let _ = verifier.verify(&next);
    assert!(verifier.wait_until(Duration::from_secs(20), learned).await);
    verifier.verify(&next).unwrap();
    assert!(verifier.verify(&login.access).is_err());
}
