//! What may be in the graph at all, for our code and for our tests.

use std::collections::BTreeSet;

use super::{
    Inputs, Violation,
    table::{BANNED, OTHER_TLS_PROVIDERS},
};

const CRATES_IO: [&str; 2] = [
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
];

/// No banned crate is built on any platform.
pub(super) fn banned(inputs: &Inputs) -> Vec<Violation> {
    let present = BANNED
        .iter()
        .filter(|(name, _)| inputs.graph.named(name).next().is_some());
    present
        .map(|(name, reason)| {
            let by = inputs.graph.dependents(name).join(", ");
            Violation::new(*name, format!("is in the graph, wanted by {by}"), *reason)
        })
        .collect()
}

/// There is one rustls, and aws-lc-rs is the only provider it can find.
pub(super) fn one_tls_provider(inputs: &Inputs) -> Vec<Violation> {
    let reason = "with one provider there is nothing to choose, and rustls cannot panic over it";
    let mut violations = Vec::new();
    let versions: BTreeSet<&str> = inputs
        .graph
        .named("rustls")
        .map(|package| package.version.as_str())
        .collect();
    if versions.len() > 1 {
        let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
        violations.push(Violation::new(
            "rustls",
            format!("is there as {versions}"),
            reason,
        ));
    }
    for rustls in inputs.graph.named("rustls") {
        if rustls.features.contains("ring") {
            violations.push(Violation::new(
                "rustls",
                "has its feature `ring` on",
                reason,
            ));
        }
        if !rustls.features.contains("aws_lc_rs") {
            violations.push(Violation::new(
                "rustls",
                "has its feature `aws_lc_rs` off",
                reason,
            ));
        }
    }
    for name in OTHER_TLS_PROVIDERS {
        if inputs.graph.named(name).next().is_some() {
            let by = inputs.graph.dependents(name).join(", ");
            violations.push(Violation::new(
                *name,
                format!("is in the graph, wanted by {by}"),
                reason,
            ));
        }
    }
    violations
}

/// Whatever is not ours comes from crates.io.
pub(super) fn from_crates_io(inputs: &Inputs) -> Vec<Violation> {
    let foreign = inputs.graph.packages().filter(|package| !package.is_ours);
    foreign
        .filter(|package| {
            !package
                .source
                .as_deref()
                .is_some_and(|source| CRATES_IO.contains(&source))
        })
        .map(|package| {
            let from = package
                .source
                .as_deref()
                .unwrap_or("a path outside the workspace");
            let reason = "a published crate can only depend on published crates";
            Violation::new(&package.name, format!("comes from {from}"), reason)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixture::Fixture;

    const NOTHING: [&str; 0] = [];

    fn server() -> Fixture {
        Fixture::default().ours("symbolon-server")
    }

    #[test]
    fn a_banned_crate_is_found_also_in_tests() {
        for (name, _) in BANNED {
            let shipped = server()
                .depends("symbolon-server", "client")
                .depends("client", name);
            let found = shipped.violations(banned);
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].starts_with(&format!("{name}: is in the graph, wanted by client")));
            let tests = server().depends_in_tests("symbolon-server", name);
            assert_eq!(tests.violations(banned).len(), 1, "{name}");
        }
        assert_eq!(
            server()
                .depends("symbolon-server", "aws-lc-rs")
                .violations(banned),
            NOTHING
        );
    }

    #[test]
    fn a_second_tls_provider_is_found() {
        let rustls =
            server()
                .depends("symbolon-server", "rustls")
                .feature("rustls", "aws_lc_rs", &[]);
        assert_eq!(rustls.violations(one_tls_provider), NOTHING);
        let ring = rustls.clone().feature("rustls", "ring", &[]);
        assert!(ring.violations(one_tls_provider)[0].contains("feature `ring` on"));
        let other = rustls.depends("symbolon-server", "rustls-rustcrypto");
        assert!(
            other.violations(one_tls_provider)[0].starts_with("rustls-rustcrypto: is in the graph")
        );
        let none = server().depends("symbolon-server", "rustls");
        assert!(none.violations(one_tls_provider)[0].contains("feature `aws_lc_rs` off"));
    }

    #[test]
    fn a_second_rustls_is_found() {
        let two = server()
            .depends("symbolon-server", "rustls")
            .feature("rustls", "aws_lc_rs", &[])
            .depends("symbolon-server", "client")
            .depends("client", "rustls 0.22.0")
            .feature("rustls 0.22.0", "aws_lc_rs", &[]);
        let found = two.violations(one_tls_provider);
        assert!(
            found[0].starts_with("rustls: is there as 0.22.0, 1.0.0: "),
            "{found:?}"
        );
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        let fork = server().depends("symbolon-server", "fork");
        assert_eq!(fork.violations(from_crates_io), NOTHING);
        let git = fork.source("fork", "git+https://example.org/fork");
        assert!(git.violations(from_crates_io)[0].starts_with("fork: comes from git+https://"));
    }
}
