//! `/account`, `/logout` and what guards every form, on the real server.

use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};

const HOSTILE: &str = "<script>alert('\"x\"')</script>";
const NEW: &str = "another horse entirely";

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

#[track_caller]
fn assert_leads_to(answer: &Answer, path: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, path),
        "{answer:?}"
    );
}

/// An end leads to its receipt.
#[track_caller]
fn assert_leads_to_receipt(answer: &Answer, notice: &str) {
    let start = format!("/account/receipt?notice={notice}&head=");
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(answer.header("location").starts_with(&start), "{answer:?}");
}

async fn submit(api: &Api, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    api.post(path).cookie(cookie).form(fields).send().await
}

async fn page(api: &Api, path: &str, cookie: &str) -> Answer {
    api.get(path).cookie(cookie).send().await
}

#[tokio::test]
async fn nobody_gets_to_the_account_without_a_session() {
    let server = server().await;
    let api = server.api();
    assert_leads_to(&page(&api, "/account", "").await, "/login?next=/account");
    for path in [
        "/account/password",
        "/account/profile",
        "/account/sessions/end",
        "/account/sessions/end-others",
    ] {
        let answer = submit(&api, path, "", &[]).await;
        assert_leads_to(&answer, "/login?next=/account");
    }
    for path in [
        "/account/sessions/end?session=x",
        "/account/sessions/end-others",
        "/account/receipt?notice=others-ended&head=x&at=0",
    ] {
        assert_leads_to(&page(&api, path, "").await, "/login?next=/account");
    }
    assert_leads_to(&page(&api, "/logout", "").await, "/login");
    let _ = page(&api, "/account/password", "").await.expect(405);
}

#[tokio::test]
async fn sessions_are_ended_from_the_list() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    api.register("bob").await;
    let here = api.log_in("alice").await;
    let there = api.log_in("alice").await;
    let third = api.log_in("alice").await;
    let bob = api.log_in("bob").await;
    let end = async |session: &str| {
        submit(
            &api,
            "/account/sessions/end",
            &here.cookie,
            &[("session", session)],
        )
        .await
    };
    assert_leads_to_receipt(&end(&there.session).await, "session-ended");
    api.me(&there.cookie)
        .await
        .expect_problem(401, "revoked_session");
    for gone in [bob.session.as_str(), "nonsense", ""] {
        assert_leads_to(&end(gone).await, "/account?notice=session-gone");
    }
    let _ = api.me(&bob.cookie).await.expect(200);
    let others = submit(&api, "/account/sessions/end-others", &here.cookie, &[]).await;
    assert_leads_to_receipt(&others, "others-ended");
    api.me(&third.cookie)
        .await
        .expect_problem(401, "revoked_session");
    let _ = page(&api, "/account", &here.cookie).await.expect(200);
    // The one at hand: that is a log-out.
    let own = end(&here.session).await;
    assert_leads_to(&own, "/login?notice=logged-out");
    assert!(
        own.set_cookies()
            .iter()
            .any(|line| line.starts_with("symbolon=;"))
    );
    assert_leads_to(
        &page(&api, "/account", &here.cookie).await,
        "/login?next=/account",
    );
}

#[tokio::test]
async fn the_password_is_changed_by_form() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let here = api.log_in("alice").await;
    let there = api.log_in("alice").await;
    let change = async |current: &str, new: &str, repeat: &str| {
        let fields = [("current", current), ("new", new), ("repeat", repeat)];
        submit(&api, "/account/password", &here.cookie, &fields).await
    };
    for (answer, said) in [
        (
            change("wrong", NEW, NEW).await.expect(401),
            "The current password is wrong",
        ),
        (
            change(PASSWORD, NEW, "other").await.expect(422),
            "The two passwords differ",
        ),
        (
            change(PASSWORD, "short", "short").await.expect(422),
            "at least 8 characters",
        ),
    ] {
        assert!(answer.body.contains(said), "{answer:?}");
        assert!(!answer.body.contains(PASSWORD) && !answer.body.contains(NEW));
    }
    let _ = api.me(&there.cookie).await.expect(200);
    let done = change(PASSWORD, NEW, NEW).await;
    assert_leads_to_receipt(&done, "password-changed");
    let fresh = done.cookie("symbolon");
    assert!(fresh != here.cookie);
    let _ = page(&api, "/account", &fresh).await.expect(200);
    api.me(&here.cookie)
        .await
        .expect_problem(401, "session_unknown");
    api.me(&there.cookie)
        .await
        .expect_problem(401, "revoked_session");
}

#[tokio::test]
async fn looking_at_the_log_out_page_ends_nothing() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let asked = page(&api, "/logout", &login.cookie).await.expect(200);
    assert!(
        asked.body.contains("method=\"post\" action=\"/logout\""),
        "{asked:?}"
    );
    let _ = api
        .call(reqwest::Method::HEAD, "/logout")
        .cookie(&login.cookie)
        .send()
        .await;
    let _ = api.me(&login.cookie).await.expect(200);
    let out = submit(&api, "/logout", &login.cookie, &[]).await;
    assert_leads_to(&out, "/login?notice=logged-out");
    api.me(&login.cookie)
        .await
        .expect_problem(401, "revoked_session");
    api.me_by_token(&login.access)
        .await
        .expect_problem(401, "revoked_session");
    // Once more, with the dead cookie: it is forgotten all the same.
    let again = submit(&api, "/logout", &login.cookie, &[]).await;
    assert_leads_to(&again, "/login?notice=logged-out");
    assert!(
        again
            .set_cookies()
            .iter()
            .any(|line| line.starts_with("symbolon=;"))
    );
}

#[tokio::test]
async fn there_is_no_registration_where_it_is_closed() {
    let setup = ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"));
    let server = setup.set("registration.open", "false").start().await;
    let api = server.api();
    let form = page(&api, "/register", "").await.expect(404);
    assert!(form.body.contains("made by an administrator"), "{form:?}");
    let fields = [("identifier", "alice"), ("password", PASSWORD)];
    let _ = submit(&api, "/register", "", &fields).await.expect(404);
    assert!(!page(&api, "/login", "").await.body.contains("/register"));
}

#[tokio::test]
async fn a_form_on_another_site_does_nothing() {
    let server = server().await;
    let api = server.api();
    api.register("alice").await;
    let login = api.log_in("alice").await;
    let issuer = server.issuer();
    let port = server.address().port();
    let foreign: &[(&str, &str)] = &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", &format!("http://localhost:{port}")),
        ("origin", &format!("https://127.0.0.1:{port}")),
    ];
    let fields = [("identifier", "alice"), ("password", PASSWORD)];
    for (name, value) in foreign {
        for path in [
            "/logout",
            "/account/sessions/end-others",
            "/api/v1/logout",
            "/login",
        ] {
            let call = api.post(path).cookie(&login.cookie).form(&fields);
            let answer = call.header(name, value).send().await;
            assert_eq!(answer.status, 403, "{path} {name}: {value} {answer:?}");
            assert!(answer.body.contains("cross_site_request"), "{answer:?}");
            assert!(answer.set_cookies().is_empty());
        }
        let call = api.delete("/api/v1/sessions").cookie(&login.cookie);
        let answer = call.header(name, value).send().await;
        answer.expect_problem(403, "cross_site_request");
    }
    let _ = api.me(&login.cookie).await.expect(200);
    // Its own pages, and programs, which send neither header.
    for own in [
        Some(("sec-fetch-site", "same-origin")),
        Some(("sec-fetch-site", "none")),
        Some(("origin", issuer.as_str())),
        None,
    ] {
        let call = api.post("/login").form(&fields);
        let call = match own {
            Some((name, value)) => call.header(name, value),
            None => call,
        };
        assert_leads_to(&call.send().await, "/account");
    }
    // Links from elsewhere may lead here.
    let call = api.get("/login").header("sec-fetch-site", "cross-site");
    let _ = call.send().await.expect(200);
}

#[tokio::test]
async fn what_others_chose_is_shown_as_text() {
    let server = server().await;
    let api = server.api();
    let name = "<img/src=x/onerror=alert(1)>";
    api.register(name).await;
    let fields = [("identifier", name), ("password", PASSWORD)];
    let call = api
        .post("/login")
        .form(&fields)
        .header("user-agent", HOSTILE);
    let cookie = call.send().await.cookie("symbolon");
    let account = page(&api, "/account", &cookie).await.expect(200);
    assert!(!account.body.contains("<img/src") && !account.body.contains("<script>"));
    assert!(account.body.contains("&#60;img/src"), "{}", account.body);
    assert!(
        account.body.contains("&#60;script&#62;"),
        "{}",
        account.body
    );
    for path in [
        "/<script>alert(1)</script>",
        "/login?notice=<script>",
        "/account?notice=%3Cscript%3E",
    ] {
        let call = api.get(path).cookie(&cookie).header("accept", "text/html");
        let answer = call.send().await;
        assert!(!answer.body.contains("<script>"), "{path}: {}", answer.body);
    }
}
