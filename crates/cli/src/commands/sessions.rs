//! `symbolon sessions …`

mod end;
mod list;

crate::commands::subcommands! { Sessions:
    /// Lists an account's live sessions.
    List(list::List),
    /// Ends a session and every grant below it.
    End(end::End),
}
