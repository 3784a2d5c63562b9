//! The log: JSON for machines, text for people, always to standard error.
//!
//! What goes in are codes, ids and durations. The one thing that must not be broken: no secret, no
//! token, no identifier and no full address is ever a field.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{
    config::{LogFormat, sections::Log},
    failure::Failure,
};

/// Starts logging.
pub(super) fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(log.level.as_str())
        .map_err(|error| Failure::usage(format_args!("log.level: {error}")))?;
    let terminal = std::io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let started = if json {
        let layer = fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false);
        registry
            .with(layer.with_span_list(false).with_writer(std::io::stderr))
            .try_init()
    } else {
        let layer = fmt::layer().with_ansi(terminal).with_target(false);
        registry.with(layer.with_writer(std::io::stderr)).try_init()
    };
    started.map_err(|error| Failure::unreachable(format_args!("no log: {error}")))
}
