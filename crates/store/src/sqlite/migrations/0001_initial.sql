-- The first schema. Times are milliseconds since 1970-01-01T00:00:00Z unless a name says `secs`;
-- UUIDs are 16-byte blobs. Migrations are expand-only within a minor version, so columns whose
-- set of values may grow carry no CHECK: reading an unknown value is an error in the reader.

CREATE TABLE meta (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version    INTEGER NOT NULL,
    -- The oldest release's schema that can still work on this database.
    oldest_compatible INTEGER NOT NULL,
    -- Changes when the revocation log's history does (a restored backup).
    epoch             TEXT NOT NULL,
    -- The mark of the position before the first revocation.
    log_origin        BLOB NOT NULL CHECK (length(log_origin) = 16),
    -- Moved by writes that only prove that writing works.
    fence             INTEGER NOT NULL DEFAULT 0,
    -- The latest moment that the clock was seen to show.
    latest            INTEGER NOT NULL DEFAULT 0,
    -- What is to be done about what was erased: 0 nothing, 1 to rewrite the file without its free
    -- space and empty the write-ahead log, 2 only the latter.
    traces            INTEGER NOT NULL DEFAULT 0,
    -- Of which source, and in which state of it, this is a copy that is not finished. NULL: none.
    copying           TEXT
) STRICT;

CREATE TABLE accounts (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    subject     TEXT NOT NULL UNIQUE,
    state       TEXT NOT NULL,
    disabled_at INTEGER,
    -- Of an erased account nothing is left but its id and its subject, which are never given again.
    erased_at   INTEGER,
    locale      TEXT,
    profile     TEXT NOT NULL DEFAULT '{}',
    created_at  INTEGER NOT NULL,
    CHECK ((state = 'disabled') = (disabled_at IS NOT NULL)),
    CHECK ((state = 'erased') = (erased_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE identifiers (
    account     BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    normalised  TEXT NOT NULL,
    original    TEXT NOT NULL,
    verified_at INTEGER,
    PRIMARY KEY (account, kind, normalised)
) STRICT, WITHOUT ROWID;
-- Only a verified identifier owns its value; a user name is owned from the start.
CREATE UNIQUE INDEX identifiers_owner ON identifiers (kind, normalised)
    WHERE verified_at IS NOT NULL OR kind = 'username';
-- Who holds a value, and which values begin with a text.
CREATE INDEX identifiers_holder ON identifiers (normalised, kind);

-- Scope kind 'issuer' with an empty scope id: the whole issuer.
CREATE TABLE roles (
    account    BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    scope_kind TEXT NOT NULL,
    scope_id   TEXT NOT NULL,
    name       TEXT NOT NULL,
    PRIMARY KEY (account, scope_kind, scope_id, name),
    CHECK ((scope_kind = 'issuer') = (scope_id = ''))
) STRICT, WITHOUT ROWID;
CREATE INDEX roles_holder ON roles (scope_kind, scope_id, name);

CREATE TABLE credentials (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    account      BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    -- A password's PHC string.
    hash         TEXT,
    -- What other kinds keep.
    data         BLOB,
    label        TEXT,
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_account ON credentials (account, kind);
CREATE UNIQUE INDEX credentials_one_password ON credentials (account) WHERE kind = 'password';

CREATE TABLE sessions (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    account      BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    actor        BLOB CHECK (length(actor) = 16),
    created_at   INTEGER NOT NULL,
    auth_time    INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    idle_secs    INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    amr          TEXT NOT NULL,
    acr          TEXT,
    device_label TEXT,
    ip           TEXT,
    ended_at     INTEGER,
    ended_reason TEXT,
    -- The first moment at which it is dead if nothing happens: ended, past its absolute timeout or
    -- unused for too long.
    dead_from    INTEGER GENERATED ALWAYS AS
        (coalesce(ended_at, min(expires_at, last_seen + idle_secs * 1000))) VIRTUAL,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_unended ON sessions (account, created_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_dead ON sessions (dead_from);

CREATE TABLE session_cookies (
    -- SHA-256 of the value; the value is nowhere.
    hash    BLOB PRIMARY KEY CHECK (length(hash) = 32),
    session BLOB NOT NULL REFERENCES sessions (id),
    origin  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_cookies_session ON session_cookies (session);

CREATE TABLE clients (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash BLOB,
    settings    TEXT NOT NULL DEFAULT '{}',
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE resources (
    uri                 TEXT PRIMARY KEY,
    scopes              TEXT NOT NULL,
    token_lifetime_secs INTEGER,
    algorithm           TEXT,
    created_at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per refresh-token family; its tokens are numbered and have no rows.
CREATE TABLE grants (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    account      BLOB REFERENCES accounts (id) ON DELETE CASCADE,
    client       TEXT NOT NULL,
    resource     TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    -- Not references: an offline grant outlives the row of its session, an exchanged one that of
    -- its parent, and both still say where they come from.
    session      BLOB CHECK (length(session) = 16),
    parent       BLOB CHECK (length(parent) = 16),
    offline      INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    seed         BLOB NOT NULL CHECK (length(seed) = 32),
    secret_id    INTEGER NOT NULL,
    rotated_at   INTEGER,
    created_at   INTEGER NOT NULL,
    idle_secs    INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_reason TEXT,
    -- As in `sessions`, its session aside. Not indexed: every rotation moves it.
    dead_from    INTEGER GENERATED ALWAYS AS (coalesce(
        ended_at, min(expires_at, coalesce(rotated_at, created_at) + idle_secs * 1000))) VIRTUAL,
    -- The same without the idle timeout: stands still until somebody ends the grant.
    gone_from    INTEGER GENERATED ALWAYS AS (coalesce(ended_at, expires_at)) VIRTUAL,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CHECK (offline OR account IS NULL OR session IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_session ON grants (session) WHERE session IS NOT NULL;
CREATE INDEX grants_parent ON grants (parent) WHERE parent IS NOT NULL;
CREATE INDEX grants_account ON grants (account) WHERE account IS NOT NULL AND ended_at IS NULL;
CREATE INDEX grants_client ON grants (client) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX grants_standing ON grants (client, resource)
    WHERE account IS NULL AND ended_at IS NULL;
CREATE INDEX grants_gone ON grants (gone_from);

CREATE TABLE signing_keys (
    seq         INTEGER PRIMARY KEY,
    kid         TEXT NOT NULL UNIQUE,
    purpose     TEXT NOT NULL,
    algorithm   TEXT NOT NULL,
    state       TEXT NOT NULL,
    -- Active: since; retired: since; gone: since.
    state_at    INTEGER,
    -- Retired: when it leaves the JWKS.
    state_until INTEGER,
    private     BLOB NOT NULL,
    public_jwk  TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (purpose, algorithm)
    WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (purpose, algorithm)
    WHERE state = 'next';

CREATE TABLE server_secrets (
    id         INTEGER PRIMARY KEY,
    secret     BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The revocation log. The last row is never deleted, so that `seq` is never used twice.
CREATE TABLE revocations (
    seq             INTEGER PRIMARY KEY,
    mark            BLOB NOT NULL CHECK (length(mark) = 16),
    kind            TEXT NOT NULL,
    id              BLOB NOT NULL CHECK (length(id) = 16),
    below           INTEGER,
    reason          TEXT NOT NULL,
    revoked_at_secs INTEGER NOT NULL,
    -- NULL: never forgotten.
    until_secs      INTEGER,
    -- Of all the others, so that a bit that the disk has turned is not taken for somebody else's end.
    -- NULL: whoever wrote it did not know of this.
    sum             INTEGER
) STRICT;
CREATE INDEX revocations_until ON revocations (until_secs) WHERE until_secs IS NOT NULL;
-- The kinds that have no row elsewhere to say that they are revoked already.
CREATE INDEX revocations_token ON revocations (id) WHERE kind = 'token';
CREATE INDEX revocations_key ON revocations (id) WHERE kind = 'key';

-- Ids only: never an e-mail address, an identifier, a full address.
CREATE TABLE audit_events (
    seq         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    action      TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id   TEXT NOT NULL,
    reason      TEXT,
    request_id  TEXT
) STRICT;
CREATE INDEX audit_events_action ON audit_events (action);
CREATE INDEX audit_events_target ON audit_events (target_id);

-- What must leave: back-channel log-outs, mail, web hooks.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY,
    topic      TEXT NOT NULL,
    payload    TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (next_at);

CREATE TABLE setup_code (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    -- Under the master key, for every node to show the same.
    sealed     BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Which access-token lifetime was in force from when; each until the next row.
CREATE TABLE token_lifetimes (
    seq   INTEGER PRIMARY KEY,
    secs  INTEGER NOT NULL,
    since INTEGER NOT NULL
) STRICT;
