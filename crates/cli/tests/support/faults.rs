//! System calls that fail in a server that runs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

/// strace that makes calls of a process fail for as long as this lives.
pub(crate) struct Faults {
    strace: Child,
}

impl Faults {
    /// Makes these calls fail (`pread64,fdatasync`) with this error (`EIO`). `Err`: this machine
    /// has no strace that may do it, and what it says.
    pub(crate) fn begin(pid: u32, calls: &str, error: &str) -> Result<Self, String> {
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-o", "/dev/null", "-p", &pid.to_string()])
            .args(["-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={calls}:error={error}")])
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
        Ok(Self { strace })
    }

    /// Lets the calls succeed again.
    pub(crate) fn end(mut self) {
        self.detach();
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
