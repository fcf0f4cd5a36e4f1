-- Rows of more than a thousand bytes lie in tables of their own order: in one that is ordered by its key, each of them would
-- take up pages that nothing else is in.

-- `whose` is the mark of the person whose the record is, as it was known when that was written. It stands outside what is
-- chained: an index, and nothing more.
CREATE TABLE audit_row (
    node   TEXT NOT NULL,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    record TEXT NOT NULL,
    whose  BLOB,
    PRIMARY KEY (node, number)
);
INSERT INTO audit_row (node, number, at, hash, record)
    SELECT node, number, at, hash, record FROM audit ORDER BY node, number;
DROP TABLE audit;
ALTER TABLE audit_row RENAME TO audit;

-- By what records are found. Written behind them, a block of a chain at a time and each block once, so that a grant pays for
-- no index: which blocks there are, of which time, with the time of each record in it; and a row for each bucket of what
-- records are found by, sorted.
CREATE TABLE audit_block (
    node     TEXT NOT NULL,
    block    INTEGER NOT NULL,
    earliest INTEGER NOT NULL,
    latest   INTEGER NOT NULL,
    times    BLOB NOT NULL,
    PRIMARY KEY (node, block)
);
CREATE INDEX audit_block_by_time ON audit_block (node, latest, earliest, block);
CREATE TABLE audit_found (
    node    TEXT NOT NULL,
    bucket  INTEGER NOT NULL,
    block   INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (node, bucket, block)
);
DROP TABLE audit_mark;

-- Traces have ids that begin with the time, so no other index tells their order, and a trace names the accounts that it is
-- about itself. Its places in their lists go when it does, all of an age at once.
CREATE TABLE trace_row (
    id        TEXT NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    what      TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    code      TEXT NOT NULL,
    steps     TEXT NOT NULL,
    whose     TEXT NOT NULL DEFAULT '',
    decisions BLOB,
    accounts  TEXT NOT NULL DEFAULT ''
);
INSERT INTO trace_row (id, at, what, outcome, code, steps, whose, decisions, accounts)
    SELECT id, at, what, outcome, code, steps, whose, decisions, coalesce((SELECT '|' || min(account) || '|'
        || CASE WHEN max(account) <> min(account) THEN max(account) || '|' ELSE '' END
        FROM trace_about WHERE trace_about.id = trace.id), '')
    FROM trace ORDER BY id;
CREATE TABLE trace_about_row (
    account  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    id       TEXT NOT NULL,
    what     TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    code     TEXT NOT NULL,
    provider TEXT NOT NULL,
    subject  TEXT NOT NULL,
    PRIMARY KEY (account, at, id)
) WITHOUT ROWID;
INSERT INTO trace_about_row (account, at, id, what, outcome, code, provider, subject)
    SELECT account, at, id, what, outcome, code, provider, subject FROM trace_about;
DROP TABLE trace_about;
DROP TABLE trace;
ALTER TABLE trace_row RENAME TO trace;
ALTER TABLE trace_about_row RENAME TO trace_about;
CREATE INDEX trace_by_whose ON trace (whose, at, id) WHERE whose <> '';
