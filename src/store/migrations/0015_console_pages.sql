-- What people look for in the console.

-- Whose a session is: a user's ARN, or issuer and subject digested. What was made with a session is whoever's that is.
ALTER TABLE role_session ADD COLUMN whose TEXT;
ALTER TABLE role_session ADD COLUMN account TEXT NOT NULL DEFAULT '';
UPDATE role_session SET account = substr(role, 14, 12);
CREATE INDEX role_session_by_account ON role_session (account, expires, access_key_id);
CREATE INDEX role_session_by_whose ON role_session (whose, expires, access_key_id) WHERE whose IS NOT NULL;

-- The same; of one that wears a role for good, the access key id of that.
ALTER TABLE console_session ADD COLUMN whose TEXT NOT NULL DEFAULT '';
CREATE INDEX console_session_by_whose ON console_session (whose, expires);

-- What an audit record is found by: each mark is a digest of something that is looked for. By months, so that those of
-- long ago are together.
CREATE TABLE audit_mark (
    month  INTEGER NOT NULL,
    mark   BLOB NOT NULL,
    at     INTEGER NOT NULL,
    node   TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (month, mark, at, node, number)
) WITHOUT ROWID;

-- Whose request it was, as with sessions, and which accounts it was about.
ALTER TABLE trace ADD COLUMN whose TEXT NOT NULL DEFAULT '';
CREATE INDEX trace_by_whose ON trace (whose, at, id) WHERE whose <> '';
CREATE TABLE trace_about (
    account  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    id       TEXT NOT NULL REFERENCES trace (id) ON DELETE CASCADE,
    what     TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    code     TEXT NOT NULL,
    provider TEXT NOT NULL,
    subject  TEXT NOT NULL,
    PRIMARY KEY (account, at, id)
) WITHOUT ROWID;
CREATE INDEX trace_about_by_id ON trace_about (id);
