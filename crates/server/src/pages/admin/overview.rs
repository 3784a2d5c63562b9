//! `/admin`: authentications over time, and how things stand. The tables are the data; a script
//! draws them.

mod chart;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{
    outcomes::{Attempt, OK, OutcomeHistory, OutcomeSeries},
    readers::ReaderTally,
};

use self::chart::Chart;
use super::{Administrator, Section};
use crate::{
    error::ApiError,
    extract::Query,
    pages::{frame::Frame, moment::Moment, render::show},
    state::AppState,
};

/// How far back, and in steps of how many minutes: so many steps that a person can read the table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Range {
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "6h")]
    SixHours,
    #[default]
    #[serde(rename = "24h")]
    Day,
}

impl Range {
    pub(crate) const ALL: [Self; 3] = [Self::Hour, Self::SixHours, Self::Day];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
        }
    }

    pub(crate) fn title(self, t: &Frame) -> &'static str {
        match self {
            Self::Hour => t.last_hour(),
            Self::SixHours => t.last_six_hours(),
            Self::Day => t.last_day(),
        }
    }

    /// Seconds back, minutes of a step.
    const fn span(self) -> (i64, u32) {
        match self {
            Self::Hour => (3_600, 1),
            Self::SixHours => (6 * 3_600, 5),
            Self::Day => (24 * 3_600, 15),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    range: Range,
}

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    t: Frame,
    section: Section,
    range: Range,
    since: Moment,
    good: Chart,
    refused: Chart,
    verifiers: usize,
    /// What is wrong with some of them.
    worries: Vec<String>,
    in_force: usize,
    queued: usize,
}

/// `GET`. Reads nothing but memory.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let (t, issuer) = (admin.t, state.issuer());
    let (back, step) = params.range.span();
    let from = issuer.ambient().now().plus_secs(-back);
    let history = issuer.outcome_history(Some(from), step)?;
    let readers = issuer.readers().tally(issuer.tail().head().seq);
    Ok(show(
        t,
        &OverviewPage {
            t,
            section: Section::Overview,
            range: params.range,
            since: Moment::new(*t, history.since),
            good: good(t, &history),
            refused: refused(t, &history),
            verifiers: readers.known,
            worries: worries(t, readers),
            in_force: issuer.tail().set().len(),
            queued: issuer.passwords().stats().queued(),
        },
    ))
}

fn worries(t: Frame, readers: ReaderTally) -> Vec<String> {
    let silent = (readers.silent > 0).then(|| t.verifiers_silent(readers.silent));
    let behind = (readers.behind > 0).then(|| t.verifiers_behind(readers.behind));
    silent.into_iter().chain(behind).collect()
}

fn good(t: Frame, history: &OutcomeHistory) -> Chart {
    let series = history.series.iter().filter(|series| series.reason == OK);
    let columns = series.map(|series| (attempt(t, series.attempt), series.counts.clone()));
    Chart::new(t, history, columns.collect())
}

fn attempt(t: Frame, attempt: Attempt) -> String {
    let name = match attempt {
        Attempt::Login => t.attempt_login(),
        Attempt::Session => t.attempt_session(),
        Attempt::Token => t.attempt_token(),
        Attempt::Refresh => t.attempt_refresh(),
        Attempt::Register => t.attempt_register(),
    };
    name.to_owned()
}

/// One column for every reason, whatever was tried.
fn refused(t: Frame, history: &OutcomeHistory) -> Chart {
    let mut columns: Vec<(String, Vec<u64>)> = Vec::new();
    let refused = |series: &&OutcomeSeries| series.reason != OK;
    for series in history.series.iter().filter(refused) {
        match columns.iter_mut().find(|(name, _)| name == series.reason) {
            Some((_, counts)) => chart::add(counts, &series.counts),
            None => columns.push((series.reason.to_owned(), series.counts.clone())),
        }
    }
    Chart::new(t, history, columns)
}
