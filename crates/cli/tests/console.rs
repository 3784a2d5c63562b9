//! The console under `/admin` of the real server: who may see it, what it shows, what it changes.

#[path = "support/faults.rs"]
mod faults;

use faults::Faults;
use serde_json::json;
use symbolon_testing::{
    Administrator, Answer,
    administrator::{SECRET, basic, setup},
    api::PASSWORD,
};

const BINARY: &str = env!("CARGO_BIN_EXE_symbolon");

/// Every page that shows something.
const PAGES: [&str; 8] = [
    "/admin",
    "/admin/accounts",
    "/admin/clients",
    "/admin/keys",
    "/admin/keys/emergency",
    "/admin/verifiers",
    "/admin/revocations",
    "/admin/audit",
];

#[track_caller]
fn assert_leads_to(answer: &Answer, path: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, path),
        "{answer:?}"
    );
}

/// A page as every page is: HTML in the language that was asked for, nothing inline, not stored.
#[track_caller]
fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    for inline in [
        "<style",
        " style=",
        "<script>",
        " onclick=",
        "http://",
        "https://",
    ] {
        let body = answer.body.replace("http://127.0.0.1", "");
        assert!(!body.contains(inline), "{inline}: {}", answer.body);
    }
}

/// Sends a form as the administrator's browser does.
async fn submit(admin: &Administrator, path: &str, fields: &[(&str, &str)]) -> Answer {
    let call = admin.api().post(path).cookie(&admin.login.cookie);
    call.form(fields).send().await
}

/// Sends a form and goes to where it leads.
async fn submit_and_follow(admin: &Administrator, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = submit(admin, path, fields).await.expect(303);
    let page = admin.by_cookie(answer.header("location")).await;
    assert_page(&page, 200);
    page
}

#[tokio::test]
async fn only_administrators_see_it() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let alice = api.register("alice").await;
    let login = api.log_in("alice").await;
    for page in PAGES {
        assert_page(&admin.by_cookie(page).await, 200);
        let nobody = api.get(page).send().await;
        let next = page.replace('/', "%2F");
        assert_leads_to(&nobody, &format!("/login?next={next}"));
        let member = api.get(page).cookie(&login.cookie).send().await;
        assert_page(&member, 403);
        assert!(member.body.contains("role_missing"), "{page}: {member:?}");
        assert!(!member.body.contains("alice"), "{page}");
        // A token opens the API, not pages.
        let token = api.get(page).bearer(&admin.login.access).send().await;
        assert_eq!(token.status, 303, "{page}");
    }
    let deep = api
        .get("/admin/audit?action=key_added&target=a%20b")
        .send()
        .await;
    let next = "%2Fadmin%2Faudit%3Faction%3Dkey_added%26target%3Da%2520b";
    assert_leads_to(&deep, &format!("/login?next={next}"));

    let forms = [
        format!("/admin/accounts/{alice}/disable"),
        format!("/admin/accounts/{alice}/enable"),
        format!("/admin/accounts/{alice}/end"),
        format!("/admin/accounts/{alice}/roles"),
        format!("/admin/accounts/{alice}/sessions/end"),
        "/admin/keys/rotate".to_owned(),
        "/admin/keys/emergency".to_owned(),
    ];
    let before = admin.read("/api/v1/admin/audit").await;
    for form in forms {
        let fields = [("roles", "admin"), ("session", login.session.as_str())];
        let nobody = api.post(&form).form(&fields).send().await;
        assert_leads_to(&nobody, "/login?next=%2Fadmin");
        let member = api.post(&form).cookie(&login.cookie).form(&fields);
        assert_page(&member.send().await, 403);
        let foreign = api.post(&form).cookie(&admin.login.cookie).form(&fields);
        let foreign = foreign
            .header("origin", "https://evil.example")
            .send()
            .await;
        assert_eq!(foreign.status, 403, "{form}");
    }
    assert_eq!(admin.read("/api/v1/admin/audit").await, before);
}

#[tokio::test]
async fn the_overview_counts_what_happened() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    for _ in 0..12 {
        let _ = admin.api().try_log_in("admin", "wrong").await.expect(401);
    }
    for (range, rows) in [("1h", 61), ("6h", 73), ("24h", 97)] {
        let page = admin.by_cookie(&format!("/admin?range={range}")).await;
        assert_page(&page, 200);
        assert!(page.body.contains("bad_credentials"), "{page:?}");
        assert!(page.body.contains("<td>12</td>"), "{page:?}");
        let shown = page.body.matches("<tr><th scope=\"row\"><time").count();
        // Of two tables; the day begins within a step.
        assert!(
            (2 * rows - 4..=2 * rows).contains(&shown),
            "{range}: {shown}"
        );
        assert!(page.body.contains("data-chart"));
    }
    let wrong = admin.by_cookie("/admin?range=1y").await;
    assert_page(&wrong, 400);
}

#[tokio::test]
async fn accounts_are_found_and_shown() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(api.register(&format!("user{number:02}")).await);
    }
    let first = admin.by_cookie("/admin/accounts?search=USER").await;
    assert_page(&first, 200);
    assert!(first.body.contains("user00") && first.body.contains("user49"));
    assert!(!first.body.contains("user50"));
    let next = format!("/admin/accounts?search=USER&#38;after={}", ids[49]);
    assert!(first.body.contains(&next), "{}", first.body);
    let second = admin.by_cookie(&next.replace("&#38;", "&")).await;
    assert!(second.body.contains("user50") && !second.body.contains("user49"));
    let all = admin.by_cookie("/admin/accounts").await;
    assert!(all.body.contains(">admin<"), "{}", all.body);
    let none = admin.by_cookie("/admin/accounts?search=nobody").await;
    assert!(none.body.contains("No account is called so"));

    api.log_in("user07").await;
    let page = admin
        .by_cookie(&format!("/admin/accounts/{}", ids[7]))
        .await;
    assert_page(&page, 200);
    for part in ["user07", ids[7].as_str(), "/disable", "/sessions/end"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    for gone in ["01890a5d-ac96-774b-bcce-b302099a8057", "nonsense"] {
        assert_page(
            &admin.by_cookie(&format!("/admin/accounts/{gone}")).await,
            404,
        );
    }
}

#[tokio::test]
async fn an_account_is_disabled_after_a_question_and_enabled_again() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let id = api.register("alice").await;
    let alice = api.log_in("alice").await;
    let page = format!("/admin/accounts/{id}");
    let question = admin.by_cookie(&format!("{page}/disable")).await;
    assert_page(&question, 200);
    assert!(question.body.contains("Disable alice?"), "{question:?}");
    for part in ["logged in with 1 session.", "1 app", "1 refresh token"] {
        assert!(question.body.contains(part), "{part}: {}", question.body);
    }
    let _ = api.me(&alice.cookie).await.expect(200);

    let done = submit_and_follow(&admin, &format!("{page}/disable"), &[]).await;
    assert!(done.body.contains("The account is disabled."), "{done:?}");
    api.me(&alice.cookie)
        .await
        .expect_problem(401, "revoked_session");
    let refused = api.try_log_in("alice", PASSWORD).await;
    refused.expect_problem(403, "account_disabled");
    let shown = admin.by_cookie(&page).await;
    assert!(shown.body.contains("/enable") && !shown.body.contains("/disable"));

    let enabled = submit_and_follow(&admin, &format!("{page}/enable"), &[]).await;
    assert!(enabled.body.contains("enabled again"));
    api.log_in("alice").await;
    let trail = admin
        .read(&format!("/api/v1/admin/audit?target={id}"))
        .await;
    let actors: Vec<_> = trail["events"].as_array().unwrap().iter().collect();
    let by = format!("account:{}", admin.login.account);
    assert!(
        actors[..2].iter().all(|event| event["actor"] == by),
        "{trail}"
    );
}

#[tokio::test]
async fn sessions_end_one_by_one_and_all_together() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let id = api.register("alice").await;
    let bob = api.register("bob").await;
    let (one, two) = (api.log_in("alice").await, api.log_in("alice").await);
    let page = format!("/admin/accounts/{id}");
    let fields = [("session", one.session.as_str())];
    // A session of somebody else is none of this account.
    let form = format!("/admin/accounts/{bob}/sessions/end");
    assert_page(&submit(&admin, &form, &fields).await, 404);
    let _ = api.me(&one.cookie).await.expect(200);
    let done = submit_and_follow(&admin, &format!("{page}/sessions/end"), &fields).await;
    assert!(done.body.contains("The session was ended."), "{done:?}");
    api.me(&one.cookie)
        .await
        .expect_problem(401, "revoked_session");
    let _ = api.me(&two.cookie).await.expect(200);

    let question = admin.by_cookie(&format!("{page}/end")).await;
    assert!(question.body.contains("Log alice out everywhere?"));
    let done = submit_and_follow(&admin, &format!("{page}/end"), &[]).await;
    assert!(done.body.contains("logged out everywhere"), "{done:?}");
    api.me(&two.cookie)
        .await
        .expect_problem(401, "revoked_session");
    assert!(
        admin
            .by_cookie(&page)
            .await
            .body
            .contains("Nobody is logged in")
    );
}

#[tokio::test]
async fn roles_are_replaced_but_the_last_administrator_stays() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let id = admin.api().register("alice").await;
    let form = format!("/admin/accounts/{id}/roles");
    let done = submit_and_follow(&admin, &form, &[("roles", " auditor  admin ")]).await;
    assert!(done.body.contains("The roles are saved."));
    let account = admin.read(&format!("/api/v1/admin/accounts/{id}")).await;
    assert_eq!(account["roles"], json!(["admin", "auditor"]));
    let wrong = submit(&admin, &form, &[("roles", "Admin!")]).await;
    assert_page(&wrong, 422);
    let _ = submit(&admin, &form, &[("roles", "")]).await.expect(303);
    let own = format!("/admin/accounts/{}", admin.login.account);
    for (path, fields) in [("roles", &[("roles", "")][..]), ("disable", &[])] {
        let refused = submit(&admin, &format!("{own}/{path}"), fields).await;
        assert_page(&refused, 409);
        assert!(refused.body.contains("last_admin"), "{refused:?}");
    }
    assert_page(&admin.by_cookie("/admin").await, 200);
}

#[tokio::test]
async fn keys_are_rotated_with_the_wait_for_readers_and_revoked_after_a_question() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let other = symbolon_protocol::JwksHash::of(b"{}");
    let poll = format!("/revocations?wait=0&instance=late&jwks={other}");
    let poll = api
        .get(&poll)
        .header("authorization", basic("orders", SECRET));
    let _ = poll.send().await.expect(200);
    let rotated = submit_and_follow(&admin, "/admin/keys/rotate", &[]).await;
    assert!(rotated.body.contains("The next keys are published."));
    assert!(
        rotated.body.contains("waits for orders#late"),
        "{}",
        rotated.body
    );
    assert!(rotated.body.contains("may sign from"));

    let keys = admin.read("/api/v1/admin/keys").await;
    let key = keys["keys"].as_array().unwrap().iter();
    let mut key = key.filter(|key| key["state"] == "active" && key["alg"] == "ES256");
    let kid = key.next().unwrap()["kid"].as_str().unwrap().to_owned();
    let question = admin
        .by_cookie(&format!("/admin/keys/emergency?kid={kid}"))
        .await;
    assert!(question.body.contains(&kid), "{question:?}");
    let done = submit_and_follow(&admin, "/admin/keys/emergency", &[("kid", &kid)]).await;
    assert!(done.body.contains("revoked and replaced"));
    // It has not polled since; whoever looks again sees when it has.
    assert!(
        done.body.contains("late") && done.body.contains("behind by 1 entry"),
        "{done:?}"
    );
    let log = admin.by_cookie("/admin/revocations").await;
    assert!(
        log.body.contains(&kid) && log.body.contains("for ever"),
        "{log:?}"
    );
    let again = submit(&admin, "/admin/keys/emergency", &[("kid", &kid)]).await;
    assert_page(&again, 404);
    let _ = api.me_by_token(&admin.login.access).await.expect(200);
    let _ = submit(&admin, "/admin/keys/emergency", &[])
        .await
        .expect(303);
    api.me_by_token(&admin.login.access)
        .await
        .expect_problem(401, "revoked_key");
}

#[tokio::test]
async fn a_receipt_that_was_made_up_says_nothing() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let id = admin.api().register("alice").await;
    let roles = format!("/admin/accounts/{id}/roles");
    let answer = submit(&admin, &roles, &[("roles", "auditor")])
        .await
        .expect(303);
    let real = answer.header("location").to_owned();
    let page = admin.by_cookie(&real).await;
    assert!(page.body.contains("The roles are saved."), "{page:?}");
    assert!(
        page.body
            .contains(&format!("href=\"/admin/accounts/{id}\""))
    );
    let at = real
        .split("&at=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    for made_up in [
        real.replace(at, "1"),
        real.replace("&head=", "&head=A"),
        format!("/admin/receipt?notice=roles-saved&head=AAAA&at={at}"),
    ] {
        let page = admin.by_cookie(&made_up).await;
        assert_page(&page, 200);
        assert!(
            page.body.contains("no longer to be had"),
            "{made_up}: {page:?}"
        );
    }
}

#[tokio::test]
async fn verifiers_clients_and_the_trail_are_shown() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let none = admin.by_cookie("/admin/verifiers").await;
    assert!(none.body.contains("No service follows"), "{none:?}");
    let poll = api.get("/revocations?wait=0&instance=a1b2");
    let poll = poll.header("authorization", basic("orders", SECRET));
    let poll = poll.header("user-agent", "symbolon-verifier/9");
    let _ = poll.send().await.expect(200);
    let one = admin.by_cookie("/admin/verifiers").await;
    for part in [
        "1 verifier",
        "orders",
        "a1b2",
        "symbolon-verifier/9",
        "up to date",
        "not told",
    ] {
        assert!(one.body.contains(part), "{part}: {}", one.body);
    }
    let clients = admin.by_cookie("/admin/clients").await;
    for part in [
        "first-party",
        "revocations:read",
        "orders:read",
        "ES256",
        "60 seconds",
    ] {
        assert!(clients.body.contains(part), "{part}: {}", clients.body);
    }
    assert!(!clients.body.contains(SECRET));

    for number in 0..110 {
        api.register(&format!("user{number}")).await;
    }
    let trail = admin
        .by_cookie("/admin/audit?action=account_created&target=")
        .await;
    assert_page(&trail, 200);
    assert_eq!(
        trail
            .body
            .matches("<th scope=\"row\"><code>account_created")
            .count(),
        100
    );
    assert!(
        trail.body.contains("<option selected>account_created"),
        "{}",
        trail.body
    );
    let next = trail
        .body
        .split("href=\"")
        .find(|link| link.contains("before="));
    let next = next
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&");
    let older = admin.by_cookie(&next).await;
    assert!(
        older
            .body
            .matches("<th scope=\"row\"><code>account_created")
            .count()
            >= 11
    );
}

#[tokio::test]
async fn what_others_chose_is_shown_as_text() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let api = admin.api();
    let name = "<img/src=x/onerror=alert(1)>";
    let id = api.register(name).await;
    let call = api
        .post("/login")
        .form(&[("identifier", name), ("password", PASSWORD)]);
    let _ = call
        .header("user-agent", "<script>alert('\"x\"')</script>")
        .send()
        .await
        .expect(303);
    let poll = api.get("/revocations?wait=0&instance=a");
    let poll = poll.header("authorization", basic("orders", SECRET));
    let _ = poll
        .header("user-agent", "<script>x</script>")
        .send()
        .await
        .expect(200);
    for path in [
        "/admin/accounts".to_owned(),
        "/admin/accounts?search=%3Cimg".to_owned(),
        "/admin/accounts?search=%22%3E%3Cscript%3E".to_owned(),
        format!("/admin/accounts/{id}"),
        format!("/admin/accounts/{id}/disable"),
        format!("/admin/accounts/{id}/end"),
        "/admin/verifiers".to_owned(),
        "/admin/audit?target=%22%3E%3Cscript%3E".to_owned(),
        "/admin/keys/emergency?kid=%22%3E%3Cscript%3E".to_owned(),
    ] {
        let page = admin.by_cookie(&path).await;
        assert_page(&page, 200);
        assert!(!page.body.contains("<img/src"), "{path}: {}", page.body);
        assert!(!page.body.contains("<script>"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn it_speaks_german() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    for (page, said) in [
        ("/admin", "Abgewiesen, nach Grund"),
        ("/admin/accounts", "Name oder Adresse beginnt mit"),
        ("/admin/clients", "Clients und APIs"),
        ("/admin/keys", "Schlüssel wechseln"),
        ("/admin/keys/emergency", "Schlüssel sofort widerrufen?"),
        ("/admin/verifiers", "Zurzeit folgt kein Dienst"),
        (
            "/admin/revocations",
            "werden in diesem Augenblick abgelehnt",
        ),
        ("/admin/audit", "Nur diese Aktion"),
    ] {
        let call = admin.api().get(page).cookie(&admin.login.cookie);
        let answer = call.header("accept-language", "de").send().await;
        assert_page(&answer, 200);
        assert_eq!(answer.header("content-language"), "de");
        assert!(answer.body.contains(said), "{page}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_failing_store_is_a_503_page() {
    let admin = Administrator::new(setup(BINARY, "")).await;
    let id = admin.api().register("alice").await;
    let _ = admin.by_cookie("/admin").await.expect(200);
    let faults = match Faults::begin(admin.server.pid(), "pread64,pwrite64", "error=EIO") {
        Ok(faults) => faults,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let disable = format!("/admin/accounts/{id}/disable");
    let refused = submit(&admin, &disable, &[]).await;
    let mut failed = Vec::new();
    for page in [
        "/admin/audit",
        "/admin/accounts",
        "/admin/keys",
        "/admin/revocations",
    ] {
        let answer = admin.by_cookie(page).await;
        if answer.status != 200 {
            failed.push(answer);
        }
    }
    // What needs no store is still shown.
    for page in ["/admin", "/admin/verifiers", "/admin/clients"] {
        assert_page(&admin.by_cookie(page).await, 200);
    }
    faults.end();
    failed.push(refused);
    for answer in failed {
        assert_page(&answer, 503);
        assert!(answer.body.contains("store_unavailable"), "{answer:?}");
    }
    let alice = admin.read(&format!("/api/v1/admin/accounts/{id}")).await;
    assert_eq!(alice["state"], "active");
}
