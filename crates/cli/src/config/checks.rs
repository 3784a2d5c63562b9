//! Rules that hold between keys.

use std::time::Duration;

use super::{
    Config, origin::Origin, problem::Problem, reader::Layers, setting::Setting,
    types::OptionalListen,
};

/// Access tokens that live longer need an explicit word.
const LONGEST_USUAL_ACCESS: Duration = Duration::from_hours(1);

/// Everything that is wrong between keys.
pub(super) fn run(config: &Config, layers: &Layers) -> Vec<Problem> {
    let mut problems = Vec::new();
    for check in [listeners, timeouts, access_lifetimes, key_times] {
        check(config, layers, &mut problems);
    }
    own_audience(config, &mut problems);
    problems
}

/// One address cannot serve two purposes.
fn listeners(config: &Config, layers: &Layers, problems: &mut Vec<Problem>) {
    let (listen, ops) = (config.server.listen, config.server.ops_listen);
    if listen.port() != 0 && ops == OptionalListen::At(listen) {
        let key = "server.ops_listen";
        let message = format!("{listen} is server.listen as well");
        let problem = Problem::of(&layers.origin(key), key, message);
        problems.push(problem.hint("metrics and health checks need their own address, or \"off\""));
    }
}

/// An idle timeout beyond the absolute one would never act.
fn timeouts(config: &Config, layers: &Layers, problems: &mut Vec<Problem>) {
    let (sessions, tokens) = (&config.sessions, &config.tokens);
    for (idle, idle_key, absolute, absolute_key) in [
        (
            sessions.browser_idle,
            "sessions.browser_idle",
            sessions.browser_absolute,
            "sessions.browser_absolute",
        ),
        (
            sessions.token_idle,
            "sessions.token_idle",
            sessions.token_absolute,
            "sessions.token_absolute",
        ),
        (
            tokens.refresh_idle,
            "tokens.refresh_idle",
            tokens.refresh_absolute,
            "tokens.refresh_absolute",
        ),
    ] {
        if idle > absolute {
            greater(idle_key, idle, absolute_key, absolute, layers, problems);
        }
    }
}

/// A scheduled key must be published for longer than others may keep the key set.
fn key_times(config: &Config, layers: &Layers, problems: &mut Vec<Problem>) {
    let keys = &config.keys;
    if keys.jwks_max_age > keys.next_ahead {
        greater(
            "keys.jwks_max_age",
            keys.jwks_max_age,
            "keys.next_ahead",
            keys.next_ahead,
            layers,
            problems,
        );
    }
    if keys.next_ahead > keys.rotate_every {
        greater(
            "keys.next_ahead",
            keys.next_ahead,
            "keys.rotate_every",
            keys.rotate_every,
            layers,
            problems,
        );
    }
}

/// Complains at the key that somebody set; at the first if it was neither or both.
fn greater(
    key: &str,
    value: Duration,
    other_key: &str,
    other: Duration,
    layers: &Layers,
    problems: &mut Vec<Problem>,
) {
    let (origin, other_origin) = (layers.origin(key), layers.origin(other_key));
    problems.push(if origin == Origin::Default {
        let message = format!("{} is less than {key} = {}", other.show(), value.show());
        Problem::of(&other_origin, other_key, message)
    } else {
        let message = format!(
            "{} is more than {other_key} = {}",
            value.show(),
            other.show()
        );
        Problem::of(&origin, key, message)
    });
}

/// A stolen access token is good for its lifetime where the log is not read.
fn access_lifetimes(config: &Config, layers: &Layers, problems: &mut Vec<Problem>) {
    if config.tokens.allow_long_access_tokens {
        return;
    }
    let own = (
        layers.origin("tokens.access_lifetime"),
        "tokens.access_lifetime",
        config.tokens.access_lifetime,
    );
    let others = config.resources.iter().filter_map(|resource| {
        Some((
            resource.origin.clone(),
            "resources.access_lifetime",
            resource.access_lifetime?,
        ))
    });
    for (origin, key, lifetime) in std::iter::once(own).chain(others) {
        if lifetime > LONGEST_USUAL_ACCESS {
            let message = format!("{} is more than 60 minutes", lifetime.show());
            let problem = Problem::of(&origin, key, message);
            problems.push(problem.hint("tokens.allow_long_access_tokens = true permits it"));
        }
    }
}

/// The issuer is its own resource already.
fn own_audience(config: &Config, problems: &mut Vec<Problem>) {
    for resource in &config.resources {
        if resource.audience.as_str() == config.server.issuer.as_str() {
            let message = "the issuer's own URL is a resource already";
            problems.push(Problem::of(&resource.origin, "resources.audience", message));
        }
    }
}
