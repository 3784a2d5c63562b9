//! The token that is verified: an access token as the server issues them.

use aws_lc_rs::hmac;
use symbolon_core::EntropyExt as _;
use symbolon_jose::{Algorithm, Signer, SigningKey, TokenClaims, Validation, base64url};
use symbolon_protocol::{AccessClaims, ClientId, Timestamp, typ};

use crate::{bench::failed, failure::Failure, system::SystemEntropy};

/// The moment at which everything happens, as a NumericDate.
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const TYP: &str = typ::ACCESS_TOKEN;
pub(super) const SHARED_KID: &str = "shared";

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";

/// A key, the claims, and the token of both.
pub(super) struct Sample {
    pub(super) key: SigningKey,
    pub(super) claims: TokenClaims<AccessClaims>,
    pub(super) token: String,
}

impl Sample {
    pub(super) fn new(alg: Algorithm) -> Result<Self, Failure> {
        let key = SigningKey::generate(alg).map_err(failed)?;
        let claims = claims()?;
        let token = Signer::new(&key, TYP).sign(&claims).map_err(failed)?;
        Ok(Self { key, claims, token })
    }
}

fn claims() -> Result<TokenClaims<AccessClaims>, Failure> {
    let now = Timestamp::from_secs(NOW);
    let access = AccessClaims {
        sub: SystemEntropy.subject(),
        jti: SystemEntropy.token_id(now),
        client_id: ClientId::try_from("web".to_owned()).map_err(failed)?,
        scope: "orders:read orders:write".to_owned(),
        sid: Some(SystemEntropy.session_id(now)),
        gid: SystemEntropy.grant_id(now),
        ver: 1,
        auth_time: Some(NOW),
        acr: None,
        amr: vec!["pwd".to_owned()],
        cnf: None,
    };
    Ok(TokenClaims::new(ISSUER, AUDIENCE, NOW + 300)
        .issued_at(NOW)
        .extra(access))
}

/// The same token with HS256.
pub(super) fn shared_token(secret: &[u8]) -> Result<String, Failure> {
    let header = format!(r#"{{"alg":"HS256","kid":"{SHARED_KID}","typ":"{TYP}"}}"#);
    let payload = serde_json::to_vec(&claims()?).map_err(failed)?;
    let input = [
        base64url::encode(header.as_bytes()),
        base64url::encode(&payload),
    ]
    .join(".");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, input.as_bytes());
    Ok(format!("{input}.{}", base64url::encode(tag.as_ref())))
}

pub(super) fn rules(alg: Algorithm) -> Result<Validation, Failure> {
    Validation::new(ISSUER, [AUDIENCE], [alg], TYP).map_err(failed)
}

/// What is signed, and the signature.
pub(super) fn cut(token: &str) -> Result<(String, Vec<u8>), Failure> {
    let cut = token.rsplit_once('.');
    let (message, signature) = cut.ok_or_else(|| failed("a token without a signature"))?;
    let signature = base64url::decode(signature).map_err(failed)?;
    Ok((message.to_owned(), signature))
}
