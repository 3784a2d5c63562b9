//! `symbolon accounts import` with hashes that other systems really made, on a running server and
//! without one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "support/database.rs"]
mod database;

use std::{fmt::Write as _, process::Output};

use serde_json::{Value, json};
use symbolon_testing::{
    Administrator, ServerProcess, ServerSetup, administrator::setup, api::PASSWORD,
};

/// Keycloak's three, made with its parameters but fewer iterations.
const KEYCLOAK: [(&str, &str, &str); 3] = [
    (
        "kc-sha256",
        r#"{"value":"+Ii1fVVu3cGZ8RLcNqyH/lpUnQ6qptlIxFpO0Q72eqx03KnTGitjQjtwG72JtWg2CJ+Uuv6//dHyd9C0kqUINA==","salt":"iq5e0vhYfiy2JfwbymJL2Q==","additionalParameters":{}}"#,
        r#"{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}"#,
    ),
    (
        "kc-sha512",
        r#"{"value":"aJWb7jwcDFFNvikVDNJnmUbI7kkI7hwr49ICC/E7MMPUwdaB/kZBIuVV6umEa8JvdpmAy+pjZ3/+WYmPemfTVw==","salt":"42iL5OX0FgcCIby4PhJyDw==","additionalParameters":{}}"#,
        r#"{"hashIterations":30000,"algorithm":"pbkdf2-sha512","additionalParameters":{}}"#,
    ),
    (
        "kc-argon2",
        r#"{"value":"K9xk+Vekalvr47Yhuqn7Op50o75TwqZBMElbRiLrs3Q=","salt":"EEhOQTHJHsFpCZBAqDn6BQ==","additionalParameters":{}}"#,
        r#"{"hashIterations":2,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["128"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}"#,
    ),
];

const BCRYPT: &str = "$2y$04$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G";

const CSV: &str = "\
subject,email,email_verified_at,username,password,roles,remember_token
s-django,d@example.com,,django,pbkdf2_sha256$1000$Vlds1bMmvR7woHGySzSrXz$VSrQL4hfU2Ka5j6dNrAXAem3aURVa9xAiDqRM6D+LbA=,,x
s-django-bcrypt,,,django-bcrypt,bcrypt_sha256$$2b$04$AHpuKbLJSwYpRTSnnFzRfOksAOem/3HeU9N2pbFhRgRzieMv9krd.,,x
s-scrypt,,,django-scrypt,scrypt$256$yg9ujgvyfAVrmhSNe850Rw$8$5$k9nh0Qcfon5ggBla0qSd4ZHxb94t9qEKu219JYnLfR0Ll6avIA83tXeQtYDaWgDsv/X0p93YJ5VD1da3PR6+pw==,,x
s-laravel,l@example.com,2024-01-02 03:04:05,,$2y$04$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G,editor;auditor,x
s-devise,v@example.com,NULL,,$2a$04$uvLuTcd4ltZCHLYu6ANJFuOySHGF8g8sMRY4phNaWwBOx2Uxtl6Y6,,x
s-argon2,,,argon2i,\"$argon2i$v=19$m=64,t=1,p=1$TOhCHzFSB6bp2kihI2O+PA$h8vBwD2Z5t8vOVdjVtB+NvgwSgkmVvtuFxOwhlKbrHk\",,x
";

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

fn import(server: &ServerProcess, name: &str, text: &str, more: &[&str]) -> Output {
    let path = server.home().join(name);
    std::fs::write(&path, text).unwrap();
    let words = ["--json", "accounts", "import", path.to_str().unwrap()];
    server
        .command()
        .args(words.iter().chain(more))
        .output()
        .unwrap()
}

#[track_caller]
fn report(output: &Output, exit: i32) -> Value {
    assert_eq!(output.status.code(), Some(exit), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn keycloak_and_auth0() -> String {
    let mut text = String::new();
    for (id, secret, how) in KEYCLOAK {
        let user = json!({
            "id": id, "username": id, "emailVerified": false, "enabled": true,
            "credentials": [{"type": "password", "secretData": secret, "credentialData": how}],
        });
        writeln!(text, "{user}").unwrap();
    }
    let auth0 = json!({
        "_id": {"$oid": "60425dc43519d90068f82973"}, "email": "a0@example.com",
        "email_verified": true, "passwordHash": BCRYPT.replace("$2y", "$2b"), "tenant": "dev",
    });
    writeln!(text, "{auth0}").unwrap();
    text
}

/// The kept hash of whoever goes by this name.
fn hash_of(server: &ServerProcess, subject: &str) -> String {
    let query = format!(
        "SELECT hash FROM credentials JOIN accounts ON accounts.id = account
         WHERE subject = '{subject}'"
    );
    database::rows(server, &query)[0][0].clone()
}

/// From every system: log in with the old password, and the hash is ours from then on.
#[tokio::test]
async fn people_log_in_with_what_other_systems_made_of_their_passwords() {
    let server = server().await;
    let jsonl = import(&server, "users.jsonl", &keycloak_and_auth0(), &[]);
    assert_eq!(report(&jsonl, 0)["imported"], 4);
    let csv = import(&server, "users.csv", CSV, &["--allow-roles"]);
    assert_eq!(report(&csv, 0)["imported"], 6);
    let said = String::from_utf8(csv.stderr).unwrap();
    assert!(
        said.contains("not imported: the columns remember_token"),
        "{said}"
    );
    let api = server.api();
    for (name, subject) in [
        ("kc-sha256", "kc-sha256"),
        ("kc-sha512", "kc-sha512"),
        ("kc-argon2", "kc-argon2"),
        ("a0@example.com", "auth0|60425dc43519d90068f82973"),
        ("django", "s-django"),
        ("d@example.com", "s-django"),
        ("django-bcrypt", "s-django-bcrypt"),
        ("django-scrypt", "s-scrypt"),
        ("l@example.com", "s-laravel"),
        ("v@example.com", "s-devise"),
        ("argon2i", "s-argon2"),
    ] {
        let wrong = api.try_log_in(name, "correct horse batterz").await;
        wrong.expect_problem(401, "bad_credentials");
        let right = api.try_log_in(name, PASSWORD).await.expect(200);
        assert_eq!(right.text("/account/subject"), subject, "{name}");
        let kept = hash_of(&server, subject);
        assert!(
            kept.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"),
            "{name}: {kept}"
        );
        let again = api.try_log_in(name, PASSWORD).await;
        assert_eq!(again.status, 200, "{name}: with the hash of ours");
    }
    let laravel = api.try_log_in("l@example.com", PASSWORD).await.expect(200);
    assert_eq!(
        laravel.json()["account"]["roles"],
        json!(["auditor", "editor"])
    );
    assert_eq!(
        laravel.json()["account"]["identifiers"][0]["verified"],
        true
    );
}

/// A rejected line leaves nothing, its number and code are told, and the others are imported.
#[tokio::test]
async fn what_cannot_be_imported_is_told_line_by_line() {
    let server = server().await;
    server.api().register("taken").await;
    let hash = |hash: &str| json!({"username": "x", "password_hash": hash}).to_string();
    let lines = [
        (r#"{"subject":"one","username":"one"}"#.to_owned(), ""),
        ("no JSON with canary-1".to_owned(), "line_malformed"),
        (
            r#"{"subject":"two","username":"TAKEN"}"#.into(),
            "identifier_taken",
        ),
        (
            r#"{"subject":"sp ace","username":"x"}"#.into(),
            "subject_invalid",
        ),
        (r#"{"subject":"three"}"#.into(), "identifier_missing"),
        (r#"{"username":"a b"}"#.into(), "identifier_invalid"),
        // Two blocks of output, each of as many iterations; and a p that memory does not bound.
        (
            hash(&format!(
                "$pbkdf2-sha1$i=1600000$c2FsdHNhbHQ${}",
                "A".repeat(54)
            )),
            "hash_too_costly",
        ),
        (
            hash(&format!(
                "$pbkdf2-sha512$i=1600000$c2FsdHNhbHQ${}",
                "A".repeat(86)
            )),
            "hash_too_costly",
        ),
        (
            hash(&format!(
                "$scrypt$ln=1,r=1,p=17$c2FsdHNhbHQ${}",
                "A".repeat(43)
            )),
            "hash_too_costly",
        ),
        (
            hash("$2b$20$6Oc1F/XGrUKXiIhtVTdkg.bFrZHksaYO8P2sBck55MCakgLeOnp0G"),
            "hash_too_costly",
        ),
        (hash("canary-2"), "hash_unknown"),
        (hash("$argon2id$canary-3"), "hash_malformed"),
        (
            r#"{"username":"x","pepper":"canary-4"}"#.into(),
            "hash_peppered",
        ),
        (
            r#"{"username":"x","roles":["No Role"]}"#.into(),
            "role_invalid",
        ),
        (
            r#"{"username":"x","roles":["admin"]}"#.into(),
            "roles_not_allowed",
        ),
        (
            r#"{"username":"x","locale":"de DE"}"#.into(),
            "locale_invalid",
        ),
        (
            r#"{"username":"x","shoe_size":"canary-5"}"#.into(),
            "line_malformed",
        ),
        (
            r#"{"subject":"four","username":"four","locale":"en_US"}"#.into(),
            "",
        ),
    ];
    let text: String = lines.iter().map(|(line, _)| format!("{line}\n")).collect();
    let rejects = server.home().join("rejects.jsonl");
    let more = ["--rejects", rejects.to_str().unwrap()];
    let dry = import(&server, "users.jsonl", &text, &["--dry-run"]);
    let output = import(&server, "users.jsonl", &text, &more);
    let report = report(&output, 1);
    assert_eq!(report["imported"], 2);
    assert_eq!(report["rejected"], 16);
    let dry: Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!(dry["rejected_by_code"], report["rejected_by_code"]);
    let told = std::fs::read_to_string(&rejects).unwrap();
    assert!(!told.contains("canary"), "{told}");
    let mut told: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    told.sort_by_key(|line| line["line"].as_u64());
    let wanted: Vec<(u64, &str)> = (1..)
        .zip(lines.iter().map(|(_, code)| *code))
        .filter(|(_, code)| !code.is_empty())
        .collect();
    let told: Vec<(u64, &str)> = told
        .iter()
        .map(|line| {
            (
                line["line"].as_u64().unwrap(),
                line["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, wanted);
    let locale = "SELECT locale FROM accounts WHERE subject = 'four'";
    assert_eq!(database::rows(&server, locale), [["en-US"]]);
    let subjects = database::rows(&server, "SELECT count(*) FROM accounts");
    assert_eq!(subjects, [["3"]], "one that was there, two imported");
    assert!(!server.log().contains("canary"));
}

/// Whoever can write into the file is not an administrator for that.
#[tokio::test]
async fn roles_and_identifiers_without_end_are_refused_one_by_one() {
    let admin = Administrator::new(setup(env!("CARGO_BIN_EXE_symbolon"), "")).await;
    let names = |prefix: &str, number: usize| -> Vec<Value> {
        let name = |n| json!({"value": format!("{prefix}-{n}")});
        (0..number).map(name).collect()
    };
    let accounts = json!([
        {"identifiers": names("role", 1), "roles": ["admin"]},
        {"identifiers": names("few", 32)},
        {"identifiers": names("many", 33)},
    ]);
    let send = async |body: &Value| {
        let answer = admin.post("/api/v1/admin/accounts/import", body).await;
        let results = answer.expect(200).json()["results"].clone();
        let codes = results.as_array().unwrap().iter();
        codes
            .map(|one| one["code"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let dry = json!({"accounts": accounts, "dry_run": true});
    let refused = ["roles_not_allowed", "", "too_many_identifiers"];
    assert_eq!(send(&dry).await, refused);
    let allowed = json!({"accounts": accounts, "allow_roles": true});
    assert_eq!(send(&allowed).await, ["", "", "too_many_identifiers"]);
    let path = "/api/v1/admin/accounts?identifier=role-0";
    let found = admin.read(path).await;
    assert_eq!(found["accounts"][0]["roles"], json!(["admin"]));
}

/// Stopped anywhere, and begun again: nobody twice, and what was changed meanwhile stays.
#[tokio::test]
async fn an_import_is_begun_again_without_harm() {
    let mut server = server().await;
    let line = |number: u32| {
        format!(
            "{{\"subject\":\"s{number}\",\"username\":\"u{number}\",\"password_hash\":\"{BCRYPT}\"}}\n"
        )
    };
    let all: String = (0..1200).map(line).collect();
    let half: String = (0..700).map(line).collect();
    let dry = import(&server, "users.jsonl", &all, &["--dry-run"]);
    assert_eq!(report(&dry, 0)["imported"], 1200);
    assert_eq!(
        database::rows(&server, "SELECT count(*) FROM accounts"),
        [["0"]]
    );
    assert_eq!(
        report(&import(&server, "users.jsonl", &half, &[]), 0)["imported"],
        700
    );
    let _ = server.api().try_log_in("u1", PASSWORD).await.expect(200);
    let ours = hash_of(&server, "s1");
    let again = report(&import(&server, "users.jsonl", &all, &[]), 0);
    assert_eq!(
        (&again["imported"], &again["exists"]),
        (&json!(500), &json!(700))
    );
    assert_eq!(hash_of(&server, "s1"), ours);
    // Without a server, from a line on.
    assert!(server.terminate().success());
    let more: String = (0..1210).map(line).collect();
    let offline = import(&server, "users.jsonl", &more, &["--from-line", "1201"]);
    let offline = report(&offline, 0);
    assert_eq!(
        (&offline["imported"], &offline["exists"]),
        (&json!(10), &json!(0))
    );
    server.start().await;
    let _ = server.api().try_log_in("u1209", PASSWORD).await.expect(200);
    let count = database::rows(
        &server,
        "SELECT count(*), count(DISTINCT subject) FROM accounts",
    );
    assert_eq!(count, [["1210", "1210"]]);
}

/// However many there are, a batch is one commit.
#[tokio::test]
async fn accounts_are_imported_in_batches_and_not_one_by_one() {
    const ACCOUNTS: u32 = 3_000;
    let server = server().await;
    let text: String = (0..ACCOUNTS)
        .map(|number| {
            format!(
                "{{\"subject\":\"s{number}\",\"email\":\"u{number}@example.com\",\
                 \"password_hash\":\"{BCRYPT}\"}}\n"
            )
        })
        .collect();
    let commits = || server.metric("symbolon_store_batch_commands_count", &[]);
    let before = commits().await;
    let report = report(&import(&server, "users.jsonl", &text, &[]), 0);
    assert_eq!(report["imported"], ACCOUNTS);
    assert!(report["seconds"].as_f64().unwrap() > 0.0);
    let made = commits().await - before;
    assert!((6.0..60.0).contains(&made), "{made} commits");
}

#[tokio::test]
async fn a_file_that_is_none_is_a_usage_error() {
    let server = server().await;
    let usage = |name: &str, text: &str, said: &str| {
        let output = import(&server, name, text, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(said), "{stderr}");
    };
    usage("users.txt", "x", "--format");
    usage(
        "users.csv",
        "colour,size\n1,2\n",
        "no column has a name that is known",
    );
}
