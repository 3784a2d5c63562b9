-- The first schema. Times are milliseconds since 1970-01-01T00:00:00Z unless a name says `secs`.
-- Texts are compared by their bytes, as SQLite compares them. Migrations are expand-only within a
-- minor version, so columns whose set of values may grow carry no CHECK: reading an unknown value
-- is an error in the reader.

CREATE TABLE symbolon_meta (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version    BIGINT NOT NULL,
    -- The oldest release's schema that can still work on this database.
    oldest_compatible BIGINT NOT NULL,
    -- Changes when the revocation log's history does (a restored backup).
    epoch             TEXT NOT NULL,
    -- The mark of the position before the first revocation.
    log_origin        BYTEA NOT NULL CHECK (length(log_origin) = 16),
    -- Moved by writes that only prove that writing works.
    fence             BIGINT NOT NULL DEFAULT 0,
    -- The latest moment that the clock of any node was seen to show.
    latest            BIGINT NOT NULL DEFAULT 0,
    -- How many accounts were erased since the tables were last vacuumed for it.
    traces            BIGINT NOT NULL DEFAULT 0,
    -- Of which source, and in which state of it, this is a copy that is not finished. NULL: none.
    copying           TEXT
) WITH (fillfactor = 50);

CREATE TABLE accounts (
    id          UUID PRIMARY KEY,
    subject     TEXT COLLATE "C" NOT NULL UNIQUE,
    state       TEXT NOT NULL,
    disabled_at BIGINT,
    -- Of an erased account nothing is left but its id and its subject, which are never given again.
    erased_at   BIGINT,
    locale      TEXT,
    -- JSON as it was given: a number keeps its form, and a text may hold what jsonb refuses.
    profile     TEXT NOT NULL DEFAULT '{}',
    created_at  BIGINT NOT NULL,
    CHECK ((state = 'disabled') = (disabled_at IS NOT NULL)),
    CHECK ((state = 'erased') = (erased_at IS NOT NULL))
);

CREATE TABLE identifiers (
    account     UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind        TEXT COLLATE "C" NOT NULL,
    normalised  TEXT COLLATE "C" NOT NULL,
    original    TEXT NOT NULL,
    verified_at BIGINT,
    PRIMARY KEY (account, kind, normalised)
);
-- Only a verified identifier owns its value; a user name is owned from the start.
CREATE UNIQUE INDEX identifiers_owner ON identifiers (kind, normalised)
    WHERE verified_at IS NOT NULL OR kind = 'username';
-- Who holds a value, and which values begin with a text.
CREATE INDEX identifiers_holder ON identifiers (normalised, kind, account);

-- Scope kind 'issuer' with an empty scope id: the whole issuer.
CREATE TABLE roles (
    account    UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    scope_kind TEXT COLLATE "C" NOT NULL,
    scope_id   TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, scope_kind, scope_id, name),
    CHECK ((scope_kind = 'issuer') = (scope_id = ''))
);
CREATE INDEX roles_holder ON roles (scope_kind, scope_id, name);

CREATE TABLE credentials (
    id           UUID PRIMARY KEY,
    account      UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    version      BIGINT NOT NULL,
    -- A password's PHC string.
    hash         TEXT,
    -- What other kinds keep.
    data         BYTEA,
    label        TEXT,
    created_at   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX credentials_account ON credentials (account, kind);
CREATE UNIQUE INDEX credentials_one_password ON credentials (account) WHERE kind = 'password';

CREATE TABLE sessions (
    id           UUID PRIMARY KEY,
    account      UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL,
    version      BIGINT NOT NULL,
    actor        UUID,
    created_at   BIGINT NOT NULL,
    auth_time    BIGINT NOT NULL,
    last_seen    BIGINT NOT NULL,
    idle_secs    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    amr          TEXT[] NOT NULL,
    acr          TEXT,
    device_label TEXT,
    ip           TEXT,
    ended_at     BIGINT,
    ended_reason TEXT,
    -- The first moment at which it is dead if nothing happens: ended, past its absolute timeout or
    -- unused for too long.
    dead_from    BIGINT NOT NULL GENERATED ALWAYS AS
        (coalesce(ended_at, least(expires_at, last_seen + idle_secs * 1000))) STORED,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL))
);
CREATE INDEX sessions_unended ON sessions (account, created_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_account ON sessions (account) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_dead ON sessions (dead_from);

CREATE TABLE session_cookies (
    -- SHA-256 of the value; the value is nowhere.
    hash    BYTEA PRIMARY KEY CHECK (length(hash) = 32),
    session UUID NOT NULL REFERENCES sessions (id),
    origin  TEXT COLLATE "C" NOT NULL
);
CREATE INDEX session_cookies_session ON session_cookies (session);

CREATE TABLE clients (
    id          TEXT COLLATE "C" PRIMARY KEY,
    name        TEXT NOT NULL,
    secret_hash BYTEA,
    settings    TEXT NOT NULL DEFAULT '{}',
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE resources (
    uri                 TEXT COLLATE "C" PRIMARY KEY,
    scopes              TEXT[] NOT NULL,
    token_lifetime_secs BIGINT,
    algorithm           TEXT,
    created_at          BIGINT NOT NULL
);

-- One row per refresh-token family; its tokens are numbered and have no rows. Every rotation
-- rewrites the row: no index has a column that it changes, and each page keeps room for the new
-- version, so that it stays where it is.
CREATE TABLE grants (
    id           UUID PRIMARY KEY,
    account      UUID REFERENCES accounts (id) ON DELETE CASCADE,
    client       TEXT COLLATE "C" NOT NULL,
    resource     TEXT COLLATE "C" NOT NULL,
    scopes       TEXT[] NOT NULL,
    -- Not references: an offline grant outlives the row of its session, an exchanged one that of
    -- its parent, and both still say where they come from.
    session      UUID,
    parent       UUID,
    offline      BOOLEAN NOT NULL,
    version      BIGINT NOT NULL,
    generation   BIGINT NOT NULL,
    seed         BYTEA NOT NULL CHECK (length(seed) = 32),
    secret_id    BIGINT NOT NULL,
    rotated_at   BIGINT,
    created_at   BIGINT NOT NULL,
    idle_secs    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    ended_reason TEXT,
    -- As in `sessions`, its session aside.
    dead_from    BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(
        ended_at, least(expires_at, coalesce(rotated_at, created_at) + idle_secs * 1000))) STORED,
    CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    CHECK (offline OR account IS NULL OR session IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX grants_session ON grants (session) WHERE session IS NOT NULL;
CREATE INDEX grants_parent ON grants (parent) WHERE parent IS NOT NULL;
CREATE INDEX grants_account ON grants (account) WHERE account IS NOT NULL;
CREATE INDEX grants_client ON grants (client) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX grants_standing ON grants (client, resource)
    WHERE account IS NULL AND ended_at IS NULL;
-- Without the idle timeout: stands still until somebody ends the grant.
CREATE INDEX grants_gone ON grants (coalesce(ended_at, expires_at));

CREATE TABLE signing_keys (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kid         TEXT COLLATE "C" NOT NULL UNIQUE,
    purpose     TEXT NOT NULL,
    algorithm   TEXT NOT NULL,
    state       TEXT NOT NULL,
    -- Active: since; retired: since; gone: since.
    state_at    BIGINT,
    -- Retired: when it leaves the JWKS.
    state_until BIGINT,
    private     BYTEA NOT NULL,
    public_jwk  TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (purpose, algorithm)
    WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (purpose, algorithm)
    WHERE state = 'next';

CREATE TABLE server_secrets (
    id         BIGINT PRIMARY KEY,
    secret     BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- The revocation log. Its numbers are given under an advisory lock that is held until the commit;
-- the last row is never deleted, so that `seq` is never used twice.
CREATE TABLE revocations (
    seq             BIGINT PRIMARY KEY,
    mark            BYTEA NOT NULL CHECK (length(mark) = 16),
    kind            TEXT COLLATE "C" NOT NULL,
    id              BYTEA NOT NULL CHECK (length(id) = 16),
    below           BIGINT,
    reason          TEXT NOT NULL,
    revoked_at_secs BIGINT NOT NULL,
    -- NULL: never forgotten.
    until_secs      BIGINT
);
CREATE INDEX revocations_until ON revocations (until_secs) WHERE until_secs IS NOT NULL;
-- The kinds that have no row elsewhere to say that they are revoked already.
CREATE INDEX revocations_token ON revocations (id) WHERE kind = 'token';
CREATE INDEX revocations_key ON revocations (id) WHERE kind = 'key';

-- Ids only: never an e-mail address, an identifier, a full address.
CREATE TABLE audit_events (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    target_kind TEXT COLLATE "C" NOT NULL,
    target_id   TEXT COLLATE "C" NOT NULL,
    reason      TEXT,
    request_id  TEXT
);
CREATE INDEX audit_events_action ON audit_events (action, seq);
CREATE INDEX audit_events_target ON audit_events (target_id, seq);

-- What must leave: back-channel log-outs, mail, web hooks.
CREATE TABLE outbox (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      TEXT NOT NULL,
    payload    TEXT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at);

CREATE TABLE setup_code (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    hash       BYTEA NOT NULL CHECK (length(hash) = 32),
    -- Under the master key, for every node to show the same.
    sealed     BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Which access-token lifetime was in force from when; each until the next row.
CREATE TABLE token_lifetimes (
    seq   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secs  BIGINT NOT NULL,
    since BIGINT NOT NULL
);

-- Which node does what one does for all, and until when by the database's clock.
CREATE TABLE leases (
    duty   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  BIGINT NOT NULL
);

-- Which nodes there are, and what they tell each other of the revocation log's readers while one of them
-- wants to know. Times are by the database's clock.
CREATE TABLE nodes (
    id         TEXT COLLATE "C" PRIMARY KEY,
    seen       BIGINT NOT NULL,
    -- Until when it wants to be told of the others' readers.
    asks_until BIGINT NOT NULL,
    -- When it told of its own, and from when on it knew of all of these.
    told_at    BIGINT NOT NULL,
    told_as_of BIGINT NOT NULL,
    -- JSON.
    readers    TEXT NOT NULL
);
