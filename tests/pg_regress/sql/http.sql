-- The doors for HTTP: what is answered to which request, and what is stored.
SELECT test.reset();
SELECT tracardi.create_source('hook', bridges => '{webhook}'), tracardi.create_source('off', enabled => false);

-- An answer is Tracardi's, and JSON without blanks; a body of text/plain comes to the other function.
SELECT status, body::jsonb - '{task,events,profile,session}'::text[] AS rest, test.is_generated(body ->> 'task') AS task,
       json_array_length(body -> 'events') AS events, test.is_generated(body #>> '{profile,id}') AS profile, body -> 'session' AS session
FROM unnest('{track(json),track(text)}'::text[]) AS call,
  test.http(call, '{"source": {"id": "web"}, "session": {"id": "8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"}, "events": [{"type": "a"}]}');
SELECT type, count(*), count(DISTINCT profile_id) AS profiles, count(DISTINCT session_id) AS sessions FROM tracardi.event GROUP BY type ORDER BY type;
SELECT body::text !~ '[:,] ' AS dense, response_headers #>> '{0,X-Process-Time}' ~ '^\d+\.\d{6}$' AS timed
FROM test.http('track(json)', '{"source": {"id": "web"}, "events": [{"type": "a"}]}');
-- Without events: null, 200. Unknown fields, null where an object belongs: taken as absent.
SELECT status, body FROM unnest('{"{\"source\": {\"id\": \"web\"}}","{\"source\": {\"id\": \"web\"}, \"events\": []}","{\"source\": {\"id\": \"web\"}, \"events\": null}"}'::text[]) AS request,
  test.http('track(json)', request);
SELECT status, body -> 'errors' AS errors FROM test.http('track(json)', '{"source": {"id": " web "}, "session": null, "profile": {"id": null}, "context": null, "properties": null,
  "options": null, "device": {"id": "x"}, "metadata": 7, "request": [], "events": [{"type": "a", "properties": null, "context": null, "options": null, "tags": null, "time": null, "id": null, "x": 1}]}');

-- 422: the body is not JSON, or not of the form; "loc" is the place.
SELECT status, body #> '{detail,0}' AS detail FROM (VALUES (1, '{"source": {"id": "web"}, "events": [{"type": "a"}'), (2, ''), (3, 'x'), (4, '[]'), (5, '"x"'), (6, '{}'),
  (7, '{"source": {"id": 7}}'), (8, '{"source": "web"}'), (9, '{"source": {"id": "web"}, "session": {"id": 7}}'),
  (10, '{"source": {"id": "web"}, "profile": "p"}'), (11, '{"source": {"id": "web"}, "events": {}}'), (12, '{"source": {"id": "web"}, "options": []}'),
  (13, '{"source": {"id": "web"}, "context": {"a": "\u0000"}}'), (14, '{"source": {"id": "\ud800"}}'), (15, '{"source": {"id": "shop"}, "events": [{"type": "a"}]}'))
  AS r (n, request), test.http('track(text)', request) ORDER BY n;
SELECT status, body #> '{detail,0}' AS detail FROM test.http('track(text)');
SELECT status, body #>> '{detail,0,msg}' AS message, body #> '{detail,0,loc}' AS loc
FROM test.http('track(json)', format('{"source": {"id": "web"}, "session": {"id": "%s"}}', repeat('x', 256)));

-- 401: who may not send. Nothing of it says what to type into a database.
SELECT status, body FROM unnest('{nobody,@web,off,hook,sql}'::text[]) AS source,
  test.http('track(json)', format('{"source": {"id": %s}, "events": [{"type": "a"}]}', to_json(source)));

-- 226: one of the events is at fault; it alone is rejected, and kept as it came.
SELECT test.reset();
SELECT status, body #> '{errors,0}' AS error, body -> 'events' AS events FROM (VALUES (1, '{"id": "e1"}'), (2, '{"id": "e2", "type": 7}'), (3, '7'), (4, 'null'), (5, '"x"'), (6, '[]'),
  (7, '{"type": "a", "properties": []}'), (8, '{"type": "a", "time": "never"}')) AS e (n, event),
  test.http('track(json)', format('{"source": {"id": "web"}, "session": {"id": "8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"}, "events": [{"id": "first-%s", "type": "good"}, %s, {"id": "last-%1$s", "type": "good"}]}', n, event)) ORDER BY n;
SELECT count(*) FILTER (WHERE type = 'good') AS good, count(DISTINCT profile_id) AS profiles FROM tracardi.event;
SELECT event, code, path FROM tracardi.event_rejected ORDER BY id;

-- What jsonb can't hold: the batch is not lost for it. Fields that nobody knows may hold anything.
SELECT test.reset();
SELECT status, error #>> '{code}' AS code, error ->> 'path' AS path, error ->> 'id' AS id, error ->> 'message' AS message
FROM test.http('track(json)', $${"source": {"id": "web"}, "unknown": "\u0000", "events": [
  {"id": "e0", "type": "good"},
  {"id": "e1", "type": "a", "properties": {"name": "zero \u0000 byte"}},
  {"id": "e2", "type": "a", "context": {"half": "\ud83d"}},
  {"id": "e3", "type": "a", "properties": {"\u0000": 1}},
  {"id": "e4", "type": "a\u0000"},
  {"id": "\udc00", "type": "a"},
  {"id": "e6", "type": "a", "properties": {"n": 1e400000}},
  {"id": "e7", "type": "a", "tags": ["\u0000"]},
  "\u0000",
  {"id": "e9", "type": "good", "unknown": "\u0000", "properties": {"a": 1, "a": 2, "\u0062": "\ud83d\ude00\/"}}]}$$), json_array_elements(body -> 'errors') AS error;
SELECT external_id, type, properties FROM tracardi.event WHERE kind <> 'system' ORDER BY external_id;
SELECT event FROM tracardi.event_rejected ORDER BY id;
-- Tried again, it says the same; mended, it is in.
SELECT answer #>> '{errors,0,code}' AS code, answer -> 'events' AS events FROM tracardi.event_rejected, tracardi.retry_rejected(id) AS answer WHERE event LIKE '%"e1"%';
UPDATE tracardi.event_rejected SET event = replace(event, '\u0000', '') WHERE event LIKE '%"e1"%';
SELECT answer -> 'errors' AS errors, answer -> 'events' AS events FROM tracardi.event_rejected, tracardi.retry_rejected(id) AS answer WHERE event LIKE '%"e1"%';
SELECT properties FROM tracardi.event WHERE external_id = 'e1';
UPDATE tracardi.event_rejected SET event = '{' WHERE path = '$.events[4].type';
SELECT test.error(format('SELECT tracardi.retry_rejected(%L)', id)) FROM tracardi.event_rejected WHERE path = '$.events[4].type';

-- Deep and large: a thousand levels are held, more are an event's fault; in what the whole payload needs, 413.
SELECT test.reset();
CREATE FUNCTION test.deep(levels int) RETURNS text LANGUAGE sql AS $$ SELECT repeat('[', levels) || repeat(']', levels) $$;
SELECT status, body #>> '{errors,0,code}' AS code, body -> 'events' AS events
FROM test.http('track(text)', format('{"source": {"id": "web"}, "events": [{"id": "e1", "type": "a", "properties": {"x": %s}}, {"id": "e2", "type": "a", "properties": {"x": %s}}, {"id": "e3", "type": "a"}]}',
  test.deep(998), test.deep(100000)));
SELECT status, body FROM test.http('track(text)', format('{"source": {"id": "web"}, "context": {"x": %s}, "events": [{"type": "a"}]}', test.deep(100000)));
SET tracardi.body_size_limit = '1kB';
SELECT status, body FROM unnest('{track(json),track(text),collect(text)}'::text[]) AS call,
  test.http(call, format('{"source": {"id": "web"}, "events": [{"type": "%s"}]}', repeat('x', 1024)));
RESET tracardi.body_size_limit;
SELECT status, length(body #>> '{events,0}') AS id FROM test.http('track(json)', format('{"source": {"id": "web"}, "events": [{"type": "large", "properties": {"x": "%s"}}]}', repeat('x', 10000000)));
SELECT length(properties ->> 'x') FROM tracardi.event WHERE type = 'large';

-- A header, or the payload, makes it profileless. Headers outside a request, and those that are no JSON: none.
SELECT test.reset();
SELECT headers, status, body -> 'profile' AS profile FROM unnest('{"{}","{\"x-profile-less\": \"true\"}","{\"x-profile-less\": \" True \"}"}'::json[]) WITH ORDINALITY AS h (headers, n),
  test.http('track(json)', '{"source": {"id": "web"}, "session": {"id": "8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"}, "profile_less": false, "events": [{"type": "a"}]}', headers)
WHERE n > 1 ORDER BY n;
SELECT value, tracardi_api.track('{"source": {"id": "web"}, "events": [{"type": "b"}]}'::json) #>> '{profile,id}' IS NOT NULL AS profile
FROM unnest('{NULL,"","x","{","[1]","{\"x-profile-less\": 1}","{\"x-profile-less\": \"\\u0000\"}"}'::text[]) AS value, set_config('request.headers', value, false);
RESET request.headers;

-- What a function of db-pre-request set in the reply stays in it; the status is always this call's.
BEGIN;
SELECT set_config('response.headers', '[{"X-Mine": "X-Process-Time"}]', true), set_config('response.status', '418', true);
SELECT tracardi_api.track('{"source": {"id": "web"}}'::json);
SELECT tracardi_api.track('{"source": {"id": "web"}}'::json);
SELECT current_setting('response.status') AS status, json_array_length(current_setting('response.headers')::json) AS headers, current_setting('response.headers')::json -> 0 AS first;
COMMIT;

-- READ ONLY, as GET is: 405. What needs no writing works.
BEGIN READ ONLY;
SELECT status, body, response_headers -> 0 AS header FROM test.http('track(json)', '{"source": {"id": "web"}, "events": [{"type": "a"}]}');
SELECT status, body -> 'errors' AS errors FROM test.http('track(json)', '{"source": {"id": "web"}, "options": {"saveEvents": false}, "events": [{"type": "a"}]}');
SELECT status, body FROM test.http('health()');
COMMIT;

-- An error is no answer: it rolls back. Its text stays in the server's log; a later try may help (40, 53, 57), or not.
CREATE FUNCTION test.fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the secret is %', NEW.properties USING ERRCODE = NEW.properties ->> 'code', DETAIL = 'secret', HINT = 'secret', TABLE = 'secret';
END $$;
CREATE TRIGGER fail BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'fail') EXECUTE FUNCTION test.fail();
SELECT code, test.error(format('SELECT test.http(''track(json)'', %L)', format('{"source": {"id": "web"}, "events": [{"type": "fail", "id": "f", "properties": {"code": "%s"}}]}', code)))
FROM unnest('{P0001,23505,42501,28000,22023,25006,40001,53200,57P03}'::text[]) AS code;
SELECT count(*) FROM tracardi.event_key;
DROP TRIGGER fail ON tracardi.event;
DROP FUNCTION test.fail();
-- A workflow's error is told, not its text; in the database it can be read.
CREATE FUNCTION test.workflow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the secret is %', NEW.type; END $$;
SELECT tracardi.create_workflow('secretive', 'test.workflow', event_type => 'a');
SELECT status, body #> '{errors,0}' ->> 'code' AS code, body #>> '{errors,0,message}' AS message FROM test.http('track(json)', '{"source": {"id": "web"}, "events": [{"type": "a"}]}');
SELECT workflow, message FROM tracardi.workflow_failure;
SELECT tracardi.drop_workflow('secretive');
DROP FUNCTION test.workflow();

-- Webhooks. The body is the properties; type, source and session come beside it, as the proxy took them from the path.
SELECT test.reset();
SELECT tracardi.create_source('hook', bridges => '{webhook}'), tracardi.create_source('page', bridges => '{rest}');
CREATE FUNCTION test.hook(request text, query text DEFAULT NULL, session text DEFAULT NULL, source text DEFAULT 'hook', type text DEFAULT 'Order%20Shipped', call text DEFAULT 'collect(text)',
  OUT status text, OUT body json, OUT response_headers json) LANGUAGE sql AS $$
  SELECT * FROM test.http(call, request, json_build_object('x-tracardi-event-type', type, 'x-tracardi-source', source, 'x-tracardi-session', session, 'x-tracardi-query', query))
$$;
SELECT n, status, body -> 'profile' AS profile, body #> '{errors,0}' ->> 'message' AS error FROM (VALUES (1, '{"a": 1}', NULL), (2, '', NULL), (3, NULL, NULL), (4, '', 'a=1&b=x+y&a=%C3%A9&c&=d&e=%zz'), (5, '{}', '?a=1'), (6, '{"a": 1}', 'b=2'),
  (7, '[1]', NULL), (8, 'a=1&b=2', NULL), (9, '{} , "type": "x"', NULL), (10, '{"a": "\u0000"}', NULL), (11, '', 'a=%00')) AS r (n, request, query), test.hook(request, query) ORDER BY n;
SELECT type, kind, source_id, session_id, properties FROM tracardi.event ORDER BY time;
SELECT event, code FROM tracardi.event_rejected ORDER BY id;
SELECT status, body -> 'profile' AS profile FROM test.hook('{"a": 1}', call => 'collect(json)');
-- With a session: that person's, made if nobody knows it.
SELECT status, test.is_generated(body #>> '{profile,id}') AS profile, body -> 'session' AS session FROM test.hook('{}', session => '0190e0a1-0000-7000-8000-000000000001');
SELECT status, body -> 'session' AS session FROM test.hook('{}', session => '0190e0a1-0000-7000-8000-000000000001');
SELECT count(DISTINCT profile_id) AS profiles, count(*) FILTER (WHERE type = 'order-shipped') AS events FROM tracardi.event WHERE session_id = '0190e0a1-0000-7000-8000-000000000001';
-- Who may not, and what is missing.
SELECT status, body FROM unnest('{nobody,page,sql,""}'::text[]) AS source, test.hook('{}', source => source);
SELECT status, body #>> '{errors,0,message}' AS error FROM test.hook('{}', type => '%20');
SELECT status, body FROM test.http('collect(json)', '{}');
-- The same with names.
SELECT current_setting('response.status', true) AS status, answer #> '{errors,0}' ->> 'path' AS error, answer -> 'session' AS session FROM tracardi_api.collect('named', 'hook') AS answer;
SELECT answer -> 'errors' AS errors, answer -> 'session' AS session FROM tracardi_api.collect(event_type => 'named', source_id => 'hook', properties => '{"a": [1, 2.50]}', session_id => '0190e0a1-0000-7000-8000-000000000001') AS answer;
SELECT kind, properties FROM tracardi.event WHERE type = 'named' ORDER BY time;
DROP FUNCTION test.hook(text, text, text, text, text, text);

-- Consents: of the person whose session it is.
SELECT test.reset();
SELECT status FROM test.http('track(json)', '{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000001"}, "events": [{"type": "a"}]}');
SELECT status FROM test.http('track(json)', '{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000002"}, "events": [{"type": "a"}]}');
CREATE FUNCTION test.consent(consents text, source text DEFAULT 'web', session int DEFAULT 1, profile int DEFAULT 1, OUT status text, OUT body json, OUT response_headers json) LANGUAGE sql AS $$
  SELECT r.* FROM tracardi.session s, test.http('consent(json)', format('{"source": {"id": "%s"}, "session": {"id": "0190e0a1-0000-7000-8000-00000000000%s"}, "profile": {"id": "%s"}, "consents": %s}',
    source, session, s.profile_id, consents)) AS r
  WHERE s.id = ('0190e0a1-0000-7000-8000-00000000000' || profile)::uuid
$$;
SELECT status, test.is_generated(body #>> '{profile,id}') AS profile FROM test.consent('{"newsletter": true, "maps": true, "ads": false}');
SELECT consents FROM tracardi.profile WHERE consents <> '{}';
SELECT status FROM test.consent('{"maps": false, "ads": true}');
SELECT consents FROM tracardi.profile WHERE consents <> '{}';
SELECT s.status, s.body FROM (VALUES (1, 'web', 1, 2), (2, 'web', 2, 1), (3, 'web', 3, 1), (4, 'nobody', 1, 1), (5, 'sql', 1, 1)) AS v (n, source, session, profile),
  test.consent('{"ads": true}', source, session, profile) AS s ORDER BY n;
SELECT status, body FROM test.http('consent(json)', '{"source": {"id": "web"}, "consents": {}}');
SELECT status, body #> '{detail,0}' AS detail FROM unnest('{"{\"a\": 1}","[]","null","{\"\": true}","{\"a\": \"\\u0000\"}"}'::text[]) AS consents, test.consent(consents);
SELECT status, body #>> '{detail,0,msg}' AS detail FROM test.consent((SELECT json_object_agg(n, true)::text FROM generate_series(1, 100) AS n));
SELECT count(*) FROM tracardi.profile, jsonb_object_keys(consents);
BEGIN READ ONLY;
SELECT status, body FROM test.consent('{"ads": true}');
COMMIT;
DROP FUNCTION test.consent(text, text, int, int);

-- The tracker: a script, whatever the browser accepts.
SELECT pg_typeof(tracardi_api.tracker()), length(tracardi_api.tracker()) > 1000 AS script;
BEGIN;
SELECT convert_from(tracardi_api.tracker(), 'UTF8') LIKE '%sendBeacon%' AS script;
SELECT current_setting('response.headers')::jsonb #- '{2,ETag}' AS headers;
SELECT set_config('request.headers', json_build_object('if-none-match', current_setting('response.headers')::json #>> '{2,ETag}')::text, true) IS NOT NULL AS asked;
SELECT length(tracardi_api.tracker()) AS length, current_setting('response.status') AS status;
COMMIT;
DROP FUNCTION test.deep(int);
