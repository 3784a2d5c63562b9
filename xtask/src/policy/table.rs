//! What is allowed, and why: the one place to read, and to change, when a crate's role changes.

/// A crate of the workspace and the crates of the workspace it may import.
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// In what is shipped: `[dependencies]` and `[build-dependencies]`.
    pub(super) imports: &'static [&'static str],
    /// In its tests, beyond `imports`.
    pub(super) in_tests: &'static [&'static str],
    pub(super) reason: &'static str,
}

/// Requests flow one way: route → service (core) → store trait → backend. From the bottom up.
pub(super) const LAYERS: &[Layer] = &[
    Layer {
        name: "symbolon-jose",
        imports: &[],
        in_tests: &[],
        reason: "tokens know no part of Symbolon, so that anyone can use the crate",
    },
    Layer {
        name: "symbolon-protocol",
        imports: &["symbolon-jose"],
        in_tests: &[],
        reason: "what both sides of the wire share cannot know either side",
    },
    Layer {
        name: "symbolon-verifier",
        imports: &["symbolon-jose", "symbolon-protocol"],
        in_tests: &["symbolon-core", "symbolon-testing", "symbolon-testkit"],
        reason: "it is embedded in other people's services, where nothing of the server belongs",
    },
    Layer {
        name: "symbolon-decoder",
        imports: &["symbolon-jose"],
        in_tests: &[],
        reason: "it runs in a browser",
    },
    Layer {
        name: "symbolon-testkit",
        imports: &["symbolon-jose", "symbolon-protocol"],
        in_tests: &["symbolon-verifier"],
        reason: "it is an issuer for other people's tests, not a server",
    },
    Layer {
        name: "symbolon-core",
        imports: &["symbolon-jose", "symbolon-protocol"],
        in_tests: &["symbolon-testing"],
        reason: "the domain knows no HTTP and no backend: both are above it",
    },
    Layer {
        name: "symbolon-store",
        imports: &["symbolon-core", "symbolon-protocol"],
        in_tests: &["symbolon-testing"],
        reason: "a backend implements core's traits and is called by nobody else",
    },
    Layer {
        name: "symbolon-server",
        imports: &["symbolon-core", "symbolon-protocol", "symbolon-jose"],
        in_tests: &["symbolon-store", "symbolon-testing"],
        reason: "routes call core's services and never a backend",
    },
    Layer {
        name: "symbolon-gateway",
        imports: &["symbolon-verifier", "symbolon-protocol"],
        in_tests: &["symbolon-jose", "symbolon-testing", "symbolon-testkit"],
        reason: "it verifies as any service does; what it needs of core is a trait that cli wires",
    },
    Layer {
        name: "symbolon",
        imports: &[
            "symbolon-core",
            "symbolon-gateway",
            "symbolon-jose",
            "symbolon-protocol",
            "symbolon-server",
            "symbolon-store",
            "symbolon-verifier",
        ],
        in_tests: &["symbolon-testing", "symbolon-testkit"],
        reason: "the binary wires everything; tests that cross layers live here",
    },
    Layer {
        name: "symbolon-testing",
        imports: &["symbolon-core", "symbolon-jose", "symbolon-protocol"],
        in_tests: &["symbolon-store"],
        reason: "the tests of store, server and gateway use it, so it cannot import them",
    },
    Layer {
        name: "xtask",
        imports: &[],
        in_tests: &[],
        reason: "it has to build, and to say what is wrong, when the rest does not",
    },
];

/// Dependencies that only some of our crates may name in what they ship.
pub(super) struct Restricted {
    pub(super) dependencies: &'static [&'static str],
    pub(super) users: &'static [&'static str],
    /// May name them too, if behind a feature that is off by default.
    pub(super) optional_users: &'static [&'static str],
    pub(super) reason: &'static str,
}

pub(super) const RESTRICTED: &[Restricted] = &[
    Restricted {
        dependencies: &["axum", "axum-core", "axum-extra"],
        users: &["symbolon-server", "symbolon-gateway", "symbolon"],
        optional_users: &["symbolon-verifier"],
        reason: "HTTP routes belong to server and gateway; a service that verifies may use another framework",
    },
    Restricted {
        dependencies: &[
            "rusqlite",
            "tokio-postgres",
            "deadpool",
            "deadpool-postgres",
            "postgres-types",
            "redis",
        ],
        users: &["symbolon-store"],
        optional_users: &[],
        reason: "SQL and Redis commands live behind core's store traits, in store",
    },
];

/// A dependency that a crate may have with some of its features only.
pub(super) struct Features {
    pub(super) user: &'static str,
    pub(super) dependency: &'static str,
    pub(super) features: &'static [&'static str],
    pub(super) reason: &'static str,
}

pub(super) const FEATURES: &[Features] = &[Features {
    user: "symbolon-core",
    dependency: "tokio",
    features: &["sync"],
    reason: "core does no I/O and reads no clock: of tokio it needs channels and locks",
}];

/// What a crate must not have in its tree at all, however far down, in what it ships.
pub(super) struct Unreachable {
    pub(super) from: &'static [&'static str],
    pub(super) dependencies: &'static [&'static str],
    pub(super) reason: &'static str,
}

pub(super) const UNREACHABLE: &[Unreachable] = &[
    Unreachable {
        from: &["symbolon-jose", "symbolon-protocol", "symbolon-decoder"],
        dependencies: &["tokio", "reqwest", "hyper", "axum"],
        reason: "no I/O and no async: it builds for wasm32 and inside any runtime",
    },
    Unreachable {
        from: &["symbolon-core"],
        dependencies: &[
            "axum",
            "hyper",
            "reqwest",
            "rusqlite",
            "tokio-postgres",
            "redis",
        ],
        reason: "the domain knows no HTTP and no backend",
    },
    Unreachable {
        from: &["symbolon-verifier"],
        dependencies: &[
            "symbolon-core",
            "rusqlite",
            "tokio-postgres",
            "redis",
            "argon2",
        ],
        reason: "it is embedded in other people's services, where nothing of the server belongs",
    },
];

/// Crates that must not be in the graph of any platform, and why. `deny.toml` repeats the list.
pub(super) const BANNED: &[(&str, &str)] = &[
    (
        "openssl",
        "TLS is rustls: one implementation, no system library to match",
    ),
    (
        "openssl-sys",
        "TLS is rustls: one implementation, no system library to match",
    ),
    (
        "native-tls",
        "TLS is rustls: one implementation, the same on every platform",
    ),
    (
        "ring",
        "aws-lc-rs is the one source of cryptography; two double the code to trust",
    ),
];

/// Providers of rustls other than aws-lc-rs; a second one makes rustls panic when it has to choose.
pub(super) const OTHER_TLS_PROVIDERS: &[&str] = &[
    "boring-rustls-provider",
    "rustls-graviola",
    "rustls-mbedcrypto-provider",
    "rustls-openssl",
    "rustls-rustcrypto",
    "rustls-symcrypt",
    "rustls-wolfcrypt-provider",
];

/// Licences (SPDX) under which a dependency may come. `deny.toml` repeats the list.
///
/// All of them let Symbolon be distributed under MIT or Apache-2.0 and ask at most for a notice.
pub(super) const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

/// No file of a crate's `src` is longer than this.
pub(super) const LONGEST_FILE: usize = 450;
