//! A program that must not outlive us.
//!
//! It runs below a shell that waits for its standard input to end. That is a pipe of ours, which the
//! kernel closes when this process ends, however it ends; then the shell stops the program and
//! removes its directory.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

/// `$1`: the directory; the rest: the program with its arguments. The program gets no part of the pipe.
const SCRIPT: &str = r#"
directory=$1; shift
"$@" </dev/null >>"$directory/log" 2>&1 &
program=$!
(while kill -0 $program 2>/dev/null; do sleep 1; done; kill -TERM $$ 2>/dev/null) </dev/null &
watcher=$!
trap : TERM
read -r _
kill $watcher 2>/dev/null
kill -QUIT $program 2>/dev/null
# One that a test holds up (SIGSTOP) hears of it when it goes on.
kill -CONT $program 2>/dev/null
# pgbouncer knows this one; a PostgreSQL that was told to quit does not listen to it.
kill -TERM $program 2>/dev/null
wait $program
[ -e "$directory/keep" ] || rm -rf "$directory"
"#;

/// The user whom a program runs as that refuses root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unprivileged {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Unprivileged {
    /// Nobody in particular, if we are root; ourselves otherwise.
    pub(super) fn find() -> Option<Self> {
        const NOBODY: u32 = 65_534;
        rustix::process::geteuid().is_root().then_some(Self {
            uid: NOBODY,
            gid: NOBODY,
        })
    }

    pub(super) fn command(user: Option<Self>, program: &Path) -> Command {
        let mut command = Command::new(program);
        // Where it may not look is where it must not be started.
        command.current_dir("/");
        if let Some(Self { uid, gid }) = user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// A running program.
#[derive(Debug)]
pub(super) struct Guarded {
    shell: Child,
}

impl Guarded {
    /// Starts a program whose directory is to go with it.
    pub(super) fn start(
        user: Option<Unprivileged>,
        directory: &Path,
        program: &Path,
        arguments: &[String],
    ) -> Self {
        let mut shell = Unprivileged::command(user, Path::new("/bin/sh"));
        shell
            .args(["-c", SCRIPT, "guard"])
            .arg(directory)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Ctrl-C reaches us; the shell hears of it by the pipe.
        shell.process_group(0);
        Self {
            shell: shell.spawn().unwrap(),
        }
    }

    /// Stops the program and waits until it is gone.
    pub(super) fn stop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}
