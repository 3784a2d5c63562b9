//! Ports that stay a test's own while its server is down.
//!
//! A port that the system hands out (bind to 0) comes from the range of outgoing connections: while
//! a killed server is down, any client on the machine may get it, even the one that knocks at it.
//! So ports come from below that range, each claimed by a locked file for as long as it is used.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a fixture: what goes wrong here is the test's failure"
)]

use std::{
    fs::{DirBuilder, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt as _,
};

use rustix::fs::{FlockOperation, flock};

const FIRST: u16 = 10_240;
/// What Linux hands out begins at 32768 unless somebody changed it.
const LAST: u16 = 32_700;

/// A port on the loopback address that nobody else who asks here gets.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _claim: File,
}

impl Port {
    /// Claims one.
    #[must_use]
    pub fn claim() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let claims = std::env::temp_dir().join(format!("symbolon-test-ports-{uid}"));
        let mut directory = DirBuilder::new();
        directory.recursive(true).mode(0o700);
        directory.create(&claims).unwrap();
        // Processes begin at different places; those that meet go on to the next.
        let span = u32::from(LAST - FIRST);
        let start = std::process::id().wrapping_mul(101) % span;
        for step in 0..span {
            let number = FIRST + u16::try_from((start + step) % span).unwrap();
            let claim = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .open(claims.join(number.to_string()))
                .unwrap();
            let is_ours = flock(&claim, FlockOperation::NonBlockingLockExclusive).is_ok();
            if is_ours && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Self {
                    number,
                    _claim: claim,
                };
            }
        }
        panic!("no free port");
    }

    /// The port with the loopback address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}
