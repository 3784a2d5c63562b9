//! `symbolon keys rotate`

use super::show;
use crate::{
    admin::{RotateKeys, Target},
    commands::{Context, Exit, Outcome, block_on},
};

#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// The key is compromised: it and all that it signed are refused at once.
    #[arg(long)]
    emergency: bool,
    /// The compromised key; without it, the one that signs tokens.
    #[arg(long, value_name = "KID", requires = "emergency")]
    kid: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Rotate {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let how = RotateKeys {
            emergency: self.emergency,
            kid: self.kid.as_deref(),
        };
        let found =
            block_on(async { self.target.connect(context).await?.rotate_keys(&how).await })?;
        show(&found, context)?;
        Ok(Exit::Success)
    }
}
