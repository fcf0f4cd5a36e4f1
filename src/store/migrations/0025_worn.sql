-- Which browsers wear a session that ends.
CREATE INDEX console_session_by_worn ON console_session (worn) WHERE worn IS NOT NULL;
