//! What a person may ask for, on the real server: everything about them in one document, and that
//! nothing about them is left anywhere.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/database.rs"]
mod database;
#[path = "support/old_login.rs"]
mod old_login;

use std::{
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use symbolon_testing::{Api, ServerProcess, ServerSetup, api::PASSWORD};

use self::old_login::{age_logins, expect_stale};

const SCHEMA: &str = include_str!("../../../docs/account-export.schema.json");

const NAME: &str = "canary-name-71";
const MAIL: &str = "canary-mail-72@canary.example";
const DEVICE: &str = "canary-device-73";
const AGENT: &str = "canary-agent-74";
const ADDRESS: &str = "203.0.113.175";
const NETWORK: &str = "203.0.113.0";
const CLAIM: &str = "canary-claim-76";
const LOCALE: &str = "de-x-canary77";
const FIELD: &str = "canary-field-78";
const CANARIES: [&str; 8] = [
    NAME,
    "canary-mail-72",
    "canary.example",
    DEVICE,
    AGENT,
    NETWORK,
    CLAIM,
    LOCALE,
];

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .set("server.trusted_proxies", "127.0.0.0/8")
        .set("log.level", "trace")
        .start()
        .await
}

fn run(server: &ServerProcess, arguments: &[&str], stdin: &str) -> Output {
    let mut child = server
        .command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs a command that must do well; its JSON document.
#[track_caller]
fn json_of(server: &ServerProcess, arguments: &[&str], stdin: &str) -> Value {
    let output = run(server, &[&["--json"], arguments].concat(), stdin);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A person about whom everything is known that can be, with a hash of a password that is
/// [`PASSWORD`].
fn import_person(server: &ServerProcess) {
    let person = json!({
        "subject": "person-1", "username": NAME, "email": MAIL, "email_verified": true,
        "password_hash": "$2y$04$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G",
        "locale": LOCALE, "roles": ["editor"], "profile": {"given_name": CLAIM},
    });
    let path = server.home().join("person.jsonl");
    std::fs::write(&path, format!("{person}\n")).unwrap();
    let imported = json_of(
        server,
        &[
            "accounts",
            "import",
            "--allow-roles",
            path.to_str().unwrap(),
        ],
        "",
    );
    assert_eq!(imported["imported"], 1);
    std::fs::remove_file(&path).unwrap();
}

async fn log_in(api: &Api) -> symbolon_testing::api::Login {
    let body = json!({
        "identifier": NAME, "password": PASSWORD, "device": DEVICE,
        "credentials": ["cookie", "tokens"], "scope": "offline_access",
    });
    let answer = api
        .post("/api/v1/login")
        .header("user-agent", AGENT)
        .header("x-forwarded-for", ADDRESS)
        .json(&body)
        .send()
        .await;
    answer.expect(200).login()
}

#[track_caller]
fn check_schema(document: &Value) {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let errors: Vec<_> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

/// The one document, by every way to it, and never without what it says in its schema.
#[tokio::test]
async fn everything_about_a_person_is_one_document_of_a_known_schema() {
    let server = server().await;
    import_person(&server);
    let api = server.api();
    let login = log_in(&api).await;
    let ended = log_in(&api).await;
    let path = format!("/api/v1/sessions/{}", ended.session);
    let _ = api
        .delete(&path)
        .cookie(&login.cookie)
        .send()
        .await
        .expect(200);
    let document = json_of(&server, &["accounts", "export", NAME], "");
    check_schema(&document);
    let text = document.to_string();
    for canary in CANARIES {
        // The device's own name is kept rather than the browser's.
        assert_eq!(
            text.contains(canary),
            canary != AGENT,
            "{canary}: {document:#}"
        );
    }
    assert_eq!(document["account"]["subject"], "person-1");
    assert_eq!(document["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(document["grants"].as_array().unwrap().len(), 2);
    assert_eq!(document["credentials"][0]["kind"], "password");
    let actors: Vec<_> = document["audit"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["action"].as_str().unwrap(),
                row["actor"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        actors,
        [("account_imported", "operator"), ("session_ended", "self")]
    );
    for secret in [&login.refresh, &login.access] {
        assert!(!text.contains(secret.as_str()));
    }
    assert!(
        !text.contains("$2y$") && !text.contains("$argon2id$"),
        "{text}"
    );

    // For themselves, with a log-in of a moment ago.
    let own = api
        .get("/api/v1/me/export")
        .cookie(&login.cookie)
        .send()
        .await;
    let own = own.expect(200);
    assert!(own.header("content-disposition").starts_with("attachment"));
    assert_eq!(own.header("cache-control"), "no-store");
    check_schema(&own.json());
    assert_eq!(own.json()["account"], document["account"]);
    // Not without end: it reads much.
    let mut last = None;
    for _ in 0..10 {
        let again = api.get("/api/v1/me/export").cookie(&login.cookie).send();
        last = Some(again.await);
    }
    last.unwrap().expect_problem(429, "rate_limited");
    // Into a file that nobody else can read and that was not there.
    let file = server.home().join("export.json");
    let words = [
        "accounts",
        "export",
        NAME,
        "--output",
        file.to_str().unwrap(),
    ];
    assert!(run(&server, &words, "").status.success());
    check_schema(&serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap());
    assert_eq!(run(&server, &words, "").status.code(), Some(2));
    let unknown = run(&server, &["accounts", "export", "nobody"], "");
    assert_eq!(unknown.status.code(), Some(1));
}

/// Every file below the server's directory in which one of these is written.
fn found_in(directory: &Path, canaries: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(found_in(&entry.path(), canaries));
        } else if let Ok(bytes) = std::fs::read(entry.path()) {
            for canary in canaries {
                if bytes
                    .windows(canary.len())
                    .any(|part| part == canary.as_bytes())
                {
                    found.push(format!("{canary} in {}", entry.path().display()));
                }
            }
        }
    }
    found
}

/// Database, write-ahead log and log of a running server hold nothing of a person who was erased,
/// once the answer says so; what others did is still there.
#[tokio::test]
async fn nothing_is_left_of_an_erased_person_in_any_file() {
    let server = server().await;
    let api = server.api();
    // Rows around them, so that pages are split and merged.
    for number in 0..60 {
        api.register(&format!("before-{number}")).await;
    }
    import_person(&server);
    let login = log_in(&api).await;
    for number in 0..60 {
        api.register(&format!("after-{number}")).await;
    }
    // What they sent that was refused, and what they looked at.
    let odd = json!({"identifier": NAME, "password": PASSWORD, "device": DEVICE, FIELD: FIELD});
    let refused = api.post("/api/v1/login").header("user-agent", AGENT);
    let _ = refused.json(&odd).send().await.expect(422);
    let wrong = api.try_log_in(MAIL, "canary-password-79").await;
    wrong.expect_problem(401, "bad_credentials");
    for path in ["/account", "/account/export", "/account/erase"] {
        let _ = api.get(path).cookie(&login.cookie).send().await.expect(200);
    }
    let bystander = api.log_in("before-1").await;
    let files = server.data_dir();
    assert!(
        !found_in(&files, &CANARIES).is_empty(),
        "the canaries were written"
    );
    let before = audit(&server);

    let erased = json_of(&server, &["accounts", "erase", NAME, "--yes"], "");
    assert_eq!(erased["sessions_ended"], 1);
    assert_eq!(erased["grants_ended"], 1);
    assert_eq!(erased["traces_removed"], true, "{erased:#}");
    let all: Vec<&str> = CANARIES.into_iter().chain([ADDRESS, FIELD]).collect();
    assert_eq!(found_in(server.home(), &all), Vec::<String>::new());
    let wal = files.join("symbolon.db-wal");
    assert!(
        wal.exists(),
        "it is empty or new, not gone: the server runs"
    );

    // Everything of them is refused, and nothing of others.
    let me = api.me(&login.cookie).await;
    assert_eq!(me.status, 401);
    let token = api.me_by_token(&login.access).await;
    assert_eq!(token.status, 401);
    api.refresh(&login.refresh)
        .await
        .expect_problem(401, "refresh_invalid");
    let again = api.try_log_in(NAME, PASSWORD).await;
    again.expect_problem(401, "bad_credentials");
    let _ = api.me(&bystander.cookie).await.expect(200);

    // The trail goes on with the id alone.
    let after = audit(&server);
    assert_eq!(after[..before.len()], before[..]);
    let last = after.last().unwrap();
    assert_eq!(last[2], "account_erased");
    assert_eq!(last[3], format!("account:{}", login.account));
    // The subject is not given again, and erasing again does no harm.
    let tombstone = database::rows(
        &server,
        "SELECT subject, state, locale, profile FROM accounts WHERE state = 'erased'",
    );
    assert_eq!(tombstone, [["person-1", "erased", "", "{}"]]);
    let again = json_of(&server, &["accounts", "erase", &login.account, "--yes"], "");
    assert_eq!(again["sessions_ended"], 0);
    let path = server.home().join("again.jsonl");
    std::fs::write(
        &path,
        r#"{"subject":"person-1","username":"somebody-else"}"#,
    )
    .unwrap();
    let import = run(
        &server,
        &["--json", "accounts", "import", path.to_str().unwrap()],
        "",
    );
    assert_eq!(import.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&import.stdout).unwrap();
    assert_eq!(report["rejected_by_code"], json!({"subject_erased": 1}));
}

fn audit(server: &ServerProcess) -> Vec<Vec<String>> {
    database::rows(
        server,
        "SELECT seq, actor, action, target_kind || ':' || target_id, reason
         FROM audit_events ORDER BY seq",
    )
}

/// Who erases many does not have the store written anew for each.
#[tokio::test]
async fn the_second_erasure_within_minutes_waits_for_the_housekeeping() {
    let mut server = server().await;
    let api = server.api();
    for name in ["first-person", "second-person"] {
        api.register(name).await;
    }
    let erase = |name: &str| json_of(&server, &["accounts", "erase", name, "--yes"], "");
    assert_eq!(erase("first-person")["traces_removed"], true);
    assert_eq!(erase("second-person")["traces_removed"], false);
    let words = ["accounts", "export", "second-person"];
    assert_eq!(run(&server, &words, "").status.code(), Some(1));
    // A server that starts looks first whether something is left to do.
    assert!(server.terminate().success());
    server.start().await;
    let path = server.data_dir().join("symbolon.db");
    let removed = async {
        loop {
            let traces = database::rows(&server, "SELECT traces FROM meta");
            if traces == [["0"]] {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), removed)
        .await
        .unwrap();
    assert!(path.exists());
    assert_eq!(
        found_in(&server.data_dir(), &["first-person", "second-person"]),
        Vec::<String>::new()
    );
}

/// When no server runs, the command line does all of it itself.
#[tokio::test]
async fn a_person_is_exported_and_erased_while_no_server_runs() {
    let mut server = server().await;
    import_person(&server);
    let _ = log_in(&server.api()).await;
    assert!(server.terminate().success());
    check_schema(&json_of(&server, &["accounts", "export", MAIL], ""));
    let refused = run(&server, &["accounts", "erase", NAME], "");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let erased = run(&server, &["accounts", "erase", NAME, "--yes"], "");
    assert!(erased.status.success(), "{erased:?}");
    let said = String::from_utf8(erased.stdout).unwrap();
    assert!(
        said.contains("is erased; 1 sessions and 1 grants were ended"),
        "{said}"
    );
    assert_eq!(
        found_in(&server.data_dir(), &CANARIES),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn an_old_login_neither_exports_nor_erases_without_the_password() {
    let mut server = server().await;
    let api = server.api();
    api.register("ada").await;
    let login = api.log_in("ada").await;
    age_logins(&mut server).await;
    let api = server.api();
    let export = || api.get("/api/v1/me/export").cookie(&login.cookie).send();
    expect_stale(&export().await);
    let erase = |body: Value| {
        let call = api.post("/api/v1/me/erase").bearer(&login.access);
        call.json(&body).send()
    };
    expect_stale(&erase(json!({})).await);
    let wrong = erase(json!({"password": "not the password"})).await;
    wrong.expect_problem(401, "bad_credentials");
    // The pages ask for it.
    for path in ["/account/export", "/account/erase"] {
        let page = api.get(path).cookie(&login.cookie).send().await.expect(200);
        assert!(page.body.contains("name=\"password\""), "{path}");
        let form = api
            .post(path)
            .cookie(&login.cookie)
            .form(&[("password", "wrong")]);
        let refused = form.send().await.expect(401);
        assert!(
            refused.body.contains("The current password is wrong"),
            "{path}"
        );
        let form = api.post(path).cookie(&login.cookie).form(&[]);
        let refused = form.send().await.expect(401);
        assert!(refused.body.contains("Type your password"), "{path}");
    }
    let form = api.post("/account/export").cookie(&login.cookie);
    let file = form
        .form(&[("password", PASSWORD)])
        .send()
        .await
        .expect(200);
    check_schema(&file.json());
    let _ = api.me(&login.cookie).await.expect(200);
    let done = erase(json!({"password": PASSWORD})).await.expect(200);
    assert_eq!(done.json()["sessions_ended"], 1);
    let _ = api.me(&login.cookie).await.expect(401);
}

#[tokio::test]
async fn a_fresh_login_erases_itself_on_the_page_and_the_last_admin_cannot() {
    let server = server().await;
    let api = server.api();
    json_of(
        &server,
        &["accounts", "add", "--admin"],
        &format!("{PASSWORD}\n"),
    );
    let admin = api.log_in("admin").await;
    api.register("ada").await;
    let ada = api.log_in("ada").await;
    let account = api.get("/account").cookie(&ada.cookie).send().await;
    assert!(account.expect(200).body.contains("href=\"/account/erase\""));
    let page = api.get("/account/erase").cookie(&ada.cookie).send().await;
    assert!(!page.expect(200).body.contains("type=\"password\""));
    let erase = |cookie: &str| api.post("/account/erase").cookie(cookie).form(&[]).send();
    let done = erase(&ada.cookie).await.expect(303);
    assert_eq!(done.header("location"), "/login?notice=erased");
    assert_eq!(done.cookie("symbolon"), "symbolon=");
    assert_eq!(done.cookie("symbolon-device"), "symbolon-device=");
    let said = api
        .get("/login?notice=erased")
        .header("accept-language", "de");
    assert!(
        said.send()
            .await
            .expect(200)
            .body
            .contains("Ihr Konto ist gelöscht.")
    );
    let _ = api.me(&ada.cookie).await.expect(401);

    let refused = erase(&admin.cookie).await.expect(409);
    assert!(refused.body.contains("role=\"alert\""), "{}", refused.body);
    let me = api
        .post("/api/v1/me/erase")
        .cookie(&admin.cookie)
        .json(&json!({}));
    me.send().await.expect_problem(409, "last_admin");
    let path = format!("/api/v1/admin/accounts/{}", admin.account);
    let by_token = api.delete(&path).bearer(&admin.access).send().await;
    by_token.expect_problem(409, "last_admin");
    // Only administrators do it to others.
    let grace = api.register("grace").await;
    let path = format!("/api/v1/admin/accounts/{grace}");
    let login = api.log_in("grace").await;
    for call in [api.delete(&path), api.get(&format!("{path}/export"))] {
        call.bearer(&login.access)
            .send()
            .await
            .expect_problem(403, "role_missing");
    }
    let done = api.delete(&path).bearer(&admin.access).send().await;
    assert_eq!(done.expect(200).json()["sessions_ended"], 1);
    let shown = api
        .get(&path)
        .bearer(&admin.access)
        .send()
        .await
        .expect(200);
    assert_eq!(shown.json()["state"], "erased");
    assert_eq!(shown.json()["identifiers"], json!([]));
}

/// A stolen session of an administrator neither reads nor erases anybody whole.
#[tokio::test]
async fn an_administrator_who_logged_in_long_ago_logs_in_again_first() {
    let mut server = server().await;
    json_of(
        &server,
        &["accounts", "add", "--admin"],
        &format!("{PASSWORD}\n"),
    );
    let api = server.api();
    let grace = api.register("grace").await;
    let old = api.log_in("admin").await;
    age_logins(&mut server).await;
    let api = server.api();
    let path = format!("/api/v1/admin/accounts/{grace}");
    let export = format!("{path}/export");
    expect_stale(&api.get(&export).cookie(&old.cookie).send().await);
    expect_stale(&api.delete(&path).bearer(&old.access).send().await);
    let _ = api.get(&path).cookie(&old.cookie).send().await.expect(200);
    let new = api.log_in("admin").await;
    let _ = api
        .get(&export)
        .cookie(&new.cookie)
        .send()
        .await
        .expect(200);
    let _ = api
        .delete(&path)
        .bearer(&new.access)
        .send()
        .await
        .expect(200);
}
