-- System events that tell of events, fields and configuration, and their switches. And the views of status, and maintain(),
-- without the library preloaded.
SELECT test.reset();
CREATE FUNCTION test.told(VARIADIC types text[]) RETURNS TABLE (type text, kind text, source_id text, owned boolean, properties jsonb) LANGUAGE sql AS $$
  SELECT e.type, e.kind, e.source_id, e.profile_id IS NOT NULL, e.properties FROM tracardi.event e WHERE e.type = ANY (types) ORDER BY e.id
$$;

-- Off at first: nothing is told.
SELECT tracardi.create_event_type('regress-priced', schema => '{"required": ["price"]}');
SELECT tracardi.create_event_mapping('regress-named', 'data.pii.firstname', 'properties.name');
SELECT tracardi.create_event_mapping('regress-named', 'traits.times', operation => 'increment');
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "regress-priced", "id": "00000000-0000-4000-8000-000000000001"}, {"type": 7}, {"type": "regress-named", "properties": {"name": "Ann"}}]}'));
SELECT * FROM test.told('event-invalid', 'event-rejected', 'profile-updated', 'configuration-changed');

-- On.
UPDATE tracardi.system_event SET enabled = true WHERE type IN ('event-invalid', 'event-rejected', 'profile-updated');
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "regress-priced", "id": "00000000-0000-4000-8000-000000000002"}, {"type": 7}, {"type": "regress-named", "properties": {"name": "Ann"}}]}'));
SELECT * FROM test.told('event-invalid', 'event-rejected', 'profile-updated');
-- What changed nothing is not told, nor what is not stored.
TRUNCATE tracardi.event;
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a"}, {"type": 7, "options": {"saveEvent": false}}, {"type": "regress-priced", "options": {"saveEvent": false}}]}'));
SELECT * FROM test.told('event-invalid', 'event-rejected', 'profile-updated');

-- Whoever changes a profile, what is another than before is told, once for a call: plain SQL, a workflow, consent(), a merge.
TRUNCATE tracardi.event;
UPDATE tracardi.profile SET primary_id = 'P-1', traits = traits || '{"vip": true, "a b": {"c": 1, "d": null}}';
UPDATE tracardi.profile SET traits = traits || '{"vip": true}', visit_count = visit_count + 1;
SELECT properties, source_id, owned FROM test.told('profile-updated');
CREATE FUNCTION test.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = traits || jsonb_build_object('seen', coalesce((traits ->> 'seen')::int, 0) + 1) WHERE id = NEW.profile_id;
  IF NEW.properties ? 'fail' THEN RAISE EXCEPTION 'no'; END IF;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('change', 'test.change', event_type => 'regress-named');
TRUNCATE tracardi.event;
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "regress-named", "properties": {"name": "Eve"}}]}'));
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "regress-named", "properties": {"fail": 1}}]}'));
SELECT count(tracardi.consent(id::text, '{"letters": true}')) FROM tracardi.profile;
SELECT properties, source_id, owned FROM test.told('profile-updated');
TRUNCATE tracardi.event;
SELECT tracardi.create_identification_point('regress', 'regress-who', '{email}');
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "regress-who", "properties": {"email": "a@example.com"}}]}'));
SELECT count(tracardi.track('regress-named', '{"name": "Zoe"}', profile_id => 'zoe')), count(tracardi.track('regress-who', '{"email": "a@example.com"}', profile_id => 'zoe'));
SELECT type, properties FROM test.told('profile-merged', 'profile-updated') WHERE type = 'profile-updated';
-- In circles it ends, and off it is off.
SELECT tracardi.drop_workflow('change'), tracardi.create_workflow('change', 'test.change', event_type => 'profile-updated');
TRUNCATE tracardi.event;
UPDATE tracardi.profile SET traits = '{}';
SELECT properties, count(*) FROM test.told('profile-updated') GROUP BY 1 ORDER BY 2;
UPDATE tracardi.system_event SET enabled = false WHERE type = 'profile-updated';
TRUNCATE tracardi.event;
UPDATE tracardi.profile SET traits = '{"vip": true}';
SELECT count(*) FROM test.told('profile-updated');
SELECT tgenabled FROM pg_trigger WHERE tgname = 'tell_fields';
SELECT tracardi.drop_workflow('change'), tracardi.drop_identification_point('regress');
UPDATE tracardi.system_event SET enabled = true WHERE type = 'profile-updated';

-- A workflow hears of them; one that fails then is told once.
CREATE FUNCTION test.hear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(NEW.type, NEW.properties));
  IF NEW.type = 'event-rejected' THEN RAISE EXCEPTION 'no'; END IF;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('hear', 'test.hear', kinds => '{system}');
SELECT a -> 'response', jsonb_path_query_array(a, '$.errors[*].message')
FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "regress-named", "properties": {"name": "Bob"}}, {"type": 7}]}') a;
SELECT type, count(*) FROM test.told('event-rejected', 'profile-updated', 'workflow-failed') GROUP BY 1 ORDER BY 1;
SELECT tracardi.drop_workflow('hear');

-- Configuration: one event a statement, by whom; a rolled back change leaves none; silence; a failing hook is no obstacle.
TRUNCATE tracardi.event;
UPDATE tracardi.system_event SET enabled = true WHERE type = 'configuration-changed';
INSERT INTO tracardi.event_type (type) SELECT 'regress-' || n FROM generate_series(1, 1000) n;
SELECT tracardi.drop_event_type('regress-1');
BEGIN;
DELETE FROM tracardi.event_type WHERE type ~ '^regress-\d+$';
ROLLBACK;
SET tracardi.silent = on;
DELETE FROM tracardi.event_type WHERE type = 'regress-2';
RESET tracardi.silent;
SET check_function_bodies = off;
DELETE FROM tracardi.event_type WHERE type = 'regress-3';
RESET check_function_bodies;
SELECT properties - 'role' AS properties, properties ->> 'role' = current_user AS by_whom, source_id FROM test.told('configuration-changed');
CREATE FUNCTION test.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION test.refuse();
DELETE FROM tracardi.event_type WHERE type ~ '^regress-\d+$';
SELECT count(*) FROM tracardi.event_type WHERE type ~ '^regress-\d+$';
DROP TRIGGER refuse ON tracardi.event;
-- setup() is tracardi's own work.
TRUNCATE tracardi.event;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT * FROM test.told('configuration-changed');
SHOW tracardi.silent;
-- In a copy that nobody has adopted nothing is told.
UPDATE tracardi.instance SET database = 1;
DELETE FROM tracardi.event_type WHERE type = 'regress-priced';
SELECT * FROM test.told('configuration-changed');
SELECT tracardi.setup(search_path => '"$user", public');

-- maintain() ends visits: those of which nothing was heard, each once, and tells.
UPDATE tracardi.system_event SET enabled = type IN ('visit-ended', 'session-closed') WHERE type <> 'visit-started';
TRUNCATE tracardi.event, tracardi.session, tracardi.profile;
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "old"}, "events": [{"type": "a"}]}'));
SELECT count(tracardi.track('{"source": {"id": "web"}, "session": {"id": "new"}, "events": [{"type": "a"}]}'));
UPDATE tracardi.session SET started_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour' WHERE external_id = 'old';
CALL tracardi.maintain();
CALL tracardi.maintain();
SELECT external_id, status, ended_at = last_seen_at + interval '30 minutes' AS ended FROM tracardi.session ORDER BY external_id DESC;
SELECT type, kind, source_id, owned, properties - 'last_seen_at' AS properties FROM test.told('visit-ended', 'session-closed');
SET tracardi.session_timeout = 0;
UPDATE tracardi.session SET started_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour';
CALL tracardi.maintain();
RESET tracardi.session_timeout;
SELECT external_id, status FROM tracardi.session ORDER BY external_id DESC;

-- Retention by type, and of what was never given a month.
TRUNCATE tracardi.event;
SELECT tracardi.create_event_type('regress-short', retention => '1 day');
SELECT count(tracardi.track(t, '{}', "time" => now() - interval '2 days')), count(tracardi.track(t, '{}')) FROM unnest('{regress-short,regress-long}'::text[]) t;
CALL tracardi.maintain();
SELECT type, count(*) FROM tracardi.event GROUP BY 1 ORDER BY 1;

-- Without shared memory nothing is counted.
SELECT tracardi.counters('source', 'web'), tracardi.counters('source', NULL), tracardi.counters('workflow', 'w');
SELECT id, since, calls, last_call_at, kept_rejected FROM tracardi.source_status ORDER BY id;
SELECT calls, system, worker, partitions > 12 AS partitions, partitions_end > now() + interval '11 months' AS ahead, open_sessions FROM tracardi.ingest_status;
SELECT count(*) FROM tracardi.workflow_status;
DROP FUNCTION test.told(text[]);
SELECT test.reset();
