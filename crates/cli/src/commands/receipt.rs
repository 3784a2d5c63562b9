//! `--receipt`: what the verifiers did with what was ended.

use std::time::Duration;

use serde_json::json;
use symbolon_core::time::parse_duration;

use super::{Context, Exit, Outcome};
use crate::{
    admin::{Ended, NO_SERVER, Receipt, ReceiptState},
    output,
};

/// What the server waits at most.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Whether to wait for the verifiers.
#[derive(Debug, clap::Args)]
pub(super) struct ReceiptArg {
    /// Waits until the verifiers have applied it, 2s if no other time up to 10s is named, and says
    /// which have. Exits with 1 unless all have; it is ended all the same.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2s",
        value_parser = wait
    )]
    receipt: Option<String>,
}

fn wait(text: &str) -> Result<String, &'static str> {
    match parse_duration(text) {
        Some(wait) if wait <= MAX_WAIT => Ok(text.to_owned()),
        _ => Err("a time from 0s to 10s"),
    }
}

impl ReceiptArg {
    /// How long, as the API takes it.
    pub(super) fn wait(&self) -> Option<&str> {
        self.receipt.as_deref()
    }
}

/// Tells what was ended, for people in the words of `summary`, and its receipt if there is one.
pub(super) fn tell(context: &Context, summary: &str, ended: &Ended) -> Outcome {
    if context.global.json {
        output::json(&json!(ended))?;
    } else {
        output::line(summary)?;
        if let Some(receipt) = &ended.receipt {
            show(receipt)?;
        }
    }
    Ok(exit(ended))
}

/// 1 if a receipt was asked for and is not complete.
pub(super) fn exit(ended: &Ended) -> Exit {
    let is_complete = ended
        .receipt
        .as_ref()
        .is_none_or(|receipt| receipt.complete);
    if is_complete {
        Exit::Success
    } else {
        Exit::Failed
    }
}

fn show(receipt: &Receipt) -> std::io::Result<()> {
    let reason = receipt.reason.as_deref();
    if reason == Some(NO_SERVER) {
        return output::line("no server runs: verifiers learn of it when one does");
    }
    if reason == Some("just_started") {
        output::line(
            "not certain: the server has just been started, and verifiers come back within 10 s",
        )?;
    }
    if receipt.verifiers.is_empty() {
        return output::line("no verifier is known");
    }
    let rows = receipt.verifiers.iter().map(|verifier| {
        let state = match verifier.state {
            ReceiptState::Applied { after_ms } => format!("applied after {after_ms} ms"),
            ReceiptState::Behind { by: 1 } => "behind by 1 entry".to_owned(),
            ReceiptState::Behind { by } => format!("behind by {by} entries"),
            ReceiptState::Silent { for_s } => format!("not seen for {for_s} s"),
        };
        vec![verifier.reader.name(), state]
    });
    output::table(&["verifier", "state"], rows)?;
    match reason {
        Some("too_many_receipts") => {
            output::line("not waited for: too many receipts are asked for at once")
        }
        Some("stopping") => output::line("not waited for: the server stops"),
        _ => Ok(()),
    }
}
