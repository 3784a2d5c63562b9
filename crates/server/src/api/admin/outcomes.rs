//! `GET /api/v1/admin/outcomes`: what became of authentications, over time.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use symbolon_core::{Timestamp, outcomes::OutcomeHistory, time::parse_duration};
use utoipa::ToSchema;

use crate::{
    api::views::{moment, moment_of},
    error::ApiError,
    extract::{Admin, Query},
    openapi::{
        refusals::{self, QueryParams, Refusals, StepLength},
        schemas,
    },
    state::AppState,
};

/// Minutes of a step unless the caller says otherwise.
const STEP: u32 = 5;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    /// Where the first step begins; 24 hours ago at the earliest, which is also where it begins if
    /// nothing is said.
    #[param(value_type = Option<String>, nullable = false, format = DateTime)]
    from: Option<From>,
    /// From `1m` to `24h`, in whole minutes; `5m` unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<String>, nullable = false, example = "5m")]
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

/// What became of authentications, step by step.
#[derive(Serialize, ToSchema)]
#[schema(as = Outcomes)]
pub(crate) struct OutcomesView {
    /// When this process began to count; before, nothing is known.
    #[schema(format = DateTime)]
    since: String,
    /// Where the first step begins, a multiple of the step.
    #[schema(format = DateTime)]
    from: String,
    step_secs: u32,
    /// How many steps there are; the last one goes on.
    steps: usize,
    /// What happened at all.
    series: Vec<SeriesView>,
}

/// How often an attempt had an outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = OutcomeSeries)]
struct SeriesView {
    #[schema(schema_with = schemas::attempt)]
    kind: &'static str,
    /// `ok`, or the code of the error.
    reason: &'static str,
    total: u64,
    /// How often, step by step.
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

/// Shows what became of authentications
///
/// How often each attempt had each outcome, over the last 24 hours of this process.
#[utoipa::path(
    get, path = "/api/v1/admin/outcomes", operation_id = "listOutcomes", tag = "Administration",
    params(Params),
    security(("session_cookie" = []), ("access_token" = [])),
    responses(
        (status = 200, description = "The counts.", body = OutcomesView),
        Refusals::<(refusals::Admin, QueryParams, StepLength)>,
    ),
)]
pub(crate) async fn get(
    State(state): State<AppState>,
    Admin(_): Admin,
    Query(params): Query<Params>,
) -> Result<axum::Json<OutcomesView>, ApiError> {
    let from = params.from.map(|from| from.0);
    let history = state.issuer().outcome_history(from, params.step.0)?;
    Ok(axum::Json(history.into()))
}
