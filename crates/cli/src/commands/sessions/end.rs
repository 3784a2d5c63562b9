//! `symbolon sessions end`

use symbolon_protocol::SessionId;

use crate::{
    admin::Target,
    commands::{
        Context, Outcome, block_on,
        receipt::{self, ReceiptArg},
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct End {
    /// The session's id (sid).
    session: SessionId,
    #[command(flatten)]
    receipt: ReceiptArg,
    #[command(flatten)]
    target: Target,
}

impl End {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let ended = block_on(async {
            self.target
                .connect(context)
                .await?
                .end_session(self.session, self.receipt.wait())
                .await
        })?;
        let summary = format!(
            "{} is ended, and {} grants with it",
            self.session, ended.grants_ended
        );
        receipt::tell(context, &summary, &ended)
    }
}
