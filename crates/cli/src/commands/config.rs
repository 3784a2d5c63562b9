//! `symbolon config …`

mod check;
mod print;
mod template;

crate::commands::subcommands! { ConfigCommand:
    /// Says everything that is wrong with the configuration.
    Check(check::Check),
    /// Shows every value in force and where it comes from; secrets are redacted.
    Print(print::Print),
    /// Writes a symbolon.toml with every key, its default and its explanation.
    Template(template::Template),
}
