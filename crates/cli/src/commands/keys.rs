//! `symbolon keys …`

mod list;
mod rotate;

crate::commands::subcommands! { Keys:
    /// Lists the signing keys and where in their life they are.
    List(list::List),
    /// Makes a new key, which signs once every verifier can know it.
    Rotate(rotate::Rotate),
}
