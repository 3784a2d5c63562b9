//! Ending anything by its id, for administrators.

use symbolon_protocol::{AccountId, ClientId, EndReason, GrantId, SessionId, TokenId};

use super::sessions::Ended;
use crate::{
    error::Error, issuer::Issuer, keys::RotateKeys, model::AuditContext,
    settings::FIRST_PARTY_CLIENT, store::Change,
};

/// What an administrator ends, by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A session and its online grants.
    Session(SessionId),
    /// All sessions and offline grants of an account.
    Account(AccountId),
    /// A grant and what was exchanged from it.
    Grant(GrantId),
    /// One access token.
    Token(TokenId),
    /// All grants and tokens of a configured client; also tokens that it gets within the longest
    /// lifetime of a token.
    Client(ClientId),
    /// A signing key and all that it signed; another takes its place at once.
    Key(String),
}

impl Issuer {
    /// Ends it through the one function.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the store's failures. Of a token nothing is known but its id, so an id
    /// that no token has is revoked too.
    pub async fn revoke(&self, node: Node, audit: AuditContext) -> Result<Ended, Error> {
        let by_admin = EndReason::EndedByAdmin;
        match node {
            Node::Session(session) => self.end_session(session, None, by_admin, audit).await,
            Node::Account(account) => self.end_sessions(account, None, audit).await,
            Node::Grant(grant) => {
                self.apply(Change::EndGrant { grant }, by_admin, audit, "grant")
                    .await
            }
            Node::Token(token) => {
                let until = self.horizon().until;
                let change = Change::RevokeToken { token, until };
                self.apply(change, by_admin, audit, "token").await
            }
            Node::Client(client) => {
                if !self.knows_client(&client) {
                    return Err(Error::NotFound { what: "client" });
                }
                let change = Change::RevokeClient { client };
                self.apply(change, by_admin, audit, "client").await
            }
            Node::Key(kid) => {
                let at = self.ambient.now();
                let how = RotateKeys::Emergency { kid: Some(kid) };
                self.rotate_keys(how, audit).await?;
                Ok(Ended {
                    sessions: 0,
                    grants: 0,
                    at,
                    committed: self.committed(),
                })
            }
        }
    }

    fn knows_client(&self, client: &ClientId) -> bool {
        client.as_str() == FIRST_PARTY_CLIENT
            || self
                .settings
                .clients
                .iter()
                .any(|known| known.id == *client)
    }
}
