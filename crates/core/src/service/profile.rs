//! What people say of themselves.

use symbolon_protocol::AccountId;

use crate::{
    error::Error,
    issuer::Issuer,
    model::{Account, AuditContext, InvalidProfile, Profile},
};

impl Issuer {
    /// Replaces what an account says of itself; the account as it is then.
    ///
    /// # Errors
    /// `profile_invalid`, `locale_invalid`; [`Error::NotFound`], also for a disabled account; the
    /// store.
    pub async fn set_profile(
        &self,
        account: AccountId,
        profile: Profile,
        audit: AuditContext,
    ) -> Result<Account, Error> {
        let profile = profile.checked().map_err(|error| {
            let code = match error {
                InvalidProfile::Locale => "locale_invalid",
                InvalidProfile::Name => "profile_invalid",
            };
            Error::invalid(code, error.to_string())
        })?;
        let changed = self
            .store
            .set_profile(account, profile, audit, self.ambient.now())
            .await?
            .ok_or(Error::NotFound { what: "account" })?;
        // Nothing is decided by it, but people want to see at once what they changed.
        self.forget_account(account).await;
        Ok(changed)
    }
}
