//! Refresh tokens over real HTTP: one step whoever asks how often, across a crash too; a spent
//! token that comes back late ends its grant; and nothing that is not the token, byte for byte.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/log_reader.rs"]
mod log_reader;

use std::{collections::BTreeSet, time::Duration};

use dice::Dice;
use log_reader::LogReader;
use serde_json::json;
use symbolon_protocol::{GrantId, Kind};
use symbolon_testing::{Answer, Api, Login, ServerProcess, ServerSetup};
use tokio::task::JoinSet;

fn setup(grace: &str) -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon")).set("tokens.refresh_grace", grace)
}

async fn start(grace: &str) -> (ServerProcess, Api, Login) {
    let server = setup(grace).start().await;
    let api = server.api();
    api.register("anna").await;
    let login = api.log_in("anna").await;
    (server, api, login)
}

/// Uses a token this many times at once; the answers that came whole.
async fn at_once(api: &Api, token: &str, times: usize) -> JoinSet<Option<Answer>> {
    let mut uses = JoinSet::new();
    for _ in 0..times {
        let body = json!({"refresh_token": token});
        let call = api.post("/api/v1/refresh").json(&body);
        uses.spawn(async move { call.try_send().await.ok() });
    }
    uses
}

fn successors(answers: impl IntoIterator<Item = Answer>) -> BTreeSet<String> {
    let good = answers.into_iter().map(|answer| {
        assert_eq!(answer.set_cookies(), [""; 0]);
        answer.expect(200)
    });
    good.map(|answer| answer.text("/refresh_token")).collect()
}

/// The generation that a token says it is of.
fn generation(token: &str) -> u64 {
    token.split('.').nth(3).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_uses_are_one_step() {
    let (_server, api, _) = start("60s").await;
    for _ in 0..5 {
        // A grant has so many replays and no more at once.
        let token = api.log_in("anna").await.refresh;
        let answers = at_once(&api, &token, 32).await.join_all().await;
        assert!(answers.iter().all(Option::is_some));
        let access: BTreeSet<_> = answers
            .iter()
            .flatten()
            .map(|answer| answer.text("/access_token"))
            .collect();
        assert_eq!(
            access.len(),
            32,
            "every answer has an access token of its own"
        );
        let successors = successors(answers.into_iter().flatten());
        assert_eq!(successors.len(), 1, "{successors:?}");
        let successor = successors.first().unwrap();
        assert_eq!(generation(successor), generation(&token) + 1);
        for access in &access {
            assert_eq!(api.me_by_token(access).await.status, 200);
        }
        let next = api.refresh(successor).await.expect(200);
        assert_eq!(
            generation(&next.text("/refresh_token")),
            generation(&token) + 2
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_in_the_midst_of_it_changes_nothing() {
    let seed = dice::seed();
    let dice = Dice::new(seed);
    let (mut server, api, login) = start("60s").await;
    let mut token = login.refresh;
    let (mut answered, mut lost) = (0, 0);
    for _ in 0..20 {
        let mut uses = at_once(&api, &token, 32).await;
        // Some answers come, then none: after which one is chance.
        let mut before = Vec::new();
        for _ in 0..dice.index(6) {
            before.extend(uses.join_next().await.unwrap().unwrap());
        }
        server.kill();
        let rest = uses.join_all().await;
        lost += rest.iter().filter(|answer| answer.is_none()).count();
        before.extend(rest.into_iter().flatten());
        answered += before.len();
        let mut successors = successors(before);
        server.start().await;
        for _ in 0..2 {
            let again = api.refresh(&token).await.expect(200);
            successors.insert(again.text("/refresh_token"));
        }
        assert_eq!(successors.len(), 1, "two descendants: {successors:?}");
        let successor = successors.pop_first().unwrap();
        assert_eq!(generation(&successor), generation(&token) + 1);
        token = api
            .refresh(&successor)
            .await
            .expect(200)
            .text("/refresh_token");
        assert_eq!(generation(&token), generation(&successor) + 1);
    }
    println!("20 kills: {answered} uses were answered, {lost} were not");
    assert!(lost > 0);
}

/// Waits until the server's clock, which is this machine's, has passed a moment.
async fn wait_for_clock(server: &ServerProcess, log: &mut LogReader, millis: i64) {
    while log.poll(None, 0).await.unwrap().now_ms < millis {
        assert_eq!(server.ops().get("/livez").send().await.status, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_spent_token_after_its_window_ends_the_grant() {
    let (server, api, login) = start("1s").await;
    let mut log = LogReader::new(&server).await;
    let other = api.log_in("anna").await;
    let first = api.refresh(&login.refresh).await.expect(200);
    // The window began before this answer.
    let began = log.poll(None, 0).await.unwrap().now_ms;
    wait_for_clock(&server, &mut log, began + 2_001).await;
    let newest = api.refresh(&first.text("/refresh_token")).await.expect(200);
    let (newest, access) = (newest.text("/refresh_token"), newest.text("/access_token"));
    assert_eq!(api.me_by_token(&access).await.status, 200);
    let began = log.poll(None, 0).await.unwrap().now_ms;
    wait_for_clock(&server, &mut log, began + 2_001).await;
    let reused = api.refresh(&first.text("/refresh_token")).await;
    reused.expect_problem(401, "refresh_reused");
    assert_eq!(reused.set_cookies(), [""; 0]);
    let dead = api.refresh(&newest).await;
    dead.expect_problem(401, "refresh_invalid");
    for access in [&access, &login.access] {
        let refused = api.me_by_token(access).await;
        refused.expect_problem(401, "revoked_grant");
    }
    // Once ended it is ended; the entry in the log is written once.
    api.refresh(&login.refresh)
        .await
        .expect_problem(401, "refresh_invalid");
    log.catch_up().await;
    assert_eq!(log.len(), 1);
    let grant: GrantId = login.grant.parse().unwrap();
    assert!(log.names(Kind::Grant, grant));
    log.reread_from(0).await;
    log.reread_all().await;
    // The session and other grants go on.
    assert_eq!(api.me(&login.cookie).await.status, 200);
    assert_eq!(api.refresh(&other.refresh).await.status, 200);
}

#[tokio::test]
async fn what_is_not_the_token_is_refused() {
    let (_server, api, login) = start("60s").await;
    let other = api.log_in("anna").await;
    let token = login.refresh.clone();
    let parts: Vec<_> = token.split('.').collect();
    let [prefix, secret, grant, _, mac] = parts[..] else {
        panic!("{token}");
    };
    let stranger = &other.refresh.split('.').nth(2).unwrap().to_owned();
    let mut wrong = vec![
        String::new(),
        "srt1".to_owned(),
        format!("{token}."),
        format!(" {token}"),
        format!("{token}\n"),
        token.to_uppercase(),
        // Other numbers under the same MAC, ahead of the store too.
        format!("{prefix}.{secret}.{grant}.0.{mac}"),
        format!("{prefix}.{secret}.{grant}.2.{mac}"),
        format!("{prefix}.{secret}.{grant}.01.{mac}"),
        format!("{prefix}.{secret}.{grant}.+1.{mac}"),
        format!("{prefix}.{secret}.{grant}.{}.{mac}", u64::MAX),
        format!("{prefix}.{secret}.{stranger}.1.{mac}"),
        // A MAC of nothing, one too short, one too long.
        format!("{prefix}.{secret}.{grant}.1.{}", "A".repeat(43)),
        format!("{prefix}.{secret}.{grant}.1.{}", &mac[1..]),
        format!("{prefix}.{secret}.{grant}.1.{mac}A"),
    ];
    // Every byte of it with one bit turned that leaves it text.
    for at in 0..token.len() {
        for bit in [1, 2, 4] {
            let mut bent = token.clone().into_bytes();
            bent[at] ^= bit;
            let bent = String::from_utf8(bent).unwrap();
            let secret_of_nobody = bent.split('.').nth(1) != Some(secret);
            if !secret_of_nobody {
                wrong.push(bent);
            }
        }
    }
    println!("{} tokens that are none", wrong.len());
    for wrong in &wrong {
        let answer = api.refresh(wrong).await;
        answer.expect_problem(401, "refresh_invalid");
        assert_eq!(answer.set_cookies(), [""; 0]);
    }
    // None of it did any harm: the token is of use still.
    let step = api.refresh(&token).await.expect(200);
    assert_eq!(generation(&step.text("/refresh_token")), 2);
    // A secret that nobody has is no fault of the token.
    let unknown = format!("{prefix}.99.{grant}.1.{mac}");
    let answer = api.refresh(&unknown).await;
    answer.expect_problem(503, "unknown_server_secret");
    assert_eq!(answer.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn a_token_from_after_a_backup_is_told_apart() {
    let (mut server, api, login) = start("60s").await;
    assert!(server.terminate().success());
    let (data, backup) = (server.data_dir(), server.home().join("backup"));
    std::fs::create_dir(&backup).unwrap();
    copy_files(&data, &backup);
    server.start().await;
    let second = api
        .refresh(&login.refresh)
        .await
        .expect(200)
        .text("/refresh_token");
    let third = api
        .refresh(&second)
        .await
        .expect(200)
        .text("/refresh_token");
    assert!(server.terminate().success());
    copy_files(&backup, &data);
    server.start().await;
    for ahead in [&second, &third] {
        let answer = api.refresh(ahead).await;
        answer.expect_problem(401, "refresh_ahead");
        assert_eq!(answer.set_cookies(), [""; 0]);
    }
    assert!(server.log().contains("ahead of the store"));
    // The store's own generation still leads on, to the same successor.
    let again = api.refresh(&login.refresh).await.expect(200);
    assert_eq!(again.text("/refresh_token"), second);
}

fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn a_log_out_reaches_tokens_that_were_refreshed_since() {
    let (mut server, api, login) = start("60s").await;
    let first = api.refresh(&login.refresh).await.expect(200);
    let second = api.refresh(&first.text("/refresh_token")).await.expect(200);
    let refreshes = [
        login.refresh.clone(),
        first.text("/refresh_token"),
        second.text("/refresh_token"),
    ];
    let accesses = [
        login.access.clone(),
        first.text("/access_token"),
        second.text("/access_token"),
    ];
    for access in &accesses {
        assert_eq!(api.me_by_token(access).await.status, 200);
    }
    let logout = api
        .post("/api/v1/logout")
        .cookie(&login.cookie)
        .send()
        .await;
    assert_eq!(logout.status, 200, "{logout:?}");
    for restarted in [false, true] {
        if restarted {
            server.kill();
            server.start().await;
        }
        for token in &refreshes {
            let answer = api.refresh(token).await;
            answer.expect_problem(401, "refresh_invalid");
            assert_eq!(answer.set_cookies(), [""; 0]);
        }
        for access in &accesses {
            let answer = api.me_by_token(access).await;
            answer.expect_problem(401, "revoked_session");
        }
    }
}
