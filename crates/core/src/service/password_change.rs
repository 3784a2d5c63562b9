//! Changing one's password: everything else of the account ends, the session at hand goes on with
//! a new cookie.

use symbolon_protocol::{EndReason, RejectReason};

use super::{Caller, ClientContext, Via, sessions::Ended, throttles::LoginKey};
use crate::{
    device,
    entropy::EntropyExt,
    error::Error,
    issuer::Issuer,
    model::AuditContext,
    password::{self, Verdict},
    secret::{CookieValue, DeviceCookie, Password},
    store::{Change, RenewedCookie},
};

/// A change of password.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// The one that is valid now.
    pub current: Password,
    /// The one to come.
    pub new: Password,
    /// From where.
    pub context: ClientContext,
    /// For the audit row.
    pub audit: AuditContext,
}

/// What it did.
#[derive(Debug, Clone)]
pub struct PasswordChanged {
    /// What was ended.
    pub ended: Ended,
    /// The new value of the session cookie, if the caller has one.
    pub cookie: Option<CookieValue>,
    /// The device cookie's new value, if the caller is a browser.
    pub device: Option<DeviceCookie>,
}

impl Issuer {
    /// Changes the caller's password.
    ///
    /// # Errors
    /// `bad_credentials`, rate limits, an unusable new password, `changed_meanwhile`; the store.
    pub async fn change_password(
        &self,
        caller: &Caller,
        change: PasswordChange,
    ) -> Result<PasswordChanged, Error> {
        let names: Vec<&str> = caller
            .account
            .identifiers
            .iter()
            .map(|identifier| identifier.original.as_str())
            .collect();
        // First what is limited: judging a new password is work, too.
        let version = self
            .check_current(caller, change.current, &change.context)
            .await?;
        let new = self.accept_password(&change.new, &names).await?;
        let hash = self.passwords.hash(new).await?;
        let cookie = (caller.via == Via::Cookie)
            .then(|| CookieValue::from_bytes(self.ambient.entropy().bytes()));
        let keep = caller.session.as_ref().map(|session| RenewedCookie {
            session: session.id,
            cookie: cookie.as_ref().map(|cookie| self.own_cookie(cookie)),
        });
        let account = caller.account.id;
        let set = Change::SetPassword {
            account,
            expected_version: Some(version),
            hash,
            keep,
        };
        let ended = self
            .apply(set, EndReason::PasswordChanged, change.audit, "account")
            .await?;
        let device = match cookie {
            Some(_) => {
                let owner = device::Owner {
                    account,
                    password_version: version + 1,
                };
                let id = self.ambient.entropy().bytes();
                Some(device::issue(&self.keys.ring(), owner, &id)?)
            }
            None => None,
        };
        Ok(PasswordChanged {
            ended,
            cookie,
            device,
        })
    }

    /// Checks the password again. Somebody with a stolen session guesses from a bucket of the
    /// account's own, so that they neither get further tries nor lock anybody out of logging in.
    pub(super) async fn check_current(
        &self,
        caller: &Caller,
        current: Password,
        context: &ClientContext,
    ) -> Result<u32, Error> {
        let now = self.ambient.now();
        let key = LoginKey::Device(caller.account.id.to_bytes());
        let address = self.throttles.take_address(context.ip, now).await?;
        let attempt = self.throttles.take_login(key, now).await?;
        let checked = self.check_account_password(caller, &current).await;
        // Only a wrong guess counts.
        if !matches!(checked, Err(Error::Rejected(RejectReason::BadCredentials))) {
            self.throttles.give_back(address, &attempt);
        }
        checked
    }

    async fn check_account_password(
        &self,
        caller: &Caller,
        current: &Password,
    ) -> Result<u32, Error> {
        let wrong = || Error::from(RejectReason::BadCredentials);
        let credential = self
            .store
            .password(caller.account.id)
            .await?
            .ok_or_else(wrong)?;
        let normal = password::normalise(current).ok_or_else(wrong)?;
        if self.passwords.verify(normal, credential.hash).await? == Verdict::Wrong {
            return Err(wrong());
        }
        Ok(credential.version)
    }
}
