//! Sessions beside JWTs: in process, and through the real routes over keep-alive HTTP.

mod checks;
mod requests;

use std::hint::black_box;

use symbolon_core::{Clock as _, secret::CookieValue};
use symbolon_verifier::Verifier;

use super::{
    Effort, Progress, Report,
    figure::{Figure, Goal},
    local::{Credentials, Local},
    race::{Way, race},
};
use crate::{failure::Failure, system::SystemClock};
use checks::Checks;

const FROM_MEMORY: &str = "A check in process, from memory";
const UNCACHED: &str = "A check in process, without a cache";
/// What a cached session check may cost, as a multiple of a cached JWT check.
const GOAL: f64 = 1.5;
const STEPS: u64 = 4;

/// Measures.
pub(crate) fn run(effort: Effort) -> Result<Report, Failure> {
    let mut report = Report::new("session", effort.quick);
    let progress = Progress::new(STEPS);
    progress.step("a throwaway server with a long log");
    let checks = Checks::default();
    let local = Local::start(|open| checks.routes(open))?;
    local.revoke_many(effort);
    let credentials = local.log_in()?;
    let verifier = local.verifier(Local::CACHE)?;
    checks.give(verifier.clone());
    progress.step("in process, from memory");
    in_memory(
        &mut report,
        &local,
        &credentials,
        &verifier,
        effort,
        &progress,
    )?;
    progress.step("in process, without a cache");
    uncached(&mut report, &local, &credentials, effort, &progress)?;
    progress.step("over HTTP");
    requests::measure(&mut report, &local, &credentials, effort, &progress)?;
    progress.finish();
    local.stop();
    report.meaning = meaning(&report);
    Ok(report)
}

fn meaning(report: &Report) -> String {
    let ratio = |name| report.figure(name).map_or(f64::NAN, |figure| figure.ratio);
    format!(
        "A session that this server knows costs {:.2} times what a JWT seen before costs, and a \
         request with it {:.2} times a request with a JWT; a session read from the store on every \
         request costs {:.1} times the cookie's check.",
        ratio("session/cached"),
        ratio("session/http/cookie"),
        ratio("session/store"),
    )
}

/// From the cookie's text to the session, as a request brings it.
fn cookie_is_good(local: &Local, text: &str) -> bool {
    use futures_util::FutureExt as _;
    let Some(cookie) = CookieValue::parse(text) else {
        return false;
    };
    // What memory answers is answered at once; anything else would not be the cached case.
    let check = local.issuer().check_session(&cookie.hash()).now_or_never();
    matches!(black_box(check), Some(Ok(_)))
}

fn in_memory(
    report: &mut Report,
    local: &Local,
    credentials: &Credentials,
    verifier: &Verifier,
    effort: Effort,
    progress: &Progress,
) -> Result<(), Failure> {
    let cookie = credentials.cookie.expose();
    let token = credentials.service_token.as_str();
    let hash = credentials.cookie.hash();
    let known = local.runtime.block_on(local.issuer().check_session(&hash));
    known.map_err(super::failed)?;
    let session = Way::new(|| cookie_is_good(local, black_box(&cookie)));
    let jwt = Way::new(|| black_box(verifier.verify(black_box(token))).is_ok());
    let [session, jwt] = race(effort, progress, [session, jwt])?;
    report.figures.push(
        Figure::lap(
            FROM_MEMORY,
            "session/cached",
            &session,
            ("JWT seen before", &jwt),
        )
        .label("session, from memory")
        .goal(Goal::Ratio(GOAL)),
    );
    Ok(())
}

fn uncached(
    report: &mut Report,
    local: &Local,
    credentials: &Credentials,
    effort: Effort,
    progress: &Progress,
) -> Result<(), Failure> {
    let cookie = credentials.cookie.expose();
    let own = credentials.own_token.as_str();
    let origin = local.url();
    let (store, hash) = (local.store(), credentials.cookie.hash());
    let memory = Way::new(|| cookie_is_good(local, black_box(&cookie)));
    let read = Way::new(|| {
        let read = store.touch_session(&hash, origin, SystemClock.now());
        matches!(local.runtime.block_on(read), Ok(Some(_)))
    });
    let signature = Way::new(|| local.issuer().verify_access_token(black_box(own)).is_ok());
    let [memory, read, signature] = race(effort, progress, [memory, read, signature])?;
    let beside = ("session, from memory", &memory);
    report.figures.extend([
        Figure::lap(UNCACHED, "session/jwt-full", &signature, beside)
            .label("JWT, never seen before"),
        Figure::lap(UNCACHED, "session/store", &read, beside).label("session, read from the store"),
    ]);
    Ok(())
}
