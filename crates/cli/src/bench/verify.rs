//! JWTs: the bare primitive, the whole check, the check of a token seen before, and the look-up in
//! the revocation log.

mod cached;
mod lookups;
mod sample;

use std::hint::black_box;

use symbolon_jose::{Algorithm, KeySet, Signer, VerifyingKey, verify};
use symbolon_protocol::AccessClaims;

use super::{
    Effort, Progress, Report, failed,
    figure::{Figure, Goal},
    race::{Way, race},
    raw::{RawSign, RawVerify},
};
use crate::failure::Failure;
use sample::{NOW, Sample};

const VERIFY: &str = "Full verification of a JWT, beside the bare signature check";
const SHARED: &str = "Full verification of a JWT with a shared secret, beside the bare MAC";
const SIGN: &str = "Signing an access token's claims, beside the bare signature";

/// The algorithm, and the goals of verifying and of signing as ratios.
const PUBLIC: [(Algorithm, Option<f64>, Option<f64>); 5] = [
    (Algorithm::EdDSA, Some(1.06), Some(1.15)),
    (Algorithm::ES256, Some(1.03), Some(1.15)),
    (Algorithm::ES384, None, None),
    (Algorithm::RS256, Some(1.08), Some(1.02)),
    (Algorithm::PS256, None, None),
];
/// What a whole HS256 check may take beyond the MAC, in nanoseconds.
const HS256_ADDED: f64 = 800.0;
/// Figures: verifying and signing, HS256, the cached check, two sizes of the log.
const STEPS: u64 = 2 * PUBLIC.len() as u64 + 4;

/// Measures.
pub(crate) fn run(effort: Effort) -> Result<Report, Failure> {
    let mut report = Report::new("verify", effort.quick);
    let progress = Progress::new(STEPS);
    for (alg, goal, _) in PUBLIC {
        progress.step(format!("verify {alg}"));
        let figure = public(alg, effort, &progress)?;
        report.figures.push(with_ratio(figure, goal));
    }
    progress.step("verify HS256");
    report.figures.push(shared(effort, &progress)?);
    for (alg, _, goal) in PUBLIC {
        progress.step(format!("sign {alg}"));
        let figure = sign(alg, effort, &progress)?;
        report.figures.push(with_ratio(figure, goal));
    }
    cached::measure(&mut report, effort, &progress)?;
    lookups::measure(&mut report, effort, &progress)?;
    progress.finish();
    report.meaning = meaning(&report);
    Ok(report)
}

fn with_ratio(figure: Figure, goal: Option<f64>) -> Figure {
    match goal {
        Some(goal) => figure.goal(Goal::Ratio(goal)),
        None => figure,
    }
}

fn meaning(report: &Report) -> String {
    let value = |name| report.figure(name).map_or(f64::NAN, |figure| figure.value);
    let full = report
        .figure("verify/EdDSA")
        .map_or(f64::NAN, |figure| figure.ratio);
    format!(
        "A whole EdDSA check costs {full:.2} times its signature, and the next check of the same \
         token, with expiry and revocation looked up again, {:.0} times less than the first.",
        value("verify/EdDSA") / value("verify/cached"),
    )
}

fn public(alg: Algorithm, effort: Effort, progress: &Progress) -> Result<Figure, Failure> {
    let sample = Sample::new(alg)?;
    let raw = RawVerify::public(alg, &sample.key.public_jwk())?;
    verification(
        alg,
        &raw,
        sample.key.verifying_key(),
        &sample.token,
        effort,
        progress,
    )
}

/// Nothing here signs with HMAC, so the token is made by hand.
fn shared(effort: Effort, progress: &Progress) -> Result<Figure, Failure> {
    let secret = [42; 32];
    let token = sample::shared_token(&secret)?;
    let raw = RawVerify::shared(&secret);
    let key = VerifyingKey::hmac(&secret, Algorithm::HS256)
        .map_err(failed)?
        .with_kid(sample::SHARED_KID);
    let figure = verification(Algorithm::HS256, &raw, key, &token, effort, progress)?;
    let figure = Figure {
        panel: SHARED,
        beside: ("MAC", figure.beside.1),
        ..figure
    };
    Ok(figure.goal(Goal::Added(HS256_ADDED)))
}

fn verification(
    alg: Algorithm,
    raw: &RawVerify,
    key: VerifyingKey,
    token: &str,
    effort: Effort,
    progress: &Progress,
) -> Result<Figure, Failure> {
    let (message, signature) = sample::cut(token)?;
    let keys = KeySet::from_keys([key]).map_err(failed)?;
    let rules = sample::rules(alg)?;
    let bare = Way::new(|| raw.is_right(black_box(message.as_bytes()), black_box(&signature)));
    let whole = Way::new(|| {
        black_box(verify::<AccessClaims>(black_box(token), &keys, &rules, NOW)).is_ok()
    });
    let [bare, whole] = race(effort, progress, [bare, whole])?;
    let name = format!("verify/{alg}");
    Ok(Figure::lap(VERIFY, name, &whole, ("signature", &bare)))
}

fn sign(alg: Algorithm, effort: Effort, progress: &Progress) -> Result<Figure, Failure> {
    let sample = Sample::new(alg)?;
    let (message, _) = sample::cut(&sample.token)?;
    let raw = RawSign::new(&sample.key)?;
    let signer = Signer::new(&sample.key, sample::TYP);
    let bare = Way::new(|| raw.sign(black_box(message.as_bytes())));
    let whole = Way::new(|| black_box(signer.sign(black_box(&sample.claims))).is_ok());
    let [bare, whole] = race(effort, progress, [bare, whole])?;
    let name = format!("sign/{alg}");
    Ok(Figure::lap(SIGN, name, &whole, ("signature", &bare)))
}
