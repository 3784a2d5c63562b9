//! `symbolon bench`: what sessions and JWTs cost on this machine.
//!
//! Every figure stands beside something that was measured in the same run, in turns with it, so
//! that whatever else the machine does falls on both. The one thing that must not be broken: what
//! is measured is the product's own path, and every call's result is looked at.

mod chart;
mod figure;
pub(crate) mod load;
mod local;
mod log_entries;
mod machine;
pub(crate) mod password;
mod progress;
mod race;
mod raw;
mod report;
pub(crate) mod revocation;
pub(crate) mod seed;
pub(crate) mod session;
pub(crate) mod stopwatch;
pub(crate) mod verify;

pub(crate) use progress::Progress;
pub(crate) use report::Report;

use std::{fmt, time::Duration};

use crate::failure::{Exit, Failure};

/// How much is done for a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Smallest amounts: shows that it works; the figures mean little.
    pub(crate) quick: bool,
    /// How often each way has its turn.
    rounds: usize,
    /// How long a turn is, roughly.
    turn: Duration,
}

impl Effort {
    /// For a run of this kind.
    pub(crate) const fn new(quick: bool) -> Self {
        if quick {
            Self {
                quick,
                rounds: 5,
                turn: Duration::from_micros(100),
            }
        } else {
            Self {
                quick,
                rounds: 500,
                turn: Duration::from_micros(500),
            }
        }
    }

    /// Other numbers for a full run.
    const fn full(self, rounds: usize, turn: Duration) -> Self {
        if self.quick {
            return self;
        }
        Self {
            rounds,
            turn,
            ..self
        }
    }
}

/// What cannot be measured.
fn failed(what: impl fmt::Display) -> Failure {
    Failure::new(Exit::Failed, what)
}

/// What must be reachable and is not.
fn unreachable(what: impl fmt::Display) -> Failure {
    Failure::unreachable(what)
}
