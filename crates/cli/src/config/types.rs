//! Types of values that exist in the configuration only.

use std::{fmt, net::SocketAddr, path::PathBuf};

use symbolon_store::{
    postgres::{InvalidUrl, PostgresUrl},
    redis::{self, RedisUrl},
};
use url::{Host, Url};

use super::setting::{Setting, not_a};
use crate::text::quoted;

/// The issuer: an origin without a path, written the one way in which tokens carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(Url);

impl Issuer {
    /// The text that `iss` carries: no slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The same as a URL.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Whether cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether only this machine can be meant (RFC 6761 §6.3 for `localhost`).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl Setting for Issuer {
    const EXPECTED: &'static str = r#"an origin like "https://auth.example.com""#;

    fn from_text(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| not_a::<Self>(text))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(not_a::<Self>(text));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(format!(
                "{} must be https: plain http is for this machine alone (localhost, 127.0.0.1, [::1])",
                quoted(text)
            ));
        }
        let bare = url.username().is_empty() && url.password().is_none() && url.path() == "/";
        let issuer = Self(url);
        if !bare || issuer.as_str() != text {
            return Err(format!(
                "{} is not an origin in its normal form, without user, path, query or final slash",
                quoted(text)
            ));
        }
        Ok(issuer)
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.as_str().to_owned())
    }
}

/// Where passwords known from breaches are looked up: a URL that the digits are put behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachUrl(Url);

impl BreachUrl {
    /// The URL of one range.
    #[must_use]
    pub fn range(&self, digits: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{digits}", self.0.path()));
        url
    }
}

impl Setting for BreachUrl {
    const EXPECTED: &'static str = r#"a URL like "https://api.pwnedpasswords.com/range/""#;

    fn from_text(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| not_a::<Self>(text))?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !bare || !url.path().ends_with('/') {
            return Err(not_a::<Self>(text));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(format!(
                "{} must be https: plain http is for this machine alone",
                quoted(text)
            ));
        }
        Ok(Self(url))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.0.to_string())
    }
}

/// A listener that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionalListen {
    /// There is none.
    Off,
    /// It listens here.
    At(SocketAddr),
}

impl Setting for OptionalListen {
    const EXPECTED: &'static str = r#"an address and port like "127.0.0.1:8081", or "off""#;

    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            _ => text.parse().map(Self::At).map_err(|_| not_a::<Self>(text)),
        }
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(match self {
            Self::Off => "off".to_owned(),
            Self::At(address) => address.to_string(),
        })
    }
}

/// Which store, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A database file. A relative path is inside the data directory.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PostgresUrl>),
}

impl Setting for StoreUrl {
    const EXPECTED: &'static str =
        r#"a store like "sqlite:symbolon.db" or "postgres://user@host/database""#;
    // It may have a password.
    const SECRET: bool = true;

    fn from_text(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            // The message does not repeat the URL.
            let url: Result<PostgresUrl, _> =
                text.parse().map_err(|error: InvalidUrl| error.to_string());
            return url.map(Box::new).map(Self::Postgres);
        }
        let path = text.strip_prefix("sqlite:").filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| not_a::<Self>(text))?;
        // `sqlite://path` would silently be an absolute path with two slashes.
        if path.starts_with("//") || path.contains(['\0', '?', '#']) {
            return Err(format!(
                r#"expected {}: "sqlite:" and a plain path"#,
                Self::EXPECTED
            ));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(_) => "postgres:[redacted]".to_owned(),
        })
    }
}

/// Where nodes share copies of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsUrl {
    /// Nowhere.
    Off,
    /// In Redis.
    Redis(Box<RedisUrl>),
}

impl Setting for SessionsUrl {
    const EXPECTED: &'static str = r#""off" or an address like "rediss://user:password@host:6379""#;
    // It may have a password.
    const SECRET: bool = true;

    fn from_text(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        // The message does not repeat the URL.
        let url: Result<RedisUrl, _> = text
            .parse()
            .map_err(|error: redis::InvalidUrl| error.to_string());
        url.map(Box::new).map(Self::Redis)
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(match self {
            Self::Off => "off".to_owned(),
            Self::Redis(_) => "redis:[redacted]".to_owned(),
        })
    }
}

/// Makes an enum whose values are words.
macro_rules! words {
    ($($(#[doc = $doc:literal])+ $name:ident, $expected:literal {
        $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal,)+
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $variant_doc])+ $variant,)+
        }

        impl $name {
            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl Setting for $name {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(not_a::<Self>(text)),
                }
            }

            fn show(&self) -> toml::Value {
                toml::Value::String(self.as_str().to_owned())
            }
        }
    )+};
}

words! {
    /// What access tokens are signed with.
    TokenAlgorithm, r#""EdDSA", "ES256" or "RS256""# {
        /// Ed25519.
        EdDSA = "EdDSA",
        /// ECDSA on P-256.
        ES256 = "ES256",
        /// RSA PKCS#1 v1.5.
        RS256 = "RS256",
    }
    /// How log lines are written.
    LogFormat, r#""auto", "json" or "text""# {
        /// Text on a terminal, JSON otherwise.
        Auto = "auto",
        /// One JSON object a line.
        Json = "json",
        /// For people.
        Text = "text",
    }
}

impl From<TokenAlgorithm> for symbolon_jose::Algorithm {
    fn from(algorithm: TokenAlgorithm) -> Self {
        match algorithm {
            TokenAlgorithm::EdDSA => Self::EdDSA,
            TokenAlgorithm::ES256 => Self::ES256,
            TokenAlgorithm::RS256 => Self::RS256,
        }
    }
}

/// What is logged: a level, or directives such as `info,symbolon_server=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel(String);

impl LogLevel {
    /// The directives.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for LogLevel {
    const EXPECTED: &'static str =
        r#""error", "warn", "info", "debug", "trace", or directives like "info,symbolon=debug""#;

    fn from_text(text: &str) -> Result<Self, String> {
        // A lone unknown word would be read as the name of a module.
        let known = |word: &str| word.parse::<tracing::level_filters::LevelFilter>().is_ok();
        let directive = |part: &str| part.contains('=') || (!part.is_empty() && known(part));
        let valid =
            text.split(',').all(directive) && tracing_subscriber::EnvFilter::try_new(text).is_ok();
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(not_a::<Self>(text))
        }
    }

    fn show(&self) -> toml::Value {
        toml::Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_https_origin_or_local() {
        for good in [
            "https://auth.example.com",
            "https://auth.example.com:8443",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
        ] {
            assert_eq!(Issuer::from_text(good).unwrap().as_str(), good);
        }
        for bad in [
            "http://auth.example.com",
            "https://auth.example.com/",
            "https://auth.example.com/path",
            "https://Auth.example.com",
            "https://auth.example.com:443",
            "https://u@auth.example.com",
            "https://auth.example.com?x",
            "ftp://auth.example.com",
            "http://localhost.example.com",
            "localhost:8080",
            "",
        ] {
            assert!(Issuer::from_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_log_level_is_no_arbitrary_word() {
        assert!(LogLevel::from_text("info").is_ok());
        assert!(LogLevel::from_text("info,symbolon_server=debug").is_ok());
        for bad in ["", "loud", "info,", "info,x=loud"] {
            assert!(LogLevel::from_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_store_is_sqlite_or_postgres_and_no_password_is_shown() {
        assert!(StoreUrl::from_text("sqlite:/var/lib/x.db").is_ok());
        let good = StoreUrl::from_text("postgres://u:canary@h/db").unwrap();
        let shown = format!("{good:?} {}", good.show());
        assert!(!shown.contains("canary"), "{shown}");
        for bad in ["postgres://u:canary@h:x/db", "mysql://u:canary@h/db"] {
            let bad = StoreUrl::from_text(bad).unwrap_err();
            assert!(!bad.contains("canary"), "{bad}");
        }
        assert!(StoreUrl::from_text("sqlite://x").is_err());
    }

    #[test]
    fn sessions_are_shared_in_redis_or_nowhere_and_no_password_is_shown() {
        assert_eq!(SessionsUrl::from_text("off"), Ok(SessionsUrl::Off));
        let good = SessionsUrl::from_text("rediss-cluster://u:canary@h:1,i:2").unwrap();
        let shown = format!("{good:?} {}", good.show());
        assert!(!shown.contains("canary"), "{shown}");
        for bad in ["redis://u:canary@h:x", "memcached://u:canary@h"] {
            let bad = SessionsUrl::from_text(bad).unwrap_err();
            assert!(!bad.contains("canary"), "{bad}");
        }
    }
}
