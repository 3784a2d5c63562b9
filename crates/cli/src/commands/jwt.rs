//! `symbolon jwt …`

mod decode;
mod explain;
mod input;
mod key_source;
mod lint;
mod show;
mod verify;

crate::commands::subcommands! { Jwt:
    /// Shows what is in a token, without verifying anything.
    Decode(decode::Decode),
    /// Verifies a token against an issuer, an audience, algorithms and keys.
    Verify(verify::Verify),
    /// Says what is unwise or dangerous about a token, a key set or an issuer's metadata.
    Lint(lint::Lint),
    /// Verifies a token as a service does, and tells every check, in order, with what to do.
    Explain(explain::Explain),
}
