//! The pages of the real server in a real browser: by keyboard and by mouse, with and without
//! scripts, in both languages and colour schemes, on a desktop and on a phone. Screenshots of every
//! page are left in `target/screenshots`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what the log-in page weighs"
)]

use serde_json::json;
use symbolon_testing::{Browser, ServerSetup};

/// Requests of the log-in page: itself, stylesheet, script and icon, which is asked for once more as
/// the tab's.
const LOGIN_REQUESTS: u64 = 5;
/// Bytes of the log-in page with everything that it loads, heads included.
const LOGIN_BYTES: u64 = 20_000;

async fn go_through_the_door(language: &str) {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = setup().start().await;
    let code = std::fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let input = json!({
        "origin": server.issuer(),
        "language": language,
        "code": code.trim(),
    });
    let script = include_str!("browser/front_door.mjs");
    let found = browser.run(script, &input).await;
    let login = &found["login"];
    println!("the log-in page: {login}");
    assert!(
        login["requests"].as_u64().unwrap() <= LOGIN_REQUESTS,
        "{login}"
    );
    assert!(login["bytes"].as_u64().unwrap() <= LOGIN_BYTES, "{login}");
}

async fn look_after_the_account(language: &str) {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = setup().start().await;
    server.api().register("ada@example.com").await;
    let input = json!({"origin": server.issuer(), "language": language});
    let script = include_str!("browser/account.mjs");
    let _ = browser.run(script, &input).await;
}

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

#[tokio::test]
async fn people_get_through_the_front_door_in_english() {
    go_through_the_door("en").await;
}

#[tokio::test]
async fn people_get_through_the_front_door_in_german() {
    go_through_the_door("de").await;
}

#[tokio::test]
async fn people_look_after_their_account_in_english() {
    look_after_the_account("en").await;
}

#[tokio::test]
async fn people_look_after_their_account_in_german() {
    look_after_the_account("de").await;
}
