-- Sources: where events may come from, and through which door.
SELECT test.reset();

-- create_source() gives the three bridges and returns the id; a second one of that name is 42710, none to drop is 42704.
SELECT tracardi.create_source('mobile', name => 'The app', channel => 'mobile') AS created;
SELECT id, name, bridges, enabled, ephemeral, static_profile_id, channel FROM tracardi.event_source WHERE id = 'mobile';
SELECT test.error($$SELECT tracardi.create_source('mobile')$$);
SELECT test.error($$SELECT tracardi.drop_source('desktop')$$);
SELECT tracardi.drop_source('mobile');
SELECT count(*) FROM tracardi.event_source WHERE id = 'mobile';
-- Ids have no blanks around them, no @ before them (Tracardi's internal sources) and up to 255 characters; bridges are
-- those that exist. It is plain DML's check as well.
SELECT id, test.code(format('SELECT tracardi.create_source(%L)', id))
FROM unnest('{"", " web2", "web2 ", "@internal", NULL}'::text[]) AS id;
SELECT test.code($$SELECT tracardi.create_source(repeat('x', 256))$$) AS long,
       test.code($$UPDATE tracardi.event_source SET id = '@web' WHERE id = 'web'$$) AS renamed;

SELECT test.error($$SELECT tracardi.create_source('carrier', bridges => '{pigeon}')$$);
-- Of the create_ functions: a null that can't be is told by its argument.
SELECT test.error('SELECT tracardi.create_' || call) FROM unnest(ARRAY[
  'source(''a'', enabled => NULL)', 'event_type(''a'', tags => NULL)', 'event_mapping(''a'', NULL)', 'subscription(NULL)',
  'identification_point(''a'', ''a'', NULL)', 'segment(''a'', NULL)', 'consent_type(''a'', revokable => NULL)', 'consent_rule(''a'', NULL, ''{a}'')']) AS call;
SELECT test.error($$SELECT tracardi.create_source('@internal')$$);
SELECT test.error($$UPDATE tracardi.event_source SET bridges = '{pigeon}' WHERE id = 'web'$$) LIMIT 1;

-- 28000: who is not let in. The message names the source, the HINT says what to type.
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "nobody"}, "events": [{"type": "a"}]}')$$);
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "@web"}, "events": [{"type": "a"}]}')$$);
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "Web"}, "events": [{"type": "a"}]}')$$);
SELECT test.error($$SELECT tracardi.track('a', '{}', source_id => 'nobody''s')$$);
UPDATE tracardi.event_source SET enabled = false WHERE id = 'web';
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a"}]}')$$);
SELECT test.code($$SELECT tracardi.collect('a', 'web', '{}')$$);
-- Also without events: who may not send learns it at once.
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "web"}}')$$);
-- The change counts at the next statement.
UPDATE tracardi.event_source SET enabled = true WHERE id = 'web';
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a"}]}')$$);
-- A source without the bridge of this door: sql for track(), webhook for collect().
SELECT tracardi.create_source('hook', bridges => '{webhook}'), tracardi.create_source('page', bridges => '{rest}'),
       tracardi.create_source('shut', bridges => '{}');
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "hook"}, "events": [{"type": "a"}]}')$$);
SELECT test.error($$SELECT tracardi.track('a', '{}', 'page')$$);
SELECT test.error($$SELECT tracardi.collect('a', 'sql', '{}')$$);
SELECT test.code($$SELECT tracardi.track('a', '{}', 'shut')$$) AS track, test.code($$SELECT tracardi.collect('a', 'shut', '{}')$$) AS collect,
       test.code($$SELECT tracardi.collect('a', 'hook', '{}')$$) AS hook;
-- A dropped source lets nobody in; its events stay.
SELECT tracardi.drop_source('hook');
SELECT test.code($$SELECT tracardi.collect('a', 'hook', '{}')$$), (SELECT count(*) FROM tracardi.event WHERE source_id = 'hook') AS events;
-- TRUNCATE is noticed, too.
BEGIN;
TRUNCATE tracardi.event_source;
SELECT test.code($$SELECT tracardi.track('a', '{}', 'web')$$);
ROLLBACK;
SELECT test.code($$SELECT tracardi.track('a', '{}', 'web')$$);
-- So is what logical replication brings.
SET session_replication_role = replica;
UPDATE tracardi.event_source SET enabled = false WHERE id = 'web';
SELECT test.code($$SELECT tracardi.track('a', '{}', 'web')$$);
UPDATE tracardi.event_source SET enabled = true WHERE id = 'web';
RESET session_replication_role;
-- None of these errors stored anything.
SELECT source_id, count(*) FROM tracardi.event WHERE kind <> 'system' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS rejected FROM tracardi.event_rejected;

-- An ephemeral source: accepted and counted in the answer; no event, session or profile is made, not even touched.
SELECT test.reset();
SELECT tracardi.create_source('sensor', ephemeral => true);
SELECT events, profile, session, errors, warnings FROM test.answer(tracardi.track('{"source": {"id": "sensor"}, "session": {"id": "s1"}, "profile": {"id": "p1"},
  "events": [{"type": "temperature", "properties": {"celsius": 21}}, {"id": "t2", "type": "temperature"}]}'));
SELECT (SELECT count(*) FROM tracardi.event) AS events, (SELECT count(*) FROM tracardi.event_key) AS keys,
       (SELECT count(*) FROM tracardi.session) AS sessions, (SELECT count(*) FROM tracardi.profile) AS profiles;
-- It reads what it names, if it exists: the answer tells.
SELECT profile, session FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"type": "a"}]}'));
SELECT events, profile, session FROM test.answer(tracardi.track('{"source": {"id": "sensor"}, "session": {"id": "s1"}, "profile": {"id": "p2"}, "events": [{"type": "temperature"}]}'));
SELECT events, profile, session FROM test.answer(tracardi.track('{"source": {"id": "sensor"}, "profile": {"id": "p1"}, "events": [{"type": "temperature"}]}'));
SELECT events, profile, session FROM test.answer(tracardi.track('temperature', '{}', 'sensor', profile_id => 'p1'));
SELECT count(*) FROM tracardi.event WHERE kind <> 'system';

-- An ephemeral type, and each option that makes an event ephemeral: on the payload, or on the event. Only a real boolean counts.
SELECT test.reset();
INSERT INTO tracardi.event_type (type, ephemeral) VALUES ('mouse-move', true), ('mouse-click', false);
CREATE FUNCTION test.is_stored(options jsonb, event_options jsonb, type text DEFAULT 'a') RETURNS boolean LANGUAGE sql AS $$
  SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'options', options, 'events',
           jsonb_build_array(jsonb_build_object('type', type, 'options', event_options)))) IS NULL;
  SELECT count(*) = 1 FROM tracardi.event WHERE kind <> 'system';
$$;
CREATE FUNCTION test.stores(options jsonb, event_options jsonb, type text DEFAULT 'a') RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE stored boolean;
BEGIN
  TRUNCATE tracardi.event;
  SELECT test.is_stored(options, event_options, type) INTO stored;
  RETURN stored;
END
$$;
SELECT n, type, options, event_options, test.stores(options, event_options, type) AS stored
FROM (VALUES (1, 'a', '{}'::jsonb, '{}'::jsonb), (2, ' Mouse Move', '{}', '{}'), (3, 'mouse-click', '{}', '{}'),
  (4, 'a', '{"saveEvents": false}', '{}'), (5, 'a', '{"saveEvent": false}', '{}'),
  (6, 'a', '{}', '{"saveEvents": false}'), (7, 'a', '{}', '{"saveEvent": false}'),
  (8, 'a', '{"saveEvents": true}', '{"saveEvents": true}'), (9, 'a', '{"saveEvents": "false"}', '{"saveEvent": 0}'),
  (10, 'a', '{"saveEvents": false}', '{"saveEvents": true}'), (11, 'a', '{"saveEvent": null}', '{"saveEvents": null}'),
  (12, 'mouse-move', '{}', '{"saveEvents": true}'), (13, 'a', '{"saveEvents": false, "profileLess": true}', '{}')) AS v (n, type, options, event_options)
ORDER BY n;
DROP FUNCTION test.is_stored(jsonb, jsonb, text), test.stores(jsonb, jsonb, text);

-- In a mixed payload the stored events make session and profile; the ephemeral one is accepted beside them.
SELECT test.reset();
SELECT events, profile, session FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"},
  "events": [{"id": "e1", "type": "mouse-move", "options": {"saveEvent": false}}, {"id": "e2", "type": "page-view"}]}'));
SELECT kind, type, profile, session FROM test.event;
-- Its id is not remembered: sent again and stored this time, it is new.
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"id": "e1", "type": "mouse-move"}]}'));

-- A static source needs a profile id for events that belong to somebody, and for no others.
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "shop"}, "events": [{"type": "order"}]}')$$);
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "shop"}, "profile": {"id": " "}, "events": [{"type": "order"}]}')$$) AS blank,
       test.code($$SELECT tracardi.track('{"source": {"id": "shop"}, "profile": null, "options": {"profileLess": true}, "events": [{"type": "stock"}]}')$$) AS profileless,
       test.code($$SELECT tracardi.track('{"source": {"id": "shop"}, "options": {"saveEvents": false}, "events": [{"type": "stock"}]}')$$) AS ephemeral,
       test.code($$SELECT tracardi.track('{"source": {"id": "shop"}, "events": []}')$$) AS nothing;
