//! Verifiers that cannot be built, and how those that can are shared.

use symbolon_jose::{
    Algorithm, KeySet, Signer, SigningKey, TokenError, Validation, ValidationError, VerifyError,
    VerifyingKey,
};

use super::{Issuer, claims, rules};

#[test]
fn a_smaller_limit_is_obeyed() {
    let issuer = Issuer::new();
    let token = issuer.token(&issuer.header(|_| ()), &claims().to_string());
    let exact = rules().with_max_token_bytes(token.len());
    issuer.verify_with(&token, &exact).unwrap();
    let less = rules().with_max_token_bytes(token.len() - 1);
    let (bytes, limit) = (token.len(), token.len() - 1);
    let expected = VerifyError::Token(TokenError::TooLarge { bytes, limit });
    assert_eq!(issuer.verify_with(&token, &less).unwrap_err(), expected);
}

#[test]
fn keys_and_rules_are_shared_between_threads() {
    const fn shared<T: Send + Sync + Clone>() {}
    shared::<KeySet>();
    shared::<VerifyingKey>();
    shared::<SigningKey>();
    shared::<Signer>();
    shared::<Validation>();
}

#[test]
fn a_verifier_without_issuer_audience_or_algorithm_cannot_be_built() {
    let build = |issuer: &str, audiences: &[&str], algorithms: &[Algorithm], typ: &str| {
        Validation::new(
            issuer,
            audiences.iter().copied(),
            algorithms.iter().copied(),
            typ,
        )
        .unwrap_err()
    };
    let eddsa = [Algorithm::EdDSA];
    assert_eq!(build("", &["a"], &eddsa, "t"), ValidationError::NoIssuer);
    assert_eq!(build("i", &[], &eddsa, "t"), ValidationError::NoAudience);
    assert_eq!(
        build("i", &["a", ""], &eddsa, "t"),
        ValidationError::NoAudience
    );
    assert_eq!(build("i", &["a"], &[], "t"), ValidationError::NoAlgorithm);
    assert_eq!(build("i", &["a"], &eddsa, ""), ValidationError::NoTyp);
}
