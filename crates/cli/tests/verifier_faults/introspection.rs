//! The log is out of reach, and so may be what is asked instead: without an answer that says so,
//! nothing is accepted.

use std::time::Duration;

use symbolon_jose::digest;
use symbolon_testing::Fault;
use symbolon_verifier::{Demand, OnStale, Verifier};

use crate::world::{LOG, TOO_LONG, World, setup};

const INTROSPECT: &str = "/oauth2/introspect";
const SECRET: &str = "a secret of 128 bits";
/// Beyond how long an answer serves for other questions, in milliseconds.
const SOON: i64 = 1_000;

async fn world() -> World {
    let digest = digest::sha256(SECRET.as_bytes());
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let lists = format!(
        "[[clients]]\nid = \"orders\"\nsecret_sha256 = \"{hash}\"\n\
         scopes = [\"tokens:introspect\", \"revocations:read\"]\n\
         [[resources]]\naudience = \"orders\"\nscopes = [\"orders:read\"]\n"
    );
    World::with(setup().lists(&lists)).await
}

/// A verifier that has followed the log, which is out of reach from now on.
async fn verifier(world: &World) -> Verifier {
    let builder = world.builder().client("orders", SECRET);
    let verifier = builder.on_stale(OnStale::Introspect).build().await.unwrap();
    world.break_log();
    verifier
}

impl World {
    fn break_log(&self) {
        self.proxy.set_for(LOG, Fault::Status(500));
        self.proxy.cut();
        self.hands.pass(TOO_LONG);
    }
}

async fn outcome(verifier: &Verifier, token: &str) -> &'static str {
    match verifier.verify_online(token, &Demand::new()).await {
        Ok(_) => "accepted",
        Err(rejection) => rejection.reason().code(),
    }
}

#[tokio::test]
async fn many_who_bring_one_token_ask_the_server_once() {
    let world = world().await;
    let verifier = verifier(&world).await;
    let login = world.log_in().await;
    world.proxy.set_for(INTROSPECT, Fault::Hold);
    let asks: Vec<_> = (0..50)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), login.access.clone());
            tokio::spawn(async move { outcome(&verifier, &token).await })
        })
        .collect();
    let answered = |seen: &[symbolon_testing::fault_proxy::Seen]| {
        seen.first().is_some_and(|seen| seen.status == Some(200))
    };
    world.proxy.until(INTROSPECT, answered).await;
    assert!(asks.iter().all(|ask| !ask.is_finished()));
    world.proxy.release();
    for ask in asks {
        assert_eq!(ask.await.unwrap(), "accepted");
    }
    assert_eq!(world.proxy.count(INTROSPECT), 1);

    // What was ended meanwhile is known as soon as somebody asks again.
    world.proxy.set_for(INTROSPECT, Fault::Pass);
    world.end(&login).await;
    world.hands.pass(SOON);
    assert_eq!(outcome(&verifier, &login.access).await, "token_inactive");
    assert_eq!(world.proxy.count(INTROSPECT), 2);
}

#[tokio::test]
async fn no_answer_and_no_broken_one_lets_a_token_in() {
    let world = world().await;
    let verifier = verifier(&world).await;
    let [login, other] = [world.log_in().await, world.log_in().await];
    assert_eq!(outcome(&verifier, &other.access).await, "accepted");
    let others = world.proxy.recorded(INTROSPECT);
    let padded = format!(r#"{{"active":true,"padding":"{}"}}"#, "x".repeat(70_000));
    for fault in [
        Fault::Reset,
        Fault::Status(204),
        Fault::Status(401),
        Fault::Status(500),
        Fault::Garbage,
        Fault::Truncate,
        Fault::TruncateChunked,
        Fault::Body(String::new()),
        Fault::Body("{}".into()),
        Fault::Body("[true]".into()),
        Fault::Body(r#"{"active":"true"}"#.into()),
        Fault::Body(padded),
        // Genuine, and about another token.
        Fault::Replay(others),
        // Nothing at all, and too late.
        Fault::Blackhole,
        Fault::Slow {
            latency: Duration::from_secs(20),
            bytes_per_sec: 1_000_000,
        },
    ] {
        let shown = format!("{fault:.40?}");
        world.proxy.set_for(INTROSPECT, fault);
        world.hands.pass(SOON);
        let asked = world.proxy.count(INTROSPECT);
        let refused = outcome(&verifier, &login.access).await;
        assert_eq!(refused, "revocation_stale", "{shown}");
        assert_eq!(world.proxy.count(INTROSPECT), asked + 1, "{shown}");
    }
    world.proxy.set_for(INTROSPECT, Fault::Pass);
    world.hands.pass(SOON);
    assert_eq!(outcome(&verifier, &login.access).await, "accepted");
    // The log comes back, and nobody is asked any more.
    world.recovers(&verifier, &[], &login).await;
    let asked = world.proxy.count(INTROSPECT);
    assert_eq!(outcome(&verifier, &login.access).await, "accepted");
    assert_eq!(world.proxy.count(INTROSPECT), asked);
}
