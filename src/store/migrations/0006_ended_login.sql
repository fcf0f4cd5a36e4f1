-- Logins that their identity provider has ended, under the keyed hashes of 0004: an assertion of before that comes
-- after opens nothing. All of the person's where no login is named.
CREATE TABLE ended_login (
    person  BLOB NOT NULL,
    login   BLOB,
    ordered INTEGER NOT NULL,
    until   INTEGER NOT NULL
);
CREATE INDEX ended_login_by_person ON ended_login (person);
CREATE INDEX ended_login_by_end ON ended_login (until);
