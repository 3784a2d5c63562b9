//! `/admin/keys`: every signing key, where in its life it is, and whom a new one waits for.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use symbolon_core::{
    Timestamp,
    keys::ListedKey,
    model::{KeyPurpose, KeyState},
};

use super::{Administrator, Section};
use crate::{
    error::ApiError,
    extract::Query,
    pages::{frame::Frame, moment::Moment, notice, render::show},
    state::AppState,
};

/// Verifiers that are named; the others are counted.
const NAMED: usize = 5;

#[derive(Deserialize)]
pub(crate) struct Params {
    notice: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/keys.html")]
struct KeysPage {
    t: Frame,
    section: Section,
    notice: Option<&'static str>,
    keys: Vec<KeyRow>,
}

struct KeyRow {
    kid: String,
    purpose: &'static str,
    algorithm: &'static str,
    state: &'static str,
    is_gone: bool,
    created: Moment,
    /// What the moment below is.
    detail: &'static str,
    at: Option<Moment>,
    /// Of a *next* key that signs tokens: whom it waits for.
    waits_for: Option<String>,
}

/// `GET`: the keys in use first, the newest of them first.
pub(crate) async fn get(
    State(state): State<AppState>,
    admin: Administrator,
    Query(params): Query<Params>,
) -> Result<Response, ApiError> {
    let t = admin.t;
    state.hear_of_verifiers().await;
    let mut keys = state.issuer().key_list().await?;
    keys.sort_by_key(|listed| {
        let is_gone = matches!(listed.key.state, KeyState::Gone { .. });
        (is_gone, std::cmp::Reverse(listed.key.created_at))
    });
    Ok(show(
        t,
        &KeysPage {
            t,
            section: Section::Keys,
            notice: notice::text_of(*t, params.notice.as_deref()),
            keys: keys.into_iter().map(|key| row(t, key)).collect(),
        },
    ))
}

fn row(t: Frame, listed: ListedKey) -> KeyRow {
    let waits_for = waits_for(t, &listed);
    let ListedKey {
        key, signs_from, ..
    } = listed;
    let (state, detail, at) = moment(t, key.state, signs_from);
    KeyRow {
        kid: key.kid,
        purpose: match key.purpose {
            KeyPurpose::Token => t.purpose_token(),
            KeyPurpose::Log => t.purpose_log(),
        },
        algorithm: key.algorithm.as_str(),
        state,
        is_gone: matches!(key.state, KeyState::Gone { .. }),
        created: Moment::new(*t, key.created_at),
        detail,
        at: at.map(|at| Moment::new(*t, at)),
        waits_for,
    }
}

/// The state's name, and the moment that matters in it.
fn moment(
    t: Frame,
    state: KeyState,
    signs_from: Option<Timestamp>,
) -> (&'static str, &'static str, Option<Timestamp>) {
    match state {
        KeyState::Next => (t.key_next(), t.signs_from(), signs_from),
        KeyState::Active { since } => (t.key_active(), t.signs_since(), Some(since)),
        KeyState::Retired { until, .. } => (t.key_retired(), t.published_until(), Some(until)),
        KeyState::Gone { at } => (t.key_gone(), t.gone_since(), Some(at)),
    }
}

fn waits_for(t: Frame, listed: &ListedKey) -> Option<String> {
    if listed.key.state != KeyState::Next || listed.key.purpose != KeyPurpose::Token {
        return None;
    }
    if listed.missing.is_empty() {
        return Some(t.waits_for_nobody().to_owned());
    }
    let missing = listed.missing.iter().take(NAMED);
    let mut readers: Vec<_> = missing.map(ToString::to_string).collect();
    let more = listed.missing.len().saturating_sub(NAMED);
    if more > 0 {
        readers.push(format!("+ {more}"));
    }
    Some(t.waits_for(readers.join(", ")))
}
