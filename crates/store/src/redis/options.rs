//! Where Redis is and how long it may take.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use redis::{ClientTlsConfig, ConnectionInfo, IntoConnectionInfo as _, TlsCertificates};

/// The text is no address of Redis. Does not repeat the text: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the address of Redis: {0}")]
pub struct InvalidUrl(&'static str);

/// A file that TLS needs cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("TLS to Redis: {problem}")]
pub struct TlsFileError {
    pub(super) problem: String,
}

/// The address of Redis: `redis://user:password@host:port/database`, `rediss://` over TLS, and
/// `redis-cluster://` or `rediss-cluster://` with some nodes of a cluster, separated by commas.
///
/// Over TLS the server's certificate and name are verified, by the system's authorities or those of the
/// PEM file `sslrootcert`; `sslcert` and `sslkey` name our own certificate and its key.
#[derive(Clone)]
pub struct RedisUrl {
    pub(super) nodes: Vec<ConnectionInfo>,
    pub(super) is_cluster: bool,
    pub(super) is_tls: bool,
    pub(super) roots: Option<PathBuf>,
    pub(super) own: Option<(PathBuf, PathBuf)>,
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = self.nodes.iter().map(|node| node.addr().to_string());
        f.debug_struct("RedisUrl")
            .field("nodes", &nodes.collect::<Vec<_>>())
            .field("password", &"[redacted]")
            .finish_non_exhaustive()
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        let node = |url: &Self| {
            let nodes = url.nodes.iter().map(|node| {
                let redis = node.redis_settings();
                let user = redis.username().map(str::to_owned);
                let password = redis.password().map(str::to_owned);
                (node.addr().to_string(), redis.db(), user, password)
            });
            nodes.collect::<Vec<_>>()
        };
        (
            node(self),
            self.is_cluster,
            self.is_tls,
            &self.roots,
            &self.own,
        ) == (
            node(other),
            other.is_cluster,
            other.is_tls,
            &other.roots,
            &other.own,
        )
    }
}

impl Eq for RedisUrl {}

impl FromStr for RedisUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(SCHEMES)?;
        let (is_tls, is_cluster) = match scheme {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis-cluster" => (false, true),
            "rediss-cluster" => (true, true),
            _ => return Err(SCHEMES),
        };
        if rest.contains('#') {
            return Err(InvalidUrl("it has a \"#\" that is not written %23"));
        }
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let files = Files::read(query)?;
        if !is_tls && (files.roots.is_some() || files.certificate.is_some()) {
            return Err(InvalidUrl(
                "certificates are for rediss:// and rediss-cluster://",
            ));
        }
        let own = match (files.certificate, files.key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(InvalidUrl("sslcert and sslkey go together")),
        };
        let (authority, database) = address.split_once('/').unwrap_or((address, ""));
        if is_cluster && !matches!(database, "" | "0") {
            return Err(InvalidUrl("a cluster has no database but 0"));
        }
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        if !is_cluster && hosts.contains(',') {
            return Err(InvalidUrl(
                "several hosts are for redis-cluster:// and rediss-cluster://",
            ));
        }
        let scheme = if is_tls { "rediss" } else { "redis" };
        let node = |host: &str| {
            format!("{scheme}://{user}{host}/{database}")
                .into_connection_info()
                .map_err(|_| InvalidUrl("it has no usable host, port or database number"))
        };
        Ok(Self {
            nodes: hosts.split(',').map(node).collect::<Result<_, _>>()?,
            is_cluster,
            is_tls,
            roots: files.roots,
            own,
        })
    }
}

const SCHEMES: InvalidUrl =
    InvalidUrl("it begins with redis://, rediss://, redis-cluster:// or rediss-cluster://");

#[derive(Default)]
struct Files {
    roots: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Files {
    fn read(query: &str) -> Result<Self, InvalidUrl> {
        let mut files = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let file = match name.as_ref() {
                "sslrootcert" => &mut files.roots,
                "sslcert" => &mut files.certificate,
                "sslkey" => &mut files.key,
                _ => {
                    return Err(InvalidUrl(
                        "behind \"?\" are sslrootcert, sslcert and sslkey",
                    ));
                }
            };
            *file = Some(PathBuf::from(value.into_owned()));
        }
        Ok(files)
    }
}

impl RedisUrl {
    /// What TLS is made of; `None` without TLS.
    pub(super) fn certificates(&self) -> Result<Option<TlsCertificates>, TlsFileError> {
        if !self.is_tls {
            return Ok(None);
        }
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| TlsFileError {
                problem: format!("{}: {error}", path.display()),
            })
        };
        let client_tls = match &self.own {
            Some((certificate, key)) => Some(ClientTlsConfig {
                client_cert: read(certificate)?,
                client_key: read(key)?,
            }),
            None => None,
        };
        let root_cert = self.roots.as_deref().map(read).transpose()?;
        Ok(Some(TlsCertificates {
            client_tls,
            root_cert,
        }))
    }
}

/// Where Redis is and how it is used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RedisOptions {
    /// Its address.
    pub url: RedisUrl,
    /// How long an answer may take. Beyond it Redis is not asked any more until it answers again.
    pub time_limit: Duration,
}

impl RedisOptions {
    /// The defaults for an address.
    #[must_use]
    pub const fn new(url: RedisUrl) -> Self {
        Self {
            url,
            time_limit: Duration::from_millis(250),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RedisUrl, InvalidUrl> {
        text.parse()
    }

    #[test]
    fn one_server_and_clusters_are_told_apart() {
        let one = parsed("redis://user:p%40ss@h:7000/3").unwrap();
        assert!(!one.is_cluster && !one.is_tls);
        assert_eq!(one.nodes[0].addr().to_string(), "h:7000");
        assert_eq!(one.nodes[0].redis_settings().password(), Some("p@ss"));
        assert_eq!(one.nodes[0].redis_settings().db(), 3);
        let url = "rediss-cluster://:pw@a:1,b:2,[::1]:3?sslrootcert=%2Fca.pem&sslcert=c&sslkey=k";
        let cluster = parsed(url).unwrap();
        assert!(cluster.is_cluster && cluster.is_tls);
        assert_eq!(cluster.nodes.len(), 3);
        assert_eq!(cluster.roots, Some(PathBuf::from("/ca.pem")));
        for node in &cluster.nodes {
            assert_eq!(node.redis_settings().password(), Some("pw"));
        }
        assert_eq!(cluster, parsed(url).unwrap());
        assert_ne!(cluster, parsed("rediss-cluster://:pw@a:1").unwrap());
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_is_shown() {
        for bad in [
            "http://u:canary@h",
            "redis:canary",
            "redis://u:canary@h:port",
            "redis://u:canary@h/database",
            "redis://u:canary@a,b",
            "redis-cluster://u:canary@a/1",
            "rediss://u:canary@h#insecure",
            "rediss://u:canary@h?insecure=true",
            "rediss://u:canary@h?sslcert=x",
            "redis://u:canary@h?sslrootcert=x",
            "redis-cluster://",
        ] {
            let error = parsed(bad).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
        let url = parsed("redis://u:canary@h").unwrap();
        let shown = format!("{url:?} {:?}", RedisOptions::new(url.clone()));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
