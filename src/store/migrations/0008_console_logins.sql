-- A console session counts for every registration of the identity provider that it came through, and each of them may
-- know a key that the others do not: so each finds it. Keyed hashes, as in 0004.
CREATE TABLE console_login (
    id_hash BLOB NOT NULL REFERENCES console_session (id_hash) ON DELETE CASCADE,
    person  BLOB NOT NULL,
    login   BLOB,
    PRIMARY KEY (id_hash, person)
) WITHOUT ROWID;
INSERT INTO console_login (id_hash, person, login)
    SELECT id_hash, person, login FROM console_session WHERE person IS NOT NULL;
CREATE INDEX console_login_by_person ON console_login (person);
CREATE INDEX console_login_by_login ON console_login (login) WHERE login IS NOT NULL;
DROP INDEX console_session_by_person;
DROP INDEX console_session_by_login;
ALTER TABLE console_session DROP COLUMN person;
ALTER TABLE console_session DROP COLUMN login;

-- An order may name the login alone (OpenID Connect's `sid`).
CREATE TABLE ended (
    person  BLOB,
    login   BLOB,
    ordered INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    CHECK (person IS NOT NULL OR login IS NOT NULL)
);
INSERT INTO ended (person, login, ordered, until) SELECT person, login, ordered, until FROM ended_login;
DROP TABLE ended_login;
ALTER TABLE ended RENAME TO ended_login;
CREATE INDEX ended_login_by_person ON ended_login (person) WHERE person IS NOT NULL;
CREATE INDEX ended_login_by_login ON ended_login (login) WHERE login IS NOT NULL;
CREATE INDEX ended_login_by_end ON ended_login (until);
