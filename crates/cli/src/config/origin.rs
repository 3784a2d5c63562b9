//! Where a value was said, so that every complaint and `config print` can point there.

use std::{fmt, path::PathBuf};

use serde_json::{Value, json};

/// The place of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said it: the built-in default.
    Default,
    /// A line of a configuration file.
    File {
        /// The file as it was named.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Env {
        /// Its name.
        variable: String,
    },
    /// The file that an environment variable names (`…_FILE`).
    EnvFile {
        /// The variable's name.
        variable: String,
        /// The file.
        file: PathBuf,
    },
    /// A command line flag.
    Flag {
        /// The flag with its dashes.
        flag: &'static str,
    },
}

impl Origin {
    /// The origin as a JSON object with a `kind`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Default => json!({"kind": "default"}),
            Self::File { file, line } => {
                json!({"kind": "file", "file": file.display().to_string(), "line": line})
            }
            Self::Env { variable } => json!({"kind": "environment", "variable": variable}),
            Self::EnvFile { variable, file } => json!({
                "kind": "environment_file",
                "variable": variable,
                "file": file.display().to_string(),
            }),
            Self::Flag { flag } => json!({"kind": "flag", "flag": flag}),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Env { variable } => f.write_str(variable),
            Self::EnvFile { variable, file } => write!(f, "{variable} ({})", file.display()),
            Self::Flag { flag } => f.write_str(flag),
        }
    }
}
