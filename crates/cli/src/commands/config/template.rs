//! `symbolon config template`

use serde_json::json;

use crate::{
    commands::{Context, Exit, Outcome},
    config::template,
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct Template {}

impl Template {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let text = template::render();
        if context.global.json {
            output::json(&json!({"template": text}))?;
        } else {
            output::print(&text)?;
        }
        Ok(Exit::Success)
    }
}
