-- Sessions lie in the order in which they were recorded. In a table that is ordered by its key, those of the same moment come
-- into the middle of what is there, and each of them has several pages written anew.
CREATE TABLE session_row (
    access_key_id TEXT NOT NULL PRIMARY KEY,
    role          TEXT NOT NULL,
    session_name  TEXT NOT NULL,
    issued        INTEGER NOT NULL,
    expires       INTEGER NOT NULL,
    person        BLOB,
    login         BLOB,
    principal     TEXT,
    provider      TEXT,
    subject       TEXT,
    parent        TEXT,
    paper         TEXT,
    paper_ends    INTEGER,
    whose         TEXT,
    account       TEXT NOT NULL DEFAULT ''
);
INSERT INTO session_row (access_key_id, role, session_name, issued, expires, person, login, principal, provider, subject,
        parent, paper, paper_ends, whose, account)
    SELECT access_key_id, role, session_name, issued, expires, person, login, principal, provider, subject,
        parent, paper, paper_ends, whose, account
    FROM role_session ORDER BY issued, access_key_id;
DROP TABLE role_session;
ALTER TABLE session_row RENAME TO role_session;
CREATE INDEX role_session_by_person ON role_session (person) WHERE person IS NOT NULL;
CREATE INDEX role_session_by_login ON role_session (login) WHERE login IS NOT NULL;
CREATE INDEX role_session_by_parent ON role_session (parent) WHERE parent IS NOT NULL;
CREATE INDEX role_session_by_account ON role_session (account, expires, access_key_id);
CREATE INDEX role_session_by_whose ON role_session (whose, expires, access_key_id) WHERE whose IS NOT NULL;
