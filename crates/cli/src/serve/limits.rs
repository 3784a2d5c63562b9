//! How many connections there is room for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not for public connections: store, log, ops, `admin.sock`, and some to
/// spare.
const RESERVED: u64 = 128;
/// Fewest public connections, however little the system gives.
const FEWEST: u64 = 16;
/// Most public connections, however much the system gives.
const MOST: u64 = 100_000;
/// Connections to the ops listener.
pub(super) const OPS_CONNECTIONS: usize = 32;

/// Takes as many file descriptors as the system allows, and answers how many connections that is.
pub(crate) fn public_connections() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    let connections = allowed
        .unwrap_or(MOST)
        .saturating_sub(RESERVED)
        .clamp(FEWEST, MOST);
    usize::try_from(connections).unwrap_or(usize::MAX)
}
