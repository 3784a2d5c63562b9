//! `symbolon keys list`

use crate::{
    admin::{Key, Reader, Target},
    commands::{Context, Exit, Outcome, block_on},
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    target: Target,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let found = block_on(async { self.target.connect(context).await?.keys().await })?;
        if context.global.json {
            output::json(&serde_json::json!(found))?;
        } else {
            let header = [
                "kid",
                "purpose",
                "alg",
                "state",
                "created",
                "signing since",
                "published until",
                "waits for",
            ];
            output::table(&header, found.keys.iter().map(row))?;
        }
        Ok(Exit::Success)
    }
}

fn row(key: &Key) -> Vec<String> {
    vec![
        key.kid.clone(),
        key.purpose.clone(),
        key.alg.clone(),
        key.state.clone(),
        key.created_at.clone(),
        key.signing_since.clone().unwrap_or_default(),
        key.published_until.clone().unwrap_or_default(),
        Reader::names(&key.missing),
    ]
}
