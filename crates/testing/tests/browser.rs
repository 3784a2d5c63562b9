//! The browser harness catches what it is there to catch.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::{Value, json};
use symbolon_testing::Browser;

/// A page that is served without a server, with a content security policy.
const PAGE: &str = r#"
const page = await open();
await page.route('**/*', (route) => route.fulfill({
  contentType: 'text/html',
  headers: { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; connect-src http:" },
  body: `<!doctype html><html lang="en"><title>T</title><main><h1>T</h1>${input.body}</main></html>`,
}));
await page.goto('/');
"#;

fn script(rest: &str) -> String {
    format!(
        "export default async ({{ open, axe, inspect, requests, weight, problems, input }}) => {{\n\
         {PAGE}\n{rest}\n}};"
    )
}

async fn run(browser: &Browser, rest: &str, body: &str) -> Value {
    let input = json!({"origin": "http://127.0.0.1:9", "body": body});
    browser.run(&script(rest), &input).await
}

/// What the test says when it fails.
async fn failure(rest: &str, body: &str) -> Option<String> {
    let browser = Browser::find()?;
    let (rest, body) = (rest.to_owned(), body.to_owned());
    let failed = tokio::spawn(async move { run(&browser, &rest, &body).await }).await;
    let panic = failed.unwrap_err().into_panic();
    Some(panic.downcast_ref::<String>().unwrap().clone())
}

#[tokio::test]
async fn a_page_without_faults_passes_and_what_it_asked_for_is_counted() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let rest = "const findings = await inspect(page, 'harness');\n\
                return { findings, requests: requests(page), weight: await weight(page), \
                dark: await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches) };";
    let found = run(&browser, rest, "<p>All is well.</p>").await;
    assert_eq!(found["findings"], json!([]));
    assert_eq!(found["dark"], json!(false));
    let asked = found["requests"].as_array().unwrap();
    let pages: Vec<_> = asked
        .iter()
        .filter(|request| request["type"] == "document")
        .collect();
    assert_eq!(pages.len(), 1, "{asked:?}");
    assert_eq!(pages[0]["url"], "http://127.0.0.1:9/");
    assert!(found["weight"]["requests"].as_u64().unwrap() >= 1);
}

#[tokio::test]
async fn a_violated_content_security_policy_fails_the_test() {
    let Some(why) = failure("", "<script>document.title = 'run';</script>").await else {
        return;
    };
    assert!(why.contains("Content Security Policy"), "{why}");
}

#[tokio::test]
async fn a_request_to_another_machine_fails_the_test() {
    let rest = "await page.unrouteAll();\n\
                await page.evaluate(() => fetch('http://elsewhere.example/').catch(() => {}));";
    let Some(why) = failure(rest, "").await else {
        return;
    };
    assert!(
        why.contains("asks another machine: GET http://elsewhere.example/"),
        "{why}"
    );
}

#[tokio::test]
async fn a_field_without_a_label_fails_axe() {
    let Some(why) = failure("await axe(page);", "<input type=\"text\">").await else {
        return;
    };
    assert!(why.contains("\"label\""), "{why}");
}

#[tokio::test]
async fn a_page_that_is_wider_than_a_phone_fails_its_inspection() {
    let body = "<p style=\"width: 50rem\">wide</p>";
    let Some(why) = failure("await inspect(page, 'harness-wide');", body).await else {
        return;
    };
    assert!(why.contains("px wider than a phone"), "{why}");
}

#[tokio::test]
async fn what_a_test_provoked_and_took_does_not_fail_it() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let rest = "await page.evaluate(() => console.error('provoked'));\nreturn problems(page);";
    let found = run(&browser, rest, "").await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    assert!(found[0].as_str().unwrap().contains("provoked"), "{found}");
}
