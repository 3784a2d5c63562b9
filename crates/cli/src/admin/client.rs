//! The admin API as functions.

use bytes::Bytes;
use http::{Method, Request, header};
use serde::{Serialize, de::DeserializeOwned};
use symbolon_protocol::{AccountId, SessionId};
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::{
    api::{
        Account, Accounts, Ended, Erased, ImportAnswer, ImportBatch, Keys, NewAccount, Node,
        RotateKeys, Rotated, Sessions,
    },
    problem,
    transport::Transport,
};
use crate::{
    failure::{Exit, Failure},
    text::quoted,
};

const BASE: &str = "/api/v1/admin";

/// Why a receipt without a server is not complete.
pub(crate) const NO_SERVER: &str = "no_server";

fn with_receipt(path: String, receipt: Option<&str>) -> String {
    match receipt {
        Some(wait) => format!("{path}?receipt={wait}"),
        None => path,
    }
}

/// Speaks to an admin API, wherever it is.
pub(crate) struct AdminClient {
    transport: Box<dyn Transport>,
}

impl AdminClient {
    pub(super) fn new(transport: impl Transport + 'static) -> Self {
        Self {
            transport: Box::new(transport),
        }
    }

    /// One page of accounts, in the order of their ids.
    pub(crate) async fn accounts(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Accounts, Failure> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &limit.to_string());
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        self.get(&format!("/accounts?{}", query.finish())).await
    }

    /// The id of the account that a person names by its id or by an identifier.
    pub(crate) async fn resolve(&self, name: &str) -> Result<AccountId, Failure> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("identifier", name);
        let found: Accounts = self.get(&format!("/accounts?{}", query.finish())).await?;
        match found.accounts.as_slice() {
            [one] => one.id.parse().map_err(|_| {
                Failure::unreachable("the server names an account by an id of unknown form")
            }),
            [] => Err(Failure::new(
                Exit::Failed,
                format_args!("no account has the identifier {}", quoted(name)),
            )),
            many => {
                let ids: Vec<_> = many.iter().map(|account| account.id.as_str()).collect();
                let message = format!(
                    "{} accounts have the identifier {}",
                    many.len(),
                    quoted(name)
                );
                Err(Failure::new(Exit::Failed, message)
                    .hint(format!("name one: {}", ids.join(", "))))
            }
        }
    }

    /// Makes an account.
    pub(crate) async fn add_account(&self, account: &NewAccount<'_>) -> Result<Account, Failure> {
        self.send(Method::POST, "/accounts", Some(account)).await
    }

    /// Imports a batch of accounts.
    pub(crate) async fn import(&self, batch: &ImportBatch<'_>) -> Result<ImportAnswer, Failure> {
        self.send(Method::POST, "/accounts/import", Some(batch))
            .await
    }

    /// Disables an account and ends everything of it.
    pub(crate) async fn disable(&self, id: AccountId) -> Result<Ended, Failure> {
        self.send(
            Method::POST,
            &format!("/accounts/{id}/disable"),
            None::<&()>,
        )
        .await
    }

    /// Enables an account again.
    pub(crate) async fn enable(&self, id: AccountId) -> Result<Account, Failure> {
        self.send(Method::POST, &format!("/accounts/{id}/enable"), None::<&()>)
            .await
    }

    /// Sets an account's roles to exactly these.
    pub(crate) async fn set_roles(
        &self,
        id: AccountId,
        roles: &[String],
    ) -> Result<Account, Failure> {
        let body = serde_json::json!({"roles": roles});
        self.send(Method::PUT, &format!("/accounts/{id}/roles"), Some(&body))
            .await
    }

    /// One account.
    pub(crate) async fn account(&self, id: AccountId) -> Result<Account, Failure> {
        self.get(&format!("/accounts/{id}")).await
    }

    /// Everything that is kept about an account, as the server writes it.
    pub(crate) async fn export(&self, id: AccountId) -> Result<serde_json::Value, Failure> {
        self.get(&format!("/accounts/{id}/export")).await
    }

    /// Erases an account; `receipt` is how long to wait for the verifiers.
    pub(crate) async fn erase(
        &self,
        id: AccountId,
        receipt: Option<&str>,
    ) -> Result<Erased, Failure> {
        let path = with_receipt(format!("/accounts/{id}"), receipt);
        let mut erased: Erased = self.send(Method::DELETE, &path, None::<&()>).await?;
        erased.ended = self.as_far_as_known(erased.ended);
        Ok(erased)
    }

    /// An account's live sessions.
    pub(crate) async fn sessions(&self, id: AccountId) -> Result<Sessions, Failure> {
        self.get(&format!("/accounts/{id}/sessions")).await
    }

    /// Ends a session and everything below it; `receipt` is how long to wait for the verifiers.
    pub(crate) async fn end_session(
        &self,
        id: SessionId,
        receipt: Option<&str>,
    ) -> Result<Ended, Failure> {
        let path = with_receipt(format!("/sessions/{id}"), receipt);
        let ended = self.send(Method::DELETE, &path, None::<&()>).await?;
        Ok(self.as_far_as_known(ended))
    }

    /// Ends anything by its id.
    pub(crate) async fn revoke(
        &self,
        node: &Node,
        receipt: Option<&str>,
    ) -> Result<Ended, Failure> {
        let path = with_receipt("/revocations".to_owned(), receipt);
        let ended = self.send(Method::POST, &path, Some(node)).await?;
        Ok(self.as_far_as_known(ended))
    }

    /// Where no server runs nobody can have read the log, so a receipt is never complete.
    fn as_far_as_known(&self, mut ended: Ended) -> Ended {
        if let Some(receipt) = &mut ended.receipt
            && !self.transport.is_server()
        {
            receipt.complete = false;
            receipt.reason = Some(NO_SERVER.to_owned());
        }
        ended
    }

    /// The signing keys.
    pub(crate) async fn keys(&self) -> Result<Keys, Failure> {
        self.get("/keys").await
    }

    /// Rotates the signing keys.
    pub(crate) async fn rotate_keys(&self, how: &RotateKeys<'_>) -> Result<Rotated, Failure> {
        self.send(Method::POST, "/keys/rotate", Some(how)).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.send(Method::GET, path, None::<&()>).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, Failure> {
        let internal = |error: &dyn std::fmt::Display| Failure::usage(format_args!("{error}"));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"))
            .header(header::ACCEPT, "application/json, application/problem+json");
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                // It may hold a password: what we own of it is wiped when the request is done.
                let json = serde_json::to_vec(body).map_err(|error| internal(&error))?;
                Bytes::from_owner(Zeroizing::new(json))
            }
            None => Bytes::new(),
        };
        let request = request.body(body).map_err(|error| internal(&error))?;
        let response = self.transport.send(request).await?;
        if !response.status().is_success() {
            return Err(problem::failure(&response));
        }
        serde_json::from_slice(response.body()).map_err(|error| {
            Failure::unreachable(format_args!(
                "the server's answer is not understood: {error}"
            ))
            .hint("is it a Symbolon of the same version?")
        })
    }
}
