//! The token decoder of the real server in a real browser: what it says is what the verifier says,
//! and what is pasted into it goes nowhere and stays nowhere.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use symbolon_jose::base64url;
use symbolon_testing::{Browser, ServerProcess, ServerSetup};

/// A token for the API of the fixture's configuration.
async fn token(server: &ServerProcess) -> String {
    let api = server.api();
    api.register("mara").await;
    let wanted = json!({"credentials": ["tokens"], "resource": "orders"});
    api.log_in_with("mara", &wanted).await.access
}

async fn start() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

/// The token with another subject and its old signature.
fn tampered(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        unreachable!("a token has three parts");
    };
    let claims = base64url::decode(claims).unwrap();
    let mut claims: serde_json::Map<String, Value> = serde_json::from_slice(&claims).unwrap();
    claims.insert("sub".to_owned(), "somebody else".into());
    let claims = base64url::encode(Value::Object(claims).to_string().as_bytes());
    format!("{header}.{claims}.{signature}")
}

fn unsigned(claims: &str) -> String {
    let [header, claims] = [
        r#"{"alg":"HS256","typ":"<b>at+jwt</b>","kid":"<svg onload=alert(2)>"}"#,
        claims,
    ]
    .map(|part| base64url::encode(part.as_bytes()));
    format!("{header}.{claims}.AAAA")
}

/// How many requests the server has answered.
async fn answered(server: &ServerProcess) -> f64 {
    let metrics = server.ops().get("/metrics").send().await.body;
    let counts = metrics.lines().filter_map(|line| {
        let (series, count) = line.rsplit_once(' ')?;
        let is_total = series.starts_with("symbolon_http_requests_total");
        is_total.then(|| count.parse::<f64>().unwrap())
    });
    counts.sum()
}

#[tokio::test]
async fn a_token_is_explained_and_verified_in_the_page_and_leaves_no_trace() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = start().await;
    let token = token(&server).await;
    let input = json!({
        "origin": server.issuer(),
        "token": token,
        "tampered": tampered(&token),
    });
    let found = browser
        .run(include_str!("browser/decoder.mjs"), &input)
        .await;
    assert_eq!(
        found["asked"],
        json!([]),
        "nothing is asked after the page is loaded"
    );
    let traces = json!({
        "local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0,
        "cookie": "", "state": null, "name": "", "query": "",
    });
    assert_eq!(found["left"], traces);
    assert_eq!(found["kept"], "", "what was typed is gone");
    let exp = found["exp"].as_str().unwrap();
    let is_near = ["in 4 minutes · ", "in 3 minutes · "].map(|words| exp.starts_with(words));
    assert!(is_near.contains(&true), "{exp}");
    assert!(exp.ends_with(" UTC"), "{exp}");
    let bytes = found["sent"]["bytes"].as_u64().unwrap();
    assert!(
        bytes < 200_000,
        "{bytes} bytes for page, styles, scripts and module"
    );
    println!("ready after {} ms, {}", found["ready"], found["sent"]);
    let log = server.log();
    for part in token.split('.').skip(1) {
        assert!(!log.contains(part), "the server has seen the token");
    }
}

#[tokio::test]
async fn what_a_token_says_is_text_and_the_page_may_connect_to_nothing() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = start().await;
    let elsewhere = start().await;
    let hostile = json!({
        "iss": "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>": "\u{202e}gnidaer",
        "aud": ["</pre><script>alert(1)</script>"],
        "exp": "<svg onload=alert(1)>",
        "deep": {"<b>": "<iframe srcdoc='<script>alert(1)</script>'>"},
    });
    let tokens = [
        unsigned(&hostile.to_string()),
        unsigned("<script>alert(1)</script>"),
        "<img src=x onerror=alert(1)>.<b>.<i>".to_owned(),
        r#"{"payload":"<script>alert(1)</script>"}"#.to_owned(),
    ];
    let before = answered(&elsewhere).await;
    let input = json!({
        "origin": server.issuer(),
        "tokens": tokens,
        "elsewhere": elsewhere.url("/livez"),
    });
    let script = include_str!("browser/decoder_hostile.mjs");
    let found = browser.run(script, &input).await;
    for way in ["here", "there", "image", "socket", "markup", "form"] {
        assert_eq!(found["tried"][way], "refused", "{way}: {found}");
    }
    assert_eq!(
        found["url"],
        server.url("/tools/jwt"),
        "the form went nowhere"
    );
    assert!(found["complaints"].as_u64().unwrap() >= 4, "{found}");
    assert!((answered(&elsewhere).await - before).abs() < 0.5);
}

#[tokio::test]
async fn the_page_speaks_german_and_says_what_to_do_without_scripts() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let server = start().await;
    let input = json!({"origin": server.issuer(), "token": token(&server).await});
    let script = include_str!("browser/decoder_words.mjs");
    let found = browser.run(script, &input).await;
    let words = &found["words"];
    assert_eq!(words["title"], "Token-Decoder – Symbolon");
    assert_eq!(words["verdict"], "Gelesen, nicht geprüft");
    let exp = words["exp"].as_str().unwrap();
    let is_near = ["in 4 Minuten · ", "in 3 Minuten · "].map(|words| exp.starts_with(words));
    assert!(is_near.contains(&true), "{exp}");
    let signature = words["signature"].as_str().unwrap();
    assert!(signature.contains("nicht geprüft"), "{signature}");
    let without = found["without"].as_str().unwrap();
    assert!(without.contains("symbolon jwt decode"), "{without}");
}

#[tokio::test]
async fn the_page_is_sent_under_a_policy_of_its_own() {
    let server = start().await;
    let page = server.api().get("/tools/jwt").send().await.expect(200);
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'none'; form-action 'none'; frame-ancestors 'none'; \
         base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.set_cookies().is_empty());
    let login = server.api().get("/login").send().await;
    let policy = login.header("content-security-policy");
    assert!(!policy.contains("wasm"), "{policy}");
    let (_, module) = page.body.split_once("data-module=\"").unwrap();
    let (module, _) = module.split_once('"').unwrap();
    let module = server.http().get(server.url(module));
    let module = module.header("accept-encoding", "gzip, br");
    let module = module.send().await.unwrap();
    assert_eq!(module.headers()["content-encoding"], "gzip");
    let bytes = module.bytes().await.unwrap().len();
    assert!(bytes <= 150 * 1024, "{bytes} bytes");
}
