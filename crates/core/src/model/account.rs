//! Accounts, their identifiers, roles and password credential.

use symbolon_protocol::{AccountId, Subject, Timestamp};
use unicode_normalization::UnicodeNormalization;

use crate::secret::PasswordHash;

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Row id.
    pub id: AccountId,
    /// The name that tokens carry: random, unique, kept on import, never reused.
    pub subject: Subject,
    /// Whether it may be used.
    pub state: AccountState,
    /// How it can be named at log-in.
    pub identifiers: Vec<Identifier>,
    /// What it may do.
    pub roles: Vec<Role>,
    /// BCP 47 tag of the preferred language.
    pub locale: Option<String>,
    /// Profile claims as a JSON object.
    pub profile: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// Whether it may be used.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.state, AccountState::Active)
    }

    /// Whether nothing is left of it but its id and its subject.
    #[must_use]
    pub const fn is_erased(&self) -> bool {
        matches!(self.state, AccountState::Erased { .. })
    }

    /// Whether it has the built-in, issuer-wide `admin` role.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.roles.iter().any(Role::is_admin)
    }
}

/// An account's lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// May log in.
    Active,
    /// May not; everything of it was ended when it was disabled.
    Disabled {
        /// Since when.
        at: Timestamp,
    },
    /// The person had it erased. Nothing is left of it but its id and its subject, so that neither
    /// is ever somebody else's, and nothing can be done to it any more.
    Erased {
        /// Since when.
        at: Timestamp,
    },
}

/// What kind of name an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// A chosen name. Owned from the start: there is nothing to verify.
    Username,
    /// An e-mail address. Owned once verified.
    Email,
}

impl IdentifierKind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Username, Self::Email]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// Longest identifier, in bytes as typed.
const MAX_BYTES: usize = 254;

/// One way to name an account at log-in. Only a verified one owns its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// Its kind.
    pub kind: IdentifierKind,
    /// As it was typed.
    pub original: String,
    /// The form that is compared: NFKC, lower case.
    pub normalised: String,
    /// When it was verified, if it was.
    pub verified_at: Option<Timestamp>,
}

/// The text cannot be an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an identifier is 1 to 254 characters without spaces or control characters; with an @ it is \
     an e-mail address"
)]
pub struct InvalidIdentifier;

impl Identifier {
    /// Reads what a person typed: with an `@` an e-mail address, otherwise a user name.
    ///
    /// # Errors
    /// When the text has no usable form. Addresses are checked for shape only: one `@` with
    /// something on both sides; whether mail arrives is what verification is for.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let original = text.trim();
        // Bounded before normalising: NFKC can make a text 18 times as long.
        if original.is_empty() || original.len() > MAX_BYTES {
            return Err(InvalidIdentifier);
        }
        let normalised = normalise(original);
        let odd = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c);
        if normalised.is_empty() || normalised.len() > 1024 || normalised.chars().any(odd) {
            return Err(InvalidIdentifier);
        }
        let kind = match normalised.split_once('@') {
            None => IdentifierKind::Username,
            Some((local, domain))
                if !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
            {
                IdentifierKind::Email
            }
            Some(_) => return Err(InvalidIdentifier),
        };
        Ok(Self {
            kind,
            original: original.to_owned(),
            normalised,
            verified_at: None,
        })
    }
}

/// How identifiers begin that are looked for, in the form that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifierPrefix(String);

impl IdentifierPrefix {
    /// Reads what a person typed; nothing if no identifier is that long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() <= MAX_BYTES).then(|| Self(normalise(text)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form that is compared.
fn normalise(text: &str) -> String {
    let folded = text.nfkc().collect::<String>().to_lowercase();
    folded.nfkc().collect()
}

/// Zero-width and direction-changing characters, with which one name can look like another.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}

/// A role is a row, so that organisations can come later without moving walls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// Where it holds.
    pub scope: RoleScope,
    /// Its name, e.g. `admin`.
    pub name: String,
}

/// Where a role holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RoleScope {
    /// In the whole issuer.
    Issuer,
    /// In something of the issuer's.
    Within {
        /// What kind of thing, e.g. `organisation`.
        kind: String,
        /// Its id.
        id: String,
    },
}

/// The kind under which a role of the whole issuer is kept.
const ISSUER_SCOPE: &str = "issuer";

impl RoleScope {
    /// Kind and id as they are kept: the whole issuer has a kind of its own and no id. `None` for one
    /// that would be read back as another.
    #[must_use]
    pub fn as_kept(&self) -> Option<(&str, &str)> {
        match self {
            Self::Issuer => Some((ISSUER_SCOPE, "")),
            Self::Within { kind, id } if kind != ISSUER_SCOPE && !id.is_empty() => Some((kind, id)),
            Self::Within { .. } => None,
        }
    }

    /// The scope that was kept as these.
    #[must_use]
    pub fn from_kept(kind: String, id: String) -> Self {
        if kind == ISSUER_SCOPE {
            Self::Issuer
        } else {
            Self::Within { kind, id }
        }
    }
}

impl Role {
    /// The built-in administrator.
    #[must_use]
    pub fn admin() -> Self {
        Self {
            scope: RoleScope::Issuer,
            name: "admin".to_owned(),
        }
    }

    /// Whether this is the built-in administrator.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.scope == RoleScope::Issuer && self.name == "admin"
    }
}

/// The password of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordCredential {
    /// Its hash.
    pub hash: PasswordHash,
    /// Counts changes of the password (not of the hash's parameters): a log-in that verified an
    /// older version creates nothing.
    pub version: u32,
    /// When the password was last changed.
    pub changed_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_apart_and_normalised() {
        let email = Identifier::parse(" Ada@Example.COM ").unwrap();
        assert_eq!(email.kind, IdentifierKind::Email);
        assert_eq!(email.original, "Ada@Example.COM");
        assert_eq!(email.normalised, "ada@example.com");
        // Full-width letters are the same name.
        assert_eq!(Identifier::parse("ＡＤＡ").unwrap().normalised, "ada");
    }

    #[test]
    fn unusable_identifiers_are_refused() {
        for bad in [
            "",
            "  ",
            "a b",
            "a\u{0}b",
            "@x",
            "x@",
            "a@b@c",
            "ad\u{200B}a",
            &"x".repeat(255),
        ] {
            assert_eq!(Identifier::parse(bad), Err(InvalidIdentifier), "{bad:?}");
        }
    }
}
