//! The pages of the real server, as a browser without scripts uses them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;

use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};

fn setup() -> ServerSetup {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
}

const HOSTILE: &str = "<script>alert('\"x\"')</script>";

/// What every page is sent with.
#[track_caller]
fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert_eq!(answer.header("content-language"), "en");
    assert_eq!(answer.header("vary"), "Accept-Language, Cookie");
    // The scripts are files of ours.
    let body = answer.body.replacen("<script src=\"/assets/pages-", "", 1);
    let body = body.replacen("<script src=\"/assets/strength-", "", 1);
    for foreign in ["<script", "javascript:", "style=\"", "onload=", PASSWORD] {
        assert!(!body.contains(foreign), "{foreign}: {}", answer.body);
    }
}

/// Where a form leads to.
#[track_caller]
fn assert_leads_to(answer: &Answer, path: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, path),
        "{answer:?}"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.header("content-security-policy").is_empty());
}

async fn submit(api: &Api, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    api.post(path).cookie(cookie).form(fields).send().await
}

async fn log_in(api: &Api, name: &str, password: &str, next: &str) -> Answer {
    let fields = [("identifier", name), ("password", password), ("next", next)];
    submit(api, "/login", "", &fields).await
}

/// A new session of an account, by the form.
async fn cookie_of(api: &Api, name: &str) -> String {
    let answer = log_in(api, name, PASSWORD, "").await;
    assert_leads_to(&answer, "/account");
    answer.cookie("symbolon")
}

async fn page(api: &Api, path: &str, cookie: &str) -> Answer {
    api.get(path).cookie(cookie).send().await
}

fn setup_code(server: &ServerProcess) -> String {
    let file = server.data_dir().join("setup-code");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::read_to_string(file).unwrap().trim().to_owned()
}

#[tokio::test]
async fn the_first_administrator_is_made_with_the_operators_code() {
    let server = setup().start().await;
    let api = server.api();
    assert_leads_to(&page(&api, "/", "").await, "/setup");
    let form = page(&api, "/setup", "").await;
    assert_page(&form, 200);
    let code = setup_code(&server);
    assert!(!form.body.contains(&code) && !server.log().contains(&code));
    let claim = async |code: &str, identifier: &str, password: &str, repeat: &str| {
        let fields = [
            ("code", code),
            ("identifier", identifier),
            ("password", password),
            ("repeat", repeat),
        ];
        submit(&api, "/setup", "", &fields).await
    };
    let wrong = claim("AAAA-BBBB-CCCC-DDDD", HOSTILE, PASSWORD, PASSWORD).await;
    assert_page(&wrong, 403);
    assert!(wrong.body.contains("The set-up code is wrong"), "{wrong:?}");
    let differ = claim(&code, "root", PASSWORD, "something else").await;
    assert_page(&differ, 422);
    assert!(!differ.body.contains(&code));
    assert_page(&claim(&code, "root", "short", "short").await, 422);
    // As people type it: lower case, no dashes.
    let typed = format!(" {} ", code.replace('-', "").to_lowercase());
    let done = claim(&typed, "root", PASSWORD, PASSWORD).await;
    assert_leads_to(&done, "/login?notice=set-up");
    assert!(
        done.set_cookies().is_empty(),
        "who made it logs in as anybody else"
    );
    assert_page(&page(&api, "/setup", "").await, 404);
    assert_page(&claim(&code, "second", PASSWORD, PASSWORD).await, 404);
    assert_leads_to(&page(&api, "/", "").await, "/login");
    let notice = page(&api, "/login?notice=set-up", "").await;
    assert!(notice.body.contains("Set-up is done."), "{notice:?}");
    let cookie = cookie_of(&api, "root").await;
    let admin = page(&api, "/api/v1/admin/accounts", &cookie)
        .await
        .expect(200);
    assert_eq!(admin.json()["accounts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_claims_with_one_code_one_makes_an_administrator() {
    let server = setup().start().await;
    let code = setup_code(&server);
    let mut all = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (api, code) = (server.api(), code.clone());
        all.spawn(async move {
            let name = format!("root{number}");
            let fields = [
                ("code", code.as_str()),
                ("identifier", &name),
                ("password", PASSWORD),
            ];
            submit(&api, "/setup", "", &fields).await.status
        });
    }
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404, 404, 404, 404, 404]);
    let listed = server
        .command()
        .args(["--json", "accounts", "list"])
        .output()
        .unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_log_in_by_form_sets_the_cookie_and_a_bad_one_none() {
    let server = setup().start().await;
    let api = server.api();
    let fields = [
        ("identifier", "alice"),
        ("password", PASSWORD),
        ("repeat", PASSWORD),
    ];
    let made = submit(&api, "/register", "", &fields).await;
    assert_leads_to(&made, "/login?notice=registered");
    let taken = submit(&api, "/register", "", &fields).await;
    assert_page(&taken, 409);
    assert!(taken.body.contains("Somebody has this name already"));
    let form = page(&api, "/login", "").await;
    assert_page(&form, 200);
    assert!(form.body.contains("href=\"/register\"") && form.set_cookies().is_empty());

    let good = log_in(&api, "alice", PASSWORD, "").await;
    let line = &good.set_cookies()[0];
    assert!(line.starts_with("symbolon=") && line.ends_with("; Path=/; HttpOnly; SameSite=Lax"));
    let account = page(&api, "/account", &good.cookie("symbolon")).await;
    assert_page(&account, 200);
    assert!(account.body.contains("alice") && account.body.contains("This device"));
    assert_leads_to(
        &page(&api, "/login", &good.cookie("symbolon")).await,
        "/account",
    );
    assert_leads_to(&page(&api, "/", &good.cookie("symbolon")).await, "/account");
    for (name, password) in [
        ("alice", "wrong one"),
        ("nobody", PASSWORD),
        (HOSTILE, "wrong one"),
    ] {
        let bad = log_in(&api, name, password, "").await;
        assert_page(&bad, 401);
        assert!(bad.set_cookies().is_empty());
        assert!(bad.body.contains("The name or the password is wrong"));
        assert!(!bad.body.contains("wrong one") && !bad.body.contains(HOSTILE));
    }
}

#[tokio::test]
async fn after_a_log_in_one_stays_on_this_origin() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let own = log_in(&api, "alice", PASSWORD, "/account?notice=set-up").await;
    assert_leads_to(&own, "/account?notice=set-up");
    for next in [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%2f/evil.example",
        "/%5cevil.example",
        "/.//evil.example",
        "/x/..//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nset-cookie: a=b",
        "/\u{2044}/evil.example",
        " /account",
        "http:evil.example",
    ] {
        let answer = log_in(&api, "alice", PASSWORD, next).await;
        assert_leads_to(&answer, "/account");
        let bad = log_in(&api, "alice", "wrong", next).await;
        assert!(!bad.body.contains("evil.example"), "{next}: {}", bad.body);
        // Who is logged in already is led on as carefully.
        let query = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        let cookie = answer.cookie("symbolon");
        let led = page(&api, &format!("/login?next={query}"), &cookie).await;
        assert_leads_to(&led, "/account");
    }
}

#[tokio::test]
async fn pages_keep_the_rules_of_the_cookie() {
    let server = setup().start().await;
    let api = server.api();
    api.register("alice").await;
    let genuine = cookie_of(&api, "alice").await;
    let planted = format!("symbolon={}", "A".repeat(43));
    for stale in [planted.as_str(), "symbolon=short", "symbolon=", "other=1"] {
        assert_leads_to(&page(&api, "/account", stale).await, "/login?next=/account");
        assert_page(&page(&api, "/login", stale).await, 200);
        let fields = [("identifier", "alice"), ("password", PASSWORD)];
        let fresh = submit(&api, "/login", stale, &fields)
            .await
            .cookie("symbolon");
        assert!(fresh.len() > 40 && fresh != planted);
    }
    for two in [
        format!("{genuine}; {planted}"),
        format!("{planted}; {genuine}"),
    ] {
        for path in ["/", "/login", "/account", "/logout", "/setup", "/register"] {
            let answer = page(&api, path, &two).await;
            assert_page(&answer, 400);
            assert!(answer.body.contains("two session cookies"), "{path}");
        }
        let fields = [("identifier", "alice"), ("password", PASSWORD)];
        let answer = submit(&api, "/login", &two, &fields).await;
        assert_page(&answer, 400);
        assert!(answer.set_cookies().is_empty());
    }
    assert_page(&page(&api, "/account", &genuine).await, 200);
}
