//! Logging in long ago, and what is refused then.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rusqlite::Connection;
use symbolon_testing::{Answer, ServerProcess};

/// Makes every log-in one of ten minutes ago, as time would.
pub(crate) async fn age_logins(server: &mut ServerProcess) {
    assert!(server.terminate().success());
    let database = Connection::open(server.data_dir().join("symbolon.db")).unwrap();
    let aged = database.execute("UPDATE sessions SET auth_time = auth_time - 600000", []);
    assert!(aged.unwrap() > 0);
    drop(database);
    server.start().await;
}

#[track_caller]
pub(crate) fn expect_stale(answer: &Answer) {
    answer.expect_problem(401, "login_too_old");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.contains("insufficient_user_authentication") && challenge.contains("max_age"),
        "{challenge}"
    );
}
