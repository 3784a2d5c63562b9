//! Making the first administrator with a code that only the server's operator sees.

use symbolon_protocol::{RejectReason, Timestamp};

use super::{
    ClientContext,
    accounts::{NewAccountRequest, identifier_taken},
};
use crate::{
    entropy::EntropyExt,
    error::Error,
    issuer::Issuer,
    model::{Account, AuditContext, Role},
    secret::{Password, SecretHash},
    store::{ClaimAdmin, SetupCode},
};

/// How long a code is valid, in seconds.
const CODE_LIFETIME_SECS: i64 = 3600;
/// What a code is sealed for.
const PURPOSE: &str = "setup-code";
/// Crockford's base 32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A claim of the first administrator.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The code as it was typed.
    pub code: Password,
    /// The administrator's name or address.
    pub identifier: String,
    /// Their password.
    pub password: Password,
    /// From where.
    pub context: ClientContext,
    /// For the audit row.
    pub audit: AuditContext,
}

/// A set-up code for the operator's eyes.
#[derive(Debug, Clone)]
pub struct OfferedCode {
    /// The code.
    pub code: Password,
    /// From when on it is void.
    pub expires_at: Timestamp,
}

impl Issuer {
    /// The set-up code, unless there is an administrator: the one that is in force, which another start or
    /// another node may have made, or a new one.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn open_setup(&self) -> Result<Option<OfferedCode>, Error> {
        if self.store.has_admin().await? {
            return Ok(None);
        }
        let (code, now) = (self.new_code(), self.ambient.now());
        let new = SetupCode {
            sealed: self.keys.seal(PURPOSE, code.expose().as_bytes())?,
            expires_at: now.plus_secs(CODE_LIFETIME_SECS),
        };
        let put = self.store.put_setup_code(hash_of(&code), new, now);
        let Some(kept) = put.await? else {
            return Ok(None);
        };
        let opened = self.keys.unseal(PURPOSE, &kept.sealed)?;
        let code = std::str::from_utf8(&opened).map_err(Error::internal)?;
        Ok(Some(OfferedCode {
            code: Password::new(code.to_owned()),
            expires_at: kept.expires_at,
        }))
    }

    /// Whether there is no administrator yet.
    ///
    /// # Errors
    /// The store's failures.
    pub async fn needs_setup(&self) -> Result<bool, Error> {
        Ok(!self.store.has_admin().await?)
    }

    /// Makes the first administrator.
    ///
    /// # Errors
    /// `setup_code_wrong`, `setup_done`, rate limits, an unusable identifier or password; the
    /// store.
    pub async fn claim_first_admin(&self, request: ClaimRequest) -> Result<Account, Error> {
        let now = self.ambient.now();
        // Its 80 bits need no limit of its own, which a stranger could use up; an address has one.
        self.throttles.take_address(request.context.ip, now)?;
        let claimed = self.try_claim(&request, now).await;
        if !matches!(claimed, Err(Error::Rejected(_))) {
            self.throttles.give_back_address(request.context.ip);
        }
        claimed
    }

    async fn try_claim(&self, request: &ClaimRequest, now: Timestamp) -> Result<Account, Error> {
        if self.store.has_admin().await? {
            return Err(setup_done());
        }
        let code = hash_of(&request.code);
        // Before a password is hashed for whoever asks; the claim itself looks again.
        if !self.store.is_setup_code(code, now).await? {
            return Err(RejectReason::SetupCodeWrong.into());
        }
        let new = NewAccountRequest {
            identifier: request.identifier.clone(),
            password: Some(request.password.clone()),
            roles: vec![Role::admin()],
            verified: true,
        };
        let new = self.prepare_account(new).await?;
        let id = new.id;
        match self
            .store
            .claim_first_admin(code, new, request.audit.clone(), now)
            .await?
        {
            ClaimAdmin::Claimed => self.account(id).await,
            ClaimAdmin::WrongCode => Err(RejectReason::SetupCodeWrong.into()),
            ClaimAdmin::Void => Err(setup_done()),
            ClaimAdmin::IdentifierTaken => Err(identifier_taken()),
        }
    }

    /// Sixteen characters in four groups: 80 bits.
    fn new_code(&self) -> Password {
        let random: [u8; 16] = self.ambient.entropy().bytes();
        let mut code = String::with_capacity(19);
        for (position, byte) in random.iter().enumerate() {
            if position > 0 && position % 4 == 0 {
                code.push('-');
            }
            let letter = ALPHABET
                .get(usize::from(byte % 32))
                .copied()
                .unwrap_or(b'0');
            code.push(char::from(letter));
        }
        Password::new(code)
    }
}

/// What people type: lower case, with or without dashes, spaces around.
fn hash_of(code: &Password) -> SecretHash {
    let plain: String = code
        .expose()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    SecretHash::of(&plain)
}

const fn setup_done() -> Error {
    Error::Conflict {
        code: "setup_done",
        detail: "there is an administrator already",
    }
}
