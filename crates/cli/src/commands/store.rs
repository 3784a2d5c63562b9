//! `symbolon store …`

mod check;

crate::commands::subcommands! { Store:
    /// Reads all of the database and says what is damaged.
    Check(check::Check),
}
