//! Making connections, and the settings that each must have.

use std::{
    fmt::Write as _,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, SimpleQueryMessage, Socket, config::SslMode,
    tls::TlsStream,
};

use super::{
    options::PostgresOptions,
    tls::{Tls, TlsError},
};

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
    limits: [(&'static str, Duration); 3],
    pooler: bool,
    raised: AtomicBool,
}

type Driven = Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connector {
    /// Reads the certificates; connects to nothing.
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, TlsError> {
        let mut config = options.url.config.clone();
        config.connect_timeout(options.connect_timeout);
        // A host that is gone without a word is noticed when something was sent to it.
        config.tcp_user_timeout(options.statement_timeout + options.connect_timeout);
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

    async fn drive(&self, wake: Option<Wakes>) -> Driven {
        let config = &self.settings.config;
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
