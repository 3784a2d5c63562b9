//! `symbolon accounts add`

use serde_json::json;

use super::{HEADER, row};
use crate::{
    admin::{NewAccount, Target},
    commands::{Context, Exit, Outcome, block_on},
    failure::Failure,
    output, prompt,
};

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Gives it the role admin.
    #[arg(long)]
    admin: bool,
    /// Its e-mail address or user name. Without: asked for, or "admin" with --admin.
    #[arg(long, value_name = "NAME")]
    identifier: Option<String>,
    /// Further roles.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Makes it without a password.
    #[arg(long)]
    no_password: bool,
    #[command(flatten)]
    target: Target,
}

impl Add {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let identifier = self.identifier()?;
        let password = if self.no_password {
            None
        } else {
            Some(prompt::new_password()?)
        };
        let admin = (self.admin && !self.roles.iter().any(|role| role == "admin"))
            .then(|| "admin".to_owned());
        let roles: Vec<_> = admin.into_iter().chain(self.roles).collect();
        let new = NewAccount {
            identifier: &identifier,
            password: password.as_deref().map(String::as_str),
            roles: &roles,
        };
        let account = block_on(async {
            self.target
                .connect_or_create(context)
                .await?
                .add_account(&new)
                .await
        })?;
        if context.global.json {
            output::json(&json!(account))?;
        } else {
            output::table(HEADER, [row(&account)])?;
        }
        Ok(Exit::Success)
    }

    fn identifier(&self) -> Result<String, Failure> {
        match (&self.identifier, prompt::is_interactive(), self.admin) {
            (Some(identifier), ..) => Ok(identifier.clone()),
            (None, true, false) => prompt::line("E-mail address or user name: "),
            (None, true, true) => {
                let typed = prompt::line("E-mail address or user name [admin]: ")?;
                Ok(if typed.is_empty() {
                    "admin".to_owned()
                } else {
                    typed
                })
            }
            (None, false, true) => Ok("admin".to_owned()),
            (None, false, false) => Err(Failure::usage(
                "--identifier is needed where nobody can be asked",
            )),
        }
    }
}
