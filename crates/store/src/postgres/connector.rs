//! Making connections, and the settings that each must have.

use std::{
    fmt::Write as _,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, SimpleQueryMessage, Socket, config::SslMode,
    tls::TlsStream,
};

use super::{
    hosts,
    options::PostgresOptions,
    tls::{Tls, TlsError},
};

/// After how long without a word the other end is asked whether it is there, unless the address says so: who
/// only listens would otherwise not learn for two hours that it is gone.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// What the operating system's own limit is taken to be.
const KEEPALIVE_UNSET: Duration = Duration::from_secs(2 * 60 * 60);
/// How often it is asked.
const KEEPALIVE_RETRIES: u32 = 3;

/// Turns a setting under which an answered commit could be lost into one under which it cannot.
/// Those that promise more (`remote_write`, `remote_apply`) stay. Answers a row if it had to.
fn durable(local: bool) -> String {
    format!(
        "SELECT set_config('synchronous_commit', 'on', {local})
         WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )
}

/// Makes connections to one database.
#[derive(Clone)]
pub(super) struct Connector {
    tls: Option<Tls>,
    settings: Arc<Settings>,
}

/// Whom a notification wakes.
#[derive(Clone)]
pub(super) struct Wakes {
    /// Who follows the revocation log.
    pub(super) log: Arc<Notify>,
    /// Whom other nodes call.
    pub(super) nodes: Arc<Notify>,
}

impl Wakes {
    fn whom(&self, channel: &str) -> &Notify {
        match channel {
            "symbolon_nodes" => &self.nodes,
            _ => &self.log,
        }
    }
}

struct Settings {
    config: Config,
    /// The same for each of its hosts.
    hosts: Vec<Config>,
    /// Which of them was good last.
    good: AtomicUsize,
    /// How long a connection may take to be made.
    limit: Duration,
    /// How long a host may take of it while there are others.
    share: Duration,
    limits: [(&'static str, Duration); 3],
    pooler: bool,
    raised: AtomicBool,
}

type Driven = Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connector {
    /// Reads the certificates; connects to nothing.
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, TlsError> {
        let mut config = options.url.config.clone();
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        let hosts = u32::try_from(hosts).unwrap_or(u32::MAX).max(1);
        let share = options.connect_timeout / hosts;
        config.connect_timeout(share);
        // A host that is gone without a word is noticed when something was sent to it.
        config.tcp_user_timeout(options.statement_timeout + options.connect_timeout);
        if config.get_keepalives_idle() == KEEPALIVE_UNSET {
            config.keepalives_idle(KEEPALIVE);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_interval(KEEPALIVE);
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(KEEPALIVE_RETRIES);
        }
        if config.get_application_name().is_none() {
            config.application_name("symbolon");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(Tls::new(&options.url.files)?),
        };
        let limits = [
            ("statement_timeout", options.statement_timeout),
            ("lock_timeout", options.lock_timeout),
            // Between statements of a transaction nothing is waited for but us.
            (
                "idle_in_transaction_session_timeout",
                options.statement_timeout,
            ),
        ];
        Ok(Self {
            tls,
            settings: Arc::new(Settings {
                hosts: hosts::each(&config),
                good: AtomicUsize::new(0),
                limit: options.connect_timeout,
                share,
                config,
                limits,
                pooler: options.transaction_pooler,
                raised: AtomicBool::new(false),
            }),
        })
    }

    /// The address, for those who make the connections through a pool.
    pub(super) fn config(&self) -> &Config {
        &self.settings.config
    }

    /// How long a connection may take to be made, for those who make one themselves.
    pub(super) fn limit(&self) -> Duration {
        self.settings.limit
    }

    /// What begins a transaction. Behind a pooler nothing that was set on a connection is sure to be
    /// set on the one that the transaction gets.
    pub(super) fn begin(&self) -> String {
        let mut begin = "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned();
        if self.settings.pooler {
            begin.push_str(&self.set("SET LOCAL"));
            let _ = write!(begin, "; {}", durable(true));
        }
        begin
    }

    fn set(&self, command: &str) -> String {
        let set = |text: &mut String, (name, limit): &(&str, Duration)| {
            let _ = write!(text, "; {command} {name} = {}", limit.as_millis());
        };
        let mut text = String::new();
        self.settings
            .limits
            .iter()
            .for_each(|one| set(&mut text, one));
        text
    }

    /// A connection with its settings, and the task that moves its bytes.
    pub(super) async fn connect(&self) -> Driven {
        self.drive(None).await
    }

    /// A connection whose notifications wake whom they are for.
    pub(super) async fn listen(&self, wake: Wakes) -> Driven {
        self.drive(Some(wake)).await
    }

    /// Tries one host after the other, first the one that was good last. One that says nothing takes its
    /// share of the time and no more; how long the last one may take is up to whoever waits.
    async fn drive(&self, wake: Option<Wakes>) -> Driven {
        let Settings {
            config,
            hosts,
            good,
            share,
            ..
        } = &*self.settings;
        let count = hosts.len().max(1);
        let first = good.load(Ordering::Relaxed);
        let host = |turn: usize| {
            let at = (first + turn) % count;
            (at, hosts.get(at).unwrap_or(config))
        };
        for turn in 1..count {
            let (at, host) = host(turn - 1);
            let made = tokio::time::timeout(*share, self.attempt(host, wake.clone())).await;
            if let Ok(Ok(made)) = made {
                good.store(at, Ordering::Relaxed);
                return Ok(made);
            }
        }
        let (at, host) = host(count - 1);
        let made = self.attempt(host, wake).await?;
        good.store(at, Ordering::Relaxed);
        Ok(made)
    }

    async fn attempt(&self, config: &Config, wake: Option<Wakes>) -> Driven {
        let (client, task) = match &self.tls {
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, tokio::spawn(pump(connection, wake)))
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                (client, tokio::spawn(pump(connection, wake)))
            }
        };
        if !self.settings.pooler {
            self.prepare(&client).await?;
        }
        Ok((client, task))
    }

    async fn prepare(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        let settings = format!("{}{}", durable(false), self.set("SET"));
        let answers = client.simple_query(&settings).await?;
        let was_raised = answers
            .iter()
            .any(|answer| matches!(answer, SimpleQueryMessage::Row(_)));
        if was_raised && !self.settings.raised.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the database has synchronous_commit off or local, under which commits can be \
                 lost: this server's sessions use `on`"
            );
        }
        Ok(())
    }
}

/// Moves a connection's bytes until it ends.
async fn pump<T>(mut connection: Connection<Socket, T>, wake: Option<Wakes>)
where
    T: TlsStream + Unpin,
{
    loop {
        let message = std::future::poll_fn(|cx| connection.poll_message(cx)).await;
        match message {
            Some(Ok(AsyncMessage::Notification(told))) => {
                if let Some(wake) = &wake {
                    wake.whom(told.channel()).notify_one();
                }
            }
            Some(Ok(AsyncMessage::Notice(notice))) => {
                tracing::info!(notice = notice.message(), "the database says");
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(
                    error = super::failure::describe(&error),
                    "a connection to the database ended"
                );
                break;
            }
            None => break,
        }
    }
}

impl deadpool_postgres::Connect for Connector {
    fn connect(&self, _: &Config) -> Pin<Box<dyn Future<Output = Driven> + Send + '_>> {
        Box::pin(Self::connect(self))
    }
}
