//! What nodes share beside the store.

use std::{sync::Arc, time::Duration};

use symbolon_core::store::SharedMemory;
use symbolon_store::redis::{RedisMemory, RedisOptions};

use crate::{
    config::{Config, SessionsUrl},
    failure::Failure,
};

/// The memory that the configuration names, if it does. That it does not answer is no failure.
///
/// # Errors
/// When the files of its certificates cannot be used.
pub(super) async fn shared_memory(
    config: &Config,
) -> Result<Option<Arc<dyn SharedMemory>>, Failure> {
    let SessionsUrl::Redis(url) = &config.sessions.url else {
        return Ok(None);
    };
    let mut options = RedisOptions::new((**url).clone());
    options.time_limit = Duration::from_millis(config.sessions.url_timeout_ms.into());
    let memory = RedisMemory::open(options).await;
    let memory = memory.map_err(|error| Failure::usage(error).hint("see sessions.url"))?;
    Ok(Some(memory))
}
