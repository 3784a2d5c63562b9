//! The console of the real server in a real browser, with ten thousand events in it: it draws, axe
//! finds nothing serious, and it can be used soon.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use rusqlite::{Connection, params};
use serde_json::json;
use symbolon_testing::{
    Administrator, Browser,
    administrator::{SECRET, basic, setup},
    api::PASSWORD,
};

const BINARY: &str = env!("CARGO_BIN_EXE_symbolon");

/// Events of the trail, and outcomes.
const EVENTS: usize = 10_000;

/// Milliseconds within which a page can be used, with room for a machine that does other things.
const LIMIT_MS: f64 = 3_000.0;

/// Writes a long trail beside the server, as its verbs would have.
fn fill_trail(admin: &Administrator, account: &str) {
    let path = admin.server.data_dir().join("symbolon.db");
    let mut database = Connection::open(path).unwrap();
    database
        .busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    let transaction = database.transaction().unwrap();
    let start: i64 = transaction
        .query_row("SELECT max(at) FROM audit_events", [], |row| row.get(0))
        .unwrap();
    for number in 0..EVENTS {
        let action = ["session_ended", "password_changed", "grant_ended"][number % 3];
        transaction
            .execute(
                "INSERT INTO audit_events (at, actor, action, target_kind, target_id, reason, request_id)
                 VALUES (?1, ?2, ?3, 'session', ?4, 'logout', ?5)",
                params![
                    start - i64::try_from(EVENTS - number).unwrap() * 7_000,
                    format!("account:{account}"),
                    action,
                    format!("01890a5d-ac96-774b-bcce-b3020{number:07}"),
                    format!("{number:032x}"),
                ],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
}

/// Ten thousand outcomes, of eight reasons.
async fn fill_outcomes(admin: &Administrator, cookie: &str) {
    let api = admin.api();
    let unknown = format!("symbolon={}", "A".repeat(43));
    let cookies = [
        cookie,
        cookie,
        unknown.as_str(),
        "symbolon=x",
        "symbolon=a; symbolon=b",
    ];
    let ask = async |number: usize| {
        let cookie = cookies[number % cookies.len()];
        let call = api.get("/authz/forward").cookie(cookie);
        let _ = call.send().await;
    };
    for number in (0..EVENTS).step_by(8) {
        let some: Vec<_> = (number..number + 8).map(ask).collect();
        futures_util::future::join_all(some).await;
    }
    for _ in 0..7 {
        let _ = api.try_log_in("alice", "wrong").await.expect(401);
        let _ = api.refresh("nonsense").await.expect(401);
        let _ = api.me_by_token("nonsense").await.expect(401);
    }
}

/// A server with accounts, verifiers, keys that wait and entries in its log.
async fn world(accounts: usize) -> Administrator {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    for number in 0..accounts {
        api.register(&format!("user{number:02}@example.com")).await;
    }
    let other = api.log_in("user01@example.com").await;
    let keys = api.get("/.well-known/jwks.json").send().await.expect(200);
    let held = symbolon_protocol::JwksHash::of(keys.body.as_bytes());
    for instance in ["a1b2", "c3d4"] {
        let path = format!("/revocations?wait=0&instance={instance}&jwks={held}");
        let poll = api
            .get(&path)
            .header("authorization", basic("orders", SECRET));
        let poll = poll.header("user-agent", "symbolon-verifier/0.1.0");
        let _ = poll.send().await.expect(200);
    }
    let end = format!("/api/v1/admin/sessions/{}", other.session);
    let _ = admin.delete(&end).await.expect(200);
    let rotate = admin.post("/api/v1/admin/keys/rotate", &json!({})).await;
    let _ = rotate.expect(200);
    admin
}

#[tokio::test]
async fn the_console_can_be_used_soon_and_asks_before_it_ends_anything() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let admin = world(2).await;
    let api = admin.api();
    let id = api.register("alice").await;
    let alice = api.log_in("alice").await;
    fill_trail(&admin, &id);
    fill_outcomes(&admin, &alice.cookie).await;
    let input = json!({"origin": admin.server.issuer(), "name": "admin", "password": PASSWORD});
    let script = include_str!("browser/console.mjs");
    let found = browser.run(script, &input).await;
    println!("axe, less than serious: {}", found["findings"]);
    println!("the overview after a log-in: {}", found["weight"]);
    println!("interactive after ms: {}", found["interactive"]);
    for page in ["overview", "audit"] {
        let millis = found["interactive"][page].as_f64().unwrap();
        assert!(millis < LIMIT_MS, "{page} takes {millis} ms");
    }
}

#[tokio::test]
async fn every_page_of_the_console_is_fit_to_be_seen() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let admin = world(20).await;
    let api = admin.api();
    for _ in 0..5 {
        let _ = api.try_log_in("admin", "wrong").await.expect(401);
        let _ = api.refresh("nonsense").await.expect(401);
    }
    let input = json!({"origin": admin.server.issuer(), "cookie": admin.login.cookie});
    let script = include_str!("browser/console_pages.mjs");
    let found = browser.run(script, &input).await;
    println!("axe, less than serious: {}", found["findings"]);
}
