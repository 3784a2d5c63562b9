//! Password hashes as they are kept: argon2id of our own, and what other systems made of the same
//! passwords until their owners log in here.
//!
//! The one thing that must not be broken: a hash whose check would hold up the pool is refused
//! before it is kept, never met at a log-in.

use std::num::NonZeroU32;

use argon2::{Algorithm, Params, Version, password_hash::phc::PasswordHash as Phc};
use aws_lc_rs::pbkdf2;

/// The prefix of a bcrypt hash of the password's SHA-256 in hexadecimal (Django's `bcrypt_sha256`).
pub(super) const PREHASHED: &str = "$django-bcrypt-sha256";

/// bcrypt's cost at most: about a second.
const MAX_BCRYPT_COST: u32 = 14;
/// PBKDF2's iterations at most, times the blocks of its output, SHA-512's counted twice: about a
/// second.
const MAX_ITERATIONS: u64 = 3_000_000;
/// argon2's and scrypt's memory at most, in KiB.
const MAX_MEMORY_KIB: u64 = 256 * 1024;
/// argon2's memory times passes at most, in KiB: about a second.
const MAX_ARGON2_WORK: u64 = 1024 * 1024;
/// scrypt's N·r·p at most: about a second.
const MAX_SCRYPT_WORK: u64 = 1 << 21;
/// scrypt's p at most.
const MAX_SCRYPT_P: u32 = 16;
/// argon2's lanes at most.
const MAX_LANES: u32 = 16;
/// A shorter output is guessed, not the password.
const MIN_OUTPUT_BYTES: usize = 16;

/// What is wrong with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashProblem {
    /// Not one of ours.
    #[error("the hash is of no known algorithm")]
    Unknown,
    /// Of a known algorithm, but not well-formed.
    #[error("the hash is not well-formed: {0}")]
    Malformed(&'static str),
    /// Checking it takes too long or too much memory.
    #[error("checking the hash would take too much: {0}")]
    TooCostly(&'static str),
    /// Its output is too short to tell passwords apart.
    #[error("the hash has fewer than 16 bytes")]
    TooShort,
}

impl HashProblem {
    /// The stable code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "hash_unknown",
            Self::Malformed(_) => "hash_malformed",
            Self::TooCostly(_) => "hash_too_costly",
            Self::TooShort => "hash_too_short",
        }
    }
}

/// A hash, taken apart.
pub(super) enum Stored {
    Argon2(Argon2Hash),
    Bcrypt(BcryptHash),
    Scrypt(ScryptHash),
    Pbkdf2(Pbkdf2Hash),
}

pub(super) struct Argon2Hash {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

pub(super) struct BcryptHash {
    pub(super) text: String,
    cost: u32,
    pub(super) is_prehashed: bool,
}

pub(super) struct ScryptHash {
    pub(super) params: scrypt::Params,
    blocks: u64,
    work: u64,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

pub(super) struct Pbkdf2Hash {
    pub(super) algorithm: pbkdf2::Algorithm,
    pub(super) iterations: NonZeroU32,
    /// Iterations that a check takes, in those of SHA-256.
    work: u64,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl Stored {
    /// Takes a hash apart that has the one spelling in which hashes are kept.
    pub(super) fn parse(text: &str) -> Result<Self, HashProblem> {
        if let Some(bcrypt) = text.strip_prefix(PREHASHED) {
            return BcryptHash::parse(bcrypt, true).map(Self::Bcrypt);
        }
        if text.starts_with("$2") {
            return BcryptHash::parse(text, false).map(Self::Bcrypt);
        }
        let parsed = Phc::new(text).map_err(|_| match text.split('$').nth(1) {
            Some("argon2i" | "argon2d" | "argon2id" | "scrypt") => {
                HashProblem::Malformed("not a PHC string")
            }
            Some(name) if name.starts_with("pbkdf2-") => HashProblem::Malformed("not a PHC string"),
            _ => HashProblem::Unknown,
        })?;
        match parsed.algorithm.as_str() {
            "argon2i" => Argon2Hash::parse(Algorithm::Argon2i, &parsed).map(Self::Argon2),
            "argon2d" => Argon2Hash::parse(Algorithm::Argon2d, &parsed).map(Self::Argon2),
            "argon2id" => Argon2Hash::parse(Algorithm::Argon2id, &parsed).map(Self::Argon2),
            "scrypt" => ScryptHash::parse(&parsed).map(Self::Scrypt),
            name => {
                let digest = digest(name).ok_or(HashProblem::Unknown)?;
                Pbkdf2Hash::parse(digest, &parsed).map(Self::Pbkdf2)
            }
        }
    }

    /// Refuses what would take too long to check, or is too short to mean anything.
    pub(super) fn check(&self) -> Result<(), HashProblem> {
        match self {
            Self::Argon2(hash) => hash.check(),
            Self::Bcrypt(hash) if hash.cost > MAX_BCRYPT_COST => {
                Err(HashProblem::TooCostly("bcrypt's cost is above 14"))
            }
            Self::Bcrypt(_) => Ok(()),
            Self::Scrypt(hash) => hash.check(),
            Self::Pbkdf2(hash) if hash.work > MAX_ITERATIONS => Err(HashProblem::TooCostly(
                "PBKDF2 has more than 3,000,000 iterations, or half as many of SHA-512, over all blocks of its output",
            )),
            Self::Pbkdf2(hash) => check_length(&hash.output),
        }
    }
}

fn check_length(output: &[u8]) -> Result<(), HashProblem> {
    if output.len() < MIN_OUTPUT_BYTES {
        return Err(HashProblem::TooShort);
    }
    Ok(())
}

fn salt_and_output(parsed: &Phc) -> Result<(Vec<u8>, Vec<u8>), HashProblem> {
    match (parsed.salt, parsed.hash) {
        (Some(salt), Some(output)) => Ok((salt.as_ref().to_vec(), output.as_bytes().to_vec())),
        _ => Err(HashProblem::Malformed("no salt or no output")),
    }
}

fn number(parsed: &Phc, name: &str) -> Option<u32> {
    parsed.params.get_decimal(name)
}

impl Argon2Hash {
    fn parse(algorithm: Algorithm, parsed: &Phc) -> Result<Self, HashProblem> {
        let version = Version::try_from(parsed.version.unwrap_or(16))
            .map_err(|_| HashProblem::Malformed("no known version of argon2"))?;
        let params = Params::try_from(parsed)
            .map_err(|_| HashProblem::Malformed("not argon2's parameters"))?;
        let (salt, output) = salt_and_output(parsed)?;
        Ok(Self {
            algorithm,
            version,
            params,
            salt,
            output,
        })
    }

    fn check(&self) -> Result<(), HashProblem> {
        let memory = u64::from(self.params.m_cost());
        let work = memory.saturating_mul(u64::from(self.params.t_cost()));
        if memory > MAX_MEMORY_KIB || work > MAX_ARGON2_WORK || self.params.p_cost() > MAX_LANES {
            return Err(HashProblem::TooCostly(
                "argon2 has more than 256 MiB, 1 GiB over all passes, or 16 lanes",
            ));
        }
        check_length(&self.output)
    }
}

impl BcryptHash {
    fn parse(text: &str, is_prehashed: bool) -> Result<Self, HashProblem> {
        // `2x` marks hashes of an implementation that got letters beyond ASCII wrong.
        if text.starts_with("$2x$") {
            return Err(HashProblem::Malformed("bcrypt's broken variant 2x"));
        }
        let parts: bcrypt::HashParts = text
            .parse()
            .map_err(|_| HashProblem::Malformed("not bcrypt's 60 characters"))?;
        let cost = parts.get_cost();
        if !(4..=31).contains(&cost) {
            return Err(HashProblem::Malformed("bcrypt has no such cost"));
        }
        Ok(Self {
            text: text.to_owned(),
            cost,
            is_prehashed,
        })
    }
}

impl ScryptHash {
    fn parse(parsed: &Phc) -> Result<Self, HashProblem> {
        let wrong = HashProblem::Malformed("not scrypt's parameters");
        let (Some(log_n), Some(r), Some(p)) = (
            number(parsed, "ln"),
            number(parsed, "r"),
            number(parsed, "p"),
        ) else {
            return Err(wrong);
        };
        let params = u8::try_from(log_n)
            .ok()
            .filter(|log_n| (1..=32).contains(log_n))
            .and_then(|log_n| scrypt::Params::new(log_n, r, p).ok())
            .ok_or(wrong)?;
        let (salt, output) = salt_and_output(parsed)?;
        let blocks = (1_u64 << log_n.min(32)).saturating_mul(u64::from(r));
        Ok(Self {
            params,
            blocks,
            work: blocks.saturating_mul(u64::from(p)),
            salt,
            output,
        })
    }

    /// A block has 128 bytes.
    fn check(&self) -> Result<(), HashProblem> {
        let is_too_much = self.blocks > MAX_MEMORY_KIB * 8 || self.work > MAX_SCRYPT_WORK;
        if is_too_much || self.params.p() > MAX_SCRYPT_P {
            return Err(HashProblem::TooCostly(
                "scrypt has more than 256 MiB, N·r·p above 2^21, or p above 16",
            ));
        }
        check_length(&self.output)
    }
}

impl Pbkdf2Hash {
    fn parse(digest: Digest, parsed: &Phc) -> Result<Self, HashProblem> {
        let (salt, output) = salt_and_output(parsed)?;
        let iterations = number(parsed, "i")
            .and_then(NonZeroU32::new)
            .ok_or(HashProblem::Malformed("PBKDF2 without iterations"))?;
        if number(parsed, "l").is_some_and(|length| length as usize != output.len()) {
            return Err(HashProblem::Malformed("PBKDF2 has another length"));
        }
        Ok(Self {
            algorithm: digest.algorithm,
            work: u64::from(iterations.get())
                .saturating_mul(output.len().div_ceil(digest.bytes) as u64)
                .saturating_mul(digest.weight),
            iterations,
            salt,
            output,
        })
    }
}

/// What PBKDF2 iterates.
struct Digest {
    algorithm: pbkdf2::Algorithm,
    /// Of a block of its output.
    bytes: usize,
    /// How long an iteration takes, about, in those of SHA-256.
    weight: u64,
}

fn digest(name: &str) -> Option<Digest> {
    let (algorithm, bytes, weight) = match name {
        "pbkdf2-sha1" => (pbkdf2::PBKDF2_HMAC_SHA1, 20, 1),
        "pbkdf2-sha256" => (pbkdf2::PBKDF2_HMAC_SHA256, 32, 1),
        "pbkdf2-sha384" => (pbkdf2::PBKDF2_HMAC_SHA384, 48, 2),
        "pbkdf2-sha512" => (pbkdf2::PBKDF2_HMAC_SHA512, 64, 2),
        _ => return None,
    };
    Some(Digest {
        algorithm,
        bytes,
        weight,
    })
}
