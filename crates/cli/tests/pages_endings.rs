//! Before an end people are told what it reaches, after it who has applied it: on the real server,
//! with a real verifier and one that stands still.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use symbolon_jose::{Algorithm, decode, digest};
use symbolon_testing::{Answer, Api, ServerProcess, ServerSetup};
use symbolon_verifier::Verifier;
use tokio::task::JoinHandle;

const SECRET: &str = "reads-the-log";

fn setup() -> ServerSetup {
    let hash: String = digest::sha256(SECRET.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let clients = ["orders", "reports"].map(|id| {
        format!(
            "[[clients]]\nid = \"{id}\"\nsecret_sha256 = \"{hash}\"\nscopes = [\"revocations:read\"]\n"
        )
    });
    let lists = format!("{}[[resources]]\naudience = \"api\"\n", clients.concat());
    ServerSetup::new(env!("CARGO_BIN_EXE_symbolon")).lists(&lists)
}

async fn page(api: &Api, path: &str, cookie: &str) -> Answer {
    api.get(path).cookie(cookie).send().await
}

async fn end_others(api: &Api, cookie: &str) -> String {
    let call = api.post("/account/sessions/end-others").cookie(cookie);
    let answer = call.form(&[]).send().await.expect(303);
    answer.header("location").to_owned()
}

async fn verifier(server: &ServerProcess) -> Verifier {
    let builder = Verifier::builder(server.issuer())
        .audience("api")
        .algorithms([Algorithm::EdDSA])
        .client("orders", SECRET);
    let verifier = builder.build().await.unwrap();
    assert!(verifier.wait_until_live(Duration::from_secs(20)).await);
    verifier
}

/// A reader that has read everything so far, waits for more and never comes again.
async fn paused(api: &Api) -> JoinHandle<Answer> {
    let poll = async |api: &Api, query: &str| {
        let pair = base64_simd::STANDARD.encode_to_string(format!("reports:{SECRET}"));
        let call = api.get(&format!("/revocations?instance=paused{query}"));
        let call = call.header("authorization", format!("Basic {pair}"));
        call.send().await
    };
    let start = poll(api, "").await.expect(200);
    let next = decode(&start.body).unwrap().untrusted_claims()["next"].clone();
    let waits = format!("&wait=20&after={}", next.as_str().unwrap());
    let api = api.clone();
    tokio::spawn(async move { poll(&api, &waits).await })
}

#[tokio::test]
async fn what_an_end_reaches_is_said_before_and_asking_ends_nothing() {
    let server = setup().start().await;
    let api = server.api();
    api.register("ada").await;
    api.register("grace").await;
    let here = api.log_in("ada").await;
    let there = api.log_in("ada").await;
    let by_cookie = api.log_in_with("ada", &serde_json::json!({})).await;
    let grace = api.log_in("grace").await;
    let account = page(&api, "/account", &here.cookie).await.expect(200);
    let link = format!("/account/sessions/end?session={}", there.session);
    assert!(account.body.contains(&link), "{account:?}");

    let one = page(&api, &link, &here.cookie).await.expect(200);
    for said in [
        "End this session?",
        "1 app<",
        "1 refresh token<",
        "the access tokens of up to 1 app log-in<",
    ] {
        assert!(one.body.contains(said), "{said}: {}", one.body);
    }
    assert!(!one.body.contains("This device"));
    let link = format!("/account/sessions/end?session={}", by_cookie.session);
    let bare = page(&api, &link, &here.cookie).await.expect(200);
    assert!(
        bare.body.contains("No app has tokens through it"),
        "{bare:?}"
    );
    let link = format!("/account/sessions/end?session={}", here.session);
    let own = page(&api, &link, &here.cookie).await.expect(200);
    assert!(own.body.contains("you will be logged out"), "{own:?}");

    let others = page(&api, "/account/sessions/end-others", &here.cookie).await;
    for said in ["2 sessions<", "1 app<", "1 refresh token<"] {
        assert!(others.body.contains(said), "{said}: {}", others.body);
    }
    let leaving = page(&api, "/logout", &here.cookie).await.expect(200);
    assert!(leaving.body.contains("1 refresh token<"), "{leaving:?}");

    for gone in [grace.session.as_str(), "nonsense", ""] {
        let link = format!("/account/sessions/end?session={gone}");
        let answer = page(&api, &link, &here.cookie).await.expect(303);
        assert_eq!(answer.header("location"), "/account?notice=session-gone");
    }
    for login in [&here, &there, &by_cookie, &grace] {
        let _ = api.me(&login.cookie).await.expect(200);
    }
    // Who is logged in nowhere else is asked nothing.
    let alone = page(&api, "/account/sessions/end-others", &grace.cookie).await;
    assert_eq!(alone.header("location"), "/account?notice=no-others");
}

#[tokio::test]
async fn the_receipt_counts_who_has_applied_it_and_who_is_behind() {
    let server = setup().start().await;
    let api = server.api();
    api.register("ada").await;
    let here = api.log_in("ada").await;
    let alone = end_others(&api, &here.cookie).await;
    let receipt = page(&api, &alone, &here.cookie).await.expect(200);
    assert!(
        receipt.body.contains("No other service follows"),
        "{receipt:?}"
    );

    let verifier = verifier(&server).await;
    let with_tokens = serde_json::json!({"credentials": ["tokens"], "resource": "api"});
    let there = api.log_in_with("ada", &with_tokens).await;
    verifier.verify(&there.access).unwrap();
    let path = end_others(&api, &here.cookie).await;
    let receipt = page(&api, &path, &here.cookie).await.expect(200);
    let refused = verifier.verify(&there.access).unwrap_err();
    assert_eq!(refused.reason().code(), "revoked_session");
    for said in [
        "All other sessions were ended.",
        "It is applied by 1 service, the last after ",
    ] {
        assert!(receipt.body.contains(said), "{said}: {}", receipt.body);
    }
    assert!(!receipt.body.contains("Look again"), "{}", receipt.body);

    let paused = paused(&api).await;
    let _ = api.log_in("ada").await;
    let path = end_others(&api, &here.cookie).await;
    let receipt = page(&api, &path, &here.cookie).await.expect(200);
    for said in [
        "It is applied by 1 service,",
        "Not yet by 1 service, though they are listening.",
        "Look again",
    ] {
        assert!(receipt.body.contains(said), "{said}: {}", receipt.body);
    }
    // Which ones they are is the administrators' business.
    assert!(!receipt.body.contains("<table") && !receipt.body.contains("reports"));
    let mut command = server.command();
    let made = command.args(["accounts", "roles", &here.account, "admin"]);
    assert!(made.output().unwrap().status.success());
    let again = page(&api, &path, &here.cookie).await.expect(200);
    assert!(
        again.body.contains("<th scope=\"row\">reports</th>"),
        "{again:?}"
    );
    assert!(again.body.contains("href=\"/admin\""), "{again:?}");
    paused.abort();
}

#[tokio::test]
async fn a_made_up_receipt_says_nothing() {
    let server = setup().start().await;
    let api = server.api();
    api.register("ada").await;
    let here = api.log_in("ada").await;
    let path = end_others(&api, &here.cookie).await;
    let (known, at) = path.split_once("&at=").unwrap();
    let at: i64 = at.parse().unwrap();
    let (_, head) = known.split_once("&head=").unwrap();
    let nowhere = "A".repeat(32);
    for (head, at) in [
        (head, at - 120_000),
        (head, at + 3_600_000),
        (head, 0),
        (head, i64::MIN),
        (nowhere.as_str(), at),
        ("", at),
        ("%3Cscript%3E", at),
    ] {
        let path = format!("/account/receipt?notice=others-ended&head={head}&at={at}");
        let answer = page(&api, &path, &here.cookie).await.expect(200);
        assert!(
            answer.body.contains("no longer to be had"),
            "{path}: {answer:?}"
        );
        assert!(!answer.body.contains("Look again"), "{path}");
    }
    let path = format!("/account/receipt?notice=you-won&head={head}&at={at}");
    let answer = page(&api, &path, &here.cookie).await.expect(200);
    assert!(!answer.body.contains("role=\"status\""), "{answer:?}");
    for query in ["", "?notice=others-ended", "?notice=x&head=x&at=soon"] {
        let path = format!("/account/receipt{query}");
        let _ = page(&api, &path, &here.cookie).await.expect(400);
    }
}
