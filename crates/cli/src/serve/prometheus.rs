//! The process's metrics, rendered on demand.

use std::{sync::Arc, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use symbolon_server::Metrics;

use crate::failure::Failure;

/// Seconds; from a cached check to a log-in that waits for its turn.
const BUCKETS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5,
];
/// How often histograms are folded, so that they do not grow between scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder.
pub(crate) fn install() -> Result<Metrics, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::unreachable(format_args!("no metrics: {error}"));
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .map_err(|error| failed(&error))?
        .install_recorder()
        .map_err(|error| failed(&error))?;
    symbolon_server::describe_metrics();
    let folding = handle.clone();
    tokio::spawn(async move {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            folding.run_upkeep();
        }
    });
    Ok(Arc::new(move || handle.render()))
}
