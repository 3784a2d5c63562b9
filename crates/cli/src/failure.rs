//! Why a command did not do what it was asked for, and the exit code that says so.

use std::{fmt, io};

use crate::{
    config::{ConfigError, master_key::MasterKeyError},
    data_dir::DataDirError,
};

/// How a run ends. The numbers are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// A check failed, or the server refused what was asked.
    Failed = 1,
    /// The arguments or the configuration are wrong.
    Usage = 2,
    /// The server, the store or the data directory cannot be reached.
    Unreachable = 3,
}

/// A failure with what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One line for each thing that is wrong, with advice if there is some.
    pub lines: Vec<(String, Option<String>)>,
}

impl Failure {
    /// A failure of one line.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Self {
            exit,
            lines: vec![(message.to_string(), None)],
        }
    }

    /// The arguments are wrong.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something cannot be reached.
    pub fn unreachable(message: impl fmt::Display) -> Self {
        Self::new(Exit::Unreachable, message)
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some((_, advice)) = self.lines.last_mut() {
            *advice = Some(hint.into());
        }
        self
    }

    /// The reader of our output went away (`symbolon … | head`): nothing to complain about.
    pub(crate) const fn silent() -> Self {
        Self {
            exit: Exit::Success,
            lines: Vec::new(),
        }
    }
}

impl fmt::Display for Failure {
    /// What is wrong, without advice, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (line, _)) in self.lines.iter().enumerate() {
            let comma = if at == 0 { "" } else { "; " };
            write!(f, "{comma}{line}")?;
        }
        Ok(())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let line = |problem: crate::config::Problem| (problem.to_string(), problem.hint);
        Self {
            exit: Exit::Usage,
            lines: error.problems.into_iter().map(line).collect(),
        }
    }
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        let failure = Self::unreachable(&error);
        match error {
            DataDirError::Missing(_) => failure.hint("--data-dir names another"),
            DataDirError::ForeignOwner { owner, .. } => failure.hint(format!(
                "run it as the owner: sudo -u '#{owner}' symbolon …"
            )),
            DataDirError::Locked { .. } | DataDirError::Io { .. } => failure,
        }
    }
}

impl From<MasterKeyError> for Failure {
    fn from(error: MasterKeyError) -> Self {
        Self::usage(error)
    }
}

/// What writing our own output can fail with.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::silent()
        } else {
            Self::unreachable(format_args!("cannot write the output: {error}"))
        }
    }
}
