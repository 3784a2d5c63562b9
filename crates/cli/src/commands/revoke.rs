//! `symbolon revoke`

use symbolon_protocol::{ClientId, GrantId, SessionId, TokenId};

use super::{
    Context, Outcome, block_on,
    receipt::{self, ReceiptArg},
};
use crate::{
    admin::{AdminClient, Ended, Node, Target},
    failure::Failure,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub struct Revoke {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    receipt: ReceiptArg,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// A session, with every grant below it.
    #[arg(long, value_name = "SID")]
    session: Option<SessionId>,
    /// Everything of an account, by its id or identifier; it may log in again.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// A grant, with what was exchanged from it.
    #[arg(long, value_name = "GID")]
    grant: Option<GrantId>,
    /// One access token.
    #[arg(long, value_name = "JTI")]
    token: Option<TokenId>,
    /// All grants of a client and all its tokens, also those that it gets in the next minutes.
    #[arg(long, value_name = "CLIENT")]
    client: Option<ClientId>,
    /// A signing key, with all that it signed; another signs at once.
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    key: Option<String>,
}

impl What {
    async fn node(&self, client: &AdminClient) -> Result<Node, Failure> {
        let Self {
            session,
            account,
            grant,
            token,
            client: of_client,
            key,
        } = self;
        if let Some(account) = account {
            return Ok(Node::Account(client.resolve(account).await?));
        }
        session
            .map(Node::Session)
            .or(grant.map(Node::Grant))
            .or(token.map(Node::Token))
            .or_else(|| of_client.clone().map(Node::Client))
            .or_else(|| key.clone().map(Node::Key))
            .ok_or_else(|| Failure::usage("nothing is named that could be revoked"))
    }
}

impl Revoke {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let (node, ended) = block_on(async {
            let client = self.target.connect(context).await?;
            let node = self.what.node(&client).await?;
            let ended = client.revoke(&node, self.receipt.wait()).await?;
            Ok((node, ended))
        })?;
        receipt::tell(context, &summary(&node, &ended), &ended)
    }
}

fn summary(node: &Node, ended: &Ended) -> String {
    let count = |number: u64, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    let sessions = count(ended.sessions_ended, "session");
    let grants = count(ended.grants_ended, "grant");
    match node {
        Node::Session(_) | Node::Account(_) | Node::Grant(_) => {
            format!("ended {sessions}, {grants}")
        }
        Node::Token(id) => format!("{id} is revoked"),
        Node::Client(id) => format!("{id} is revoked, and {grants} with it"),
        Node::Key(kid) => format!("{} is revoked, with all that it signed", visible(kid)),
    }
}
