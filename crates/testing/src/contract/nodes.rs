//! What is left to one of several nodes. A store of one process leaves everything to whoever asks.

use std::time::Duration;

use symbolon_core::store::{Duty, Lease, LeaseClaim};

use super::{Harness, World};

const TASKS: usize = 64;

fn claim(holder: &str, ttl: Duration) -> LeaseClaim {
    LeaseClaim {
        duty: Duty::Jobs,
        holder: holder.to_owned(),
        ttl,
    }
}

/// Of many that want it at the same time.
pub async fn a_lease_has_one_holder<H: Harness>() {
    let world = World::<H>::new().await;
    let minute = Duration::from_secs(60);
    let expected = if world.store().is_shared() { 1 } else { TASKS };
    let mut holder = None;
    for _ in 0..4 {
        let tasks = (0..TASKS).map(|number| {
            let (store, name) = (world.store(), format!("node {number}"));
            tokio::spawn(async move {
                let held = store.claim_lease(claim(&name, minute)).await;
                (held.unwrap() == Lease::Held).then_some(name)
            })
        });
        let mut held = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            held.extend(task.await.unwrap());
        }
        assert_eq!(held.len(), expected, "{held:?}");
        // Whoever has it keeps it, and renews it.
        let first = held.into_iter().next();
        assert_eq!(*holder.get_or_insert_with(|| first.clone()), first);
    }
    // Another duty is another's.
    let traces = LeaseClaim {
        duty: Duty::Traces,
        ..claim("another", minute)
    };
    assert_eq!(world.store().claim_lease(traces).await, Ok(Lease::Held));
}

/// And not before.
pub async fn a_lease_that_is_over_is_anybodys<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let short = Duration::from_millis(300);
    assert_eq!(
        store.claim_lease(claim("first", short)).await,
        Ok(Lease::Held)
    );
    let mut least = short;
    while let Lease::Elsewhere { left } = store.claim_lease(claim("second", short)).await.unwrap() {
        assert!(left <= least, "{left:?} after {least:?}");
        least = left;
        tokio::time::sleep(left).await;
    }
    if store.is_shared() {
        assert!(least < short, "it was granted at once");
        // The one that was late has lost it.
        let late = store.claim_lease(claim("first", short)).await.unwrap();
        assert!(matches!(late, Lease::Elsewhere { .. }), "{late:?}");
    }
}

/// By its holder alone.
pub async fn a_lease_that_is_given_back_is_free_at_once<H: Harness>() {
    let world = World::<H>::new().await;
    let store = world.store();
    let minute = Duration::from_secs(60);
    let second = || store.claim_lease(claim("second", minute));
    assert_eq!(
        store.claim_lease(claim("first", minute)).await,
        Ok(Lease::Held)
    );
    assert_eq!(store.release_lease(Duty::Jobs, "second").await, Ok(()));
    let held = second().await.unwrap() == Lease::Held;
    assert_eq!(held, !store.is_shared());
    assert_eq!(store.release_lease(Duty::Jobs, "first").await, Ok(()));
    assert_eq!(second().await, Ok(Lease::Held));
}
