//! A verifier of a fixed JWKS.

use std::sync::Arc;

use symbolon_jose::JwkSet;

use super::{BuildError, Builder};
use crate::{Verifier, cache::Cache, keys::Keys, state::State};

impl<C> Builder<C> {
    /// Builds a verifier for these keys and no others, without network, runtime or background
    /// task.
    ///
    /// **It knows no revocations**: a token of an ended session is accepted until it expires, and
    /// a compromised key until the process has another JWKS. Meant for tests, tools, and places
    /// that cannot reach the issuer.
    ///
    /// # Errors
    /// [`BuildError::Settings`], [`BuildError::Keys`].
    pub fn build_fixed(self, jwks: &JwkSet) -> Result<Verifier<C>, BuildError> {
        let keys = Keys::new();
        keys.publish(jwks.clone(), |_| false)?;
        let state = State {
            validation: self.validation()?,
            clock: Arc::clone(&self.clock),
            keys,
            dpop: self.dpop_checker()?,
            #[cfg(feature = "client")]
            live: None,
        };
        Ok(Verifier::new(Arc::new(state), Cache::new(self.cache_bytes)))
    }
}
