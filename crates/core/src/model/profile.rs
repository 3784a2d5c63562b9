//! What people say of themselves: a few claims of their profile (OpenID Connect Core §5.1) and their
//! language.
//!
//! The rest of an account's profile came from elsewhere (an import) and is not theirs to change; the
//! one thing that must not be broken: putting a profile leaves it as it was.

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::Account;

/// Characters that a name may have.
const MAX_NAME_CHARS: usize = 200;
/// Bytes that a language tag may have (RFC 5646 §4.4.1).
const MAX_LOCALE_BYTES: usize = 35;

/// What somebody says of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// `name`: what they are called on screen.
    pub name: Option<String>,
    /// `given_name`.
    pub given_name: Option<String>,
    /// `family_name`.
    pub family_name: Option<String>,
    /// BCP 47 tag of the language that they want to be spoken to in.
    pub locale: Option<String>,
}

/// Something of it cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProfile {
    /// A name is too long or has characters that nobody sees.
    #[error("a name has at most {MAX_NAME_CHARS} characters, all of them visible")]
    Name,
    /// The language is no BCP 47 tag.
    #[error("a locale is a BCP 47 language tag such as de or en-GB")]
    Locale,
}

impl Profile {
    /// What an account says.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let claim = |name: &str| {
            let value = account.profile.get(name).and_then(Value::as_str);
            value.map(str::to_owned)
        };
        Self {
            name: claim("name"),
            given_name: claim("given_name"),
            family_name: claim("family_name"),
            locale: account.locale.clone(),
        }
    }

    /// The same in the form in which it is kept: composed (NFC), without spaces around it; what is
    /// empty is not said.
    ///
    /// # Errors
    /// When something of it cannot be.
    pub fn checked(self) -> Result<Self, InvalidProfile> {
        Ok(Self {
            name: check_name(self.name)?,
            given_name: check_name(self.given_name)?,
            family_name: check_name(self.family_name)?,
            locale: check_locale(self.locale)?,
        })
    }

    /// Makes the account say this. Other claims of its profile stay.
    pub fn put_into(self, account: &mut Account) {
        if !account.profile.is_object() {
            account.profile = Value::Object(Map::new());
        }
        if let Some(claims) = account.profile.as_object_mut() {
            for (claim, value) in [
                ("name", self.name),
                ("given_name", self.given_name),
                ("family_name", self.family_name),
            ] {
                match value {
                    Some(value) => claims.insert(claim.to_owned(), value.into()),
                    None => claims.remove(claim),
                };
            }
        }
        account.locale = self.locale;
    }
}

fn check_name(name: Option<String>) -> Result<Option<String>, InvalidProfile> {
    let Some(name) = name else { return Ok(None) };
    // Bounded before composing.
    if name.len() > 8 * MAX_NAME_CHARS {
        return Err(InvalidProfile::Name);
    }
    let name: String = name.trim().nfc().collect();
    let is_odd = |c: char| c.is_control() || super::account::is_invisible(c);
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(is_odd) {
        return Err(InvalidProfile::Name);
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// The form of a tag (RFC 5646 §2.1), not whether the language exists.
fn check_locale(locale: Option<String>) -> Result<Option<String>, InvalidProfile> {
    let Some(tag) = locale.filter(|tag| !tag.is_empty()) else {
        return Ok(None);
    };
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let is_tag = tag.len() <= MAX_LOCALE_BYTES
        && (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    match is_tag {
        true => Ok(Some(tag)),
        false => Err(InvalidProfile::Locale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Profile {
        Profile {
            name: Some(name.to_owned()),
            ..Profile::default()
        }
    }

    #[test]
    fn names_are_composed_and_trimmed_and_may_be_left_out() {
        let name = |text: &str| named(text).checked().unwrap().name;
        assert_eq!(
            name("  Ada  Lovelace\u{a0}").as_deref(),
            Some("Ada  Lovelace")
        );
        assert_eq!(name("Zoe\u{308}").as_deref(), Some("Zo\u{eb}"));
        assert_eq!(name(" "), None);
        assert_eq!(
            name(&"ä".repeat(200)).map(|name| name.chars().count()),
            Some(200)
        );
    }

    #[test]
    fn names_that_mislead_are_refused() {
        for bad in [
            "a\u{0}",
            "a\nb",
            "Ada\u{202E}nimda",
            "a\u{200B}b",
            &"x".repeat(201),
            &"x".repeat(10_000),
        ] {
            assert_eq!(named(bad).checked(), Err(InvalidProfile::Name), "{bad:?}");
        }
    }

    #[test]
    fn locales_have_the_form_of_a_tag() {
        let check = |tag: &str| check_locale(Some(tag.to_owned()));
        for good in ["de", "en-GB", "zh-Hant-TW", "de-CH-1996"] {
            assert_eq!(check(good), Ok(Some(good.to_owned())));
        }
        assert_eq!(check(""), Ok(None));
        for bad in [
            "d",
            "de_DE",
            "de-",
            "-de",
            "d3",
            "*",
            "de DE",
            &"de-".repeat(13),
        ] {
            assert_eq!(check(bad), Err(InvalidProfile::Locale), "{bad}");
        }
    }
}
