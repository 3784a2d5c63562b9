//! Which passwords are accepted when one is set, and what is said while one is typed.

use super::ClientContext;
use crate::{
    error::Error,
    issuer::Issuer,
    password::{self, Strength, breaches},
    secret::Password,
};

/// What is said of a password that somebody thinks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordScore {
    /// How hard it is to guess.
    pub strength: Strength,
    /// The score that is needed.
    pub min_score: u8,
    /// Why it would be refused, by the stable code.
    pub refused: Option<&'static str>,
}

impl Issuer {
    /// Says how hard a password is to guess for somebody known by this identifier. Whether it is
    /// known from a breach is not looked up: it may not be whole yet.
    ///
    /// # Errors
    /// Rate limits; a full queue.
    pub async fn score_password(
        &self,
        password: &Password,
        identifier: Option<&str>,
        context: &ClientContext,
    ) -> Result<PasswordScore, Error> {
        self.throttles
            .take_score(context.ip, self.ambient.now())
            .await?;
        let min_score = self.settings.passwords.min_score;
        let (checked, code) =
            match password::check_new(password, self.settings.passwords.min_length) {
                Ok(normal) => (normal, None),
                Err(Error::Invalid { code, .. }) => (first_part(password), Some(code)),
                Err(error) => return Err(error),
            };
        let strength = self.strength(checked, identifier.as_slice()).await?;
        let refused = code.or_else(|| refusal(&strength, min_score).map(|(code, _)| code));
        Ok(PasswordScore {
            strength,
            min_score,
            refused,
        })
    }

    /// Checks a password that is about to be set for somebody who is known by these names, and
    /// normalises it.
    ///
    /// # Errors
    /// `password_too_short`, `password_too_long`, `password_common`, `password_too_weak`,
    /// `password_breached`; a full queue.
    pub(super) async fn accept_password(
        &self,
        password: &Password,
        names: &[&str],
    ) -> Result<Password, Error> {
        let settings = &self.settings.passwords;
        let normal = password::check_new(password, settings.min_length)?;
        let strength = self.strength(normal.clone(), names).await?;
        if let Some((code, detail)) = refusal(&strength, settings.min_score) {
            return Err(Error::invalid(code, detail));
        }
        if let Some(known) = &self.breaches
            && breaches::is_known(&**known, &normal).await
        {
            return Err(Error::invalid(
                "password_breached",
                "this password is known from a breach of some site; choose another",
            ));
        }
        Ok(normal)
    }

    /// The names, their parts and the issuer's own name are what is guessed first.
    async fn strength(&self, password: Password, names: &[&str]) -> Result<Strength, Error> {
        let host = self.settings.issuer.split("://").nth(1).unwrap_or_default();
        let whole = names.iter().copied().chain([host, "symbolon"]);
        let parts = names
            .iter()
            .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()))
            .filter(|part| part.chars().count() > 2);
        let names = whole.chain(parts).map(str::to_lowercase).collect();
        self.passwords.rate(password, names).await
    }
}

/// Of a password that is too long to be one, enough to be judged.
fn first_part(password: &Password) -> Password {
    Password::new(password.expose().chars().take(128).collect())
}

fn refusal(strength: &Strength, min_score: u8) -> Option<(&'static str, String)> {
    if strength.is_common {
        let detail = "this is one of the commonest passwords; choose another";
        return Some(("password_common", detail.to_owned()));
    }
    if strength.score >= min_score {
        return None;
    }
    let advice = strength.warning.iter().chain(&strength.suggestions);
    let advice: Vec<&str> = advice.map(String::as_str).collect();
    let detail = format!("this password is guessed too easily. {}", advice.join(" "));
    Some(("password_too_weak", detail.trim_end().to_owned()))
}
