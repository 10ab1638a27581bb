-- tracardi.event_rejected: what could not be accepted is kept whole, within limits, and can be tried again.
SELECT test.reset();

-- A rejected event keeps its circumstances. Tried again as it is, it is rejected again, and its row stays.
SELECT events, errors FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "customer-42"},
  "events": [{"id": "order-1", "type": "order", "properties": [1], "tags": ["x"]}, {"type": "page-view"}]}'));
SELECT source_id, event::jsonb, code, message, path, options FROM tracardi.event_rejected;
SELECT id AS rejected_id, received_at AS rejected_at FROM tracardi.event_rejected \gset
SELECT events, errors FROM test.answer(tracardi.retry_rejected(:'rejected_id'));
SELECT count(*) FROM tracardi.event_rejected WHERE id = :'rejected_id';
-- The reason that is kept is the latest one.
UPDATE tracardi.event_rejected SET event = (event::jsonb - 'type')::text;
SELECT events, errors FROM test.answer(tracardi.retry_rejected(:'rejected_id'));
SELECT code, message, path FROM tracardi.event_rejected;
-- Mended, it is stored with its id, session, profile and moment of arrival; the row is gone.
UPDATE tracardi.event_rejected SET event = jsonb_set(event::jsonb || '{"type": "order"}', '{properties}', '{"total": 1}')::text;
SELECT events, profile, session, errors, warnings FROM test.answer(tracardi.retry_rejected(:'rejected_id'));
SELECT type, kind, external_id, source_id, test.profile(profile_id) AS profile, test.session(session_id) AS session, properties, tags,
       time = :'rejected_at' AS time, received_at = :'rejected_at' AS received_at
FROM tracardi.event WHERE type = 'order';
SELECT count(*) FROM tracardi.event_rejected;
SELECT * FROM test.profiles;
-- Now there is none of that id: P0002.
SELECT replace(e, :'rejected_id', '(the id)') AS error FROM test.error(format('SELECT tracardi.retry_rejected(%L)', :'rejected_id')) AS e;
SELECT tracardi.retry_rejected(NULL) IS NULL AS of_null;

-- Text that is no JSON is an error of its own, and the row stays.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": 1}]}'));
UPDATE tracardi.event_rejected SET event = '{"type": ';
SELECT test.code($$SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected$$), count(*) FROM tracardi.event_rejected;
-- A source that is shut or gone meanwhile is not let in: 28000, and the row stays.
UPDATE tracardi.event_rejected SET event = '{"type": "a"}';
SELECT tracardi.drop_source('web');
SELECT test.code($$SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected$$), count(*) FROM tracardi.event_rejected;
SELECT tracardi.create_source('web', bridges => '{rest}');
-- The door is not asked again: the event came through one that was open.
SELECT errors, count FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected)), (SELECT count(*) FROM tracardi.event_rejected) AS r;
SELECT count(*) FROM tracardi.event_rejected;

-- A retry makes no more of an event than its first coming would have: what named nobody, or no session, still does not.
SELECT test.reset();
SELECT errors FROM test.answer(tracardi.track('a', '[]', 'web'));
SELECT errors FROM test.answer(tracardi.track('b', '[]', profile_id => 'customer-42'));
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "customer-42"}, "options": {"saveSession": false}, "events": [{"type": "c", "properties": []}]}'));
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "profile": {"id": "customer-42"}, "options": {"profileLess": true}, "events": [{"type": "d", "properties": []}]}'));
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "profile": {"id": "customer-42"}, "options": {"saveProfile": false}, "events": [{"type": "e", "properties": []}]}'));
UPDATE tracardi.event_rejected SET event = (event::jsonb || '{"properties": {}}')::text;
SELECT count(tracardi.retry_rejected(id)) FROM (SELECT id FROM tracardi.event_rejected ORDER BY id) AS r;
SELECT count(*) FROM tracardi.event_rejected;
SELECT kind, type, test.profile(profile_id) AS profile, test.session(session_id) AS session FROM tracardi.event WHERE kind <> 'system' ORDER BY type;
SELECT count(*) AS sessions FROM tracardi.session;

-- An event of a short form is kept in the form of a payload's events: its time, id, context and options, too.
SELECT test.reset();
SELECT errors FROM test.answer(tracardi.track('order', '[1]', profile_id => 'customer-42', context => '{"page": 1}', options => '{"x": 1}', event_id => 'o1', "time" => '2020-02-03 04:05:06+00'));
SELECT event::jsonb - 'time' AS event, (event::jsonb #>> '{time,insert}')::timestamptz = '2020-02-03 04:05:06+00' AS time FROM tracardi.event_rejected;
UPDATE tracardi.event_rejected SET event = (event::jsonb || '{"properties": {}}')::text;
SELECT events FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
SELECT external_id, type, time = '2020-02-03 04:05:06+00' AS time, context FROM tracardi.event WHERE kind <> 'system';

-- The client's clock counts for a mended event as it would have at first: one that was ten minutes slow is corrected.
SELECT test.reset();
SELECT errors FROM test.answer(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'profile_less', true,
  'context', jsonb_build_object('time', jsonb_build_object('local', to_char((now() - interval '10 minutes') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))),
  'events', jsonb_build_array(jsonb_build_object('type', 'a', 'properties', '[]'::jsonb, 'time', jsonb_build_object('create', to_char((now() - interval '10 minutes') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))))));
UPDATE tracardi.event_rejected SET event = (event::jsonb || '{"properties": {}}')::text;
SELECT events FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
SELECT received_at - time < interval '1 minute' AS corrected FROM tracardi.event;

-- Sent again meanwhile by the client itself: then it is stored once, and the row goes.
SELECT test.reset();
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"id": "e1", "type": "a", "properties": []}]}'));
SELECT events, errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"id": "e1", "type": "a", "properties": {}}]}'));
UPDATE tracardi.event_rejected SET event = (event::jsonb || '{"properties": {}}')::text;
SELECT events, errors, warnings FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
SELECT (SELECT count(*) FROM tracardi.event WHERE type = 'a') AS events, (SELECT count(*) FROM tracardi.event_rejected) AS rejected;

-- What was ephemeral would not have been stored: it is not kept either, for whatever reason it is ephemeral.
SELECT test.reset();
SELECT tracardi.create_source('sensor', ephemeral => true);
INSERT INTO tracardi.event_type (type, ephemeral) VALUES ('mouse-move', true);
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "sensor"}, "events": [{"type": 1}]}'));
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "Mouse Move", "properties": []}]}'));
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "options": {"saveEvents": false}, "events": [{"type": 1}]}'));
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": 1, "options": {"saveEvent": false}}]}'));
SELECT count(*) FROM tracardi.event_rejected;

-- Nobody fills the disk: above tracardi.event_rejected_limit rows or tracardi.event_rejected_size of text, a rejected event
-- is named in the answer only, with a warning; the good ones are stored as ever.
SET tracardi.event_rejected_limit = 2;
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": 1}, {"id": "e2"}, {"id": "e3"}, {"id": "e4", "type": "good"}]}'));
SELECT warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": 5}]}'));
SELECT count(*) FROM tracardi.event_rejected;
-- Room that is made can be used, within a second.
DELETE FROM tracardi.event_rejected WHERE event::jsonb ? 'id';
SELECT pg_sleep(1.1) \g /dev/null
SELECT warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": 6}]}'));
SELECT count(*) FROM tracardi.event_rejected;
RESET tracardi.event_rejected_limit;
SET tracardi.event_rejected_size = '2kB';
SELECT warnings FROM test.answer(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'events', jsonb_build_array(
  jsonb_build_object('type', 1, 'id', repeat('x', 200)), jsonb_build_object('id', 'large', 'type', 1, 'properties', jsonb_build_object('x', repeat('x', 2000)))))));
SELECT sum(octet_length(event)) < 2048 AS within FROM tracardi.event_rejected;
SET tracardi.event_rejected_limit = 0;
SELECT warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": 1}]}'));
RESET tracardi.event_rejected_limit;
RESET tracardi.event_rejected_size;
-- The limits are the administrator's.
CREATE ROLE regress_curious;
GRANT USAGE ON SCHEMA test TO regress_curious;
SET ROLE regress_curious;
SELECT test.code('SET tracardi.event_rejected_limit = 100000000');
RESET ROLE;
REVOKE USAGE ON SCHEMA test FROM regress_curious;
DROP ROLE regress_curious;
-- maintain() removes what is older than tracardi.event_rejected_retention (30 days).
SELECT test.reset();
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"id": "old"}, {"id": "young"}]}'));
UPDATE tracardi.event_rejected SET received_at = now() - interval '721 hours' WHERE event::jsonb ->> 'id' = 'old';
UPDATE tracardi.event_rejected SET received_at = now() - interval '719 hours' WHERE event::jsonb ->> 'id' = 'young';
CALL tracardi.maintain();
SELECT event FROM tracardi.event_rejected;
