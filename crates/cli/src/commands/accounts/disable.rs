//! `symbolon accounts disable`

use serde_json::json;

use crate::{
    admin::Target,
    commands::{Context, Exit, Outcome, block_on},
    output,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub(super) struct Disable {
    /// The account's id or identifier.
    account: String,
    #[command(flatten)]
    target: Target,
}

impl Disable {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let (id, ended) = block_on(async {
            let client = self.target.connect(context).await?;
            let id = client.resolve(&self.account).await?;
            Ok((id, client.disable(id).await?))
        })?;
        if context.global.json {
            output::json(&json!({
                "id": id,
                "sessions_ended": ended.sessions_ended,
                "grants_ended": ended.grants_ended,
                "revoked_at_ms": ended.revoked_at_ms,
            }))?;
        } else {
            output::line(&format!(
                "{} is disabled; {} sessions and {} grants were ended",
                visible(&self.account),
                ended.sessions_ended,
                ended.grants_ended
            ))?;
        }
        Ok(Exit::Success)
    }
}
