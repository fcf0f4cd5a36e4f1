-- A provider may name the login that has ended without saying whose it was (OpenID Connect's `sid`).
CREATE INDEX console_session_by_login ON console_session (login) WHERE login IS NOT NULL;
CREATE INDEX role_session_by_login ON role_session (login) WHERE login IS NOT NULL;
