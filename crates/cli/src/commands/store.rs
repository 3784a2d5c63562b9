//! `symbolon store …`

mod check;
mod copy;

crate::commands::subcommands! { Store:
    /// Reads all of the database and says what is damaged.
    Check(check::Check),
    /// Copies everything to another store, of the same engine or another.
    Copy(copy::Copy),
}
