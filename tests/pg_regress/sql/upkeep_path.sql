-- Upkeep runs under the path of setup(), from its first statement to its last, whatever its caller's path is.
SET client_min_messages = warning;
SELECT test.reset();
CREATE TABLE test.ran_under (path text);
CREATE FUNCTION test.note_path() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO test.ran_under VALUES (current_setting('search_path'));
  RETURN OLD;
END
$$;
CREATE TRIGGER note_path BEFORE DELETE ON tracardi.event FOR EACH ROW EXECUTE FUNCTION test.note_path();
SELECT tracardi.create_event_type('short-lived', retention => '1 second');
INSERT INTO tracardi.event (id, type, kind, time) SELECT gen_random_uuid(), 'short-lived', 'profileless', now() - '1 minute'::interval FROM generate_series(1, 3);
SET search_path = test, pg_catalog;
-- In its caller's transaction.
BEGIN;
CALL tracardi.maintain();
COMMIT;
SELECT path, count(*) FROM test.ran_under GROUP BY path;
SHOW search_path;
RESET search_path;
DROP TRIGGER note_path ON tracardi.event;
DROP FUNCTION test.note_path();
DROP TABLE test.ran_under;
SELECT tracardi.drop_event_type('short-lived');
SELECT test.reset();
