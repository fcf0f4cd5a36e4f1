-- When a paper of each identity provider (an ARN) last held (good = 1), and when one last did not, with the reason; under the id of the
-- request's trace.
CREATE TABLE provider_note (
    provider TEXT NOT NULL,
    good     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    code     TEXT NOT NULL,
    trace    TEXT NOT NULL,
    PRIMARY KEY (provider, good)
) WITHOUT ROWID;

-- The marks of the questions that were decided in a request, one after the other, by which they can be asked again.
ALTER TABLE trace ADD COLUMN decisions BLOB;
