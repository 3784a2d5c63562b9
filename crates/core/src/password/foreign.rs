//! Checking a password against a hash that another system made.

use aws_lc_rs::{digest, pbkdf2};
use subtle::ConstantTimeEq;

use super::stored::{BcryptHash, Pbkdf2Hash, ScryptHash};
use crate::{error::Error, secret::Password};

/// bcrypt looks at the first 72 bytes, as where the hash was made.
pub(super) fn bcrypt(password: &Password, hash: &BcryptHash) -> Result<bool, Error> {
    let typed = password.expose().as_bytes();
    let checked = if hash.is_prehashed {
        let hex: String = digest::digest(&digest::SHA256, typed)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        bcrypt::verify(hex, &hash.text)
    } else {
        bcrypt::verify(typed, &hash.text)
    };
    checked.map_err(|error| Error::internal(format_args!("bcrypt: {error}")))
}

pub(super) fn scrypt(password: &Password, hash: &ScryptHash) -> Result<bool, Error> {
    let mut found = vec![0_u8; hash.output.len()];
    scrypt::scrypt(
        password.expose().as_bytes(),
        &hash.salt,
        &hash.params,
        &mut found,
    )
    .map_err(|error| Error::internal(format_args!("scrypt: {error}")))?;
    Ok(found.ct_eq(&hash.output).into())
}

pub(super) fn pbkdf2(password: &Password, hash: &Pbkdf2Hash) -> bool {
    let typed = password.expose().as_bytes();
    pbkdf2::verify(
        hash.algorithm,
        hash.iterations,
        &hash.salt,
        typed,
        &hash.output,
    )
    .is_ok()
}
