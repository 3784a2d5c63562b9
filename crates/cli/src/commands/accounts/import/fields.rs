//! An account out of named fields, by the names that the columns of other systems have.

use serde_json::{Map, Value};

use crate::admin::{ForeignAccount, ForeignIdentifier};

/// Why a line is no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Rejection {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new("line_malformed", detail)
    }
}

/// An account while its fields are read.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) subject: Option<String>,
    pub(super) emails: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) email_verified: bool,
    pub(super) password_hash: Option<String>,
    pub(super) roles: Vec<String>,
    pub(super) locale: Option<String>,
    pub(super) profile: Map<String, Value>,
    pub(super) disabled: bool,
}

/// The columns that mean something here.
pub(super) fn is_known(name: &str) -> bool {
    Draft::default().set(name, "").is_ok_and(|known| known)
}

impl Draft {
    /// Sets a field; `false`: it means nothing here. Empty ones and SQL's NULL are not there.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<bool, Rejection> {
        let value = match value.trim() {
            "NULL" | "null" | "\\N" => "",
            trimmed => trimmed,
        };
        match name {
            "subject" | "sub" => self.subject = text(value),
            "email" => self.add_email(value),
            "username" | "identifier" => self.add_name(value),
            "email_verified" => self.email_verified = flag(name, value)?,
            // Laravel's and Devise's moments.
            "email_verified_at" | "confirmed_at" => self.email_verified = !value.is_empty(),
            "password_hash" | "password" | "encrypted_password" => self.set_hash(value),
            "role" | "roles" => self.add_roles(value),
            "locale" => self.locale = text(value),
            "disabled" => self.disabled = flag(name, value)?,
            "is_active" | "enabled" => self.disabled = !value.is_empty() && !flag(name, value)?,
            "name" => self.claim("name", value),
            "given_name" | "first_name" => self.claim("given_name", value),
            "family_name" | "last_name" => self.claim("family_name", value),
            "pepper" | "password_salt" if !value.is_empty() => {
                return Err(Rejection::new(
                    "hash_peppered",
                    "the hash was made with a secret of the other system beside the password, which \
                     is not supported",
                ));
            }
            "pepper" | "password_salt" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn add_email(&mut self, value: &str) {
        self.emails.extend(text(value));
    }

    pub(super) fn add_name(&mut self, value: &str) {
        self.names.extend(text(value));
    }

    pub(super) fn claim(&mut self, name: &str, value: &str) {
        if let Some(value) = text(value) {
            self.profile.insert(name.to_owned(), Value::String(value));
        }
    }

    pub(super) fn add_roles(&mut self, value: &str) {
        let roles = value.split([' ', ',', ';']).filter(|role| !role.is_empty());
        self.roles.extend(roles.map(str::to_owned));
    }

    /// Django marks accounts without a usable password with an exclamation mark.
    fn set_hash(&mut self, value: &str) {
        self.password_hash = text(value).filter(|hash| !hash.starts_with('!'));
    }

    /// The account. A user name that is the e-mail address is named once.
    pub(super) fn finish(self) -> ForeignAccount {
        let is_email = |name: &str| {
            self.emails
                .iter()
                .any(|email| email.to_lowercase() == name.to_lowercase())
        };
        let names = self.names.iter().filter(|name| !is_email(name));
        let names = names.map(|name| ForeignIdentifier {
            value: name.clone(),
            verified: false,
        });
        let emails = self.emails.iter().map(|email| ForeignIdentifier {
            value: email.clone(),
            verified: self.email_verified,
        });
        ForeignAccount {
            subject: self.subject.clone(),
            identifiers: emails.chain(names).collect(),
            password_hash: self.password_hash,
            roles: self.roles,
            locale: self.locale,
            profile: self.profile,
            disabled: self.disabled,
        }
    }
}

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn flag(name: &str, value: &str) -> Result<bool, Rejection> {
    match value.to_ascii_lowercase().as_str() {
        "" | "false" | "f" | "0" | "no" => Ok(false),
        "true" | "t" | "1" | "yes" => Ok(true),
        _ => Err(Rejection::malformed(format!(
            "{name} is neither true nor false"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(fields: &[(&str, &str)]) -> ForeignAccount {
        let mut draft = Draft::default();
        for (name, value) in fields {
            assert_eq!(draft.set(name, value), Ok(true), "{name}");
        }
        draft.finish()
    }

    fn names(account: &ForeignAccount) -> Vec<(&str, bool)> {
        let all = account.identifiers.iter();
        all.map(|one| (&*one.value, one.verified)).collect()
    }

    #[test]
    fn columns_of_laravel_devise_and_django_are_understood() {
        let laravel = draft(&[
            ("email", "ada@example.com"),
            ("email_verified_at", "2024-01-02 03:04:05"),
            ("password", "$2y$12$x"),
            ("name", "Ada Lovelace"),
        ]);
        assert_eq!(names(&laravel), [("ada@example.com", true)]);
        assert_eq!(laravel.password_hash.as_deref(), Some("$2y$12$x"));
        assert_eq!(laravel.profile["name"], "Ada Lovelace");
        let devise = draft(&[
            ("email", "ada@example.com"),
            ("encrypted_password", "$2a$12$x"),
            ("confirmed_at", "NULL"),
            ("password_salt", ""),
        ]);
        assert_eq!(names(&devise), [("ada@example.com", false)]);
        let django = draft(&[
            ("username", "Ada@Example.com"),
            ("email", "ada@example.com"),
            ("password", "!unusable"),
            ("is_active", "f"),
            ("first_name", "Ada"),
        ]);
        assert_eq!(names(&django), [("ada@example.com", false)]);
        assert!(django.password_hash.is_none() && django.disabled);
        assert_eq!(django.profile["given_name"], "Ada");
    }

    #[test]
    fn a_peppered_hash_and_an_odd_flag_are_rejected() {
        let mut draft = Draft::default();
        let peppered = draft.set("password_salt", "abc").unwrap_err();
        assert_eq!(peppered.code, "hash_peppered");
        assert_eq!(
            draft.set("disabled", "maybe").unwrap_err().code,
            "line_malformed"
        );
        assert_eq!(draft.set("shoe_size", "42"), Ok(false));
        assert!(is_known("roles") && !is_known("shoe_size"));
    }
}
