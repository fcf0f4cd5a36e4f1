-- Nodes hear at once of what all of them must know: sessions that were ended, and keys. They ask as well, in case that does
-- not reach them.
CREATE FUNCTION tell_news() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('gatehouse', ''); RETURN NULL; END $$;
CREATE TRIGGER news AFTER INSERT ON revocation FOR EACH STATEMENT EXECUTE FUNCTION tell_news();
CREATE TRIGGER news AFTER INSERT OR UPDATE OR DELETE ON key_ring FOR EACH STATEMENT EXECUTE FUNCTION tell_news();
