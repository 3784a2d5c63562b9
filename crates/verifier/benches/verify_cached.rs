//! What a check costs: of a token seen before, with expiry and revocations looked up, and of a new
//! one beside the bare signature check.

use std::{hint::black_box, time::Duration};

use criterion::Criterion;
use symbolon_jose::{Algorithm, JwkSet, Signer, SigningKey, TokenClaims};
use symbolon_protocol::{EndReason, Entry, Kind, RevocationId};
use symbolon_verifier::{Clock as _, SystemClock, Verifier};

#[path = "../tests/follow/issuer.rs"]
#[expect(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the issuer of the tests, of which a part is needed here"
)]
mod issuer;
#[path = "../tests/follow/time.rs"]
#[expect(dead_code, reason = "comes with the issuer")]
mod time;

const ISSUER: &str = "https://id.example";
/// Revoked ids in the local copy of the log.
const REVOKED: u32 = 100_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn token(key: &SigningKey, issuer: &str) -> Outcome<String> {
    let now = SystemClock.now().as_secs();
    let claims = serde_json::json!({
        "sub": "u-7Qm2kPzX9aLc",
        "jti": "01890a5d-ac96-774b-bcce-b302099a8057",
        "sid": "01890a5d-ac96-774b-bcce-b302099a8056",
        "gid": "01890a5d-ac96-774b-bcce-b302099a8058",
        "client_id": "web",
        "scope": "orders:read orders:write",
        "ver": 3,
        "auth_time": now,
        "acr": "1",
        "amr": ["pwd", "otp"],
    });
    let claims = TokenClaims::new(issuer, issuer::AUDIENCE, now + 3_600)
        .issued_at(now)
        .extra(claims);
    Ok(Signer::new(key, "at+jwt").sign(&claims)?)
}

fn verifier(key: &SigningKey, cache_bytes: usize) -> Outcome<Verifier> {
    Ok(Verifier::builder(ISSUER)
        .audience(issuer::AUDIENCE)
        .algorithms([key.algorithm()])
        .cache_bytes(cache_bytes)
        .build_fixed(&JwkSet::new([key.public_jwk()])?)?)
}

/// A verifier that follows an issuer whose log is long, and a token it has seen.
async fn live() -> Outcome<(Verifier, String)> {
    let issuer = issuer::Issuer::start().await;
    issuer.change(|inner| {
        inner.page = 5_000;
        inner.entries = (1..=REVOKED).map(entry).collect();
    });
    let verifier = issuer
        .builder()
        .clock(SystemClock)
        // The issuer's clock stands still.
        .max_staleness(Duration::from_secs(86_400))
        .build()
        .await?;
    if !verifier.wait_until_live(issuer::PATIENCE).await {
        return Err(format!("not live: {:?}", verifier.status()).into());
    }
    let key = issuer.inner().keys.first().cloned().ok_or("no key")?;
    let token = token(&key, &issuer.url)?;
    verifier.verify(&token)?;
    Ok((verifier, token))
}

fn entry(seq: u32) -> Entry {
    Entry {
        seq: u64::from(seq),
        kind: Kind::Session,
        id: RevocationId::of_text(&seq.to_string()),
        below: None,
        reason: EndReason::Logout,
        revoked_at: 0,
        until: None,
    }
}

fn main() -> Outcome<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let key = SigningKey::generate(Algorithm::EdDSA)?;
    let token = token(&key, ISSUER)?;

    let cached = verifier(&key, 1 << 20)?;
    cached.verify(&token)?;
    criterion.bench_function("seen before, fixed keys", |bencher| {
        bencher.iter(|| cached.verify(black_box(&token)).is_ok());
    });

    let uncached = verifier(&key, 0)?;
    criterion.bench_function("EdDSA, not cached", |bencher| {
        bencher.iter(|| uncached.verify(black_box(&token)).is_ok());
    });

    let (message, _) = token.rsplit_once('.').ok_or("a token has dots")?;
    let (message, signature) = (message.as_bytes(), key.sign(message.as_bytes())?);
    let raw = key.verifying_key();
    criterion.bench_function("EdDSA signature alone", |bencher| {
        bencher.iter(|| raw.verify(Algorithm::EdDSA, black_box(message), &signature));
    });
    let runtime = tokio::runtime::Runtime::new()?;
    let (live, token) = runtime.block_on(live())?;
    criterion.bench_function("seen before, 100 k revocations", |bencher| {
        bencher.iter(|| live.verify(black_box(&token)).is_ok());
    });
    criterion.final_summary();
    Ok(())
}
