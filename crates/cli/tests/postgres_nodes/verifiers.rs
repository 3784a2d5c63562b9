//! Receipts, when the verifiers poll another node.

use std::time::Duration;

use serde_json::Value;
use symbolon_jose::{decode, digest};
use symbolon_testing::{Api, PostgresDatabase, ServerProcess, api::PASSWORD};
use tokio::task::JoinHandle;

use super::{admin, node, until};

const SECRET: &str = "reads-the-log";

async fn two_nodes(database: &PostgresDatabase) -> [ServerProcess; 2] {
    let hash: String = digest::sha256(SECRET.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let lists = format!(
        "[[clients]]\nid = \"orders\"\nsecret_sha256 = \"{hash}\"\nscopes = [\"revocations:read\"]\n"
    );
    let start = || node(&database.url()).lists(&lists).start();
    tokio::join!(start(), start()).into()
}

/// Reads the log by polls; answers where to go on.
async fn poll(api: &Api, instance: &str, after: &str, wait: u32) -> String {
    let after = match after {
        "" => String::new(),
        cursor => format!("&wait={wait}&after={cursor}"),
    };
    let pair = base64_simd::STANDARD.encode_to_string(format!("orders:{SECRET}"));
    let call = api.get(&format!("/revocations?instance={instance}{after}"));
    let call = call.header("authorization", format!("Basic {pair}"));
    let answer = call.send().await.expect(200);
    let claims = decode(&answer.body).unwrap().untrusted_claims().clone();
    claims["next"].as_str().unwrap().to_owned()
}

/// A verifier that goes on reading.
fn verifier(api: Api, instance: &'static str) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut after = String::new();
        loop {
            after = poll(&api, instance, &after, 2).await;
        }
    })
}

fn states(receipt: &Value) -> Vec<(&str, &str)> {
    let verifiers = receipt["verifiers"].as_array().unwrap().iter();
    verifiers
        .map(|one| {
            (
                one["instance"].as_str().unwrap(),
                one["state"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_receipt_of_one_node_names_the_verifiers_of_the_other() {
    let database = PostgresDatabase::new();
    let [a, b] = two_nodes(&database).await;
    let cookie = admin(&a, "alice").await;
    let end = async |wait: &str| {
        let login = a.api().try_log_in("alice", PASSWORD).await.login();
        let path = format!("/api/v1/sessions/{}?receipt={wait}", login.session);
        let call = a.api().delete(&path).cookie(&cookie);
        call.send().await.expect(200).json()["receipt"].clone()
    };
    // Until readers of an earlier start would be back.
    until(Duration::from_secs(20), async || {
        end("2s").await["complete"] == true
    })
    .await;
    let readers = [verifier(a.api(), "a1"), verifier(b.api(), "b1")];
    let known = async |server: &ServerProcess| {
        server.metric("symbolon_revocation_readers", &[]).await >= 1.0
    };
    until(Duration::from_secs(5), async || {
        known(&a).await && known(&b).await
    })
    .await;
    let mut took = Vec::new();
    for _ in 0..5 {
        let receipt = end("5s").await;
        assert_eq!(receipt["complete"], true, "{receipt}");
        assert_eq!(states(&receipt), [("a1", "applied"), ("b1", "applied")]);
        took.push(receipt["waited_ms"].as_i64().unwrap());
    }
    println!("receipts over two nodes waited {took:?} ms");
    // One that has stopped reading the other node.
    let next = poll(&b.api(), "b2", "", 0).await;
    let waits = {
        let api = b.api();
        tokio::spawn(async move { poll(&api, "b2", &next, 20).await })
    };
    let receipt = end("2s").await;
    assert_eq!(receipt["complete"], false, "{receipt}");
    assert_eq!(receipt["reason"], "time_is_up", "{receipt}");
    let told = states(&receipt);
    assert_eq!(told[..2], [("a1", "applied"), ("b1", "applied")]);
    assert!(matches!(told[2], ("b2", "behind")), "{receipt}");
    // The list that administrators see has all of them, whichever node they ask.
    let call = a.api().get("/api/v1/admin/verifiers").cookie(&cookie);
    let list = call.send().await.expect(200).json();
    assert_eq!(list["verifiers"].as_array().unwrap().len(), 3, "{list}");
    waits.abort();
    for reader in readers {
        reader.abort();
    }
}
