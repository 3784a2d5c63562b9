//! Who logs in, and the sessions they have.

use std::{
    io::BufRead,
    sync::{Arc, Mutex, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};
use symbolon_core::EntropyExt as _;
use symbolon_jose::base64url;

use super::caller::Trouble;
use crate::{failure::Failure, system::SystemEntropy};

/// Sessions that are looked at for one that nobody uses at the moment.
const LOOKS: usize = 8;

/// A name and a password.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(super) identifier: String,
    password: SecretString,
}

impl Account {
    /// One that nobody has yet.
    pub(super) fn random() -> Self {
        let text = || base64url::encode(&SystemEntropy.bytes::<12>());
        Self {
            identifier: format!("load-{}", text()),
            password: text().into(),
        }
    }

    /// A line each: a name, a tab or a blank, and a password.
    pub(crate) fn read_all(lines: impl BufRead) -> Result<Vec<Self>, Failure> {
        let mut accounts = Vec::new();
        for (line, number) in lines.lines().zip(1..) {
            let line = line.map_err(|error| {
                Failure::usage(format_args!("line {number} of the accounts: {error}"))
            })?;
            if line.trim().is_empty() {
                continue;
            }
            // The line has a password and is not quoted.
            let (identifier, password) = line.split_once(['\t', ' ']).ok_or_else(|| {
                Failure::usage(format_args!(
                    "line {number} of the accounts is not a name, a blank and a password"
                ))
            })?;
            accounts.push(Self {
                identifier: identifier.to_owned(),
                password: password.into(),
            });
        }
        if accounts.is_empty() {
            return Err(Failure::usage("there is no account to log in with"));
        }
        Ok(accounts)
    }

    pub(super) fn password(&self) -> &str {
        self.password.expose_secret()
    }
}

/// What a log-in gave.
pub(super) struct Held {
    pub(super) session: String,
    pub(super) cookie: SecretString,
    pub(super) refresh: SecretString,
}

/// The accounts, and the sessions that are alive.
pub(super) struct Pool {
    accounts: Vec<Account>,
    sessions: Mutex<Vec<Arc<Held>>>,
}

impl Pool {
    pub(super) const fn new(accounts: Vec<Account>) -> Self {
        Self {
            accounts,
            sessions: Mutex::new(Vec::new()),
        }
    }

    /// Accounts in turns.
    pub(super) fn account(&self, number: usize) -> Result<&Account, Trouble> {
        let turn = number % self.accounts.len().max(1);
        self.accounts.get(turn).ok_or(Trouble::NotSent)
    }

    /// A session that others may use at the same time.
    pub(super) fn lend(&self) -> Result<Arc<Held>, Trouble> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let at = random_below(sessions.len());
        sessions.get(at).map(Arc::clone).ok_or(Trouble::NoSession)
    }

    /// A session that nobody else uses until it is put back.
    pub(super) fn take(&self) -> Result<Arc<Held>, Trouble> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..LOOKS {
            let at = random_below(sessions.len());
            // It is lent under the lock only, so that nobody can come by it now.
            if sessions
                .get(at)
                .is_some_and(|held| Arc::strong_count(held) == 1)
            {
                return Ok(sessions.swap_remove(at));
            }
        }
        Err(Trouble::NoSession)
    }

    pub(super) fn put(&self, held: Held) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.push(Arc::new(held));
    }
}

fn random_below(limit: usize) -> usize {
    let draw = u128::from(u64::from_le_bytes(SystemEntropy.bytes()));
    ((draw * limit as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(session: &str) -> Held {
        Held {
            session: session.to_owned(),
            cookie: "c".into(),
            refresh: "r".into(),
        }
    }

    #[test]
    fn what_is_lent_is_not_taken_and_what_is_taken_is_not_lent() {
        let pool = Pool::new(vec![Account::random()]);
        assert!(matches!(pool.lend(), Err(Trouble::NoSession)));
        assert!(matches!(pool.take(), Err(Trouble::NoSession)));
        pool.put(held("one"));
        let lent = pool.lend().unwrap();
        assert!(matches!(pool.take(), Err(Trouble::NoSession)));
        drop(lent);
        assert_eq!(pool.take().unwrap().session, "one");
        assert!(matches!(pool.lend(), Err(Trouble::NoSession)));
    }

    #[test]
    fn accounts_are_read_and_no_message_quotes_a_password() {
        let read = |text: &str| Account::read_all(text.as_bytes());
        let accounts = read("ada secret words\n\nbob\tother\n").unwrap();
        let passwords: Vec<_> = accounts.iter().map(Account::password).collect();
        assert_eq!(passwords, ["secret words", "other"]);
        assert!(!format!("{accounts:?}").contains("other"));
        let error = read("ada secret\nsecret\n").unwrap_err().to_string();
        assert!(
            error.contains("line 2") && !error.contains("secret"),
            "{error}"
        );
        assert!(read("").is_err());
    }
}
