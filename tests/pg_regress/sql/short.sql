-- The short form, for applications: track(event_type, properties, …). And collect(), the webhook's door.
SELECT test.reset();

-- Without profile and session the event belongs to nobody. The source is sql.
SELECT * FROM test.answer(tracardi.track('page-view', '{"url": "/"}'));
-- With a profile id: the application's own customer id is kept, and no session is made, ever.
SELECT * FROM test.answer(tracardi.track('purchase', '{"price": 13.45}', profile_id => 'customer-42'));
-- With both: the session is made too.
SELECT * FROM test.answer(tracardi.track('purchase', '{"price": 2}', profile_id => 'customer-42', session_id => 'visit-1'));
SELECT kind, type, profile, session FROM test.event;
SELECT * FROM test.profiles;
SELECT * FROM test.sessions;
SELECT source_id, count(*) FROM tracardi.event GROUP BY 1;
-- With a session id alone, sql, a static source, does not know whose it is: it needs a profile id.
SELECT test.error($$SELECT tracardi.track('purchase', '{}', session_id => 'visit-1')$$);
-- Another source does: the session's profile, or a new one.
SELECT profile, session FROM test.answer(tracardi.track('purchase', '{}', 'web', session_id => 'visit-1'));
SELECT profile, session FROM test.answer(tracardi.track('purchase', '{}', 'web', session_id => 'visit-2'));
SELECT profile, session FROM test.answer(tracardi.track('purchase', '{}', 'web', profile_id => 'unknown'));
-- Blank ids are none.
SELECT profile, session FROM test.answer(tracardi.track('page-view', '{}', profile_id => ' ', session_id => ''));
SELECT kind, profile, session, count(*) FROM test.event WHERE kind <> 'system' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT * FROM test.sessions;

-- Untyped literals find the right form: one argument is a payload, two are type and properties.
SELECT tracardi.track('{"source": {"id": "web"}}') IS NULL AS payload_form, tracardi.track('a', '{}') IS NOT NULL AS short_form;
-- All arguments by place, and all by name.
SET datestyle = 'ISO';
SELECT events, profile, session FROM test.answer(tracardi.track('Order Placed', '{"n": 1}', 'shop', 'p1', 's1', '{"page": {"url": "/"}}', '{"x": true}', 'e1', '2021-03-04 05:06:07+00'));
SELECT events, profile, session FROM test.answer(tracardi.track(event_type => 'Order Placed', properties => '{"n": 2}', source_id => ' shop ', profile_id => ' p1 ',
  session_id => ' s1 ', context => '{"page": {"url": "/"}}', options => '{"x": true}', event_id => ' e2 ', "time" => '2021-03-04 05:06:08+00'));
SELECT external_id, type, kind, source_id, test.profile(profile_id) AS profile, test.session(session_id) AS session, properties, context, time AT TIME ZONE 'UTC' AS utc
FROM tracardi.event WHERE type = 'order-placed' ORDER BY time;
-- NULL is as good as nothing, for whatever has a default in the payload.
SELECT events, profile, session, errors FROM test.answer(tracardi.track('a', NULL, profile_id => NULL, session_id => NULL, context => NULL, options => NULL, event_id => NULL, "time" => NULL));
SELECT properties, context FROM tracardi.event WHERE type = 'a' ORDER BY time DESC LIMIT 1;
-- A source must be named; blank or null is none.
SELECT test.error($$SELECT tracardi.track('a', '{}', source_id => NULL)$$);
SELECT test.code($$SELECT tracardi.track('a', '{}', source_id => ' ')$$);
SELECT test.error(format($$SELECT tracardi.track('a', '{}', profile_id => %L)$$, repeat('x', 256)));
SELECT test.code(format($$SELECT tracardi.track('a', '{}', profile_id => 'p1', session_id => %L)$$, repeat('x', 256)));
-- What is wrong with the event itself is told in the answer, as for a payload's event.
SELECT events, errors FROM test.answer(tracardi.track(NULL, '{}'));
SELECT events, errors FROM test.answer(tracardi.track(' ', '{}'));
SELECT events, errors FROM test.answer(tracardi.track('a', '[1]'));
SELECT events, replace(errors, repeat('x', 255), 'xxx...') AS errors FROM test.answer(tracardi.track('a', '{}', event_id => repeat('x', 256)));
SELECT events, errors FROM test.answer(tracardi.track('a', '{}', context => '1'));
SELECT count(*) FROM tracardi.event_rejected;

-- Options say of the call what they say of a payload.
SELECT test.reset();
SELECT * FROM test.answer(tracardi.track('ephemeral', '{}', profile_id => 'p1', session_id => 's1', options => '{"saveEvents": false}'));
SELECT * FROM test.answer(tracardi.track('nobody', '{}', profile_id => 'p1', session_id => 's1', options => '{"profileLess": true}'));
SELECT * FROM test.answer(tracardi.track('unsaved-profile', '{}', profile_id => 'p1', options => '{"saveProfile": false}'));
SELECT * FROM test.answer(tracardi.track('unsaved-session', '{}', profile_id => 'p1', session_id => 's2', options => '{"saveSession": false}'));
SELECT kind, type, profile, session FROM test.event;
SELECT * FROM test.sessions;

-- collect(): without a session the event belongs to nobody; with one it is whose the session is.
SELECT test.reset();
SELECT * FROM test.answer(tracardi.collect('Form Sent', 'web', '{"mail": "a@example.com"}'));
SELECT * FROM test.answer(tracardi.collect('form-sent', 'web', '{}', 's1'));
SELECT * FROM test.answer(tracardi.collect('form-sent', 'web', '{}', session_id => ' s1 '));
SELECT * FROM test.answer(tracardi.collect('form-sent', 'web', NULL, ' '));
SELECT * FROM test.answer(tracardi.collect('form-sent', 'web', '[]'));
SELECT * FROM test.answer(tracardi.collect(NULL, 'web', '{}'));
SELECT test.code($$SELECT tracardi.collect('a', NULL, '{}')$$);
SELECT kind, type, profile, session FROM test.event;
SELECT * FROM test.sessions;

-- Beside a business write, from a function with an application's own path.
CREATE TABLE test.orders (id int PRIMARY KEY, total numeric);
SET search_path = test, tracardi;
WITH placed AS (INSERT INTO orders VALUES (1, 13.45), (2, 8) RETURNING *)
SELECT id, events, profile FROM placed, answer(track('order-placed', to_jsonb(placed), profile_id => 'customer-42', event_id => 'order-' || id));
RESET search_path;
SELECT external_id, properties FROM tracardi.event WHERE type = 'order-placed' ORDER BY external_id;
DROP TABLE test.orders;
