//! Questions to the person at the terminal, and secrets from standard input.

use std::io::{self, BufRead as _, IsTerminal as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::{failure::Failure, output};

/// Whether somebody sits in front of standard input.
#[must_use]
pub fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a line.
///
/// # Errors
/// If standard input ends or fails.
pub fn line(question: &str) -> Result<String, Failure> {
    output::ask(question);
    read_line().map(|line| line.trim().to_owned())
}

/// Reads a new password: at a terminal twice and unseen, otherwise one line.
///
/// # Errors
/// If it is empty, if the two differ, or if standard input ends or fails.
pub fn new_password() -> Result<Zeroizing<String>, Failure> {
    if !is_interactive() {
        return not_empty(read_line()?);
    }
    let _silence = Silence::begin()?;
    output::ask("Password: ");
    let first = not_empty(read_line()?)?;
    output::ask("\nAgain: ");
    let second = read_line()?;
    output::note("");
    if *first == *second {
        Ok(first)
    } else {
        Err(Failure::usage("the two passwords differ"))
    }
}

fn not_empty(password: Zeroizing<String>) -> Result<Zeroizing<String>, Failure> {
    if password.is_empty() {
        return Err(Failure::usage("the password is empty")
            .hint("it is read from standard input, one line"));
    }
    Ok(password)
}

/// A line without its end. Spaces belong to a password.
fn read_line() -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = io::stdin().lock().read_line(&mut text);
    let failed = |error| Failure::usage(format_args!("standard input: {error}"));
    if read.map_err(failed)? == 0 {
        return Err(Failure::usage("standard input is at its end"));
    }
    let len = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(len);
    Ok(text)
}

/// The terminal does not echo while this lives.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> Result<Self, Failure> {
        let failed = |errno: rustix::io::Errno| {
            Failure::usage(format_args!(
                "the terminal cannot hide what is typed: {errno}"
            ))
        };
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(failed)?;
        Ok(Self { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
