//! `symbolon accounts roles`

use serde_json::json;

use super::{HEADER, row};
use crate::{
    admin::Target,
    commands::{Context, Exit, Outcome, block_on},
    output,
};

#[derive(Debug, clap::Args)]
pub(super) struct Roles {
    /// The account's id or identifier.
    account: String,
    /// The roles that it is to have, and no others.
    #[arg(
        required_unless_present = "none",
        conflicts_with = "none",
        value_name = "ROLE"
    )]
    roles: Vec<String>,
    /// Takes every role away.
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    target: Target,
}

impl Roles {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let account = block_on(async {
            let client = self.target.connect(context).await?;
            let id = client.resolve(&self.account).await?;
            client.set_roles(id, &self.roles).await
        })?;
        if context.global.json {
            output::json(&json!(account))?;
        } else {
            output::table(HEADER, [row(&account)])?;
        }
        Ok(Exit::Success)
    }
}
