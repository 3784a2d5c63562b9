//! Registering an account of one's own.

use super::accounts::NewAccountRequest;
use crate::{
    error::Error,
    issuer::Issuer,
    model::{Account, AuditContext},
    outcomes::Attempt,
    secret::Password,
    service::ClientContext,
};

/// A registration.
#[derive(Debug, Clone)]
pub struct RegisterRequest {
    /// The name or address that it is to be known by.
    pub identifier: String,
    /// Its password.
    pub password: Password,
    /// From where.
    pub context: ClientContext,
    /// For the audit row.
    pub audit: AuditContext,
}

impl Issuer {
    /// Registers an account.
    ///
    /// # Errors
    /// `registration_closed`, rate limits, an unusable identifier or password,
    /// `identifier_taken`; the store.
    pub async fn register(&self, request: RegisterRequest) -> Result<Account, Error> {
        let result = self.try_register(request).await;
        self.count(Attempt::Register, &result);
        result
    }

    async fn try_register(&self, request: RegisterRequest) -> Result<Account, Error> {
        if !self.settings.registration_open {
            return Err(Error::Conflict {
                code: "registration_closed",
                detail: "accounts are made by an administrator here",
            });
        }
        self.throttles
            .take_registration(request.context.ip, self.ambient.now())
            .await?;
        let new = NewAccountRequest {
            identifier: request.identifier,
            password: Some(request.password),
            roles: Vec::new(),
            verified: false,
        };
        self.create_account(new, request.audit).await
    }
}
