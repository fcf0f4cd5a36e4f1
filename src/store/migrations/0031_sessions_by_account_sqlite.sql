-- Sessions that have ended are found account by account: one index less that each grant writes.
DROP INDEX IF EXISTS role_session_by_end;
