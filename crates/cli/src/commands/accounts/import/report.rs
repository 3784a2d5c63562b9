//! What became of the lines: counted, and each that was rejected told with its number.

use std::{
    collections::BTreeMap, fs::File, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path,
    time::Duration,
};

use serde_json::json;

use crate::{
    admin::ImportResult, bench::stopwatch::Stopwatch, commands::Context, failure::Failure, output,
    text::visible,
};

/// Rejections that are shown when they are kept nowhere.
const SHOWN: u64 = 20;

/// What became of the lines so far.
pub(super) struct Report {
    dry_run: bool,
    file: Option<File>,
    imported: u64,
    exists: u64,
    rejected: BTreeMap<String, u64>,
    /// The last line that the server has answered for.
    last_line: u64,
    begun: Stopwatch,
}

impl Report {
    pub(super) fn new(dry_run: bool, rejects: Option<&Path>) -> Result<Self, Failure> {
        let open = |path: &Path| {
            std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(path)
                .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))
        };
        Ok(Self {
            dry_run,
            file: rejects.map(open).transpose()?,
            imported: 0,
            exists: 0,
            rejected: BTreeMap::new(),
            last_line: 0,
            begun: Stopwatch::start(),
        })
    }

    /// Counts what the server says of a line.
    pub(super) fn add(&mut self, line: u64, result: &ImportResult) -> Result<(), Failure> {
        self.last_line = self.last_line.max(line);
        match result.outcome.as_str() {
            "imported" => self.imported += 1,
            "exists" => self.exists += 1,
            _ => {
                let code = result.code.as_deref().unwrap_or("rejected");
                let detail = result.detail.as_deref().unwrap_or_default();
                self.reject(line, code, detail)?;
            }
        }
        Ok(())
    }

    /// Counts a line that is rejected, and tells of it.
    pub(super) fn reject(&mut self, line: u64, code: &str, detail: &str) -> Result<(), Failure> {
        *self.rejected.entry(code.to_owned()).or_default() += 1;
        if let Some(file) = &mut self.file {
            let entry = json!({"line": line, "code": code, "detail": detail});
            return writeln!(file, "{entry}")
                .map_err(|error| Failure::unreachable(format_args!("the rejects: {error}")));
        }
        match self.rejections() {
            number if number <= SHOWN => output::note(&format!(
                "line {line}: {} ({})",
                visible(detail),
                visible(code)
            )),
            number if number == SHOWN + 1 => {
                output::note("more lines are rejected; --rejects FILE keeps them all");
            }
            _ => {}
        }
        Ok(())
    }

    fn rejections(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Whether no line was rejected.
    pub(super) fn is_clean(&self) -> bool {
        self.rejected.is_empty()
    }

    /// How to go on after the last line that is done.
    pub(super) fn resume(&self) -> Option<String> {
        (self.last_line > 0).then(|| {
            format!(
                "line {} and what is before it are done; --from-line {} goes on",
                self.last_line,
                self.last_line + 1
            )
        })
    }

    /// Says what became of all of them.
    pub(super) fn tell(&self, context: &Context) -> Result<(), Failure> {
        let elapsed = self.begun.elapsed();
        if context.global.json {
            return Ok(output::json(&json!({
                "dry_run": self.dry_run,
                "imported": self.imported,
                "exists": self.exists,
                "rejected": self.rejections(),
                "rejected_by_code": self.rejected,
                "seconds": elapsed.as_secs_f64(),
            }))?);
        }
        let would = if self.dry_run { "would be " } else { "" };
        let rate = rate(self.imported, elapsed);
        output::line(&format!(
            "{} {would}imported ({rate} a second), {} there already, {} rejected",
            self.imported,
            self.exists,
            self.rejections()
        ))?;
        for (code, number) in &self.rejected {
            output::line(&format!("  {number} × {}", visible(code)))?;
        }
        Ok(())
    }
}

fn rate(number: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    number.saturating_mul(1000) / millis
}
