-- Traces have ids that begin with the time, so no other index tells their order, and a trace names the accounts that it is
-- about itself. Its places in their lists go when it does, all of an age at once.
ALTER TABLE trace ADD COLUMN accounts TEXT NOT NULL DEFAULT '';
UPDATE trace SET accounts = coalesce((SELECT '|' || min(account) || '|'
    || CASE WHEN max(account) <> min(account) THEN max(account) || '|' ELSE '' END
    FROM trace_about WHERE trace_about.id = trace.id), '');
DROP INDEX trace_by_time;
CREATE TABLE listed (
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
INSERT INTO listed SELECT account, at, id, what, outcome, code, provider, subject FROM trace_about;
DROP TABLE trace_about;
ALTER TABLE listed RENAME TO trace_about;
