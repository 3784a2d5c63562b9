//! The ops listener: liveness, readiness, metrics. Not reachable from outside by default.

mod described;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use symbolon_core::{Error, store::StoreError};

pub use described::describe_metrics;

use crate::{error::ApiError, state::AppState};

/// `/livez`, `/readyz`, `/metrics`.
pub fn ops_routes(state: &AppState) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(state.clone())
        .layer(axum::middleware::from_fn(crate::layers::problem::problem))
}

/// Ready: the store takes writes, the keys are there, and nobody asked us to stop.
async fn readyz(State(state): State<AppState>) -> Result<&'static str, ApiError> {
    if *state.draining().borrow() {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "draining",
            "The server is stopping.",
        ));
    }
    match state.issuer().check_ready().await {
        Ok(()) => Ok("ready\n"),
        Err(Error::Store(StoreError::Damaged(found))) => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_damaged",
            format!("Part of the database cannot be read any more: {found}."),
        )),
        Err(error) => Err(error.into()),
    }
}

async fn metrics(State(state): State<AppState>) -> Response {
    let issuer = state.issuer();
    #[expect(
        clippy::cast_precision_loss,
        reason = "gauges are floats; 2^53 entries are enough"
    )]
    {
        metrics::gauge!("symbolon_password_queue").set(issuer.passwords().stats().queued() as f64);
        metrics::gauge!("symbolon_revocation_entries").set(issuer.tail().set().len() as f64);
        let readers = issuer.readers().tally(issuer.tail().head().seq);
        metrics::gauge!("symbolon_revocation_readers").set(readers.known as f64);
        metrics::gauge!("symbolon_revocation_readers_silent").set(readers.silent as f64);
        metrics::gauge!("symbolon_revocation_readers_behind").set(readers.behind as f64);
        let age = issuer
            .log_age()
            .map_or(f64::INFINITY, |age| age.as_secs_f64());
        metrics::gauge!("symbolon_store_log_age_seconds").set(age);
        let has_jobs = f64::from(u8::from(issuer.has_jobs()));
        metrics::gauge!("symbolon_jobs_held").set(has_jobs);
        let skew = issuer.clock_skew_ms() as f64 / 1000.0;
        metrics::gauge!("symbolon_store_clock_skew_seconds").set(skew);
        let is_notified = f64::from(u8::from(issuer.is_log_notified()));
        metrics::gauge!("symbolon_store_log_notified").set(is_notified);
        metrics::gauge!("symbolon_revocation_head").set(issuer.tail().head().seq as f64);
    }
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        state.render_metrics(),
    )
        .into_response()
}
