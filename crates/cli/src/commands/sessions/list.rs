//! `symbolon sessions list`

use serde_json::json;

use crate::{
    admin::{Session, Target},
    commands::{Context, Exit, Outcome, block_on},
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The account's id or identifier.
    account: String,
    #[command(flatten)]
    target: Target,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let found = block_on(async {
            let client = self.target.connect(context).await?;
            let id = client.resolve(&self.account).await?;
            client.sessions(id).await
        })?;
        if context.global.json {
            output::json(&json!(found))?;
        } else {
            let header = [
                "id",
                "kind",
                "created",
                "last seen",
                "expires",
                "device",
                "ip",
                "amr",
            ];
            output::table(&header, found.sessions.iter().map(row))?;
        }
        Ok(Exit::Success)
    }
}

fn row(session: &Session) -> Vec<String> {
    vec![
        session.id.clone(),
        session.kind.clone(),
        session.created_at.clone(),
        session.last_seen.clone(),
        session.expires_at.clone(),
        session.device.clone().unwrap_or_default(),
        session.ip.clone().unwrap_or_default(),
        session.amr.join(", "),
    ]
}
