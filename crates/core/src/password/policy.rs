//! What a password may be (NIST SP 800-63B §3.1.1.2): its length, and nothing about its composition.
//! How easily it is guessed is judged in [`super::strength`].

use unicode_normalization::UnicodeNormalization;

use crate::{error::Error, secret::Password};

/// Longest password in bytes, counted after NFC; all of them are hashed.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// The bytes that are hashed: NFC, so that every keyboard's spelling of one password is the same.
/// `None`: longer than [`MAX_PASSWORD_BYTES`], so it can be nobody's password.
pub(crate) fn normalise(password: &Password) -> Option<Password> {
    // NFC can shrink a text; what is three times too long cannot become short enough.
    if password.expose().len() > 3 * MAX_PASSWORD_BYTES {
        return None;
    }
    let text: String = password.expose().nfc().collect();
    (text.len() <= MAX_PASSWORD_BYTES).then(|| Password::new(text))
}

/// Checks a password that is about to be set, and normalises it.
pub(crate) fn check_new(password: &Password, min_length: usize) -> Result<Password, Error> {
    let Some(normal) = normalise(password) else {
        return Err(Error::invalid(
            "password_too_long",
            format!("a password has at most {MAX_PASSWORD_BYTES} bytes"),
        ));
    };
    if normal.expose().chars().count() < min_length {
        return Err(Error::invalid(
            "password_too_short",
            format!("a password has at least {min_length} characters"),
        ));
    }
    Ok(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<String, Error> {
        check_new(&Password::new(text.to_owned()), 8).map(|p| p.expose().to_owned())
    }

    #[test]
    fn length_counts_characters_below_and_bytes_above() {
        assert_eq!(
            check("1234567").unwrap_err(),
            Error::invalid("password_too_short", "a password has at least 8 characters",)
        );
        assert!(check("12345678").is_ok());
        assert!(check("päßwörtö").is_ok());
        assert!(check(&"x".repeat(1024)).is_ok());
        assert!(check(&"x".repeat(1025)).is_err());
        assert!(check(&"é".repeat(512)).is_ok());
        assert!(check(&"é".repeat(513)).is_err());
    }

    #[test]
    fn nul_counts_and_stays() {
        assert_eq!(check("abc\0defg").unwrap(), "abc\0defg");
    }

    #[test]
    fn spellings_of_one_password_are_one() {
        assert_eq!(
            check("cafe\u{301}-noir").unwrap(),
            check("caf\u{e9}-noir").unwrap()
        );
    }
}
