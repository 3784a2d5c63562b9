//! How other systems spell password hashes, and the one spelling in which they are kept.

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash as Phc, Salt};
use base64_simd::{Base64, STANDARD, STANDARD_NO_PAD};

use super::stored::{HashProblem, PREHASHED, Stored};
use crate::secret::PasswordHash;

/// Reads a hash from elsewhere: a PHC string, bcrypt's form, Django's, passlib's. Refuses what is
/// too costly to check or too short.
pub(crate) fn import(text: &str) -> Result<PasswordHash, HashProblem> {
    let kept = respell(text)?;
    Stored::parse(&kept)?.check()?;
    Ok(PasswordHash::from_phc(kept))
}

fn respell(text: &str) -> Result<String, HashProblem> {
    let parts: Vec<&str> = text.split('$').collect();
    match parts.as_slice() {
        // Django puts the name of its hasher before what the library made.
        ["argon2", "argon2i" | "argon2d" | "argon2id", ..] => Ok(text
            .trim_start_matches("argon2$")
            .replacen("argon2", "$argon2", 1)),
        ["bcrypt", "", ..] => Ok(text.replacen("bcrypt$", "", 1)),
        ["bcrypt_sha256", "", ..] => Ok(text.replacen("bcrypt_sha256$", PREHASHED, 1)),
        [
            name @ ("pbkdf2_sha1" | "pbkdf2_sha256" | "pbkdf2_sha512"),
            iterations,
            salt,
            output,
        ] => {
            let name = name.replace('_', "-");
            let output = base64(&STANDARD, output)?;
            pbkdf2(&name, iterations, salt.as_bytes(), &output)
        }
        ["scrypt", n, salt, r, p, output] => {
            let output = base64(&STANDARD, output)?;
            scrypt([n, r, p], salt.as_bytes(), &output)
        }
        // passlib: the iterations alone, and base64 with a full stop for the plus sign.
        [
            "",
            name @ ("pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512"),
            iterations,
            salt,
            output,
        ] if iterations.bytes().all(|byte| byte.is_ascii_digit()) => {
            let name = if *name == "pbkdf2" {
                "pbkdf2-sha1"
            } else {
                name
            };
            let salt = base64(&STANDARD_NO_PAD, &salt.replace('.', "+"))?;
            let output = base64(&STANDARD_NO_PAD, &output.replace('.', "+"))?;
            pbkdf2(name, iterations, &salt, &output)
        }
        _ => Ok(text.to_owned()),
    }
}

fn base64(alphabet: &Base64, text: &str) -> Result<Vec<u8>, HashProblem> {
    alphabet
        .decode_to_vec(text)
        .map_err(|_| HashProblem::Malformed("not base64"))
}

fn pbkdf2(name: &str, iterations: &str, salt: &[u8], output: &[u8]) -> Result<String, HashProblem> {
    phc(name, &[("i", decimal(iterations)?)], salt, output)
}

fn scrypt([n, r, p]: [&str; 3], salt: &[u8], output: &[u8]) -> Result<String, HashProblem> {
    let n = decimal(n)?;
    if !n.is_power_of_two() {
        return Err(HashProblem::Malformed("scrypt's N is no power of two"));
    }
    let params = [
        ("ln", n.trailing_zeros()),
        ("r", decimal(r)?),
        ("p", decimal(p)?),
    ];
    phc("scrypt", &params, salt, output)
}

fn decimal(text: &str) -> Result<u32, HashProblem> {
    text.parse()
        .map_err(|_| HashProblem::Malformed("a parameter is no number"))
}

fn phc(
    name: &str,
    params: &[(&str, u32)],
    salt: &[u8],
    output: &[u8],
) -> Result<String, HashProblem> {
    let build = || {
        let mut text = ParamsString::new();
        for (name, value) in params {
            text.add_decimal(*name, *value)?;
        }
        let hash = Phc {
            algorithm: Ident::new(name)?,
            version: None,
            params: text,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(output)?),
        };
        Ok::<_, argon2::password_hash::phc::Error>(hash.to_string())
    };
    build().map_err(|_| HashProblem::Malformed("salt or output have no usable length"))
}

#[cfg(test)]
mod tests;
