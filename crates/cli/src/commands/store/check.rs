//! `symbolon store check`

use serde_json::json;

use crate::{
    commands::{Context, Exit, Outcome},
    config,
    data_dir::{DataDir, DataDirError},
    failure::Failure,
    output,
    wiring::check_file,
};

#[derive(Debug, clap::Args)]
pub(super) struct Check {}

impl Check {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let config = config::load(&context.global.sources([]))?.config;
        let Some(path) = config.sqlite_path() else {
            return Err(
                Failure::usage("the store is PostgreSQL, which checks its pages itself")
                    .hint("data_checksums and amcheck are its means for that"),
            );
        };
        // While a server runs, the files change under whoever looks at them.
        let (lock, in_use) = match DataDir::existing(&config.server.data_dir)?.lock() {
            Ok(lock) => (Some(lock), false),
            Err(DataDirError::Locked { .. }) => (None, true),
            Err(error) => return Err(error.into()),
        };
        let findings = check_file(&path, in_use)?;
        drop(lock);
        let file = path.display().to_string();
        if context.global.json {
            output::json(&json!({"ok": findings.is_empty(), "file": file, "findings": findings}))?;
        } else if findings.is_empty() {
            output::line(&format!("{} {file}", output::styled(output::GOOD, "ok:")))?;
        } else {
            for finding in &findings {
                let finding = crate::text::visible(finding);
                output::line(&format!(
                    "{} {finding}",
                    output::styled(output::BAD, "damaged:")
                ))?;
            }
        }
        Ok(match findings.is_empty() {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}
