//! What the issuer says of itself, when it says so again.

use crate::{
    introspection::{outcome, stale},
    issuer::{Issuer, until},
};

#[tokio::test]
async fn metadata_are_asked_for_again_when_due_and_not_sent_again() {
    let issuer = Issuer::start().await;
    let verifier = issuer.live_verifier().await;
    issuer.clock.advance_secs(299);
    issuer.end_session(1);
    until(&verifier, |status| status.entries == 1 && status.live).await;
    assert_eq!(issuer.counts().metadata, 1);

    issuer.clock.advance_secs(2);
    let counts = issuer.until(|counts| counts.metadata > 1).await;
    assert_eq!((counts.metadata, counts.unmodified), (2, 1));
    until(&verifier, |status| status.live && status.problem.is_none()).await;
}

#[tokio::test]
async fn introspection_that_moves_is_asked_where_it_is() {
    let issuer = Issuer::start().await;
    let verifier = stale(&issuer).await;
    let refused = outcome(&verifier, &issuer.token(1)).await;
    assert_eq!(refused, "revocation_stale");
    // The log fails for long, so nobody waits until metadata are due.
    let metadata = issuer.counts().metadata;
    issuer.change(|inner| inner.introspection = "/elsewhere");
    issuer.clock.advance_secs(10);
    issuer.until(|counts| counts.metadata > metadata).await;
    let accepted = async {
        while outcome(&verifier, &issuer.token(1)).await != "accepted" {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(crate::issuer::PATIENCE, accepted).await;
    assert!(reached.is_ok());
    let asked_before = issuer.counts().introspections;
    let accepted = outcome(&verifier, &issuer.token(1)).await;
    assert_eq!(accepted, "accepted");
    assert_eq!(issuer.counts().introspections, asked_before);
}
