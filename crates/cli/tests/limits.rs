//! The bounds of the real server on attempts and on the work that waits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};
use tokio::task::JoinSet;

/// As configured when nobody configures it: ten tries on an account, thirty from an address. They
/// are regained too slowly to be met again within a test.
fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("limits.login_per_account_burst", "10")
        .set("limits.login_per_account_refill", "1h")
        .set("limits.login_per_device_burst", "10")
        .set("limits.login_per_device_refill", "1h")
}

async fn try_log_in(api: &Api, name: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"identifier": name, "password": password});
    let mut call = api.post("/api/v1/login").json(&body);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await
}

#[track_caller]
fn assert_limited(answer: &Answer) {
    answer.expect_problem(429, "rate_limited");
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
}

/// Parallel wrong guesses; how many got to the password check, and how many did not.
async fn guess(
    server: &ServerProcess,
    count: usize,
    name: &str,
    headers: &[(&str, &str)],
) -> (usize, usize) {
    let mut all = JoinSet::new();
    for number in 0..count {
        let (api, name) = (server.api(), name.to_owned());
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        all.spawn(async move {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            try_log_in(&api, &name, &format!("guess {number}"), &headers).await
        });
    }
    let answers = all.join_all().await;
    let checked = answers.iter().filter(|answer| answer.status == 401).count();
    let limited: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 401)
        .collect();
    for answer in &limited {
        assert_limited(answer);
    }
    (checked, limited.len())
}

#[tokio::test]
async fn parallel_guesses_get_no_more_tries_than_the_burst() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    api.register("bob").await;
    // This browser logged in before.
    let known = try_log_in(&api, "alice", PASSWORD, &[])
        .await
        .expect(200)
        .cookie("symbolon-device");
    assert_eq!(guess(&server, 100, "alice", &[]).await, (10, 90));
    // Neither another spelling nor an unknown account tells one from the other.
    assert_eq!(guess(&server, 5, " ALICE", &[]).await, (0, 5));
    assert_eq!(guess(&server, 40, "nobody", &[]).await, (10, 30));
    // Strangers do not even get to the right password; who was here before does.
    assert_limited(&try_log_in(&api, "alice", PASSWORD, &[]).await);
    for _ in 0..20 {
        let answer = try_log_in(&api, "alice", PASSWORD, &[("cookie", &known)]).await;
        let _ = answer.expect(200);
    }
    let _ = try_log_in(&api, "bob", PASSWORD, &[]).await.expect(200);
    // A device cookie opens one account's bucket, is bounded itself and cannot be made up.
    assert_limited(&try_log_in(&api, "nobody", PASSWORD, &[("cookie", &known)]).await);
    let forged = format!("{known}x");
    assert_limited(&try_log_in(&api, "alice", PASSWORD, &[("cookie", &forged)]).await);
    assert_eq!(
        guess(&server, 30, "alice", &[("cookie", &known)]).await,
        (10, 20)
    );
    assert_limited(&try_log_in(&api, "alice", PASSWORD, &[("cookie", &known)]).await);
}

#[tokio::test]
async fn successes_cost_nothing() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    for _ in 0..30 {
        let _ = try_log_in(&api, "alice", PASSWORD, &[]).await.expect(200);
    }
    assert_eq!(guess(&server, 12, "alice", &[]).await, (10, 2));
}

#[tokio::test]
async fn guesses_at_the_current_password_are_bounded_and_lock_nobody_out() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let change = async |current: &str| {
        let body = json!({"current": current, "new": "another horse entirely"});
        let call = api
            .post("/api/v1/password")
            .cookie(&login.cookie)
            .json(&body);
        call.send().await
    };
    for _ in 0..10 {
        change("wrong").await.expect_problem(401, "bad_credentials");
    }
    assert_limited(&change(PASSWORD).await);
    let _ = try_log_in(&api, "alice", PASSWORD, &[]).await.expect(200);
}

#[tokio::test]
async fn an_address_is_bounded_and_only_a_trusted_proxy_says_which_it_is() {
    let limited = || {
        setup()
            .set("limits.login_per_account_burst", "1000")
            .set("limits.login_per_address_burst", "3")
            .set("limits.login_per_address_refill", "1h")
            .set("limits.register_per_address_burst", "2")
            .set("limits.register_per_address_refill", "1h")
    };
    let statuses = async |server: &ServerProcess, addresses: &[&str]| {
        let mut found = Vec::new();
        for (number, address) in addresses.iter().enumerate() {
            // A name for each, so that the address alone is counted.
            let name = format!("nobody{number}");
            let header = [("x-forwarded-for", *address)];
            found.push(
                try_log_in(&server.api(), &name, "wrong", &header)
                    .await
                    .status,
            );
        }
        found
    };
    let server = limited().start().await;
    let made_up = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"];
    assert_eq!(statuses(&server, &made_up).await, [401, 401, 401, 429]);
    let register = async |server: &ServerProcess, name: &str, address: &str| {
        let body = json!({"identifier": name, "password": PASSWORD});
        let call = server.api().post("/api/v1/register").json(&body);
        call.header("x-forwarded-for", address).send().await
    };
    for (name, status) in [("a", 201), ("b", 201), ("c", 429)] {
        let answer = register(&server, name, &format!("203.0.113.{}", name.len())).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }

    let server = limited()
        .set("server.trusted_proxies", "127.0.0.1/32")
        .start()
        .await;
    assert_eq!(statuses(&server, &made_up).await, [401; 4]);
    let v6 = [
        "2001:db8:1:2::1",
        "2001:db8:1:2::2",
        "2001:db8:1:2:ffff::3",
        "2001:db8:1:2:8::4",
    ];
    assert_eq!(statuses(&server, &v6).await, [401, 401, 401, 429]);
    assert_eq!(statuses(&server, &["2001:db8:1:3::1"]).await, [401]);
    // What the client itself wrote stands before what the proxy added.
    let added = [
        "9.9.9.1, 198.51.100.7",
        "9.9.9.2, 198.51.100.7",
        "9.9.9.3,198.51.100.7",
        "9.9.9.4, 198.51.100.7",
    ];
    assert_eq!(statuses(&server, &added).await, [401, 401, 401, 429]);
    let mapped = ["::ffff:198.51.100.7", "198.51.100.7"];
    assert_eq!(statuses(&server, &mapped).await, [429, 429]);
}

#[tokio::test]
async fn more_log_ins_than_may_wait_are_refused_at_once() {
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("passwords.queue", "1")
        .set("passwords.workers", "1")
        .set("passwords.memory_kib", "262144")
        .set("passwords.iterations", "2")
        .start()
        .await;
    let api = server.api();
    api.register("alice").await;
    let mut all = JoinSet::new();
    for _ in 0..12 {
        let api = api.clone();
        all.spawn(async move { api.try_log_in("alice", PASSWORD).await });
    }
    let answers = all.join_all().await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let busy: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 200)
        .collect();
    assert!(good >= 1 && !busy.is_empty(), "{good} of {}", answers.len());
    for answer in busy {
        answer.expect_problem(503, "busy");
        assert_eq!(answer.header("retry-after"), "1");
    }
    // Nothing of it counts as a guess, and what is not a password goes on.
    let login = api.log_in("alice").await;
    let _ = api.me(&login.cookie).await.expect(200);
    assert_eq!(server.metric("symbolon_password_queue", &[]).await, 0.0);
}
