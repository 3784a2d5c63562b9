//! What `/api/v1/admin` of the real server lets administrators read: outcomes over time, the audit
//! trail, the revocation log, verifiers, clients and resources, accounts by name.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/faults.rs"]
mod faults;

use faults::Faults;
use serde_json::{Value, json};
use symbolon_testing::{
    Administrator,
    administrator::{SECRET, basic, setup},
};

const BINARY: &str = env!("CARGO_BIN_EXE_symbolon");

/// Everything that there is to read.
const PATHS: [&str; 8] = [
    "/api/v1/admin/outcomes",
    "/api/v1/admin/audit",
    "/api/v1/admin/revocations",
    "/api/v1/admin/verifiers",
    "/api/v1/admin/clients",
    "/api/v1/admin/resources",
    "/api/v1/admin/keys",
    "/api/v1/admin/accounts?prefix=a",
];

fn list<'a>(document: &'a Value, member: &str) -> &'a Vec<Value> {
    document[member].as_array().unwrap()
}

#[tokio::test]
async fn only_administrators_read() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    api.register("alice").await;
    let alice = api.log_in("alice").await;
    for path in PATHS {
        let nobody = api.get(path).send().await;
        nobody.expect_problem(401, "credential_missing");
        let member = api.get(path).cookie(&alice.cookie).send().await;
        member.expect_problem(403, "role_missing");
        assert!(!admin.read(path).await.is_null(), "{path}");
    }
}

#[tokio::test]
async fn outcomes_are_the_same_as_in_the_metrics() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    api.register("alice").await;
    for _ in 0..3 {
        let _ = api.try_log_in("alice", "wrong").await.expect(401);
    }
    let alice = api.log_in("alice").await;
    let _ = api.me(&alice.cookie).await.expect(200);
    let _ = api.me_by_token("nonsense").await.expect(401);
    let _ = api.refresh("nonsense").await.expect(401);
    let read = admin.read("/api/v1/admin/outcomes?step=1m").await;
    assert_eq!(read["step_secs"], 60);
    let steps = read["steps"].as_u64().unwrap();
    assert!(steps >= 1440, "the whole of what is remembered: {steps}");
    let mut found = 0;
    for series in list(&read, "series") {
        let text = |member: &str| series[member].as_str().unwrap().to_owned();
        let counts = list(series, "counts");
        let sum: u64 = counts.iter().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(counts.len() as u64, steps);
        assert_eq!(series["total"], sum);
        let labels = [("kind", &*text("kind")), ("reason", &*text("reason"))];
        let metric = admin
            .server
            .metric("symbolon_authentications_total", &labels);
        // Asking is counted, too.
        let asked = u64::from(labels == [("kind", "token"), ("reason", "ok")]);
        assert_eq!(metric.await, (sum.max(asked)) as f64, "{labels:?}");
        found += 1;
    }
    assert!(found >= 6, "{read}");
    let login = list(&read, "series").iter().find(|series| {
        (&series["kind"], &series["reason"]) == (&json!("login"), &json!("bad_credentials"))
    });
    assert_eq!(login.unwrap()["total"], 3);

    let hours = admin.read("/api/v1/admin/outcomes?step=1h").await;
    assert_eq!(
        list(&hours["series"][0], "counts").len() as u64,
        hours["steps"]
    );
    let from = hours["since"].as_str().unwrap();
    let lately = admin
        .read(&format!("/api/v1/admin/outcomes?from={from}&step=1m"))
        .await;
    assert!(lately["steps"].as_u64().unwrap() <= 5, "{lately}");
    for (query, code, status) in [
        ("step=90s", "query_invalid", 400),
        ("step=0m", "step_invalid", 422),
        ("step=25h", "step_invalid", 422),
        ("from=yesterday", "query_invalid", 400),
        ("until=now", "query_invalid", 400),
    ] {
        let path = format!("/api/v1/admin/outcomes?{query}");
        admin.get(&path).await.expect_problem(status, code);
    }
}

#[tokio::test]
async fn the_audit_trail_is_read_newest_first_in_pages_and_filtered() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let alice = api.register("alice").await;
    api.register("bob").await;
    let disable = format!("/api/v1/admin/accounts/{alice}/disable");
    let answer = admin.post(&disable, &json!({})).await.expect(200);
    let request = answer.header("x-request-id").to_owned();

    let newest = admin.read("/api/v1/admin/audit?limit=1").await;
    let event = &newest["events"][0];
    assert_eq!(event["action"], "account_disabled");
    assert_eq!(event["actor"], format!("account:{}", admin.login.account));
    assert_eq!(
        (&event["target_kind"], &event["target_id"]),
        (&json!("account"), &json!(alice))
    );
    assert_eq!(event["reason"], "account_disabled");
    assert_eq!(event["request_id"], request.as_str());
    assert!(event["at"].as_str().unwrap().ends_with('Z'));

    let mut path = "/api/v1/admin/audit?limit=1".to_owned();
    let mut actions = Vec::new();
    loop {
        let page = admin.read(&path).await;
        actions.extend(
            list(&page, "events")
                .iter()
                .map(|event| event["action"].clone()),
        );
        let Some(next) = page["next"].as_u64() else {
            break;
        };
        path = format!("/api/v1/admin/audit?limit=1&before={next}");
    }
    let all = admin.read("/api/v1/admin/audit").await;
    assert_eq!(actions.len(), list(&all, "events").len());
    let about = admin
        .read(&format!("/api/v1/admin/audit?target={alice}"))
        .await;
    assert_eq!(list(&about, "events").len(), 2);
    let made = admin
        .read("/api/v1/admin/audit?action=account_created")
        .await;
    assert!(list(&made, "events").len() >= 2);
    let both = format!("/api/v1/admin/audit?target={alice}&action=account_created");
    assert_eq!(list(&admin.read(&both).await, "events").len(), 1);
    let wrong = admin.get("/api/v1/admin/audit?action=nonsense").await;
    wrong.expect_problem(400, "query_invalid");
}

#[tokio::test]
async fn the_revocation_log_says_what_it_names() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    api.register("alice").await;
    let alice = api.log_in("alice").await;
    let end = format!("/api/v1/admin/sessions/{}", alice.session);
    let _ = admin.delete(&end).await.expect(200);
    let client = json!({"client": "orders"});
    let _ = admin
        .post("/api/v1/admin/revocations", &client)
        .await
        .expect(200);
    let keys = admin.read("/api/v1/admin/keys").await;
    let key = list(&keys, "keys")
        .iter()
        .find(|key| key["purpose"] == "token");
    let kid = key.unwrap()["kid"].clone();
    let _ = admin
        .post(
            "/api/v1/admin/keys/rotate",
            &json!({"emergency": true, "kid": kid}),
        )
        .await
        .expect(200);
    // The administrator's own token was signed with the revoked key.
    let log = admin
        .by_cookie("/api/v1/admin/revocations?limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!((&log["head"], &log["in_force"]), (&json!(3), &json!(3)));
    let kinds: Vec<_> = list(&log, "entries")
        .iter()
        .map(|entry| &entry["kind"])
        .collect();
    assert_eq!(kinds, ["key", "client"]);
    assert_eq!(log["entries"][0]["name"], kid);
    assert!(
        log["entries"][0]["until"].is_null(),
        "it is never forgotten"
    );
    assert_eq!(log["entries"][1]["name"], "orders");
    let older = format!("/api/v1/admin/revocations?before={}", log["next"]);
    let older = admin.by_cookie(&older).await.expect(200).json();
    let entry = &older["entries"][0];
    assert_eq!(entry["name"], alice.session.as_str());
    assert_eq!(
        (&entry["reason"], &entry["in_force"]),
        (&json!("ended_by_admin"), &json!(true))
    );
    assert!(older["next"].is_null());
}

#[tokio::test]
async fn verifiers_are_listed_with_how_far_they_are() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let poll = async |instance: &str, more: &str| {
        let path = format!("/revocations?wait=0&instance={instance}{more}");
        let call = api
            .get(&path)
            .header("authorization", basic("orders", SECRET));
        call.header("user-agent", "symbolon-verifier/9")
            .send()
            .await
            .expect(200)
    };
    poll("new", "").await;
    let keys = api.get("/.well-known/jwks.json").send().await.expect(200);
    let held = symbolon_protocol::JwksHash::of(keys.body.as_bytes());
    poll("good", &format!("&jwks={held}")).await;
    let other = symbolon_protocol::JwksHash::of(b"{}");
    poll("late", &format!("&jwks={other}")).await;
    api.register("alice").await;
    let alice = api.log_in("alice").await;
    let end = format!("/api/v1/admin/sessions/{}", alice.session);
    let _ = admin.delete(&end).await.expect(200);

    let read = admin.read("/api/v1/admin/verifiers").await;
    assert_eq!(read["head"], 1);
    let told: Vec<_> = list(&read, "verifiers")
        .iter()
        .map(|one| {
            assert_eq!(one["client"], "orders");
            assert_eq!(one["software"], "symbolon-verifier/9");
            assert_eq!(
                (&one["behind"], &one["state"]),
                (&json!(1), &json!("polling"))
            );
            let text = |member: &str| one[member].as_str().unwrap().to_owned();
            (text("instance"), text("keys"))
        })
        .collect();
    let expected = [("good", "current"), ("late", "other"), ("new", "untold")];
    assert_eq!(
        told,
        expected.map(|(name, keys)| (name.to_owned(), keys.to_owned()))
    );
    for (name, number) in [
        ("readers", 3.0),
        ("readers_behind", 3.0),
        ("readers_silent", 0.0),
    ] {
        let metric = format!("symbolon_revocation_{name}");
        assert_eq!(admin.server.metric(&metric, &[]).await, number, "{name}");
    }
}

#[tokio::test]
async fn what_is_configured_is_shown_without_secrets() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let clients = admin.get("/api/v1/admin/clients").await.expect(200);
    assert!(!clients.body.contains(SECRET) && !clients.body.contains("sha256"));
    let clients = clients.json();
    assert_eq!(
        clients["clients"],
        json!([
            {"id": "first-party", "built_in": true, "has_secret": false, "scopes": []},
            {"id": "orders", "built_in": false, "has_secret": true, "scopes": ["revocations:read"]},
        ])
    );
    let resources = admin.read("/api/v1/admin/resources").await;
    assert_eq!(
        resources["resources"],
        json!([
            {"audience": admin.server.issuer(), "built_in": true, "scopes": [],
             "access_lifetime_secs": 300, "algorithm": "EdDSA"},
            {"audience": "orders", "built_in": false, "scopes": ["orders:read"],
             "access_lifetime_secs": 60, "algorithm": "ES256"},
        ])
    );
}

#[tokio::test]
async fn accounts_are_found_by_how_their_names_begin() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    for name in ["anna", "Andrea@example.com", "bert", "andré"] {
        api.register(name).await;
    }
    let find = async |query: &str| {
        let read = admin.read(&format!("/api/v1/admin/accounts?{query}")).await;
        let names: Vec<_> = list(&read, "accounts")
            .iter()
            .map(|account| {
                account["identifiers"][0]["value"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        (names, read["next"].as_str().map(str::to_owned))
    };
    let (all, next) = find("prefix=AN").await;
    assert_eq!(
        (all, next),
        (
            ["Andrea@example.com", "andré", "anna"]
                .map(str::to_owned)
                .to_vec(),
            None
        )
    );
    let (first, next) = find("prefix=an&limit=2").await;
    assert_eq!(first.len(), 2);
    let (rest, end) = find(&format!("prefix=an&limit=2&after={}", next.unwrap())).await;
    assert_eq!((rest, end), (vec!["anna".to_owned()], None));
    // A list cannot go on from what is not in it: it would begin again.
    let nobody = "00000000-0000-7000-8000-000000000000";
    let path = format!("/api/v1/admin/accounts?prefix=an&after={nobody}");
    let answer = admin.by_cookie(&path).await;
    answer.expect_problem(404, "not_found");
    assert_eq!(find("prefix=nobody").await.0, [""; 0]);
    assert_eq!(
        find(&format!("prefix={}", "x".repeat(300))).await.0,
        [""; 0]
    );
}

#[tokio::test]
async fn a_failing_store_is_no_empty_list() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    // So that who asks is answered for from memory.
    let _ = admin.by_cookie("/api/v1/me").await.expect(200);
    let faults = match Faults::begin(admin.server.pid(), "pread64", "error=EIO") {
        Ok(faults) => faults,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let mut failed = 0;
    for path in PATHS {
        let answer = admin.by_cookie(path).await;
        // What SQLite has in its cache it still knows; and some of it needs no store.
        if answer.status != 200 {
            answer.expect_problem(503, "store_unavailable");
            failed += 1;
        }
    }
    faults.end();
    assert!(failed > 0, "no read failed");
    assert!(
        !admin
            .by_cookie("/api/v1/admin/audit")
            .await
            .expect(200)
            .json()
            .is_null()
    );
}
