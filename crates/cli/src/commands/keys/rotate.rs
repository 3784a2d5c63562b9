//! `symbolon keys rotate`

use crate::{
    admin::{Reader, RotateKeys, Rotated, Target},
    commands::{Context, Exit, Outcome, block_on},
    output,
    text::visible,
};

#[derive(Debug, clap::Args)]
pub(super) struct Rotate {
    /// The key is compromised: it and all that it signed are refused at once.
    #[arg(long)]
    emergency: bool,
    /// The compromised key; without it, the one that signs tokens.
    #[arg(long, value_name = "KID", requires = "emergency")]
    kid: Option<String>,
    /// Not the signing keys but the secret that makes refresh tokens; those that are out stay good.
    #[arg(long, conflicts_with = "emergency")]
    server_secret: bool,
    #[command(flatten)]
    target: Target,
}

impl Rotate {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let how = RotateKeys {
            emergency: self.emergency,
            kid: self.kid.as_deref(),
            server_secret: self.server_secret,
        };
        let done = block_on(async { self.target.connect(context).await?.rotate_keys(&how).await })?;
        if context.global.json {
            output::json(&serde_json::json!(done))?;
        } else {
            tell(&done)?;
        }
        Ok(Exit::Success)
    }
}

fn tell(done: &Rotated) -> std::io::Result<()> {
    for kid in &done.revoked {
        let kid = visible(kid);
        output::line(&format!("{kid} is revoked, with all that it signed"))?;
    }
    for kid in &done.activated {
        output::line(&format!("{} signs from now on", visible(kid)))?;
    }
    if let Some(id) = done.server_secret {
        output::line(&format!(
            "server secret {id} makes refresh tokens from now on"
        ))?;
    }
    for key in &done.waiting {
        let (kid, from) = (visible(&key.kid), visible(&key.signs_from));
        output::line(&format!("{kid} is published and signs from {from}"))?;
        if !key.missing.is_empty() {
            let names = Reader::names(&key.missing);
            output::line(&format!(
                "  once these have fetched it: {}",
                visible(&names)
            ))?;
        }
    }
    Ok(())
}
