//! System calls that fail in a server that runs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::NamedTempFile;

/// strace that makes calls of a process fail for as long as this lives.
pub(crate) struct Faults {
    strace: Child,
    trace: NamedTempFile,
}

impl Faults {
    /// What becomes of these calls (`pread64,fdatasync`) from now on, in strace's words
    /// (`error=EIO`). `Err`: this machine has no strace that may do it, and what it says.
    pub(crate) fn begin(pid: u32, calls: &str, effect: &str) -> Result<Self, String> {
        let trace = NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-p", &pid.to_string(), "-o"])
            .arg(trace.path())
            .args(["-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={calls}:{effect}")])
            .args(["-e", "signal=none"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut strace = strace.spawn().map_err(|error| error.to_string())?;
        // It says so when it has attached itself to every thread.
        let mut said = String::new();
        let mut stderr = BufReader::new(strace.stderr.take().unwrap());
        while !said.contains(" attached") {
            if stderr.read_line(&mut said).unwrap() == 0 {
                strace.wait().unwrap();
                return Err(said);
            }
        }
        strace.stderr = Some(stderr.into_inner());
        Ok(Self { strace, trace })
    }

    /// Lets the calls succeed again. Answers whether any had been made to fail.
    pub(crate) fn end(mut self) -> bool {
        if self.strace.try_wait().unwrap().is_none() {
            self.detach();
        }
        has_injected(self.trace.path())
    }

    fn detach(&mut self) {
        let pid = Pid::from_child(&self.strace);
        kill_process(pid, Signal::INT).unwrap();
        self.strace.wait().unwrap();
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        if self.strace.try_wait().unwrap().is_none() {
            self.detach();
        }
    }
}

/// Whether strace has written into this file that it made a call fail.
pub(crate) fn has_injected(trace: &Path) -> bool {
    let trace = std::fs::read_to_string(trace).unwrap();
    trace.lines().any(|line| line.ends_with("(INJECTED)"))
}
