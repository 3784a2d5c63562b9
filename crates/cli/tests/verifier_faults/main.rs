//! The real server behind a proxy that breaks things, and the verifier as services embed it. The
//! same verifier goes through all of it: whatever happens, it refuses in time, comes back by itself,
//! and then refuses everything that was revoked meanwhile.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod brought_keys;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod introspection;
#[cfg(test)]
mod key_fetches;
#[cfg(test)]
mod key_rotation;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod start;
#[cfg(test)]
mod world;
