//! `symbolon accounts enable`

use serde_json::json;

use crate::{
    admin::Target,
    commands::{Context, Exit, Outcome, block_on},
    output,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub(super) struct Enable {
    /// The account's id or identifier.
    account: String,
    #[command(flatten)]
    target: Target,
}

impl Enable {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let account = block_on(async {
            let client = self.target.connect(context).await?;
            let id = client.resolve(&self.account).await?;
            client.enable(id).await
        })?;
        if context.global.json {
            output::json(&json!(account))?;
        } else {
            output::line(&format!(
                "{} is {}",
                visible(account.name()),
                visible(&account.state)
            ))?;
        }
        Ok(Exit::Success)
    }
}
