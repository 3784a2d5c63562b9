//! In a browser: the strength of a password while it is typed, and one's own data.

use serde_json::json;
use symbolon_testing::{Browser, ServerSetup, api::PASSWORD};

#[tokio::test]
async fn passwords_and_personal_data_in_a_browser() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await;
    let input = json!({"origin": server.issuer(), "password": PASSWORD});
    let script = include_str!("browser/passwords.mjs");
    let url = browser.run(script, &input).await;
    assert_eq!(url, server.url("/login?notice=erased"));
    assert!(!server.log().contains("abcdefgh1"));
}
