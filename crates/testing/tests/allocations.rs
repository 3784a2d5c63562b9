//! A session that memory knows is checked without taking memory, from the cookie's text on.
//!
//! A program of its own, because the counting allocator is the whole program's; it counts for each
//! thread by itself, so what the store and the pool do is not in the figures.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what goes wrong in a test's helpers is the test's failure"
)]

use futures_util::FutureExt as _;
use symbolon_core::secret::CookieValue;

#[path = "issuer/world.rs"]
#[expect(
    dead_code,
    reason = "the world of the other tests, of which a part is needed here"
)]
mod world;

const CHECKS: u32 = 1_000;

#[tokio::test]
async fn a_cached_session_is_checked_without_taking_memory() {
    let world = world::World::new().await;
    // So that the revocation log is not empty, which would be a shorter way.
    let other = world.login().await;
    let ended = symbolon_protocol::EndReason::Logout;
    let end = world
        .issuer
        .end_session(other.session.id, None, ended, world::audit());
    end.await.unwrap();
    let login = world.login().await;
    let text = login.cookie.unwrap().expose();
    let check = || {
        let cookie = CookieValue::parse(&text).unwrap();
        let hash = cookie.hash();
        let check = world.issuer.check_session(&hash).now_or_never();
        matches!(check, Some(Ok(_)))
    };
    // The first one reads the store.
    let hash = CookieValue::parse(&text).unwrap().hash();
    world.issuer.check_session(&hash).await.unwrap();
    let info = allocation_counter::measure(|| {
        for _ in 0..CHECKS {
            assert!(check());
        }
    });
    assert_eq!(info.count_total, 0);
}
