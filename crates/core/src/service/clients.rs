//! Clients that prove who they are with a secret.

use crate::{issuer::Issuer, settings::ClientSettings};

impl Issuer {
    /// The client with this id, if the secret is its own. Takes as long for an unknown client as
    /// for a known one.
    #[must_use]
    pub fn authenticate_client(&self, id: &str, secret: &str) -> Option<&ClientSettings> {
        self.settings.clients.iter().find(|known| {
            let matches = known.secret.matches(secret);
            matches && known.id.as_str() == id
        })
    }
}

impl ClientSettings {
    /// Whether it may do this.
    #[must_use]
    pub fn has_scope(&self, wanted: &str) -> bool {
        self.scopes.iter().any(|scope| scope == wanted)
    }
}
