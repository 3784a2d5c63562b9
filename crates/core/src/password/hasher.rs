//! argon2id (RFC 9106) with memory that is reused from one hash to the next: fresh 19 MiB cost
//! more in page faults than the algorithm itself needs.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash as Phc, Salt},
};
use subtle::ConstantTimeEq;

use super::{
    foreign,
    stored::{Argon2Hash, Stored},
};
use crate::{
    error::Error,
    secret::{Password, PasswordHash},
    settings::PasswordSettings,
};

/// Bytes of salt and of output.
const SALT_LEN: usize = 16;
const OUTPUT_LEN: usize = 32;

/// What a check of a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right; the hash has the parameters that are configured.
    Right,
    /// Right, but the hash is weaker than what is configured or another system's: make a new one.
    RightButWeak,
    /// Wrong.
    Wrong,
}

/// One thread's hasher. Keeps its memory until it is told to give it back.
pub(super) struct Hasher {
    params: Params,
    memory: Vec<Block>,
}

impl Hasher {
    pub(super) fn new(settings: &PasswordSettings) -> Result<Self, Error> {
        let params = Params::new(
            settings.memory_kib,
            settings.iterations,
            settings.parallelism,
            Some(OUTPUT_LEN),
        )
        .map_err(|error| Error::internal(format_args!("argon2 parameters: {error}")))?;
        Ok(Self {
            params,
            memory: Vec::new(),
        })
    }

    /// Gives the memory back to the system.
    pub(super) fn release(&mut self) {
        self.memory = Vec::new();
    }

    /// Bytes that are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.memory.capacity() * Block::SIZE
    }

    fn derive(
        &mut self,
        (algorithm, version, params): (Algorithm, Version, &Params),
        password: &Password,
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), Error> {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            // Not `resize`: the old blocks need no copying.
            self.memory = Vec::new();
            self.memory.resize(blocks, Block::new());
        }
        let memory = self.memory.get_mut(..blocks).unwrap_or_default();
        Argon2::new(algorithm, version, params.clone())
            .hash_password_into_with_memory(password.expose().as_bytes(), salt, out, memory)
            .map_err(|error| Error::internal(format_args!("argon2: {error}")))
    }

    pub(super) fn hash(
        &mut self,
        password: &Password,
        salt: [u8; SALT_LEN],
    ) -> Result<PasswordHash, Error> {
        let params = self.params.clone();
        let mut out = [0_u8; OUTPUT_LEN];
        self.derive(ours(&params), password, &salt, &mut out)?;
        phc(&params, &salt, &out).map_err(Error::internal)
    }

    pub(super) fn verify(
        &mut self,
        password: &Password,
        hash: &PasswordHash,
    ) -> Result<Verdict, Error> {
        let stored = Stored::parse(hash.expose()).map_err(|problem| {
            Error::internal(format_args!(
                "a stored password hash is unusable: {problem}"
            ))
        })?;
        let (is_right, is_weak) = match &stored {
            Stored::Argon2(hash) => (self.verify_argon2(password, hash)?, self.is_weak(hash)),
            Stored::Bcrypt(hash) => (foreign::bcrypt(password, hash)?, true),
            Stored::Scrypt(hash) => (foreign::scrypt(password, hash)?, true),
            Stored::Pbkdf2(hash) => (foreign::pbkdf2(password, hash), true),
        };
        match (is_right, is_weak) {
            (true, false) => Ok(Verdict::Right),
            (true, true) => Ok(Verdict::RightButWeak),
            (false, false) => Ok(Verdict::Wrong),
            (false, true) => {
                // A quicker "wrong" would tell that the account exists.
                self.waste(password)?;
                Ok(Verdict::Wrong)
            }
        }
    }

    fn verify_argon2(&mut self, password: &Password, hash: &Argon2Hash) -> Result<bool, Error> {
        let mut found = vec![0_u8; hash.output.len()];
        let how = (hash.algorithm, hash.version, &hash.params);
        self.derive(how, password, &hash.salt, &mut found)?;
        if hash.params.block_count() > self.params.block_count() {
            // Another system's, with more memory than this one means to keep.
            self.release();
        }
        Ok(found.ct_eq(&hash.output).into())
    }

    /// Also one that takes far more work than this server means to do for a check.
    fn is_weak(&self, hash: &Argon2Hash) -> bool {
        let (theirs, ours) = (&hash.params, &self.params);
        let work = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
        if work(theirs) > work(ours).saturating_mul(8) {
            return true;
        }
        hash.algorithm != Algorithm::Argon2id
            || hash.version != Version::V0x13
            || theirs.m_cost() < ours.m_cost()
            || theirs.t_cost() < ours.t_cost()
            || theirs.p_cost() < ours.p_cost()
            || hash.output.len() < OUTPUT_LEN
    }

    /// The work of checking a password against a hash of the configured parameters, for an account
    /// that does not exist.
    pub(super) fn waste(&mut self, password: &Password) -> Result<(), Error> {
        let params = self.params.clone();
        let mut out = [0_u8; OUTPUT_LEN];
        self.derive(ours(&params), password, &[0; SALT_LEN], &mut out)
    }
}

/// argon2id of the current version.
const fn ours(params: &Params) -> (Algorithm, Version, &Params) {
    (Algorithm::Argon2id, Version::V0x13, params)
}

fn phc(
    params: &Params,
    salt: &[u8],
    out: &[u8],
) -> Result<PasswordHash, argon2::password_hash::phc::Error> {
    let mut text = ParamsString::new();
    for (name, value) in [
        ("m", params.m_cost()),
        ("t", params.t_cost()),
        ("p", params.p_cost()),
    ] {
        text.add_decimal(name, value)?;
    }
    let hash = Phc {
        algorithm: Ident::new("argon2id")?,
        version: Some(19),
        params: text,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(out)?),
    };
    Ok(PasswordHash::from_phc(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(memory_kib: u32, iterations: u32) -> PasswordSettings {
        PasswordSettings {
            memory_kib,
            iterations,
            parallelism: 1,
            workers: 1,
            queue: 1,
            min_length: 8,
            min_score: 3,
        }
    }

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn a_hash_verifies_and_has_phc_form() {
        let mut hasher = Hasher::new(&settings(64, 1)).unwrap();
        let hash = hasher.hash(&password("correct horse"), [1; 16]).unwrap();
        assert!(
            hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"),
            "{}",
            hash.expose()
        );
        assert_eq!(
            hasher.verify(&password("correct horse"), &hash),
            Ok(Verdict::Right)
        );
        assert_eq!(
            hasher.verify(&password("correct hors"), &hash),
            Ok(Verdict::Wrong)
        );
        assert_eq!(
            hasher.verify(&password("correct horse\0"), &hash),
            Ok(Verdict::Wrong)
        );
    }

    /// Reused memory changes nothing: the reference implementation's vector of `phc` form,
    /// computed with fresh memory, comes out again after other work.
    #[test]
    fn reused_memory_gives_the_same_hash() {
        let mut used = Hasher::new(&settings(128, 2)).unwrap();
        used.hash(&password("something else"), [9; 16]).unwrap();
        let again = used.hash(&password("secret pass"), [3; 16]).unwrap();
        let mut fresh = [0_u8; 32];
        Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(128, 2, 1, Some(32)).unwrap(),
        )
        .hash_password_into(b"secret pass", &[3; 16], &mut fresh)
        .unwrap();
        let parsed = Phc::new(again.expose()).unwrap();
        assert_eq!(parsed.hash.unwrap().as_bytes(), fresh);
    }

    #[test]
    fn raised_parameters_ask_for_an_upgrade_and_lowered_ones_do_not() {
        let mut old = Hasher::new(&settings(64, 1)).unwrap();
        let hash = old.hash(&password("correct horse"), [1; 16]).unwrap();
        let mut raised = Hasher::new(&settings(64, 2)).unwrap();
        assert_eq!(
            raised.verify(&password("correct horse"), &hash),
            Ok(Verdict::RightButWeak)
        );
        let mut lowered = Hasher::new(&settings(32, 1)).unwrap();
        assert_eq!(
            lowered.verify(&password("correct horse"), &hash),
            Ok(Verdict::Right)
        );
    }

    #[test]
    fn memory_is_kept_and_given_back() {
        let mut hasher = Hasher::new(&settings(64, 1)).unwrap();
        assert_eq!(hasher.held(), 0);
        hasher.waste(&password("anything")).unwrap();
        assert_eq!(hasher.held(), 64 * 1024);
        hasher.release();
        assert_eq!(hasher.held(), 0);
    }

    #[test]
    fn a_broken_hash_is_an_error_and_never_a_wrong_password() {
        let mut hasher = Hasher::new(&settings(64, 1)).unwrap();
        for bad in [
            "",
            "plain",
            "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let hash = PasswordHash::from_phc(bad.to_owned());
            assert!(matches!(
                hasher.verify(&password("x"), &hash),
                Err(Error::Internal(_))
            ));
        }
    }
}
