//! What is wrong with a configuration: a list, so that one run shows everything.

use std::fmt;

use serde_json::{Value, json};

use super::origin::Origin;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was said.
    pub origin: Origin,
    /// The key, e.g. `tokens.access_lifetime`; none for a text that is not TOML.
    pub key: Option<String>,
    /// What is wrong. Never shows a secret.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of a key.
    pub(crate) fn of(origin: &Origin, key: &str, message: impl Into<String>) -> Self {
        Self {
            origin: origin.clone(),
            key: Some(key.to_owned()),
            message: message.into(),
            hint: None,
        }
    }

    /// The same with advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Where to show it: the file's problems first, in the order of its lines.
    pub(crate) const fn line(&self) -> usize {
        match self.origin {
            Origin::File { line, .. } => line,
            _ => usize::MAX,
        }
    }

    /// The problem as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "origin": self.origin.to_json(),
            "key": self.key,
            "message": self.message,
            "hint": self.hint,
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// In the order of the layers.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
