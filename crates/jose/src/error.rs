//! Every way to fail, one enum per thing that is being done.
//!
//! [`VerifyError::code`] is a contract: the codes stand in responses, metrics, audit events and
//! the command line, so a code never changes its meaning.

mod key;
mod verify;

pub use key::{KeyError, SignError, ValidationError};
pub use verify::{TokenError, VerifyError};
