//! `symbolon accounts …`

mod add;
mod disable;
mod enable;
mod erase;
mod export;
mod import;
mod list;
mod roles;

use crate::admin::Account;

crate::commands::subcommands! { Accounts:
    /// Makes an account; its password is read from standard input.
    Add(add::Add),
    /// Lists accounts.
    List(list::List),
    /// Disables an account and ends its sessions and grants.
    Disable(disable::Disable),
    /// Lets a disabled account log in again.
    Enable(enable::Enable),
    /// Sets an account's roles.
    Roles(roles::Roles),
    /// Imports accounts with the password hashes that another system made.
    Import(import::Import),
    /// Writes everything that is kept about an account as one JSON document.
    Export(export::Export),
    /// Erases an account: ends everything of it, then deletes what is kept about it.
    Erase(erase::Erase),
}

const HEADER: &[&str] = &["id", "identifiers", "state", "roles", "created"];

fn row(account: &Account) -> Vec<String> {
    let identifiers = account.identifiers.iter().map(|one| {
        let remark = if one.verified { "" } else { " (unverified)" };
        format!("{}{remark}", one.value)
    });
    vec![
        account.id.clone(),
        identifiers.collect::<Vec<_>>().join(", "),
        account.state.clone(),
        account.roles.join(", "),
        account.created_at.clone(),
    ]
}
