-- Times are whole seconds since 1970. Hashes are SHA-256.

CREATE TABLE node (
    name TEXT NOT NULL PRIMARY KEY
);

-- One row for each assertion (or web identity token at a browser sign-in) that has been used. The first use fixes the
-- surface; what the API may add later is decided by one conditional statement on this row.
CREATE TABLE redemption (
    issuer     TEXT NOT NULL,
    paper      TEXT NOT NULL,
    surface    TEXT NOT NULL,
    roles      TEXT NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (issuer, paper)
) WITHOUT ROWID;
CREATE INDEX redemption_by_end ON redemption (keep_until);

CREATE TABLE role_session (
    access_key_id TEXT NOT NULL PRIMARY KEY,
    role          TEXT NOT NULL,
    session_name  TEXT NOT NULL,
    issued        INTEGER NOT NULL,
    expires       INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX role_session_by_end ON role_session (expires);

-- Sealed: whoever reads the database can neither be the person nor see the claims.
CREATE TABLE console_session (
    id_hash BLOB NOT NULL PRIMARY KEY,
    sealed  BLOB NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX console_session_by_end ON console_session (expires);

CREATE TABLE signin_token (
    hash    BLOB NOT NULL PRIMARY KEY,
    sealed  BLOB NOT NULL,
    expires INTEGER NOT NULL,
    taken   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- The chain: hash = SHA-256(former hash ‖ record).
CREATE TABLE audit (
    node   TEXT NOT NULL,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (node, number)
) WITHOUT ROWID;

-- Refusals of papers that never were verified: counted, so that a stranger cannot fill the book.
CREATE TABLE refusal (
    source   TEXT NOT NULL,
    provider TEXT NOT NULL,
    code     TEXT NOT NULL,
    minute   INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (source, provider, code, minute)
) WITHOUT ROWID;
CREATE INDEX refusal_by_minute ON refusal (minute);

CREATE TABLE trace (
    id      TEXT NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    what    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code    TEXT NOT NULL,
    steps   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX trace_by_time ON trace (at);

-- Small secrets of the house (signing and sealing keys), wrapped by the key that the operator holds.
CREATE TABLE wrapped_key (
    name    TEXT NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;
