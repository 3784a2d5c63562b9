//! A token that was seen before is checked without taking memory: with expiry, key, scope and
//! revocations looked up.
//!
//! A program of its own, because the counting allocator is the whole program's; it counts for each
//! thread by itself, so what the background does is not in the figures.

use symbolon_jose::{Algorithm, JwkSet};
use symbolon_verifier::{Demand, Verifier};

#[path = "follow/issuer.rs"]
#[cfg(test)]
#[expect(
    dead_code,
    reason = "the issuer of the other tests, of which a part is needed here"
)]
mod issuer;
#[path = "follow/time.rs"]
#[cfg(test)]
#[expect(dead_code, reason = "comes with the issuer")]
mod time;

const CHECKS: u64 = 1_000;

/// Allocations of this thread while the token, seen before, is checked so often.
fn allocations(verifier: &Verifier, token: &str) -> u64 {
    let scopes = ["orders:read"];
    let demand = Demand::new().scopes(&scopes);
    assert!(verifier.verify_for(token, &demand).is_ok());
    let info = allocation_counter::measure(|| {
        for _ in 0..CHECKS {
            assert!(verifier.verify_for(token, &demand).is_ok());
        }
    });
    info.count_total
}

#[test]
fn the_counter_counts() {
    let info = allocation_counter::measure(|| drop(std::hint::black_box(vec![0_u8; 64])));
    assert_eq!(info.count_total, 1);
}

#[tokio::test]
async fn a_live_verifier_takes_no_memory_for_a_token_it_has_seen() {
    let issuer = issuer::Issuer::start().await;
    (2..=200).for_each(|session| issuer.end_session(session));
    let verifier = issuer.live_verifier().await;
    assert_eq!(verifier.status().entries, 199);
    assert_eq!(allocations(&verifier, &issuer.token(1)), 0);
}

#[tokio::test]
async fn nor_does_a_verifier_of_fixed_keys() {
    let issuer = issuer::Issuer::start().await;
    let keys = issuer.inner().keys[0].public_jwk();
    let verifier = Verifier::builder(&issuer.url)
        .audience(issuer::AUDIENCE)
        .algorithms([Algorithm::EdDSA])
        .clock(issuer.clock.clone())
        .build_fixed(&JwkSet::new([keys]).unwrap())
        .unwrap();
    assert_eq!(allocations(&verifier, &issuer.token(1)), 0);
}
