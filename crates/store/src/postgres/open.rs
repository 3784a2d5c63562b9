//! Opening a database: its schema, the pool, what follows the log.

use std::sync::{Arc, Mutex};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use symbolon_core::{Entropy, store::LogObserver};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
};
use tokio_postgres::Client;

use super::{
    PostgresStore, Tasks,
    batcher::Batcher,
    change,
    connector::Connector,
    failure::describe,
    grants,
    lone::Lone,
    options::PostgresOptions,
    run::{self, Runner},
    schema, sessions,
    tail::{Follower, Tail},
    tls::TlsError,
};

/// Batches of changes, and of rotations, that are worked on at once: one may find its rows while another
/// one commits.
const WRITING: u32 = 2;
/// Batches of reads: each has a connection, on which its statements do not wait for each other.
const LOOKING: u32 = 4;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be reached, or does not let us in or do what we have to.
    #[error("cannot use the database: {0}")]
    Database(String),
    /// TLS cannot be used.
    #[error("TLS to the database: {0}")]
    Tls(#[from] TlsError),
    /// The server is too old or keeps its texts in another encoding.
    #[error(
        "the database is of PostgreSQL {major} in {encoding}; it has to be of {oldest} or later, in UTF8"
    )]
    Server {
        /// Its version.
        major: u32,
        /// The encoding of its texts.
        encoding: String,
        /// The oldest version that will do.
        oldest: u32,
    },
    /// It has another application's tables.
    #[error(
        "the database has tables that are not Symbolon's; give it a database or a schema of its own"
    )]
    NotSymbolon,
    /// A newer release has changed the schema in a way that this one does not understand.
    #[error(
        "the database has schema {version}, which needs a release that knows schema \
         {oldest_compatible}; this one knows {known}"
    )]
    TooNew {
        /// The database's schema version.
        version: u32,
        /// The oldest schema version whose releases can work on it.
        oldest_compatible: u32,
        /// The newest schema version that this release knows.
        known: u32,
    },
    /// It is the target of a copy that is not finished.
    #[error("the database is a copy that is not finished")]
    Unfinished,
    /// The pool of connections cannot be made.
    #[error("the pool of connections: {0}")]
    Pool(String),
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(describe(&error))
    }
}

/// A connection of nobody else's, or why there is none.
pub(super) async fn connect(connector: &Connector) -> Result<(Client, JoinHandle<()>), OpenError> {
    let limit = connector.limit();
    match tokio::time::timeout(limit, connector.connect()).await {
        Ok(made) => Ok(made?),
        Err(_) => Err(OpenError::Database(format!(
            "no answer within {} s",
            limit.as_secs_f32()
        ))),
    }
}

/// Prepares the database and starts what works on it.
pub(super) async fn open(
    options: PostgresOptions,
    entropy: Arc<dyn Entropy>,
    observer: Arc<dyn LogObserver>,
) -> Result<PostgresStore, OpenError> {
    let connector = Connector::new(&options)?;
    let (client, _pump) = connect(&connector).await?;
    schema::prepare(&client, &*entropy).await?;
    schema::refuse_unfinished(&client).await?;
    let head = head(&client).await?;
    drop(client);
    run::describe_metrics();
    let pool = pool(&options, &connector)?;
    let tail = Arc::new(Tail::new(head, observer));
    let called = Arc::new(Notify::new());
    let places = options.connections.saturating_add(options.queue);
    let places = places.min(Semaphore::MAX_PERMITS);
    let runner = Arc::new(Runner {
        pool: pool.clone(),
        places: Arc::new(Semaphore::new(places)),
        prepares: !options.transaction_pooler,
        // The server's own limit comes first and says more.
        statement_limit: options.statement_timeout + options.connect_timeout,
        wait: options.wait,
        begin: connector.begin(),
        entropy,
        tail: Arc::clone(&tail),
        called: Arc::clone(&called),
        closing: watch::Sender::new(false),
        lone: Lone::new(),
    });
    let (stop, stopped) = watch::channel(false);
    let follower = Follower {
        tail,
        connector: connector.clone(),
        pool,
        statement_limit: runner.statement_limit,
        listens: !options.transaction_pooler,
        called,
    };
    let follower = tokio::spawn(follower.run(stopped));
    let (changes, changing) =
        Batcher::start(Arc::clone(&runner), options.queue, WRITING, change::run);
    let (rotations, rotating) =
        Batcher::start(Arc::clone(&runner), options.queue, WRITING, grants::run);
    let (uses, looking) =
        Batcher::start(Arc::clone(&runner), options.queue, LOOKING, sessions::look);
    Ok(PostgresStore {
        runner,
        changes,
        rotations,
        uses,
        connector,
        places: u32::try_from(places).unwrap_or(u32::MAX),
        stop,
        tasks: Mutex::new(Some(Tasks {
            changes: changing,
            rotations: rotating,
            uses: looking,
            follower,
        })),
    })
}

fn pool(options: &PostgresOptions, connector: &Connector) -> Result<Pool, OpenError> {
    let config = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_connect(connector.config().clone(), connector.clone(), config);
    Pool::builder(manager)
        .max_size(options.connections.max(1))
        .wait_timeout(Some(options.wait))
        .create_timeout(Some(options.connect_timeout))
        .recycle_timeout(Some(options.connect_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| OpenError::Pool(error.to_string()))
}

/// The highest number in the log, 0 when it is empty.
async fn head(client: &Client) -> Result<u64, tokio_postgres::Error> {
    let sql = "SELECT coalesce(max(seq), 0) FROM revocations";
    let head: i64 = client.query_typed_one(sql, &[]).await?.try_get(0)?;
    Ok(u64::try_from(head).unwrap_or(0))
}
