//! Rules that hold between keys.

use std::time::Duration;

use super::{
    Config, MasterKeySource, SessionsUrl, StoreUrl, origin::Origin, problem::Problem,
    reader::Layers, setting::Setting as _, types::OptionalListen,
};

/// Access tokens that live longer need an explicit word.
const LONGEST_USUAL_ACCESS: Duration = Duration::from_hours(1);

/// Everything that is wrong between keys. What is wrong by itself is `known` already and not held
/// against others.
pub(super) fn run(config: &Config, layers: &Layers, known: &[Problem]) -> Vec<Problem> {
    let mut checks = Checks {
        config,
        layers,
        known,
        problems: Vec::new(),
    };
    checks.listeners();
    checks.timeouts();
    checks.access_lifetimes();
    checks.own_audience();
    checks.shared_master_key();
    checks.shared_sessions();
    checks.problems
}

struct Checks<'a> {
    config: &'a Config,
    layers: &'a Layers,
    known: &'a [Problem],
    problems: Vec<Problem>,
}

impl Checks<'_> {
    fn is_sound(&self, key: &str) -> bool {
        self.known
            .iter()
            .all(|problem| problem.key.as_deref() != Some(key))
    }

    /// One address cannot serve two purposes.
    fn listeners(&mut self) {
        let (listen, ops) = (self.config.server.listen, self.config.server.ops_listen);
        if listen.port() != 0 && ops == OptionalListen::At(listen) {
            let key = "server.ops_listen";
            let message = format!("{listen} is server.listen as well");
            self.problems.push(
                Problem::of(&self.layers.origin(key), key, message)
                    .hint("metrics and health checks need their own address, or \"off\""),
            );
        }
    }

    /// A timeout beyond the one that bounds it would never act; a scheduled key must be published
    /// for longer than others may keep the key set.
    fn timeouts(&mut self) {
        let Config { sections, .. } = self.config;
        let (sessions, tokens, keys) = (&sections.sessions, &sections.tokens, &sections.keys);
        for (lesser, greater) in [
            (
                ("sessions.browser_idle", sessions.browser_idle),
                ("sessions.browser_absolute", sessions.browser_absolute),
            ),
            (
                ("sessions.token_idle", sessions.token_idle),
                ("sessions.token_absolute", sessions.token_absolute),
            ),
            (
                ("tokens.refresh_idle", tokens.refresh_idle),
                ("tokens.refresh_absolute", tokens.refresh_absolute),
            ),
            (
                ("keys.jwks_max_age", keys.jwks_max_age),
                ("keys.next_ahead", keys.next_ahead),
            ),
            (
                ("keys.next_ahead", keys.next_ahead),
                ("keys.rotate_every", keys.rotate_every),
            ),
        ] {
            self.at_most(lesser, greater);
        }
    }

    /// Complains at the key that somebody set; at the lesser if it was both.
    fn at_most(&mut self, lesser: (&str, Duration), greater: (&str, Duration)) {
        let sound = self.is_sound(lesser.0) && self.is_sound(greater.0);
        if lesser.1 <= greater.1 || !sound {
            return;
        }
        let origin = self.layers.origin(lesser.0);
        let (key, origin, word, value, other) = if origin == Origin::Default {
            (
                greater.0,
                self.layers.origin(greater.0),
                "less",
                greater.1,
                lesser,
            )
        } else {
            (lesser.0, origin, "more", lesser.1, greater)
        };
        let message = format!(
            "{} is {word} than {} = {}",
            value.show(),
            other.0,
            other.1.show()
        );
        self.problems.push(Problem::of(&origin, key, message));
    }

    /// A stolen access token is good for its lifetime where the log is not read.
    fn access_lifetimes(&mut self) {
        let tokens = &self.config.tokens;
        if tokens.allow_long_access_tokens || !self.is_sound("tokens.allow_long_access_tokens") {
            return;
        }
        let key = "tokens.access_lifetime";
        let own = (self.layers.origin(key), key, tokens.access_lifetime);
        let others = self.config.resources.iter().filter_map(|resource| {
            let lifetime = resource.access_lifetime?;
            Some((
                resource.origin.clone(),
                "resources.access_lifetime",
                lifetime,
            ))
        });
        for (origin, key, lifetime) in std::iter::once(own).chain(others) {
            if lifetime > LONGEST_USUAL_ACCESS {
                let message = format!("{} is more than 60 minutes", lifetime.show());
                let problem = Problem::of(&origin, key, message);
                let hint = "tokens.allow_long_access_tokens = true permits it";
                self.problems.push(problem.hint(hint));
            }
        }
    }

    /// What is sealed in a database that others use is sealed for them, too; and a key that only a
    /// node's directory has is lost with the node, while the database lives on.
    fn shared_master_key(&mut self) {
        let is_shared = matches!(self.config.store.url, StoreUrl::Postgres(_));
        let is_given = matches!(self.config.master_key, MasterKeySource::Given { .. });
        if is_shared && !is_given && self.is_sound("master_key") {
            let key = "store.url";
            let message =
                "with PostgreSQL the master key has to be given: every node needs the same";
            let problem = Problem::of(&self.layers.origin(key), key, message);
            self.problems.push(problem.hint(
                "set SYMBOLON_MASTER_KEY_FILE to a file with what openssl rand -base64 32 prints",
            ));
        }
    }

    /// A single node's own memory is nearer than Redis and knows as much.
    fn shared_sessions(&mut self) {
        let is_shared = matches!(self.config.store.url, StoreUrl::Postgres(_));
        let is_set = matches!(self.config.sessions.url, SessionsUrl::Redis(_));
        if is_set && !is_shared && self.is_sound("store.url") {
            let key = "sessions.url";
            let message = "Redis is for several nodes, and SQLite has one";
            let problem = Problem::of(&self.layers.origin(key), key, message);
            let hint = "what it would share, the node has in memory; set store.url to a PostgreSQL \
                        database, or sessions.url to \"off\"";
            self.problems.push(problem.hint(hint));
        }
    }

    /// The issuer is its own resource already.
    fn own_audience(&mut self) {
        let issuer = self.config.server.issuer.as_str();
        for resource in &self.config.resources {
            if resource.audience.as_str() == issuer {
                let message = "the issuer's own URL is a resource already";
                self.problems
                    .push(Problem::of(&resource.origin, "resources.audience", message));
            }
        }
    }
}
