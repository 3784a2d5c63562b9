//! What a check costs: of a token seen before, with its expiry looked up, and of a new one beside
//! the bare signature check.

use std::hint::black_box;

use criterion::Criterion;
use symbolon_jose::{Algorithm, JwkSet, Signer, SigningKey, TokenClaims};
use symbolon_verifier::{Clock as _, SystemClock, Verifier};

const ISSUER: &str = "https://id.example";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn token(key: &SigningKey) -> Outcome<String> {
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
    let claims = TokenClaims::new(ISSUER, "https://orders.example", now + 3_600)
        .issued_at(now)
        .extra(claims);
    Ok(Signer::new(key, "at+jwt").sign(&claims)?)
}

fn verifier(key: &SigningKey, cache_bytes: usize) -> Outcome<Verifier> {
    Ok(Verifier::builder(ISSUER)
        .audience("https://orders.example")
        .algorithms([key.algorithm()])
        .cache_bytes(cache_bytes)
        .build_fixed(&JwkSet::new([key.public_jwk()])?)?)
}

fn main() -> Outcome<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let key = SigningKey::generate(Algorithm::EdDSA)?;
    let token = token(&key)?;

    let cached = verifier(&key, 1 << 20)?;
    cached.verify(&token)?;
    criterion.bench_function("verify, seen before", |bencher| {
        bencher.iter(|| cached.verify(black_box(&token)).is_ok());
    });

    let uncached = verifier(&key, 0)?;
    criterion.bench_function("verify, EdDSA, not cached", |bencher| {
        bencher.iter(|| uncached.verify(black_box(&token)).is_ok());
    });

    let (message, _) = token.rsplit_once('.').ok_or("a token has dots")?;
    let (message, signature) = (message.as_bytes(), key.sign(message.as_bytes())?);
    let raw = key.verifying_key();
    criterion.bench_function("EdDSA signature alone", |bencher| {
        bencher.iter(|| raw.verify(Algorithm::EdDSA, black_box(message), &signature));
    });
    criterion.final_summary();
    Ok(())
}
