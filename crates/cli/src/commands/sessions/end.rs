//! `symbolon sessions end`

use serde_json::json;
use symbolon_protocol::SessionId;

use crate::{
    admin::{Ended, Target},
    commands::{Context, Exit, Outcome, block_on},
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct End {
    /// The session's id (sid).
    session: SessionId,
    #[command(flatten)]
    target: Target,
}

impl End {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let ended: Ended = block_on(async {
            self.target
                .connect(context)
                .await?
                .end_session(self.session)
                .await
        })?;
        if context.global.json {
            output::json(&json!(ended))?;
        } else {
            output::line(&format!(
                "{} is ended, and {} grants with it",
                self.session, ended.grants_ended
            ))?;
        }
        Ok(Exit::Success)
    }
}
