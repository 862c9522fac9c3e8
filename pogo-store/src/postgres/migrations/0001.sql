-- A row for each namespace: who owns it. Appends lock it for share, whoever takes over updates it.
CREATE TABLE namespaces (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    -- What tells it from namespaces of the same name elsewhere.
    number text NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    -- Of the owner; null where nobody owns it.
    nonce bigint,
    owner text,
    previous_owner text,
    machine text,
    process bigint,
    -- By the owner's clock, in milliseconds.
    since bigint,
    -- The server, the timeline and the tables that its records were written to.
    place text NOT NULL,
    -- The store that it was copied from, until somebody has accepted that.
    copied_from text
) WITH (fillfactor = 50);

-- Counts as long as the owner lives.
CREATE TABLE heartbeats (
    namespace bigint PRIMARY KEY,
    epoch bigint NOT NULL,
    nonce bigint NOT NULL,
    beat bigint NOT NULL,
    -- In milliseconds: how often the owner counts.
    every bigint NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Who waits to take over. Each counts by itself, which shows that the database takes writes.
CREATE TABLE standbys (
    namespace bigint NOT NULL,
    nonce bigint NOT NULL,
    name text NOT NULL,
    beat bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (namespace, nonce)
) WITH (fillfactor = 50);

-- The records since the older snapshot, a row for each commit: a line of JSON for each record.
CREATE TABLE commits (
    namespace bigint NOT NULL,
    at bigint NOT NULL,
    until bigint NOT NULL,
    epoch bigint NOT NULL,
    crc bigint NOT NULL,
    digest bytea NOT NULL,
    -- The jobs that its records are of.
    jobs bigint[] NOT NULL,
    -- The content that its records name.
    content bytea[] NOT NULL,
    stored timestamptz NOT NULL DEFAULT now(),
    records bytea NOT NULL,
    PRIMARY KEY (namespace, at),
    UNIQUE (namespace, until)
);

-- What came before it, for the history of jobs; a part for each namespace, and in it one for each month.
CREATE TABLE history (
    namespace bigint NOT NULL,
    at bigint NOT NULL,
    until bigint NOT NULL,
    crc bigint NOT NULL,
    epoch bigint NOT NULL,
    jobs bigint[] NOT NULL,
    stored timestamptz NOT NULL,
    records bytea NOT NULL
) PARTITION BY LIST (namespace);
CREATE INDEX ON history (namespace, at);

-- Compressed already.
CREATE TABLE snapshots (
    namespace bigint NOT NULL,
    upto bigint NOT NULL,
    content bytea[] NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (namespace, upto)
);
ALTER TABLE snapshots ALTER COLUMN state SET STORAGE EXTERNAL;

-- Fleets and policies under their digest, compressed already.
CREATE TABLE content (
    namespace bigint NOT NULL,
    digest bytea NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (namespace, digest)
);
ALTER TABLE content ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- The list of jobs, as the records before `jobs_upto` have it; it can be made anew from records.
CREATE TABLE jobs (
    namespace bigint NOT NULL,
    job bigint NOT NULL,
    -- The first of its records, and the one after the last.
    first bigint NOT NULL,
    until bigint NOT NULL,
    retired boolean NOT NULL,
    entry text NOT NULL,
    PRIMARY KEY (namespace, job)
);
CREATE TABLE jobs_upto (
    namespace bigint PRIMARY KEY,
    upto bigint NOT NULL
);

-- What hosts wrote; a part for each namespace, and in it one for each day.
CREATE TABLE output (
    namespace bigint NOT NULL,
    day date NOT NULL,
    job bigint NOT NULL,
    attempt bigint NOT NULL,
    stream smallint NOT NULL,
    "offset" bigint NOT NULL,
    host text NOT NULL,
    -- When it came, in milliseconds.
    at bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (namespace, day, job, attempt, stream, "offset")
) PARTITION BY LIST (namespace);
CREATE INDEX ON output (namespace, job, attempt, stream, "offset");

-- Attempts that have ended, with the digest of what is kept of them.
CREATE TABLE sealed (
    namespace bigint NOT NULL,
    day date NOT NULL,
    job bigint NOT NULL,
    attempt bigint NOT NULL,
    host text NOT NULL,
    length bigint NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (namespace, day, job, attempt)
) PARTITION BY LIST (namespace);
CREATE INDEX ON sealed (namespace, job, attempt);
