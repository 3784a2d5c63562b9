//! Token keys: new, gone, revoked, unknown.

use symbolon_jose::{Algorithm, SigningKey};
use symbolon_protocol::{Kind, RevocationId};

use crate::issuer::{Issuer, Mode, code, until};

fn new_key() -> SigningKey {
    SigningKey::generate(Algorithm::EdDSA).unwrap()
}

#[tokio::test]
async fn unknown_keys_cause_one_fetch_per_cooldown() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    for session in 0..50 {
        let stranger = issuer.token_by(&new_key(), session);
        assert_eq!(code(&verifier, &stranger), "key_unknown");
    }
    issuer.until(|counts| counts.keys == 2).await;
    for session in 100..105 {
        let stranger = issuer.token_by(&new_key(), session);
        assert_eq!(code(&verifier, &stranger), "key_unknown");
        // A round trip of the log, in which a fetch of keys would have had its time.
        issuer.end_session(session);
        until(&verifier, |status| {
            status.entries == usize::from(session - 99)
        })
        .await;
    }
    assert_eq!(issuer.counts().keys, 2);

    // A key that is published meanwhile is found by the next fetch, and only by that.
    let next = new_key();
    issuer.change(|inner| inner.keys.push(next.clone()));
    let token = issuer.token(1);
    assert_eq!(code(&verifier, &token), "key_unknown");
    issuer.clock.advance_secs(10);
    assert_eq!(code(&verifier, &token), "key_unknown");
    until(&verifier, |status| status.keys.len() == 2).await;
    until(&verifier, |status| status.live).await;
    assert_eq!(code(&verifier, &token), "accepted");
    assert_eq!(issuer.counts().keys, 3);
}

#[tokio::test]
async fn what_a_key_verified_goes_when_the_key_goes() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let token = issuer.token(1);
    assert_eq!(code(&verifier, &token), "accepted");
    let next = new_key();
    issuer.change(|inner| inner.keys = vec![next.clone()]);
    assert_eq!(code(&verifier, &issuer.token(1)), "key_unknown");
    until(&verifier, |status| status.keys == [next.kid()]).await;
    assert_eq!(code(&verifier, &token), "key_unknown");
}

#[tokio::test]
async fn a_revoked_key_takes_everything_with_it_although_it_is_published() {
    let issuer = Issuer::start().await;
    let (compromised, good) = (new_key(), new_key());
    issuer.change(|inner| inner.keys = vec![compromised.clone(), good.clone()]);
    let verifier = issuer.live_verifier().await;
    let cached = issuer.token_by(&compromised, 1);
    assert_eq!(code(&verifier, &cached), "accepted");

    issuer.revoke(Kind::Key, RevocationId::of_text(compromised.kid()));
    until(&verifier, |status| status.keys == [good.kid()]).await;

    assert_eq!(code(&verifier, &cached), "revoked_key");
    assert_eq!(
        code(&verifier, &issuer.token_by(&compromised, 2)),
        "revoked_key"
    );
    assert_eq!(code(&verifier, &issuer.token_by(&good, 1)), "accepted");
}

#[tokio::test]
async fn keys_survive_a_fetch_that_fails() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    let token = issuer.token(1);
    issuer.change(|inner| inner.mode = Mode::Down);
    assert_eq!(
        code(&verifier, &issuer.token_by(&new_key(), 1)),
        "key_unknown"
    );
    issuer.until(|counts| counts.keys >= 2).await;
    assert_eq!(code(&verifier, &token), "accepted");
}
