//! `/admin/verifiers`: who reads the revocation log, and how far each of them is.

use askama::Template;
use axum::{extract::State, response::Response};
use symbolon_core::service::{HeldKeys, Verifier};

use super::{Administrator, Section, span};
use crate::{
    pages::{frame::Frame, render::show},
    state::AppState,
};

#[derive(Template)]
#[template(path = "admin/verifiers.html")]
struct VerifiersPage {
    t: Frame,
    section: Section,
    rows: Vec<VerifierRow>,
}

struct VerifierRow {
    client: String,
    instance: String,
    software: Option<Box<str>>,
    /// How far behind it is, if it is.
    behind: Option<String>,
    /// How long nothing was heard of it, if that is too long.
    silent: Option<String>,
    keys: &'static str,
    has_other_keys: bool,
}

/// `GET`.
pub(crate) async fn get(State(state): State<AppState>, admin: Administrator) -> Response {
    let t = admin.t;
    state.hear_of_verifiers().await;
    let verifiers = state.issuer().verifiers().into_iter();
    let page = VerifiersPage {
        t,
        section: Section::Verifiers,
        rows: verifiers.map(|verifier| row(t, verifier)).collect(),
    };
    show(t, &page)
}

fn row(t: Frame, Verifier { reader, keys }: Verifier) -> VerifierRow {
    VerifierRow {
        client: reader.name.client.to_string(),
        instance: reader.name.instance.as_str().to_owned(),
        software: reader.software,
        behind: (reader.behind > 0).then(|| t.entries_behind(t.log_entries(reader.behind))),
        silent: reader.is_silent.then(|| span(t, reader.silent_ms / 1_000)),
        keys: match keys {
            HeldKeys::Current => t.keys_current(),
            HeldKeys::Other => t.keys_other(),
            HeldKeys::Untold => t.keys_untold(),
        },
        has_other_keys: keys == HeldKeys::Other,
    }
}
