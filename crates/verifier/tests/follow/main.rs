//! A verifier against a small issuer on a real socket. Time is set by the tests; they wait for
//! what happens, never for time to pass.

#[cfg(test)]
mod introspection;
#[cfg(test)]
mod issuer;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod start;
#[cfg(test)]
mod time;
