-- Over HTTP anybody can send anything. An id that can't be guessed is a key; one that can be proves nothing.
SELECT test.reset();
SELECT tracardi.create_source('other');
-- A person of the application's, a visit of hers with a text id, and one in a browser.
SELECT profile, session FROM test.answer(tracardi.track('order', '{}', profile_id => 'customer-42', session_id => 'visit-9'));
CREATE FUNCTION test.send(session text DEFAULT NULL, profile text DEFAULT NULL, source text DEFAULT 'web', options json DEFAULT '{}', events text DEFAULT '[{"type": "a"}]',
  OUT status text, OUT profile_ text, OUT session_ text) LANGUAGE sql AS $$
  SELECT r.status, r.body #>> '{profile,id}', r.body #>> '{session,id}' FROM test.http('track(json)', json_build_object('source', json_build_object('id', source), 'session', json_build_object('id', session),
    'profile', json_build_object('id', profile), 'options', options, 'events', events::json)::text) AS r
$$;
-- Whose profile an answer's is: hers, or somebody new.
CREATE FUNCTION test.whose(profile text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN profile IS NULL THEN NULL WHEN profile IN ('customer-42', tracardi.id('customer-42')::text) THEN 'hers' ELSE 'another' END
$$;

-- 1. Her profile and her session by their texts, and by the uuids that anybody can compute from them: by a visitor of the
-- same source, or of another one; stored, ephemeral, profileless, without saving the profile; by webhook.
CREATE TABLE test.attack (n int GENERATED ALWAYS AS IDENTITY, session text, profile text);
INSERT INTO test.attack (session, profile)
SELECT s, p FROM unnest(ARRAY[NULL, 'visit-9', ' visit-9 ', tracardi.id('visit-9')::text, upper(tracardi.id('visit-9')::text)]) AS s,
  unnest(ARRAY[NULL, 'customer-42', tracardi.id('customer-42')::text, upper(tracardi.id('customer-42')::text)]) AS p WHERE s IS NOT NULL OR p IS NOT NULL;
SELECT o.options::text, test.whose(profile_) AS profile, count(*) FROM test.attack, unnest('{web,other}'::text[]) AS source,
  unnest('{"{}","{\"saveEvents\": false}","{\"saveProfile\": false}","{\"profileLess\": true}","{\"saveSession\": false}"}'::json[]) WITH ORDINALITY AS o (options, n),
  test.send(session, profile, source, o.options) GROUP BY o.n, 1, 2 ORDER BY o.n, 2;
SELECT status, test.whose(body #>> '{profile,id}') AS profile, count(*) FROM test.attack,
  test.http('collect(json)', '{}', json_build_object('x-tracardi-event-type', 'a', 'x-tracardi-source', 'web', 'x-tracardi-session', session)) WHERE session IS NOT NULL AND profile IS NULL GROUP BY 1, 2;
SELECT status, count(*) FROM test.attack, test.http('consent(json)', json_build_object('source', '{"id": "web"}'::json, 'session', json_build_object('id', session), 'profile', json_build_object('id', profile), 'consents', '{"ads": true}'::json)::text) GROUP BY status;
-- Nothing of hers was touched, and no answer named her. Nor does a rejected event get to her when it is retried.
SELECT type, kind, source_id FROM tracardi.event WHERE profile_id = tracardi.id('customer-42') OR session_id = tracardi.id('visit-9') ORDER BY time;
SELECT external_id, visit_count, consents FROM tracardi.profile WHERE external_id IS NOT NULL;
SELECT s.status FROM test.send('visit-9', 'customer-42', events => '[{"id": "r1", "type": "a", "properties": 7}]') AS s;
SELECT s.status FROM test.send(tracardi.id('visit-9')::text, tracardi.id('customer-42')::text, events => '[{"id": "r2", "type": "a"}, {"id": "r3", "type": "a", "properties": 7}]') AS s;
UPDATE tracardi.event_rejected SET event = replace(event, '7', '{}');
SELECT test.whose(answer #>> '{profile,id}') FROM (SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected) AS r (answer);
SELECT count(*) FROM tracardi.event WHERE profile_id = tracardi.id('customer-42') AND kind <> 'system';

-- 2. A visitor can't take a text id before she uses it: it is another one in each source, and in none what SQL calls so.
SELECT session_ FROM test.send('visit-10');
SELECT external_id, id = tracardi.event_id('web', 'visit-10') AS within_source FROM tracardi.session WHERE external_id = 'visit-10';
SELECT profile, session FROM test.answer(tracardi.track('order', '{}', profile_id => 'customer-42', session_id => 'visit-10'));
SELECT test.whose(profile_), session_ FROM test.send('visit-10', source => 'other');
SELECT external_id, source_id, profile_id = tracardi.id('customer-42') AS hers FROM tracardi.session WHERE external_id = 'visit-10' ORDER BY source_id;

-- Nor an event's id, so that hers would count as stored before: the uuid that is computed from it is another one here.
SELECT s.status FROM test.send(events => format('[{"type": "a", "id": "%s"}, {"type": "a", "id": "order-1"}]', tracardi.event_id('sql', 'order-1'))) AS s;
SELECT errors, warnings FROM test.answer(tracardi.track('order', '{}', profile_id => 'customer-42', event_id => 'order-1'));
SELECT source_id, count(*), count(*) FILTER (WHERE id = tracardi.event_id('sql', 'order-1')) AS hers FROM tracardi.event WHERE external_id IN ('order-1', tracardi.event_id('sql', 'order-1')::text) GROUP BY source_id ORDER BY 1;

-- 3. A text id of a session works with the profile id that was answered: for who keeps it as the protocol asks.
CREATE TABLE test.mine AS SELECT profile_ AS profile, session_ AS session FROM test.send('my-session');
SELECT session, test.is_generated(profile) FROM test.mine;
SELECT session_ = session AS joined, profile_ = profile AS same FROM test.mine, test.send('my-session', profile);
SELECT session_ = session AS joined, profile_ = profile AS same FROM test.mine, test.send('my-session');
SELECT session_ = session AS joined, profile_ = profile AS same FROM test.mine, test.send('my-session', gen_random_uuid()::text);
SELECT status FROM test.mine, test.http('consent(json)', json_build_object('source', '{"id": "web"}'::json, 'session', json_build_object('id', session), 'profile', json_build_object('id', profile), 'consents', '{"ads": true}'::json)::text);
-- While it is nobody's, it may be joined, but not be made one's own.
SELECT session_ FROM unnest('{1,2}'::int[]), test.send('kiosk', options => '{"profileLess": true}');
SELECT test.is_generated(session_) AS made_up FROM test.send('kiosk');
SELECT count(*) AS sessions, count(profile_id) AS owned FROM tracardi.session WHERE external_id = 'kiosk';

-- 4. UUIDs are keys, across sources, too (a visitor may come from one site to the other).
SELECT profile_ = b.profile AS same FROM test.send('8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385') AS a, LATERAL (SELECT profile_ AS profile FROM test.send('8E5B1F6A-7C2D-4F39-A1B4-92D0C6E7F385', source => 'other')) AS b;
SELECT profile_ = profile AS same, session_ <> session AS another_session FROM test.mine, test.send('0190e0a1-0000-7000-8000-000000000001', profile, 'other');
-- A session of the browser's that SQL names is the same, whichever is first; and what is answered to the browser is no
-- customer's id.
SELECT profile, session FROM test.answer(tracardi.track('login', '{}', profile_id => 'customer-43', session_id => '0190e0a1-0000-7000-8000-000000000002'));
SELECT session_, profile_ = tracardi.id('customer-43')::text AS hers FROM test.send('0190e0a1-0000-7000-8000-000000000002');
-- After a merge the browser keeps an id that it can prove.
CREATE TABLE test.anonymous AS SELECT profile_ AS profile FROM test.send('0190e0a1-0000-7000-8000-000000000003');
UPDATE tracardi.session SET profile_id = tracardi.id('customer-43') WHERE id = '0190e0a1-0000-7000-8000-000000000003';
INSERT INTO tracardi.profile_alias (id, profile_id) SELECT profile::uuid, tracardi.id('customer-43') FROM test.anonymous;
DELETE FROM tracardi.profile WHERE id = (SELECT profile::uuid FROM test.anonymous);
SELECT profile_ = profile AS kept FROM test.anonymous, unnest('{3,4}'::int[]) AS n, test.send('0190e0a1-0000-7000-8000-00000000000' || n, profile);
SELECT profile_id = tracardi.id('customer-43') AS hers FROM tracardi.session WHERE id IN ('0190e0a1-0000-7000-8000-000000000003', '0190e0a1-0000-7000-8000-000000000004');

-- 5. A trusted source (static_profile_id: a server) names whom it wants.
SELECT profile_, session_ FROM test.send('visit-9', 'customer-42', 'shop');
SELECT count(*) FROM tracardi.event WHERE source_id = 'shop' AND profile_id = tracardi.id('customer-42') AND session_id = tracardi.id('visit-9');

-- 6. No answer holds more of a person than the profile's id.
UPDATE tracardi.profile SET data = '{"pii": {"name": "secret"}}', traits = '{"x": "secret"}', consents = '{"secret": {}}', segments = '{secret}', primary_id = 'secret';
UPDATE tracardi.session SET properties = '{"x": "secret"}', context = '{"x": "secret"}', device = '{"name": "secret"}';
SELECT bool_or(body::text LIKE '%secret%') AS tells, count(*) FROM test.mine, unnest(ARRAY['track(json)', 'track(text)', 'consent(json)']) AS call,
  test.http(call, json_build_object('source', '{"id": "web"}'::json, 'session', json_build_object('id', session), 'profile', json_build_object('id', profile), 'consents', '{}'::json,
    'options', '{"profile": true, "debugger": true}'::json, 'debug', true, 'events', '[{"type": "a"}, {"type": "a", "properties": 1}]'::json)::text);

-- 7. Who follows a link from another of the sites keeps the profile, as Tracardi's tracker tells of it: by an id that can't be guessed, from a
-- source that is known, unless the browser has a profile here; nobody is merged.
CREATE FUNCTION test.arrive(session text, pass json, own text DEFAULT NULL, OUT status text, OUT profile_ text) LANGUAGE sql AS $$
  SELECT r.status, r.body #>> '{profile,id}' FROM test.http('track(text)', json_build_object('source', '{"id": "other"}'::json, 'session', json_build_object('id', session),
    'profile', json_build_object('id', own), 'context', json_build_object('tracardi', json_build_object('pass', pass)), 'events', '[{"type": "arrived"}]'::json)::text) AS r
$$;
CREATE TABLE test.traveller AS SELECT profile_ AS profile FROM test.send(gen_random_uuid()::text);
SELECT pass, profile_ = profile AS same, status FROM test.traveller, LATERAL (VALUES ('all is well', json_build_object('profile', profile, 'source', 'web')), ('no source', json_build_object('profile', profile)),
    ('an unknown source', json_build_object('profile', profile, 'source', 'nobody')), ('no texts', '{"profile": 1, "source": {}}'), ('no object', '7'),
    ('an unknown profile', json_build_object('profile', gen_random_uuid(), 'source', 'web'))) AS p (pass, told), test.arrive(gen_random_uuid()::text, told);
SELECT test.whose(profile_) FROM unnest(ARRAY['customer-42', tracardi.id('customer-42')::text]) AS text, test.arrive(gen_random_uuid()::text, json_build_object('profile', text, 'source', 'web'));
-- A profile of the browser's own stays, and so does whom a session belongs to.
CREATE TABLE test.local AS SELECT gen_random_uuid()::text AS session, s.profile_ AS profile FROM test.send(gen_random_uuid()::text, source => 'other') AS s;
SELECT profile_ = l.profile AS own FROM test.local l, test.traveller t, test.arrive(session, json_build_object('profile', t.profile, 'source', 'web'), l.profile);
SELECT profile_ = l.profile AS own FROM test.local l, test.traveller t, test.arrive(session, json_build_object('profile', t.profile, 'source', 'web'));
SELECT count(*) AS merged FROM tracardi.profile_alias a JOIN test.traveller ON a.id::text = profile OR a.profile_id::text = profile;
-- A source that is disabled by now vouches for nobody.
UPDATE tracardi.event_source SET enabled = false WHERE id = 'web';
SELECT profile_ = profile AS same FROM test.traveller, test.arrive(gen_random_uuid()::text, json_build_object('profile', profile, 'source', 'web'));
UPDATE tracardi.event_source SET enabled = true WHERE id = 'web';
-- A trusted source names whom it means, and so does SQL: nobody looks there.
SELECT r.status FROM test.traveller, test.http('track(text)', json_build_object('source', '{"id": "shop"}'::json, 'context', json_build_object('tracardi', json_build_object('pass',
  json_build_object('profile', profile, 'source', 'web'))), 'events', '[{"type": "arrived"}]'::json)::text) AS r;
SELECT profile = (SELECT profile FROM test.traveller) AS same FROM test.answer(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'events', '[{"type": "a"}]'::jsonb,
  'context', jsonb_build_object('tracardi', jsonb_build_object('pass', jsonb_build_object('profile', (SELECT profile FROM test.traveller), 'source', 'web'))))));
DROP FUNCTION test.arrive(text, json, text);
DROP TABLE test.traveller, test.local;
DROP TABLE test.attack, test.mine, test.anonymous;
DROP FUNCTION test.send(text, text, text, json, text), test.whose(text);
