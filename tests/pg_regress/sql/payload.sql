-- Bad input: a clear error, and nothing lost but itself.
SELECT test.reset();

-- A payload whose form is wrong is 22023; DETAIL names the place as a JSON path. Nothing is stored.
CREATE TABLE test.bad_form (n int GENERATED ALWAYS AS IDENTITY, payload jsonb);
INSERT INTO test.bad_form (payload) VALUES
  ('[]'), ('"text"'), ('null'), ('12'),
  ('{}'), ('{"source": null, "events": [{"type": "a"}]}'), ('{"source": {}, "events": [{"type": "a"}]}'),
  ('{"source": {"id": null}, "events": [{"type": "a"}]}'), ('{"source": {"id": " "}, "events": [{"type": "a"}]}'),
  ('{"source": {"id": 1}, "events": [{"type": "a"}]}'), ('{"source": "web", "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "session": {"id": 1}, "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "session": {"id": {"id": "s"}}, "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "session": "s1", "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "profile": {"id": true}, "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "profile": ["p1"], "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "events": {"type": "a"}}'), ('{"source": {"id": "web"}, "events": "a"}'),
  ('{"source": {"id": "web"}, "context": [], "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "properties": 1, "events": [{"type": "a"}]}'),
  ('{"source": {"id": "web"}, "options": "all", "events": [{"type": "a"}]}');
SELECT n, payload, test.error(format('SELECT tracardi.track(%L::jsonb)', payload)) FROM test.bad_form ORDER BY n;
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "profile": {"id": "$$ || repeat('x', 256) || $$"}, "events": [{"type": "a"}]}')$$);
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "$$ || repeat('x', 256) || $$"}, "events": [{"type": "a"}]}')$$);
SELECT (SELECT count(*) FROM tracardi.event) AS events, (SELECT count(*) FROM tracardi.event_rejected) AS rejected,
       (SELECT count(*) FROM tracardi.session) AS sessions, (SELECT count(*) FROM tracardi.profile) AS profiles;
DROP TABLE test.bad_form;

-- No events: SQL NULL, and nothing is done.
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}}') IS NULL AS absent,
       tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": []}') IS NULL AS empty,
       tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": null}') IS NULL AS "null";
SELECT count(*) FROM tracardi.session;

-- null counts as absent wherever an object or an id belongs; unknown fields are ignored, those of Tracardi's trackers too.
-- In all of these the original answers 500 or 422.
SELECT errors, warnings, events FROM test.answer(tracardi.track('{"source": {"id": "web", "bridge": null}, "session": null, "profile": null, "context": null,
  "properties": null, "options": null, "request": null, "debug": null, "metadata": {"time": "now"}, "device": {"id": "d1"}, "profile_less": null, "anything": [1],
  "events": [{"id": null, "type": "a", "time": null, "properties": null, "context": null, "options": null, "tags": null, "validation": null, "fire": true}]}'));
SELECT errors, events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {}, "profile": {}, "events": [{"type": "a", "time": {}}]}'));
SELECT errors, events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": null}, "profile": {"id": null}, "events": [{"type": "a", "time": {"insert": null, "create": null, "update": null}}]}'));
SELECT kind, type, properties, context, tags FROM tracardi.event WHERE kind <> 'system' ORDER BY time;

-- One bad event never harms its neighbours: they are stored, it is named in errors and kept whole.
SELECT test.reset();
CREATE TABLE test.bad_event (n int GENERATED ALWAYS AS IDENTITY, event jsonb, why text);
INSERT INTO test.bad_event (event, why) VALUES
  ('{}', 'no type'), ('{"type": null}', 'no type'), ('{"type": " "}', 'blank type'), ('{"type": 7}', 'type is a number'), ('{"type": ["a"]}', 'type is a list'),
  (jsonb_build_object('type', repeat('t', 256)), 'over-long type'),
  (jsonb_build_object('type', 'a', 'id', repeat('i', 256)), 'over-long id'),
  ('{"type": "a", "id": 7}', 'id is a number'), ('{"type": "a", "id": {"id": "e1"}}', 'id is an object'),
  ('{"type": "a", "id": "e1", "properties": [1]}', 'properties are a list'), ('{"type": "a", "properties": "text"}', 'properties are a text'),
  ('{"type": "a", "context": []}', 'context is a list'), ('{"type": "a", "options": 1}', 'options are a number'), ('{"type": "a", "tags": "x"}', 'tags are a text'),
  ('{"type": "a", "tags": [1]}', 'a tag is a number'),
  ('{"type": "a", "time": "yesterday"}', 'bad time'), ('{"type": "a", "time": "2021-01-01"}', 'a date alone'), ('{"type": "a", "time": true}', 'time is a boolean'),
  ('{"type": "a", "time": [1]}', 'time is a list'), ('{"type": "a", "time": {"create": "2021-02-30T00:00:00Z"}}', 'no such day'),
  ('{"type": "a", "time": {"insert": "soon"}}', 'bad insert time'), ('{"type": "a", "time": 1e300}', 'time out of range'), ('{"type": "a", "time": "+300000-01-01T00:00:00Z"}', 'no form of a time'),
  ('null', 'null'), ('"a"', 'a text'), ('[]', 'a list');
CREATE FUNCTION test.among_good_ones(event jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', '{"id": "s1"}'::jsonb,
    'events', jsonb_build_array('{"type": "good", "properties": {"n": 1}}'::jsonb, event, '{"type": "good", "properties": {"n": 2}}'::jsonb)))
$$;
SELECT n, why, a.events, replace(replace(a.errors, repeat('i', 255), 'iii...'), repeat('t', 255), 'ttt...') AS errors, a.warnings
FROM test.bad_event, LATERAL test.answer(test.among_good_ones(event)) a ORDER BY n;
-- Two good ones each; all bad ones are kept whole, equal as JSON, with the reason and what they came with.
SELECT (SELECT count(*) FROM test.bad_event) AS bad, (SELECT count(*) FROM tracardi.event WHERE type = 'good') AS good,
       (SELECT count(*) FROM tracardi.event_rejected r) AS kept,
       (SELECT count(*) FROM tracardi.event_rejected r JOIN test.bad_event b ON r.event::jsonb = b.event) AS whole;
SELECT DISTINCT source_id, session_id = tracardi.id('s1')::text OR session_id = 's1' AS session, test.profile(profile_id::uuid) AS profile, options, received_at <= clock_timestamp() AS received
FROM tracardi.event_rejected;
SELECT code, path, count(*) FROM tracardi.event_rejected GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM test.profiles;
-- A rejected event leaves no key: mended and sent again, it is stored.
SELECT events, errors, warnings FROM test.answer(test.among_good_ones('{"type": "a", "id": "e1", "properties": {"mended": true}}'));
-- What is just inside the bounds is good.
SELECT errors, length(events) FROM test.answer(test.among_good_ones(jsonb_build_object('type', '  ' || repeat('t', 255), 'id', repeat('ü', 255))));
DROP FUNCTION test.among_good_ones(jsonb);
DROP TABLE test.bad_event;
-- Only bad events: an answer, nothing stored, no session and no profile made.
SELECT test.reset();
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"id": "e1"}, {"type": 1}]}'));
SELECT (SELECT count(*) FROM tracardi.event) AS events, (SELECT count(*) FROM tracardi.event_rejected) AS rejected,
       (SELECT count(*) FROM tracardi.session) AS sessions, (SELECT count(*) FROM tracardi.profile) AS profiles;

-- The answer's form, whole.
SELECT jsonb_typeof(a) AS type, (SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(a) AS k) AS keys,
       test.is_generated(a ->> 'task') AS task, a -> 'response' AS response, a -> 'ux' AS ux, a -> 'events' AS events, a -> 'profile' AS profile, a -> 'session' AS session
FROM tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"id": "e1", "type": "a"}, {"id": "e2"}]}') AS a;
SELECT jsonb_pretty(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"id": "e1", "type": "a"}, {"id": "e2"}]}') - 'task');

-- What jsonb itself can't hold is its error, before tracardi sees it: a NUL, half a surrogate pair, endless nesting.
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a\u0000b"}]}')$$) AS nul,
       test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a\ud83d"}]}')$$) AS surrogate,
       test.code(format('SELECT tracardi.track(%L)', '{"source": {"id": "web"}, "events": [{"type": "a", "properties": {"x": ' || repeat('[', 200000) || repeat(']', 200000) || '}}]}')) AS nesting;
-- Deep and large, but within bounds: stored as it came.
SELECT errors, events FROM test.answer(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'events', jsonb_build_array(
  jsonb_build_object('type', 'deep', 'properties', (repeat('{"x": ', 1000) || 'null' || repeat('}', 1000))::jsonb),
  jsonb_build_object('type', 'large', 'properties', jsonb_build_object('text', repeat('0123456789', 1000000)))))));
SELECT type, CASE type WHEN 'deep' THEN properties::text = repeat('{"x": ', 1000) || 'null' || repeat('}', 1000)
                       ELSE length(properties ->> 'text') = 10000000 END AS whole
FROM tracardi.event WHERE type IN ('deep', 'large') ORDER BY type;
-- Many events in one payload; the bad ones among them (each hundredth) are found by their place.
SELECT jsonb_array_length(a -> 'events') AS events, jsonb_array_length(a -> 'errors') AS errors, a #> '{errors,9,path}' AS path, a #> '{events,999}' AS last
FROM tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'options', '{"profileLess": true}'::jsonb, 'events',
  (SELECT jsonb_agg(CASE WHEN n % 100 = 0 THEN '{}' ELSE jsonb_build_object('type', 'many', 'properties', jsonb_build_object('n', n)) END ORDER BY n) FROM generate_series(1, 1000) AS n))) AS a;
SELECT count(*), count(DISTINCT properties -> 'n') AS "distinct", count(*) FILTER (WHERE increasing) AS in_order
FROM (SELECT properties, (properties -> 'n')::int > lag((properties -> 'n')::int, 1, 0) OVER (ORDER BY time) AS increasing FROM tracardi.event WHERE type = 'many') AS e;
-- More events than a payload may have: refused whole.
SET tracardi.payload_event_limit = 2;
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a"}, {"type": "a"}, {"type": "a"}]}')$$);
SELECT tracardi_api.track('{"source": {"id": "web"}, "events": [1, 2, 3]}'::json), current_setting('response.status') AS status;
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a"}, {"type": "a"}]}'));
RESET tracardi.payload_event_limit;
-- A number that no double holds is no moment, whatever digits it has.
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a", "time": 1.00000001e400}, {"type": "a", "time": -1.00000001e400}]}'));
