//! Which language the pages speak, and what people say of themselves, on the real server.

use serde_json::{Value, json};
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup, api::PASSWORD};

const GERMAN: &str = "de-AT,de;q=0.9,en;q=0.8";

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

/// As a browser asks for a page.
async fn page(api: &Api, path: &str, cookie: &str, language: &str) -> Answer {
    let call = api.get(path).cookie(cookie).header("accept", "text/html");
    call.header("accept-language", language).send().await
}

async fn submit(api: &Api, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let call = api.post(path).cookie(cookie).form(fields);
    call.header("accept-language", GERMAN).send().await
}

#[track_caller]
fn assert_speaks(answer: &Answer, tag: &str, words: &str) {
    let lang = format!("<html lang=\"{tag}\">");
    assert!(answer.body.contains(&lang), "{answer:?}");
    assert_eq!(answer.header("content-language"), tag);
    assert_eq!(answer.header("vary"), "Accept-Language, Cookie");
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
}

async fn save(api: &Api, cookie: &str, name: &str, locale: &str) -> Answer {
    let fields = [
        ("name", name),
        ("given_name", ""),
        ("family_name", ""),
        ("locale", locale),
    ];
    submit(api, "/account/profile", cookie, &fields).await
}

#[tokio::test]
async fn pages_speak_the_language_that_the_browser_asks_for() {
    let server = server().await;
    let api = server.api();
    for (path, english, german) in [
        ("/setup", "Set up", "Einrichten"),
        ("/login", "Log in", "Anmelden"),
        ("/register", "Create the account", "Konto anlegen"),
        ("/nowhere", "Not here", "Hier ist nichts"),
        (
            "/login?notice=logged-out",
            "You are logged out.",
            "Sie sind abgemeldet.",
        ),
    ] {
        assert_speaks(&page(&api, path, "", "en").await, "en", english);
        assert_speaks(&page(&api, path, "", "fr, en;q=0.1").await, "en", english);
        assert_speaks(&page(&api, path, "", GERMAN).await, "de", german);
    }
    let wrong = [("identifier", "nobody"), ("password", "wrong")];
    let refused = submit(&api, "/login", "", &wrong).await.expect(401);
    assert_speaks(&refused, "de", "Der Name oder das Passwort ist falsch.");
    assert_speaks(&refused, "de", "<title>Fehler: Anmelden");
    assert_speaks(&refused, "de", "<a href=\"#identifier\">");
    // What programs get is English, whatever they ask for.
    let problem = api.get("/api/v1/me").header("accept-language", GERMAN);
    let problem = problem.send().await;
    problem.expect_problem(401, "credential_missing");
    assert!(problem.header("content-language").is_empty());
}

#[tokio::test]
async fn who_has_chosen_a_language_is_spoken_to_in_it() {
    let server = server().await;
    let api = server.api();
    api.register("ada").await;
    let cookie = api.log_in("ada").await.cookie;
    let account = page(&api, "/account", &cookie, GERMAN).await;
    assert_speaks(&account, "de", "Ihr Konto");
    let saved = save(&api, &cookie, "Ada", "en").await.expect(303);
    assert_eq!(saved.header("location"), "/account?notice=profile-saved");
    // At once, and on error pages too.
    let account = page(&api, "/account?notice=profile-saved", &cookie, GERMAN).await;
    assert_speaks(&account, "en", "Your profile is saved.");
    assert_speaks(&account, "en", "value=\"Ada\"");
    assert_speaks(&account, "en", "<option value=\"en\" lang=\"en\" selected>");
    let nowhere = page(&api, "/nowhere", &cookie, GERMAN).await;
    assert_speaks(&nowhere, "en", "There is nothing at this address.");
    let _ = save(&api, &cookie, "Ada", "de-AT").await.expect(303);
    let account = page(&api, "/account", &cookie, "en").await;
    assert_speaks(
        &account,
        "de",
        "<option value=\"de-AT\" lang=\"de-AT\" selected>",
    );
    let _ = save(&api, &cookie, "Ada", "").await.expect(303);
    assert_speaks(&page(&api, "/account", &cookie, "en").await, "en", "Ada");
    // A language that the pages do not speak is kept, and the browser's is spoken.
    let _ = save(&api, &cookie, "Ada", "fr").await.expect(303);
    let account = page(&api, "/account", &cookie, GERMAN).await;
    assert_speaks(&account, "de", "<option value=\"fr\" lang=\"fr\" selected>");
}

#[tokio::test]
async fn a_profile_that_cannot_be_is_shown_again_as_it_was_typed() {
    let server = server().await;
    let api = server.api();
    api.register("ada").await;
    let cookie = api.log_in("ada").await.cookie;
    let refused = save(&api, &cookie, "Ada\u{202e}<b>", "de")
        .await
        .expect(422);
    assert_speaks(&refused, "de", "<a href=\"#name\">");
    assert_speaks(&refused, "de", "value=\"Ada\u{202e}&#60;b&#62;\"");
    assert!(
        refused.body.contains("aria-invalid=\"true\""),
        "{refused:?}"
    );
    let refused = save(&api, &cookie, "Ada", "no such").await.expect(422);
    assert_speaks(&refused, "de", "Diese Sprache gibt es nicht.");
    let account = page(&api, "/account", &cookie, "en").await.expect(200);
    assert!(!account.body.contains("value=\"Ada"), "{account:?}");
}

#[tokio::test]
async fn the_profile_is_replaced_as_a_whole_through_the_api() {
    let server = server().await;
    let api = server.api();
    api.register("ada").await;
    let login = api.log_in("ada").await;
    let path = "/api/v1/me/profile";
    let get = async || api.get(path).bearer(&login.access).send().await.expect(200);
    let put = async |body: Value| {
        let call = api.put(path).cookie(&login.cookie).json(&body);
        call.send().await
    };
    let none: [&str; 4] = ["name", "given_name", "family_name", "locale"];
    for claim in none {
        assert_eq!(get().await.json()[claim], Value::Null);
    }
    let full = json!({
        "name": " Ada ", "given_name": "Ada", "family_name": "Lovelace", "locale": "en-GB"
    });
    let answer = put(full).await.expect(200).json();
    assert_eq!(answer["name"], "Ada");
    assert_eq!(get().await.json(), answer);
    let part = put(json!({"family_name": "King"})).await.expect(200).json();
    let wanted = json!({
        "name": null, "given_name": null, "family_name": "King", "locale": null
    });
    assert_eq!(part, wanted);
    assert_eq!(get().await.json(), wanted);
    for (body, code) in [
        (json!({"name": "x".repeat(201)}), "profile_invalid"),
        (json!({"given_name": "a\u{7}"}), "profile_invalid"),
        (json!({"locale": "de_DE"}), "locale_invalid"),
        (json!({"role": "admin"}), "body_invalid"),
    ] {
        put(body).await.expect_problem(422, code);
    }
    assert_eq!(get().await.json(), wanted, "a refusal changes nothing");
    let nobody = api.get(path).send().await;
    nobody.expect_problem(401, "credential_missing");
    assert!(!server.log().contains("Lovelace"), "no name in the log");
    let me = api.try_log_in("ada", PASSWORD).await.expect(200);
    assert!(!me.body.contains("King"), "{me:?}");
}
