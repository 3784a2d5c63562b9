//! Connections, to one server or to all of a cluster.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
};

use super::options::{RedisOptions, TlsFileError};

/// Commands that may be on their way to a server at once.
const PIPELINED: usize = 1_024;

/// Makes connections.
pub(super) enum Connector {
    One(Client, AsyncConnectionConfig),
    Cluster(redis::cluster::ClusterClient),
}

impl Connector {
    pub(super) fn new(options: &RedisOptions) -> Result<Self, TlsFileError> {
        let unusable = |error: RedisError| TlsFileError {
            problem: error.to_string(),
        };
        let certificates = options.url.certificates()?;
        let limit = options.time_limit;
        if options.url.is_cluster {
            let mut builder = ClusterClientBuilder::new(options.url.nodes.clone())
                .connection_timeout(connection_limit(limit))
                .response_timeout(limit)
                // A slot that moved is asked for again; what does not answer is not.
                .retries(2)
                .min_retry_wait(5)
                .max_retry_wait(20);
            if let Some(certificates) = certificates {
                builder = builder.certs(certificates);
            }
            return builder.build().map(Self::Cluster).map_err(unusable);
        }
        let node = options.url.nodes.first().cloned();
        let node = node.ok_or_else(|| TlsFileError {
            problem: "no host".to_owned(),
        })?;
        let client = match certificates {
            Some(certificates) => Client::build_with_tls(node, certificates),
            None => Client::open(node),
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connection_limit(limit)))
            // Whoever asks has a limit of its own, and a timer for each answer costs more than the answer.
            .set_response_timeout(None)
            .set_pipeline_buffer_size(PIPELINED);
        let client = client.map_err(unusable)?;
        Ok(Self::One(client, config))
    }

    pub(super) async fn connect(&self) -> Result<Connection, RedisError> {
        match self {
            Self::One(client, config) => client
                .get_multiplexed_async_connection_with_config(config)
                .await
                .map(Connection::One),
            Self::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }
}

/// Nobody waits for a connection: it may take longer than an answer, TLS included.
pub(super) fn connection_limit(time_limit: Duration) -> Duration {
    time_limit.saturating_mul(4)
}

/// A connection; cheap to copy, and what is sent over copies is sent without waiting for each other.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(one) => one.req_packed_command(cmd),
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(one) => one.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(one) => one.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}
