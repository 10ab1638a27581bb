-- A row that a backend found once is looked for where it stood; wherever rows go, the right one is found.
SET client_min_messages = warning;
SELECT test.reset();
-- Whose each session is to track().
CREATE FUNCTION visit(VARIADIC sessions text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  profiles uuid[];
BEGIN
  FOR i IN 1..cardinality(sessions) LOOP
    profiles[i] := tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', sessions[i]),
                                                     'events', '[{"type": "a"}]'::jsonb)) #>> '{profile,id}';
  END LOOP;
  RETURN (SELECT string_agg(test.profile(p), ', ') FROM unnest(profiles) p);
END
$$;
CREATE VIEW looked_up AS
  SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE indexrelid IN ('tracardi.session_pkey'::regclass, 'tracardi.profile_pkey'::regclass);
CREATE VIEW places AS SELECT external_id, ctid AS place FROM tracardi.session;

-- The index is asked once.
SELECT visit('one', 'two');
SELECT visit('one', 'two');
SELECT pg_stat_force_next_flush();
CREATE TEMP TABLE before AS TABLE looked_up;
SELECT count(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', s), 'events', '[{"type": "a"}]'::jsonb)))
FROM generate_series(1, 100), unnest('{one,two}'::text[]) s;
SELECT pg_stat_force_next_flush();
SELECT indexrelname, l.idx_scan - b.idx_scan AS more FROM looked_up l JOIN before b USING (indexrelname) ORDER BY 1;

-- Rows that moved, in this transaction, in one that is rolled back, and all of them.
UPDATE tracardi.session SET started_at = started_at - '1 second'::interval;
UPDATE tracardi.profile SET primary_id = 'P-' || id;
SELECT visit('one', 'two');
BEGIN;
UPDATE tracardi.session SET started_at = started_at - '1 second'::interval;
SELECT visit('one', 'two');
ROLLBACK;
SELECT visit('one', 'two');
VACUUM FULL tracardi.session;
SELECT visit('one', 'two');
CLUSTER tracardi.profile USING profile_pkey;
SELECT visit('one', 'two');

-- Where it stood, there is another's now.
CREATE TEMP TABLE were AS TABLE places;
DELETE FROM tracardi.session WHERE external_id = 'one';
VACUUM tracardi.session;
INSERT INTO tracardi.session (id, external_id, profile_id, source_id, status)
SELECT tracardi.id('three'), 'three', profile_id, 'web', 'active' FROM tracardi.session WHERE external_id = 'two';
SELECT n.external_id FROM places n JOIN were o USING (place) WHERE o.external_id = 'one';
SELECT visit('one', 'two', 'three');

-- Its block is no more.
INSERT INTO tracardi.session (id, external_id, profile_id, source_id, status)
SELECT tracardi.id('s' || n), 's' || n, profile_id, 'web', 'active' FROM tracardi.session, generate_series(1, 1000) n WHERE external_id = 'two';
SELECT visit('s1000');
CREATE TEMP TABLE size AS SELECT pg_relation_size('tracardi.session');
DELETE FROM tracardi.session WHERE external_id ~ '^s\d';
VACUUM tracardi.session;
SELECT pg_relation_size('tracardi.session') < pg_relation_size AS shrunk FROM size;
SELECT visit('s1000');
TRUNCATE tracardi.session;
SELECT visit('s1000', 'one');

-- A profile that is gone, too.
SELECT count(*) FROM tracardi.profile;
DELETE FROM tracardi.profile;
SELECT visit('one', 's1000');

DROP VIEW looked_up, places;
DROP FUNCTION visit;
DROP TABLE before, were, size;
SELECT test.reset();
