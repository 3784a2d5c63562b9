//! The commands, one module each.

mod accounts;
mod backup;
mod bench;
mod completions;
mod config;
mod demo;
mod demo_orders;
mod health;
mod jwt;
mod keys;
mod man;
mod migrate;
mod openapi;
mod receipt;
mod restore;
mod revoke;
mod serve;
mod sessions;
mod store;

use crate::{args::Global, failure::Failure};

pub use crate::failure::Exit;

/// What a command knows beside its own arguments.
pub struct Context {
    /// The arguments that are said for every command.
    pub global: Global,
    /// How admin commands work when no server runs.
    pub offline: Box<dyn crate::admin::OfflineAdmin>,
}

/// How a command ends.
pub type Outcome = Result<Exit, Failure>;

/// Makes the enum of commands and their dispatch. A command is one line: its name and the type of
/// its arguments, which has `fn run(self, &Context) -> Outcome`.
macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $name:ident($arguments:ty),)+) => {
        /// The commands.
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($(#[doc = $doc])+ $name($arguments),)+
        }

        impl Command {
            /// Runs the command.
            ///
            /// # Errors
            /// What went wrong, for people.
            pub fn run(self, context: &Context) -> Outcome {
                match self {
                    $(Self::$name(arguments) => arguments.run(context),)+
                }
            }
        }
    };
}

/// The same for a command that has commands of its own.
macro_rules! subcommands {
    ($group:ident: $($(#[doc = $doc:literal])+ $name:ident($arguments:ty),)+) => {
        /// The command's own commands.
        #[derive(Debug, clap::Args)]
        #[command(arg_required_else_help = true)]
        pub struct $group {
            #[command(subcommand)]
            command: Which,
        }

        #[derive(Debug, clap::Subcommand)]
        enum Which {
            $($(#[doc = $doc])+ $name($arguments),)+
        }

        impl $group {
            pub(crate) fn run(
                self,
                context: &crate::commands::Context,
            ) -> crate::commands::Outcome {
                match self.command {
                    $(Which::$name(arguments) => arguments.run(context),)+
                }
            }
        }
    };
}
use subcommands;

commands! {
    /// Shows the main job: one log-in, two credentials, one revocation.
    Demo(demo::Demo),
    /// The demo's sample API.
    DemoOrders(demo_orders::DemoOrders),
    /// Runs the server.
    Serve(serve::Serve),
    /// Makes, finds and disables accounts.
    Accounts(accounts::Accounts),
    /// Shows and ends sessions.
    Sessions(sessions::Sessions),
    /// Ends anything by its id, everywhere.
    Revoke(revoke::Revoke),
    /// Shows and rotates signing keys.
    Keys(keys::Keys),
    /// Writes all that the server keeps into one file, while it runs or not.
    Backup(backup::Backup),
    /// Brings a backup back, for a server that does not run.
    Restore(restore::Restore),
    /// Looks after the database.
    Store(store::Store),
    /// Decodes and verifies JSON Web Tokens.
    Jwt(jwt::Jwt),
    /// Measures sessions and JWTs on this machine.
    Bench(bench::Bench),
    /// Brings the schema of a PostgreSQL database up to date.
    Migrate(migrate::Migrate),
    /// Checks, shows and explains the configuration.
    Config(config::ConfigCommand),
    /// Asks a server whether it is ready.
    Health(health::Health),
    /// Writes the OpenAPI document of the server's API.
    Openapi(openapi::Openapi),
    /// Writes the completions of a shell.
    Completions(completions::Completions),
    /// Writes the manual.
    Man(man::Man),
}

/// Runs a command's asynchronous part on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .map_err(|error| Failure::unreachable(format_args!("no runtime: {error}")))?
        .block_on(future)
}
