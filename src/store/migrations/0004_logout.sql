-- How sessions are found when their identity provider ends a login: keyed hashes of the person and of the login, so that
-- whoever reads the database learns of neither.
ALTER TABLE console_session ADD COLUMN person BLOB;
ALTER TABLE console_session ADD COLUMN login BLOB;
CREATE INDEX console_session_by_person ON console_session (person) WHERE person IS NOT NULL;

-- Of role sessions, those have them that were chosen in the console.
ALTER TABLE role_session ADD COLUMN person BLOB;
ALTER TABLE role_session ADD COLUMN login BLOB;
CREATE INDEX role_session_by_person ON role_session (person) WHERE person IS NOT NULL;

-- Role sessions that were ended before their time. What descends from them is ended as well: its token names them.
CREATE TABLE revocation (
    access_key_id TEXT NOT NULL PRIMARY KEY,
    until         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX revocation_by_end ON revocation (until);
