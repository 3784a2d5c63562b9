//! The console's sections, as its menu lists them.

use crate::pages::frame::Frame;

/// A section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Accounts,
    Clients,
    Keys,
    Verifiers,
    Revocations,
    Audit,
}

impl Section {
    /// In the order of the menu.
    pub(crate) const ALL: [Self; 7] = [
        Self::Overview,
        Self::Accounts,
        Self::Clients,
        Self::Keys,
        Self::Verifiers,
        Self::Revocations,
        Self::Audit,
    ];

    /// Where it is.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Overview => "/admin",
            Self::Accounts => "/admin/accounts",
            Self::Clients => "/admin/clients",
            Self::Keys => "/admin/keys",
            Self::Verifiers => "/admin/verifiers",
            Self::Revocations => "/admin/revocations",
            Self::Audit => "/admin/audit",
        }
    }

    /// What it is called.
    pub(crate) fn title(self, t: &Frame) -> &'static str {
        match self {
            Self::Overview => t.overview(),
            Self::Accounts => t.accounts(),
            Self::Clients => t.clients_and_resources(),
            Self::Keys => t.signing_keys(),
            Self::Verifiers => t.verifiers(),
            Self::Revocations => t.revocations(),
            Self::Audit => t.audit_trail(),
        }
    }
}
