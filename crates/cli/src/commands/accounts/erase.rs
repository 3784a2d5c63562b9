//! `symbolon accounts erase`: nothing is left of an account but its id.

use symbolon_protocol::AccountId;

use crate::{
    admin::{AdminClient, Target},
    commands::{
        Context, Exit, Outcome, block_on,
        receipt::{self, ReceiptArg},
    },
    failure::Failure,
    output, prompt,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub(super) struct Erase {
    /// The account's id or identifier.
    account: String,
    /// Does not ask.
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    receipt: ReceiptArg,
    #[command(flatten)]
    target: Target,
}

impl Erase {
    pub(super) fn run(self, context: &Context) -> Outcome {
        if !self.yes && !prompt::is_interactive() {
            return Err(
                Failure::usage("an account is not erased without being asked")
                    .hint("--yes erases it where nobody can be asked"),
            );
        }
        let (id, erased) = block_on(async {
            let client = self.target.connect(context).await?;
            let id = client.resolve(&self.account).await?;
            if !self.yes {
                self.ask(&client, id).await?;
            }
            Ok((id, client.erase(id, self.receipt.wait()).await?))
        })?;
        if context.global.json {
            output::json(&serde_json::json!(erased))?;
            return Ok(receipt::exit(&erased.ended));
        }
        let ended = &erased.ended;
        let summary = format!(
            "{id} is erased; {} sessions and {} grants were ended",
            ended.sessions_ended, ended.grants_ended
        );
        let exit = receipt::tell(context, &summary, ended)?;
        if !erased.traces_removed {
            output::note("its traces in the database's free space go within minutes");
        }
        Ok(exit)
    }

    /// Who erases types the name of what is erased.
    async fn ask(&self, client: &AdminClient, id: AccountId) -> Result<(), Failure> {
        let account = client.account(id).await?;
        let name = account.name();
        let question = format!(
            "Erasing {} cannot be undone. Type its name to erase it: ",
            visible(name)
        );
        if prompt::line(&question)? == name {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Failed,
            "that is another name; nothing was erased",
        ))
    }
}
