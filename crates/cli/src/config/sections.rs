//! The table of all keys. The parser, the template, `config print` and the manual are made from
//! it, so a key exists everywhere or nowhere.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{
    reader::Reader,
    setting::{Setting, in_range},
    types::{BreachUrl, Issuer, LogFormat, LogLevel, OptionalListen, StoreUrl, TokenAlgorithm},
};

/// What the table says of one key.
#[derive(Debug)]
pub struct KeySpec {
    /// `section.name`.
    pub key: &'static str,
    /// The key within its section.
    pub name: &'static str,
    /// What it is for, line by line.
    pub doc: &'static [&'static str],
    /// The default as a TOML literal.
    pub default: &'static str,
    /// The least and the greatest value, as TOML literals.
    pub range: Option<(&'static str, &'static str)>,
    /// What a value looks like.
    pub expected: &'static str,
    /// Whether the value is a secret, which may come from a `…_FILE` variable.
    pub secret: bool,
}

impl KeySpec {
    /// The environment variable of the key.
    #[must_use]
    pub fn variable(&self) -> String {
        format!(
            "SYMBOLON_{}",
            self.key.replace('.', "__").to_ascii_uppercase()
        )
    }
}

/// What the table says of one section.
#[derive(Debug)]
pub struct SectionSpec {
    /// Its name in brackets.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static [&'static str],
    /// Its keys.
    pub keys: &'static [KeySpec],
}

macro_rules! settings {
    ($($(#[doc = $section_doc:literal])+ $section:ident: $type:ident {
        $($(#[doc = $doc:literal])+ $name:ident: $value:ty = $default:tt $(in $min:tt to $max:tt)?;)+
    })+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone)]
            pub struct $type {
                $($(#[doc = $doc])+ pub $name: $value,)+
            }

            impl $type {
                const SPEC: SectionSpec = SectionSpec {
                    name: stringify!($section),
                    doc: &[$($section_doc),+],
                    keys: &[$(KeySpec {
                        key: concat!(stringify!($section), ".", stringify!($name)),
                        name: stringify!($name),
                        doc: &[$($doc),+],
                        default: stringify!($default),
                        range: range!($($min, $max)?),
                        expected: <$value as Setting>::EXPECTED,
                        secret: <$value as Setting>::SECRET,
                    },)+],
                };

                fn read(reader: &mut Reader<'_>) -> Self {
                    let mut keys = Self::SPEC.keys.iter();
                    Self {
                        $($name: reader.value(keys.next(), check!($value $(, $min, $max)?)),)+
                    }
                }
            }
        )+

        /// Every section of single values.
        #[derive(Debug, Clone)]
        pub struct Sections {
            $($(#[doc = $section_doc])+ pub $section: $type,)+
        }

        /// The whole table.
        pub const SECTIONS: &[SectionSpec] = &[$($type::SPEC,)+];

        impl Sections {
            pub(super) fn read(reader: &mut Reader<'_>) -> Self {
                Self {
                    $($section: $type::read(reader),)+
                }
            }
        }
    };
}

macro_rules! range {
    () => {
        None
    };
    ($min:tt, $max:tt) => {
        Some((stringify!($min), stringify!($max)))
    };
}

macro_rules! check {
    ($value:ty) => {
        |_: &$value| Ok(())
    };
    ($value:ty, $min:tt, $max:tt) => {
        |value: &$value| in_range(value, stringify!($min), stringify!($max))
    };
}

settings! {
    /// Where the server is reached and where it keeps its data.
    server: Server {
        /// The issuer: the origin under which users and services reach this server, without a path.
        /// Plain http is accepted for this machine alone.
        issuer: Issuer = "http://localhost:8080";
        /// Where the public listener binds.
        listen: SocketAddr = "127.0.0.1:8080";
        /// Where health checks and metrics are served; "off" serves none. Never make it public.
        ops_listen: OptionalListen = "127.0.0.1:8081";
        /// The data directory: database, master key, lock and admin socket. Created with mode 0700.
        data_dir: PathBuf = "./symbolon-data";
        /// Networks of the proxies whose forwarded headers are believed. Nobody's by default.
        trusted_proxies: Vec<IpNet> = [];
        /// How long running requests may take to finish when the server stops.
        shutdown_grace: Duration = "10s" in "0s" to "10m";
    }
    /// The database.
    store: StoreSettings {
        /// The store: "sqlite:PATH", where a relative path is inside the data directory, or
        /// "postgres://USER:PASSWORD@HOST/DATABASE", which several nodes can share. TLS is required, and the
        /// server's name verified, unless the host is this machine; sslmode, sslrootcert, sslcert and
        /// sslkey behind a "?" say otherwise.
        url: StoreUrl = "sqlite:symbolon.db";
        /// PostgreSQL: connections of this node at most, the one that follows the revocation log aside.
        connections: u32 = 16 in 1 to 1000;
        /// PostgreSQL: requests that may wait for a connection; more are refused at once.
        queue: u32 = 256 in 1 to 100000;
        /// PostgreSQL: how long one waits for a connection before it is refused.
        connection_wait: Duration = "1s" in "1s" to "1m";
        /// PostgreSQL: how long a connection may take to be made.
        connect_timeout: Duration = "3s" in "1s" to "1m";
        /// PostgreSQL: how long one statement may take.
        statement_timeout: Duration = "5s" in "1s" to "10m";
        /// PostgreSQL: how long a statement may wait for a lock.
        lock_timeout: Duration = "2s" in "1s" to "10m";
        /// PostgreSQL: whether the URL is that of a pooler in transaction mode, such as pgbouncer's. Then
        /// nothing is kept on a connection, and the revocation log is polled.
        transaction_pooler: bool = false;
        /// PostgreSQL: while the database does not answer, sessions and tokens that this node knows are
        /// accepted as long as its copy of the revocation log is younger than this; then nothing is.
        max_staleness: Duration = "30s" in "2s" to "10m";
        /// PostgreSQL: of all nodes one rotates the keys and deletes what is old. Another one takes over this
        /// long after that one was last heard of.
        lease: Duration = "30s" in "2s" to "10m";
    }
    /// How long log-ins last.
    sessions: Sessions {
        /// A browser session ends when it was not used for this long.
        browser_idle: Duration = "30m" in "1m" to "90d";
        /// A browser session ends this long after the log-in, whatever happens.
        browser_absolute: Duration = "12h" in "1m" to "365d";
        /// A token session (an app or a command line tool) ends when it was not used for this long.
        token_idle: Duration = "14d" in "1m" to "365d";
        /// A token session ends this long after the log-in, whatever happens.
        token_absolute: Duration = "30d" in "1m" to "365d";
        /// Sessions an account may have; one more ends the oldest.
        max_per_account: u32 = 100 in 1 to 10000;
    }
    /// Access tokens and refresh tokens.
    tokens: Tokens {
        /// How long an access token lives; above "60m" only with allow_long_access_tokens.
        access_lifetime: Duration = "5m" in "1s" to "1d";
        /// Allows access tokens that live longer than 60 minutes.
        allow_long_access_tokens: bool = false;
        /// What access tokens are signed with.
        algorithm: TokenAlgorithm = "EdDSA";
        /// How long the last refresh token still answers after a rotation: lost responses, many tabs.
        refresh_grace: Duration = "10s" in "0s" to "60s";
        /// A grant ends when it was not refreshed for this long.
        refresh_idle: Duration = "14d" in "1m" to "365d";
        /// A grant ends this long after it was made, whatever happens.
        refresh_absolute: Duration = "30d" in "1m" to "730d";
        /// Whether a reused refresh token ends the whole session, not its grant alone.
        reuse_ends_session: bool = false;
    }
    /// Password hashing (Argon2id) and rules.
    passwords: Passwords {
        /// Memory for one hash, in KiB.
        memory_kib: u32 = 19456 in 8192 to 4194304;
        /// Passes over the memory.
        iterations: u32 = 2 in 1 to 64;
        /// Lanes.
        parallelism: u32 = 1 in 1 to 16;
        /// Threads that hash; 0 takes one for each processor.
        workers: u32 = 0 in 0 to 1024;
        /// Log-ins that may wait for a thread; more are refused at once.
        queue: u32 = 64 in 1 to 100000;
        /// The shortest password that is accepted when one is set, in characters.
        min_length: u32 = 8 in 8 to 128;
        /// The lowest score that zxcvbn may give a password that is set, from 0 (guessed at once) to 4.
        /// The 10,000 commonest are refused whatever this says.
        min_score: u32 = 3 in 0 to 4;
        /// Whether a password that is set is looked up among those known from breaches. The first five
        /// hexadecimal digits of its SHA-1 leave the server; where nothing answers, it is accepted.
        breach_check: bool = false;
        /// Where: a service of the range protocol of Have I Been Pwned, without the digits.
        breach_url: BreachUrl = "https://api.pwnedpasswords.com/range/";
    }
    /// Rate limits: `burst` attempts at once, then one more for every `refill`.
    limits: Limits {
        /// Log-in attempts for one account.
        login_per_account_burst: u32 = 10 in 1 to 100000;
        /// One attempt is regained in this time.
        login_per_account_refill: Duration = "30s" in "1s" to "1d";
        /// Log-in attempts from one device.
        login_per_device_burst: u32 = 10 in 1 to 100000;
        /// One attempt is regained in this time.
        login_per_device_refill: Duration = "10s" in "1s" to "1d";
        /// Log-in attempts from one address, whatever the account.
        login_per_address_burst: u32 = 30 in 1 to 100000;
        /// One attempt is regained in this time.
        login_per_address_refill: Duration = "2s" in "1s" to "1d";
        /// Registrations from one address.
        register_per_address_burst: u32 = 10 in 1 to 100000;
        /// One attempt is regained in this time.
        register_per_address_refill: Duration = "1m" in "1s" to "1d";
    }
    /// Who may make an account.
    registration: Registration {
        /// Whether anybody may; otherwise administrators alone.
        open: bool = false;
    }
    /// The revocation log that verifiers read.
    revocations: Revocations {
        /// Whether it can be read without being a client that has the scope revocations:read.
        public: bool = false;
    }
    /// Signing keys.
    keys: Keys {
        /// How long others may keep the published key set.
        jwks_max_age: Duration = "5m" in "10s" to "1d";
        /// How long a scheduled key is published before it signs.
        next_ahead: Duration = "24h" in "1m" to "30d";
        /// How long a key signs before the next one takes over.
        rotate_every: Duration = "90d" in "1h" to "730d";
    }
    /// The gateway.
    gateway: Gateway {
        /// Whether upstreams also get plain identity headers (Remote-User and the like).
        identity_headers: bool = false;
    }
    /// What the server writes to its standard error.
    log: Log {
        /// "text" for people, "json" for machines; "auto" is text on a terminal.
        format: LogFormat = "auto";
        /// The least important level that is written, or tracing directives.
        level: LogLevel = "info";
    }
}

/// The key of that name, e.g. `server.issuer`.
pub(crate) fn find(key: &str) -> Option<&'static KeySpec> {
    SECTIONS
        .iter()
        .flat_map(|section| section.keys)
        .find(|spec| spec.key == key)
}
