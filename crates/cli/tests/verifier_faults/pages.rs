//! A log that is longer than one answer.

use rusqlite::{Connection, params};
use symbolon_testing::{Fault, fault_proxy::Seen};
use symbolon_verifier::Startup;

use crate::world::{LOG, World, code, until, until_problem};

/// More than two answers hold.
const ENTRIES: usize = 9_000;

/// Ends of so many sessions that this server has never had, as its store keeps them.
fn fill(world: &World) {
    let path = world.server.data_dir().join("symbolon.db");
    let mut database = Connection::open(path).unwrap();
    let transaction = database.transaction().unwrap();
    let insert =
        "INSERT INTO revocations (seq, mark, kind, id, reason, revoked_at_secs, until_secs)
         SELECT (SELECT coalesce(max(seq), 0) + 1 FROM revocations), randomblob(16), 'session',
                randomblob(16), 'logout', unixepoch(), unixepoch() + ?1";
    for _ in 0..ENTRIES {
        transaction.execute(insert, params![3_600]).unwrap();
    }
    transaction.commit().unwrap();
}

/// How many polls since then were answered, and how many asked for the beginning.
fn answered(seen: &[Seen]) -> (usize, usize) {
    let answered = seen.iter().filter(|seen| seen.status == Some(200));
    let first = answered
        .clone()
        .filter(|seen| !seen.query.contains("after="));
    (answered.count(), first.count())
}

#[tokio::test]
async fn a_verifier_is_live_with_the_last_page_and_not_before() {
    let mut world = World::start().await;
    let [ended, alive] = [world.log_in().await, world.log_in().await];
    assert!(world.server.terminate().success());
    fill(&world);
    world.server.start().await;
    // The newest entry is on the last page.
    world.end(&ended).await;

    world.proxy.set_for(LOG, Fault::Hold);
    let lazy = world.builder().startup(Startup::Lazy);
    let verifier = lazy.build().await.unwrap();
    let mut pages = 0;
    while verifier.status().entries <= ENTRIES {
        pages += 1;
        world
            .proxy
            .until(LOG, |seen| answered(seen).0 == pages)
            .await;
        assert!(!verifier.status().live);
        assert_eq!(code(&verifier, &alive.access), "revocation_stale");
        let before = verifier.status().entries;
        world.proxy.release();
        until(&verifier, |status| status.entries > before).await;
    }
    assert!(pages > 2, "{pages}");
    assert_eq!(answered(&world.proxy.seen(LOG)).1, 1);
    assert_eq!(code(&verifier, &ended.access), "revoked_session");
    world.proxy.set(Fault::Pass);
    world.proxy.release();
    world.recovers(&verifier, &[&ended], &alive).await;
}

#[tokio::test]
async fn a_snapshot_that_breaks_off_goes_on_where_it_was() {
    let mut world = World::start().await;
    let [ended, alive] = [world.log_in().await, world.log_in().await];
    assert!(world.server.terminate().success());
    fill(&world);
    world.server.start().await;
    world.end(&ended).await;

    world.proxy.set_for(LOG, Fault::Hold);
    let lazy = world.builder().startup(Startup::Lazy);
    let verifier = lazy.build().await.unwrap();
    world.proxy.release();
    until(&verifier, |status| status.entries > 0).await;
    let first_page = verifier.status().entries;
    assert!(first_page < ENTRIES);
    for fault in [Fault::Truncate, Fault::Reset, Fault::Status(500)] {
        world.break_all(fault);
        world.proxy.until_more(LOG, 2).await;
        until_problem(&verifier, "revocation log").await;
        assert_eq!(verifier.status().entries, first_page);
        assert_eq!(code(&verifier, &alive.access), "revocation_stale");
    }
    world.recovers(&verifier, &[&ended], &alive).await;
    assert_eq!(verifier.status().entries, ENTRIES + 1);
    assert_eq!(answered(&world.proxy.seen(LOG)).1, 1);
}
