//! `GET /api/v1/admin/outcomes`: what became of authentications, over time.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{Timestamp, outcomes::OutcomeHistory, time::parse_duration};

use crate::{
    api::views::{moment, moment_of},
    error::ApiError,
    extract::{Admin, Query},
    state::AppState,
};

/// Minutes of a step unless the caller says otherwise.
const STEP: u32 = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    from: Option<From>,
    #[serde(default)]
    step: Step,
}

/// RFC 3339.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct From(Timestamp);

impl TryFrom<String> for From {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        moment_of(&text).map(Self).ok_or("a moment as in RFC 3339")
    }
}

/// Whole minutes, as a duration is written.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Step(pub(crate) u32);

impl Default for Step {
    fn default() -> Self {
        Self(STEP)
    }
}

impl TryFrom<String> for Step {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        parse_duration(&text)
            .map(|step| step.as_secs())
            .filter(|secs| secs % 60 == 0)
            .and_then(|secs| u32::try_from(secs / 60).ok())
            .map(Self)
            .ok_or("a step is whole minutes")
    }
}

#[derive(Serialize)]
pub(crate) struct OutcomesView {
    since: String,
    from: String,
    step_secs: u32,
    steps: usize,
    series: Vec<SeriesView>,
}

#[derive(Serialize)]
struct SeriesView {
    kind: &'static str,
    reason: &'static str,
    total: u64,
    counts: Vec<u64>,
}

impl std::convert::From<OutcomeHistory> for OutcomesView {
    fn from(history: OutcomeHistory) -> Self {
        let series = history.series.into_iter().map(|series| SeriesView {
            kind: series.attempt.as_str(),
            reason: series.reason,
            total: series.total(),
            counts: series.counts,
        });
        Self {
            since: moment(history.since),
            from: moment(history.from),
            step_secs: history.step_secs,
            steps: history.steps,
            series: series.collect(),
        }
    }
}

/// `GET`.
pub(crate) async fn get(
    State(state): State<AppState>,
    Admin(_): Admin,
    Query(params): Query<Params>,
) -> Result<axum::Json<OutcomesView>, ApiError> {
    let from = params.from.map(|from| from.0);
    let history = state.issuer().outcome_history(from, params.step.0)?;
    Ok(axum::Json(history.into()))
}
