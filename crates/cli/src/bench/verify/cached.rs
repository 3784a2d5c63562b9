//! A token that was seen before: the verifier's own `verify`, with a log of many entries.

use std::hint::black_box;

use crate::{
    bench::{
        Effort, Progress, Report,
        figure::{Figure, Goal},
        local::{Credentials, Local},
        race::{Way, race},
    },
    failure::Failure,
};

const PANEL: &str = "A JWT that was seen before, expiry and revocation looked up again";
/// Nanoseconds that it may take.
const GOAL: f64 = 250.0;

pub(super) fn measure(
    report: &mut Report,
    effort: Effort,
    progress: &Progress,
) -> Result<(), Failure> {
    progress.step("a throwaway server with a long log");
    let local = Local::start(|_| axum::Router::new())?;
    let revoked = local.revoke_many(effort);
    let Credentials { service_token, .. } = local.log_in()?;
    let cached = local.verifier(Local::CACHE)?;
    let uncached = local.verifier(Local::NO_CACHE)?;
    progress.step("a token seen before");
    let again = Way::new(|| black_box(cached.verify(black_box(&service_token))).is_ok());
    let first = Way::new(|| black_box(uncached.verify(black_box(&service_token))).is_ok());
    let [again, first] = race(effort, progress, [again, first])?;
    report.figures.push(
        Figure::lap(
            PANEL,
            "verify/cached",
            &again,
            ("never seen before", &first),
        )
        .label(format!("seen before, {revoked} ids revoked"))
        .goal(Goal::Most(GOAL)),
    );
    local.stop();
    Ok(())
}
