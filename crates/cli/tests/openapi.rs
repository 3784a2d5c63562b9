//! The API's documents as the real server serves them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use symbolon_testing::{ServerProcess, ServerSetup};

/// Where the committed copy is.
const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

async fn server() -> ServerProcess {
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon"))
        .start()
        .await
}

/// What `symbolon openapi` prints.
fn printed() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_symbolon"))
        .arg("openapi")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_committed_copy_is_the_generated_one() {
    let copy = std::fs::read_to_string(COPY).unwrap_or_default();
    assert!(
        copy == printed(),
        "write it anew: cargo run -- openapi > docs/openapi.json"
    );
}

#[tokio::test]
async fn the_server_serves_the_document_that_the_command_prints() {
    let server = server().await;
    let answer = server
        .api()
        .get("/api/openapi.json")
        .send()
        .await
        .expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, printed());
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn every_path_takes_the_methods_of_the_document_and_no_others() {
    let server = server().await;
    let document: Value = serde_json::from_str(&printed()).unwrap();
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (path, item) in document["paths"].as_object().unwrap() {
        let method = reqwest::Method::from_bytes(b"PROPFIND").unwrap();
        let call = server.api().call(method, &path.replace("{id}", id));
        let answer = call.send().await.expect(405);
        let allowed: BTreeSet<_> = answer.header("allow").split(',').map(str::trim).collect();
        let mut documented: BTreeSet<_> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|m| m.to_uppercase())
            .collect();
        if documented.contains("GET") {
            documented.insert("HEAD".to_owned());
        }
        let documented: BTreeSet<_> = documented.iter().map(String::as_str).collect();
        assert_eq!(allowed, documented, "{path}");
    }
}

#[tokio::test]
async fn the_page_of_the_api_needs_nothing_of_others() {
    let server = server().await;
    let page = server.api().get("/api/docs").send().await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let german = server
        .api()
        .get("/api/docs")
        .header("accept-language", "de")
        .send()
        .await
        .expect(200);
    assert!(german.body.contains("<html lang=\"de\">"));
    assert!(german.body.contains("Antworten:"));
    let links = page.body.split("href=\"").skip(1);
    let links: BTreeSet<_> = links.map(|rest| rest.split('"').next().unwrap()).collect();
    let loaded = links.iter().filter(|link| link.starts_with("/assets/"));
    let mut count = 0;
    for path in loaded {
        let _ = server.api().get(path).send().await.expect(200);
        count += 1;
    }
    assert_eq!(count, 3, "two stylesheets and the icon: {links:?}");
    assert!(
        links.iter().all(|link| link.starts_with(['/', '#'])),
        "{links:?}"
    );
}
