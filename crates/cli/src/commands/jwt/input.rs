//! Where the token comes from: standard input, never the arguments.

use std::io::{BufRead as _, Read as _};

use symbolon_jose::loose;
use zeroize::Zeroizing;

use crate::{failure::Failure, output, prompt};

/// No token comes near this.
const LARGEST: u64 = 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Input {
    /// "-" for standard input, which is where the token is read anyway.
    #[arg(value_name = "-")]
    token: Vec<String>,
}

impl Input {
    /// The token without surrounding white space and without the word "Bearer".
    pub(super) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        if self.token.iter().any(|argument| argument != "-") {
            return Err(in_arguments("decode"));
        }
        from_stdin()
    }
}

/// Without repeating the token: this message may be logged.
pub(super) fn in_arguments(command: &str) -> Failure {
    Failure::usage(
        "a token is not taken from the arguments, which other users and the shell's history can see",
    )
    .hint(format!(
        "give it on standard input: symbolon jwt {command} < token.txt"
    ))
}

/// What stands on standard input.
pub(super) fn from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let stdin = std::io::stdin().lock();
    let mut limited = stdin.take(LARGEST + 1);
    let read = if prompt::is_interactive() {
        output::note("Paste the token and press Enter:");
        limited.read_until(b'\n', &mut bytes)
    } else {
        limited.read_to_end(&mut bytes)
    };
    read.map_err(|error| Failure::usage(format_args!("standard input: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage("standard input is larger than any token"));
    }
    bare(&String::from_utf8_lossy(&bytes))
        .ok_or_else(|| Failure::usage("standard input has no token"))
}

/// The token alone; `None` if nothing is left.
pub(super) fn bare(text: &str) -> Option<Zeroizing<String>> {
    let bare = loose::bare(text);
    (!bare.is_empty()).then(|| Zeroizing::new(bare.to_owned()))
}
