//! `symbolon config check`

use serde_json::json;

use crate::{
    commands::{Context, Exit, Outcome},
    config, output,
};

#[derive(Debug, clap::Args)]
pub(super) struct Check {}

impl Check {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let loaded = config::load(&context.global.sources([]));
        if context.global.json {
            let problems: Vec<_> = match &loaded {
                Ok(_) => Vec::new(),
                Err(error) => error
                    .problems
                    .iter()
                    .map(config::Problem::to_json)
                    .collect(),
            };
            let file = loaded
                .as_ref()
                .ok()
                .and_then(|loaded| loaded.file.as_deref());
            let file = file.map(|file| file.display().to_string());
            output::json(&json!({"ok": loaded.is_ok(), "file": file, "problems": problems}))?;
            return Ok(if loaded.is_ok() {
                Exit::Success
            } else {
                Exit::Usage
            });
        }
        let loaded = loaded?;
        let read = match &loaded.file {
            Some(file) => format!("{} is read", file.display()),
            None => "there is no symbolon.toml; defaults, environment and flags count".to_owned(),
        };
        output::line(&format!("{} {read}", output::styled(output::GOOD, "ok:")))?;
        Ok(Exit::Success)
    }
}
