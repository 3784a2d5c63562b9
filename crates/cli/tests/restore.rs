//! `symbolon restore`: what was ended after the backup is not good again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test uses its own part")]
#[path = "support/archive.rs"]
mod archive;
#[path = "support/database.rs"]
mod database;

use archive::{
    code, end, errors, json_of, log_in, run, start, until, until_another_epoch, verifier,
};
use symbolon_testing::ServerProcess;

const FOREIGN: &str = "symbolon_log_foreign_cursors_total";

async fn refreshed(server: &ServerProcess, token: &str) -> String {
    let answer = server.api().refresh(token).await.expect(200);
    answer.text("/refresh_token")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_ends_and_verifiers_forget_nothing() {
    let mut server = start().await;
    let witness = verifier(&server).await;
    let (lost, alive, later) = (
        log_in(&server).await,
        log_in(&server).await,
        log_in(&server).await,
    );
    json_of(&server, &["backup", "backup.db"]);
    let after = log_in(&server).await;
    end(&server, &lost).await;
    let ahead = refreshed(&server, &later.refresh).await;
    until(&witness, |status| status.entries == 1).await;
    assert_eq!(code(&witness, &lost.access), "revoked_session");
    let before = witness.status();

    let refused = run(&server, &["restore", "backup.db", "--yes"]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains(&format!("pid {}", server.pid())), "{said}");
    assert!(server.terminate().success());
    let unasked = run(&server, &["restore", "backup.db"]);
    assert_eq!(unasked.status.code(), Some(2), "{unasked:?}");
    let done = json_of(&server, &["restore", "backup.db", "--yes"]);
    assert_eq!(
        (&done["sessions_ended"], &done["grants_ended"]),
        (&3.into(), &3.into())
    );
    let aside = done["moved_aside"].as_str().unwrap();
    let aside = rusqlite::Connection::open(aside).unwrap();
    let entries = "SELECT count(*) FROM revocations";
    assert_eq!(aside.query_row(entries, [], |row| row.get(0)), Ok(1));
    server.start().await;

    until_another_epoch(&witness, &before).await;
    assert_eq!(witness.status().epoch.as_deref(), done["epoch"].as_str());
    let newcomer = verifier(&server).await;
    until(&newcomer, |status| status.live).await;
    for login in [&lost, &alive, &later, &after] {
        for verifier in [&witness, &newcomer] {
            let code = code(verifier, &login.access);
            assert!(
                ["revoked_session", "revoked_key", "key_unknown"].contains(&code),
                "{code}"
            );
        }
        let me = server.api().me(&login.cookie).await;
        assert_eq!(me.status, 401, "{me:?}");
    }
    // Nobody's old cursor is taken for a copy that was put back.
    assert_eq!(server.metric(FOREIGN, &[]).await, 0.0);
    assert_eq!(errors(&server), [""; 0]);

    let answer = server.api().refresh(&alive.refresh).await;
    assert_eq!(answer.code(), "refresh_invalid", "{answer:?}");
    let answer = server.api().refresh(&ahead).await;
    assert_eq!(answer.code(), "refresh_ahead", "{answer:?}");
    let labels = [("kind", "refresh"), ("reason", "refresh_ahead")];
    let counted = server
        .metric("symbolon_authentications_total", &labels)
        .await;
    assert_eq!(counted, 1.0);
    let told = errors(&server);
    assert!(
        told.len() == 1 && told[0].contains("ahead of the store"),
        "{told:?}"
    );

    // Whoever logs in now is good everywhere, and goes on.
    let fresh = log_in(&server).await;
    refreshed(&server, &fresh.refresh).await;
    assert_eq!(server.api().me(&fresh.cookie).await.status, 200);
    until(&witness, |status| status.problem.is_none()).await;
    for verifier in [&witness, &newcomer] {
        until(verifier, |_| code(verifier, &fresh.access) == "accepted").await;
    }
    trail_tells(&server, done["epoch"].as_str().unwrap());
}

/// Who restored, and what that did.
fn trail_tells(server: &ServerProcess, epoch: &str) {
    let uid = rustix_uid();
    let query = "SELECT actor, target_id FROM audit_events WHERE action = 'epoch_changed'";
    let changed = database::rows(server, query);
    assert_eq!(changed, [[uid.clone(), epoch.to_owned()]]);
    let query = "SELECT DISTINCT actor, reason FROM audit_events
                 WHERE action IN ('key_revoked', 'session_ended') AND reason = 'restored'";
    assert_eq!(
        database::rows(server, query),
        [[uid, "restored".to_owned()]]
    );
    let query = "SELECT count(*) FROM signing_keys WHERE state = 'active'";
    let keys = database::rows(server, query);
    let query = "SELECT count(*) FROM audit_events WHERE action = 'key_revoked'";
    assert_eq!(database::rows(server, query), keys);
}

fn rustix_uid() -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("cli:{}", std::fs::metadata("/proc/self").unwrap().uid())
}

/// What `--dangerous-keep-sessions` brings back, exactly: what nobody remembers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_good_again_where_nobody_remembers() {
    let mut server = start().await;
    let witness = verifier(&server).await;
    let (lost, alive) = (log_in(&server).await, log_in(&server).await);
    json_of(&server, &["backup", "backup.db"]);
    end(&server, &lost).await;
    until(&witness, |status| status.entries == 1).await;
    let before = witness.status();
    assert!(server.terminate().success());
    let done = json_of(
        &server,
        &["restore", "backup.db", "--yes", "--dangerous-keep-sessions"],
    );
    assert_eq!(done["sessions_ended"], 0);
    server.start().await;

    until_another_epoch(&witness, &before).await;
    assert_eq!(code(&witness, &lost.access), "revoked_session");
    assert_eq!(code(&witness, &alive.access), "accepted");
    let newcomer = verifier(&server).await;
    until(&newcomer, |status| status.live).await;
    for login in [&lost, &alive] {
        assert_eq!(code(&newcomer, &login.access), "accepted");
        assert_eq!(server.api().me(&login.cookie).await.status, 200);
        refreshed(&server, &login.refresh).await;
    }
    // A database that is there already is treated in the same way.
    let before = newcomer.status();
    assert!(server.terminate().success());
    let done = json_of(&server, &["restore", "--in-place", "--yes"]);
    assert_eq!(done["sessions_ended"], 2);
    server.start().await;
    until_another_epoch(&newcomer, &before).await;
    for login in [&lost, &alive] {
        assert_ne!(code(&newcomer, &login.access), "accepted");
        assert_eq!(server.api().me(&login.cookie).await.status, 401);
    }
}

/// And leaves everything as it was.
#[tokio::test]
async fn what_cannot_be_restored_is_refused() {
    let mut server = start().await;
    json_of(&server, &["backup", "backup.db"]);
    assert!(server.terminate().success());
    let home = server.home().to_owned();
    let refused = |arguments: &[&str], exit: i32, what: &str| {
        let refused = run(&server, &[arguments, &["--yes"]].concat());
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(exit), "{said}");
        assert!(said.contains(what), "{said}");
    };
    let database = server.data_dir().join("symbolon.db");
    let whole = std::fs::read(&database).unwrap();
    std::fs::write(home.join("text"), "hello").unwrap();
    refused(&["restore", "text"], 1, "not a Symbolon database");
    refused(&["restore", "missing"], 3, "missing");
    let mut damaged = std::fs::read(home.join("backup.db")).unwrap();
    let half = damaged.len() / 2;
    damaged[half..].fill(0xA5);
    std::fs::write(home.join("damaged.db"), damaged).unwrap();
    refused(&["restore", "damaged.db"], 1, "damaged");
    let newer = home.join("newer.db");
    std::fs::copy(home.join("backup.db"), &newer).unwrap();
    let shell = rusqlite::Connection::open(&newer).unwrap();
    let sql = "UPDATE meta SET schema_version = 900, oldest_compatible = 900";
    shell.execute_batch(sql).unwrap();
    drop(shell);
    refused(&["restore", "newer.db"], 1, "schema 900");
    // Another master key.
    let key = server.data_dir().join("master.key");
    let own = std::fs::read(&key).unwrap();
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    refused(&["restore", "backup.db"], 2, "master key does not fit");
    std::fs::remove_file(&key).unwrap();
    refused(&["restore", "backup.db"], 2, "master.key does not exist");
    std::fs::write(&key, own).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    assert_eq!(std::fs::read(&database).unwrap(), whole);
    let names = std::fs::read_dir(server.data_dir()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names.filter(|name| name.contains("restor")).collect();
    assert_eq!(left, [""; 0]);
    server.start().await;
}

/// On a machine that has nothing but the backup, the configuration and the master key.
#[tokio::test]
async fn a_lost_machine_is_replaced() {
    let mut server = start().await;
    json_of(&server, &["backup", "backup.db"]);
    assert!(server.terminate().success());
    let key = std::fs::read_to_string(server.data_dir().join("master.key")).unwrap();
    std::fs::remove_dir_all(server.data_dir()).unwrap();
    let mut restore = server.command();
    restore.env("SYMBOLON_MASTER_KEY", key.trim());
    restore.args(["--json", "restore", "backup.db", "--yes"]);
    let done = restore.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let said: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(said["moved_aside"].is_null(), "{said}");
    std::fs::write(server.data_dir().join("master.key"), key).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    let owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(server.data_dir().join("master.key"), owner).unwrap();
    server.start().await;
    log_in(&server).await;
}
