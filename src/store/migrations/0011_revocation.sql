-- What an operator ends sessions by, in plain text as in the book; rows of before have none of it. Rows stay as long as
-- one that descends from them.
ALTER TABLE role_session ADD COLUMN principal TEXT;
ALTER TABLE role_session ADD COLUMN provider TEXT;
ALTER TABLE role_session ADD COLUMN subject TEXT;
ALTER TABLE role_session ADD COLUMN parent TEXT;
-- The hash of the assertion or token that it was made from, and until when that is good for anything.
ALTER TABLE role_session ADD COLUMN paper TEXT;
ALTER TABLE role_session ADD COLUMN paper_ends INTEGER;
CREATE INDEX role_session_by_parent ON role_session (parent) WHERE parent IS NOT NULL;

-- Whose it is (a user's ARN, or the subject at these providers, each as |ARN|), since when, and the access key id of the
-- role that is worn.
ALTER TABLE console_session ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE console_session ADD COLUMN providers TEXT NOT NULL DEFAULT '';
ALTER TABLE console_session ADD COLUMN opened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE console_session ADD COLUMN worn TEXT;

-- Numbered as they come, so that whoever knows some asks for those that came after.
CREATE TABLE numbered (
    number        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    access_key_id TEXT NOT NULL UNIQUE,
    until         INTEGER NOT NULL
);
INSERT INTO numbered (access_key_id, until) SELECT access_key_id, until FROM revocation;
DROP TABLE revocation;
ALTER TABLE numbered RENAME TO revocation;
CREATE INDEX revocation_by_end ON revocation (until);

-- What made a session that was ended makes no other.
CREATE TABLE barred_paper (
    paper TEXT NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX barred_paper_by_end ON barred_paper (until);

CREATE TABLE barred_person (
    subject  TEXT NOT NULL,
    provider TEXT NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (subject, provider)
) WITHOUT ROWID;
