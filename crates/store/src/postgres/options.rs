//! Where the database is and how it is worked on.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use tokio_postgres::config::{Config, Host, SslMode};

/// The text is no address of a PostgreSQL database. Does not repeat the text: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a PostgreSQL database: {0}")]
pub struct InvalidUrl(String);

/// Which certificates are trusted and which one is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// PEM file of the authorities that are trusted instead of the system's.
    pub(super) roots: Option<PathBuf>,
    /// PEM file of our certificate and those that lead to its authority.
    pub(super) certificate: Option<PathBuf>,
    /// PEM file of its private key.
    pub(super) key: Option<PathBuf>,
}

/// The address of a database: `postgres://user:password@host:port/database?sslmode=…`, with several
/// hosts separated by commas.
///
/// `sslmode` is `disable`, `prefer`, or `require`; whenever TLS is used the server's certificate and
/// name are verified, so `verify-ca` and `verify-full` mean `require`. Without it, TLS is required
/// unless every host is a loopback address or a socket. `sslrootcert`, `sslcert` and `sslkey` name
/// PEM files.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    pub(super) config: Config,
    pub(super) files: TlsFiles,
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresUrl")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("password", &"[redacted]")
            .finish_non_exhaustive()
    }
}

impl PostgresUrl {
    /// Whether it says a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// The same with this password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }
}

impl FromStr for PostgresUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(InvalidUrl("it begins with postgres://".to_owned()));
        }
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let mut files = TlsFiles::default();
        let mut mode = None;
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "sslmode" => mode = Some(ssl_mode(value)?),
                "sslrootcert" => files.roots = Some(path(pair)),
                "sslcert" => files.certificate = Some(path(pair)),
                "sslkey" => files.key = Some(path(pair)),
                _ => rest.push(pair),
            }
        }
        if files.certificate.is_some() != files.key.is_some() {
            return Err(InvalidUrl("sslcert and sslkey go together".to_owned()));
        }
        let plain = format!("{address}?{}", rest.join("&"));
        let mut config = Config::from_str(&plain)
            .map_err(|error| InvalidUrl(super::failure::describe(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(InvalidUrl("it names no host".to_owned()));
        }
        let default = if is_local(&config) {
            SslMode::Disable
        } else {
            SslMode::Require
        };
        config.ssl_mode(mode.unwrap_or(default));
        Ok(Self { config, files })
    }
}

fn ssl_mode(name: &str) -> Result<SslMode, InvalidUrl> {
    match name {
        "disable" => Ok(SslMode::Disable),
        "prefer" => Ok(SslMode::Prefer),
        "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
        _ => Err(InvalidUrl(
            "sslmode is disable, prefer or require".to_owned(),
        )),
    }
}

fn path(pair: &str) -> PathBuf {
    let mut decoded = url::form_urlencoded::parse(pair.as_bytes());
    let value = decoded.next().map(|(_, value)| value.into_owned());
    PathBuf::from(value.unwrap_or_default())
}

/// Whether nothing of the way leads over a network.
fn is_local(config: &Config) -> bool {
    let by_address = config.get_hostaddrs();
    if !by_address.is_empty() {
        return by_address.iter().all(std::net::IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// Where the database is and how it is worked on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// Its address.
    pub url: PostgresUrl,
    /// How many connections are open at most, the one that follows the log aside.
    pub connections: usize,
    /// How many verbs may wait for a connection. Beyond it the answer is
    /// [`symbolon_core::store::StoreError::Saturated`] at once.
    pub queue: usize,
    /// How long one of them waits before it is answered so.
    pub wait: Duration,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
    /// Whether the address is that of a pooler that gives out connections for one transaction at a
    /// time (pgbouncer's `pool_mode = transaction`): nothing is then kept on a connection, no prepared
    /// statements and no settings, and the log is followed by polling.
    pub transaction_pooler: bool,
}

impl PostgresOptions {
    /// The defaults for a database.
    #[must_use]
    pub const fn new(url: PostgresUrl) -> Self {
        Self {
            url,
            connections: 16,
            queue: 256,
            wait: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            transaction_pooler: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<PostgresUrl, InvalidUrl> {
        text.parse()
    }

    #[test]
    fn tls_is_required_where_there_is_a_network() {
        for (url, mode) in [
            ("postgres://u@localhost/db", SslMode::Disable),
            ("postgres://u@127.0.0.1:5433/db", SslMode::Disable),
            (
                "postgres://u@%2Fvar%2Frun%2Fpostgresql/db",
                SslMode::Disable,
            ),
            ("postgres://u@db.example/db", SslMode::Require),
            ("postgres://u@localhost,db.example/db", SslMode::Require),
            ("postgres://u@db.example/db?sslmode=prefer", SslMode::Prefer),
            (
                "postgresql://u@localhost/db?sslmode=verify-full",
                SslMode::Require,
            ),
            (
                "postgres://u@db.example/db?sslmode=disable",
                SslMode::Disable,
            ),
        ] {
            assert_eq!(parsed(url).unwrap().config.get_ssl_mode(), mode, "{url}");
        }
    }

    #[test]
    fn files_are_taken_out_of_the_address() {
        let url = "postgres://u:p@db/x?sslrootcert=%2Fca.pem&application_name=y&sslcert=a&sslkey=b";
        let url = parsed(url).unwrap();
        assert_eq!(url.files.roots, Some(PathBuf::from("/ca.pem")));
        assert_eq!(url.files.certificate, Some(PathBuf::from("a")));
        assert_eq!(url.config.get_application_name(), Some("y"));
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_shown() {
        for bad in [
            "sqlite:x",
            "postgres://u:hunter2@host:port/db",
            "postgres://u:hunter2@host/db?sslmode=allow",
            "postgres://u:hunter2@host/db?nonsense=1",
            "postgres://u:hunter2@host/db?sslcert=a",
            "postgres:///db",
        ] {
            let error = parsed(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let url = parsed("postgres://u:hunter2@host/db").unwrap();
        let shown = format!("{url:?} {:?}", PostgresOptions::new(url.clone()));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
