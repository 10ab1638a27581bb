-- Forgetting, anonymizing and exporting a person.
SELECT test.reset();
-- What mentions a text, in any column of any table of the schema: table and column.
CREATE FUNCTION test.mentions(needle text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  place record; found boolean;
BEGIN
  FOR place IN SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relnamespace = 'tracardi'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
               ORDER BY 1, 2
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM tracardi.%I WHERE strpos(lower(%I::text), lower($1)) > 0)', place.relname, place.attname) INTO found USING needle;
    IF found THEN RETURN NEXT place.relname || '.' || place.attname; END IF;
  END LOOP;
END
$$;
-- Every text and number of an export that could be anybody's own: ids, names, values; not times, short numbers that
-- stand in any time (of a transaction, say), nor words of the configuration.
CREATE FUNCTION test.values_of(export jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT DISTINCT v #>> '{}' FROM jsonb_path_query(export, '$.** ? (@.type() == "string" || @.type() == "number")') v
  WHERE length(v #>> '{}') >= 5 AND v #>> '{}' !~ '^(\d{4}-\d\d-\d\dT|\$\.|\d{1,6}$)' AND v #>> '{}' NOT IN (SELECT type FROM tracardi.system_event UNION SELECT type FROM tracardi.event_type)
    AND v #>> '{}' NOT IN ('profile', 'profileless', 'system', 'active', 'ended', 'event:system', '22023', 'P0001', 'bought', 'browsed', 'imported', 'failing', 'event type is not a string but a number', 'consideration', 'event:behavioral')
$$;
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email.main, pk}');
CREATE FUNCTION test.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no % here', NEW.properties; END $$;
SELECT tracardi.create_workflow('failing', 'test.fail', event_type => 'imported');

-- A person with all that there can be: two profiles that were merged, sessions, event ids, keys, profileless and system events,
-- rejected events by their ids, by session, and by an address alone, and failures of workflows.
CREATE FUNCTION test.populate() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.track('bought', '{"note": "secret-note"}', profile_id => 'customer-8', session_id => 'session-8', event_id => 'order-8');
  PERFORM tracardi.track('bought', '{"note": "secret-older"}', profile_id => 'customer-9', session_id => 'session-9', context => '{"page": "secret-page"}');
  PERFORM tracardi.track('sign-in', '{"email": {"main": "Ann.Secret@example.com"}, "pk": "SECRET-PK"}', profile_id => 'customer-8', session_id => 'session-8');
  PERFORM tracardi.track('sign-in', '{"email": {"main": "ann.secret@example.com"}, "firstname": "secretann"}', profile_id => 'customer-9', session_id => 'session-9');
  PERFORM tracardi.track('browsed', '{"note": "secret-nobody"}', session_id => 'session-8', event_id => 'nobody-8', options => '{"profileLess": true}');
  PERFORM tracardi.track('imported', '{"note": "secret-import"}', profile_id => 'customer-9', event_id => 'import-9', "time" => '2021-05-01Z');
  PERFORM tracardi.track('{"source": {"id": "sql"}, "session": {"id": "session-8"}, "profile": {"id": "customer-8"}, "events": [{"type": 1, "properties": {"note": "secret-rejected"}}]}');
  PERFORM tracardi.track('{"source": {"id": "sql"}, "profile": {"id": "customer-9"}, "events": [{"type": "a", "time": "never", "properties": {"note": "secret-alias"}}]}');
  PERFORM tracardi.track('{"source": {"id": "sql"}, "profile_less": true, "events": [{"type": 1, "properties": {"to": "mailto:ANN.SECRET@example.com"}}, {"type": 1, "properties": {"to": "secret-pk"}}]}');
  -- Others, who stay.
  PERFORM tracardi.track('bought', '{}', profile_id => 'ben', session_id => 'ben-session', event_id => 'ben-order');
  PERFORM tracardi.track('sign-in', '{"email": {"main": "ben@example.com"}}', profile_id => 'ben', session_id => 'ben-session');
  PERFORM tracardi.track('imported', '{}', profile_id => 'ben', session_id => 'ben-session');
  PERFORM tracardi.track('{"source": {"id": "sql"}, "profile": {"id": "ben"}, "events": [{"type": 1, "properties": {"to": "ben@example.com"}}]}');
  PERFORM tracardi.track('browsed', '{}', session_id => 'ben-session', options => '{"profileLess": true}');
END
$$;
SELECT test.populate();
CREATE TABLE test.kept AS SELECT tracardi.export('customer-8') AS export;
SELECT key, CASE jsonb_typeof(value) WHEN 'array' THEN jsonb_array_length(value)::text ELSE value ->> 'primary_id' END FROM test.kept, jsonb_each(export) ORDER BY key;
SELECT e ->> 'type' AS type, e ->> 'kind' AS kind, e #>> '{properties,note}' AS note FROM test.kept, jsonb_array_elements(export -> 'events') e ORDER BY 1, 2, 3;
-- By uuid, by an id that it had before, by its primary id, it is the same.
SELECT name, tracardi.export(name) = export AS same FROM test.kept, unnest(ARRAY[tracardi.id('customer-8')::text, upper(tracardi.id('customer-8')::text), ' customer-9 ', tracardi.id('customer-9')::text, 'SECRET-PK']) name;
SELECT tracardi.export('customer-10') IS NULL AS nobody, tracardi.export('secret-pk') #>> '{rejected,0,event}' AS by_name_alone;

-- Forgotten: nothing of the export is anywhere.
SELECT count(*) > 30 AS many FROM test.kept, test.values_of(export);
SELECT DISTINCT m.m FROM test.kept, test.values_of(export) v, test.mentions(v) m ORDER BY 1;
SELECT tracardi.forget('customer-9');
SELECT v, m.m FROM test.kept, test.values_of(export) v, test.mentions(v) m;
SELECT needle, m.m FROM unnest('{secret,session-9,customer-9,order-8,nobody-8,import-9}'::text[] || tracardi.id('customer-9')::text || tracardi.id('session-8')::text || tracardi.event_id('sql', 'order-8')::text) needle, test.mentions(needle) m;
SELECT m FROM test.mentions('customer-8') m;
-- The others are whole.
SELECT * FROM test.event;
SELECT * FROM test.profiles;
SELECT * FROM test.sessions;
SELECT (SELECT count(*) FROM tracardi.merge_key) AS merge_keys, (SELECT count(*) FROM tracardi.event_key) AS event_keys, (SELECT count(*) FROM tracardi.event_rejected) AS rejected, (SELECT count(*) FROM tracardi.workflow_failure) AS failures;
-- The system event counts, and says nothing else.
SELECT kind, profile_id, session_id, source_id, properties, tags, context FROM tracardi.event WHERE type = 'profile-forgotten';
-- Again: there is nobody, and nothing is told.
SELECT tracardi.forget('customer-9');
SELECT count(*) FROM tracardi.event WHERE type = 'profile-forgotten';
-- Whoever comes then is new.
SELECT a.profile, a.session FROM test.answer(tracardi.track('bought', '{}', profile_id => 'customer-8', session_id => 'session-8', event_id => 'order-8')) a;
SELECT * FROM test.profiles;
SELECT external_id, visit_count FROM tracardi.profile ORDER BY external_id;

-- Anonymized: what was there can be counted, and leads to nobody.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email.main, pk}');
SELECT tracardi.create_workflow('failing', 'test.fail', event_type => 'imported');
SELECT test.populate();
UPDATE test.kept SET export = tracardi.export('customer-8');
CREATE VIEW test.countable AS
SELECT type, kind, source_id, tags, valid, count(*), count(DISTINCT session_id) AS sessions, count(profile_id) AS of_people, min(time) AS first, max(received_at) AS last
FROM tracardi.event GROUP BY 1, 2, 3, 4, 5;
CREATE TEMP TABLE before AS TABLE test.countable;
CREATE TEMP TABLE before_people AS SELECT visit_count, first_seen_at, last_seen_at, (SELECT count(*) FROM tracardi.session s WHERE s.profile_id = p.id) AS sessions FROM tracardi.profile p;
SELECT tracardi.anonymize('customer-9');
TABLE before EXCEPT TABLE test.countable;
TABLE test.countable EXCEPT TABLE before;
TABLE before_people EXCEPT SELECT visit_count, first_seen_at, last_seen_at, (SELECT count(*) FROM tracardi.session s WHERE s.profile_id = p.id) FROM tracardi.profile p;
SELECT v, m.m FROM test.kept, test.values_of(export) v, test.mentions(v) m;
SELECT needle, m.m FROM unnest('{secret,session-9,customer-9,order-8,nobody-8,import-9}'::text[] || tracardi.id('customer-9')::text || tracardi.id('session-8')::text || tracardi.event_id('sql', 'order-8')::text) needle, test.mentions(needle) m;
-- Events and sessions still belong together.
SELECT count(*) AS events, count(s.id) AS in_a_session, bool_and(s.profile_id = e.profile_id) AS of_the_same FROM tracardi.event e LEFT JOIN tracardi.session s ON s.id = e.session_id WHERE type = 'bought';
SELECT external_id, primary_id, data, traits, interests, consents, segments, fields, visit_count FROM tracardi.profile WHERE external_id IS NULL;
SELECT status, ended_at IS NOT NULL AS has_ended, external_id, context, properties FROM tracardi.session WHERE external_id IS NULL;
SELECT a.profile FROM test.answer(tracardi.track('bought', '{}', profile_id => 'customer-8', session_id => 'session-8')) a;
SELECT count(*) FROM tracardi.event WHERE type = 'bought';

-- Who is meant must be clear.
SELECT test.error($$SELECT tracardi.forget(NULL)$$);
SELECT test.error($$SELECT tracardi.anonymize('  ')$$);
SELECT test.error(format('SELECT tracardi.export(%L)', repeat('x', 256)));
INSERT INTO tracardi.profile (id, primary_id) VALUES (gen_random_uuid(), 'twice'), (gen_random_uuid(), 'twice');
SELECT test.error($$SELECT tracardi.forget('twice')$$);
BEGIN READ ONLY;
SELECT test.error($$SELECT tracardi.forget('customer-8')$$);
SELECT tracardi.export('customer-8') #>> '{profile,external_id}' AS export;
COMMIT;
-- A profile that was written by hand, under an id of its own; and what was left of one that was removed by hand.
INSERT INTO tracardi.profile (id, external_id) VALUES (gen_random_uuid(), 'by-hand');
SELECT tracardi.forget('by-hand') -> 'profiles' AS profiles;
INSERT INTO tracardi.event (id, type, kind, profile_id) VALUES (gen_random_uuid(), 'bought', 'profile', tracardi.id('gone'));
SELECT tracardi.forget('gone') -> 'events' AS events;

-- A workflow may forget whom its event tells of, and others may hear of it.
SELECT test.reset();
CREATE FUNCTION test.forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.forget(NEW.profile_id::text); RETURN NULL; END $$;
CREATE TABLE test.heard (type text, properties jsonb);
CREATE FUNCTION test.hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.heard VALUES (NEW.type, NEW.properties); RETURN NULL; END $$;
SELECT tracardi.create_workflow('forget', 'test.forget', event_type => 'closed'), tracardi.create_workflow('hear', 'test.hear', event_type => 'profile-forgotten');
SELECT a.errors FROM test.answer(tracardi.track('closed', '{}', profile_id => 'customer-8', session_id => 'session-8')) a;
SELECT type, kind FROM tracardi.event;
SELECT type, properties - 'profiles' = '{"events": 4, "aliases": 0, "rejected": 0, "sessions": 1, "event_keys": 0, "merge_keys": 0, "workflow_failures": 0}' AS properties FROM test.heard;
UPDATE tracardi.system_event SET enabled = false WHERE type = 'profile-forgotten';
SELECT tracardi.track('bought', '{}', profile_id => 'customer-8') IS NOT NULL AS tracked, tracardi.forget('customer-8') -> 'events' AS events;
SELECT type FROM tracardi.event;

-- What is delivered later names events, too, while it is on its way: that goes, and the others' events still come, once.
SELECT test.reset();
CREATE TABLE test.ran (n int GENERATED ALWAYS AS IDENTITY, place text);
CREATE FUNCTION test.run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran (place) VALUES (NEW.properties ->> 'place'); RETURN NULL; END $$;
SELECT tracardi.create_workflow('run', 'test.run', event_type => 'placed', mode => 'async'), tracardi.create_subscription('out', event_type => 'placed');
SELECT count(tracardi.track('placed', jsonb_build_object('place', n), profile_id => CASE n % 2 WHEN 1 THEN 'customer-20' ELSE 'customer-21' END)) FROM generate_series(1, 6) n;
SELECT tracardi.run_workflows(3);
SELECT count(tracardi.advance('out', "position")) FROM (SELECT "position" FROM tracardi.poll('out', 3) OFFSET 2) p;
SELECT tracardi.replay_workflow('run') IS NOT NULL AS replay;
SELECT tracardi.run_workflows(5);
CREATE TEMP TABLE gone AS SELECT id::text FROM tracardi.event WHERE type = 'placed' AND profile_id = tracardi.id('customer-20');
SELECT DISTINCT m FROM gone, test.mentions(id) m WHERE m NOT LIKE 'event.%' ORDER BY m;
SELECT tracardi.forget('customer-20') -> 'events' AS events;
SELECT m FROM gone, test.mentions(id) m;
CALL tracardi.maintain();
SELECT string_agg(place, ' ' ORDER BY n) AS ran FROM test.ran;
SELECT event #>> '{properties,place}' AS place FROM tracardi.poll('out', 10);
SELECT tracardi.drop_subscription('out');
DELETE FROM tracardi.workflow;
DROP INDEX tracardi.event_xact_idx;
DROP TABLE test.ran, gone;
DROP FUNCTION test.run();
SELECT test.reset();

-- The right is the admins', and nobody else's.
CREATE ROLE regress_officer;
GRANT USAGE ON SCHEMA test TO regress_officer;
SET ROLE regress_officer;
SELECT test.code($$SELECT tracardi.forget('customer-8')$$), test.code($$SELECT tracardi.anonymize('customer-8')$$), test.code($$SELECT tracardi.export('customer-8')$$);
RESET ROLE;
SELECT tracardi.grant_admin('regress_officer');
SELECT tracardi.track('bought', '{}', profile_id => 'customer-8') IS NOT NULL AS tracked;
SET ROLE regress_officer;
SELECT tracardi.export('customer-8') #>> '{events,0,type}' AS type, tracardi.forget('customer-8') -> 'profiles' AS profiles;
RESET ROLE;
DROP OWNED BY regress_officer;
DROP ROLE regress_officer;
DROP TABLE test.heard, test.kept;
DROP VIEW test.countable;
DROP FUNCTION test.populate(), test.values_of(jsonb), test.mentions(text), test.fail(), test.forget(), test.hear();
