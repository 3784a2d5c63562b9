//! `symbolon jwt …`

mod decode;
mod input;
mod key_source;
mod show;
mod verify;

crate::commands::subcommands! { Jwt:
    /// Shows what is in a token, without verifying anything.
    Decode(decode::Decode),
    /// Verifies a token against an issuer, an audience, algorithms and keys.
    Verify(verify::Verify),
}
