-- What clients send as ids, and what becomes of them. tracardi.id() is fixed for ever: stored ids depend on it.
SELECT test.reset();

-- A UUID in canonical form is kept, in any case, with any blanks around it.
SELECT tracardi.id('0190e0a1-0000-7000-8000-00000000000a') AS lower, tracardi.id('0190E0A1-0000-7000-8000-00000000000A') AS upper,
       tracardi.id(E' \t0190e0a1-0000-7000-8000-00000000000a\n') AS blanks;
-- Any other text, another notation of a UUID included, becomes a UUIDv5 of the text, in a namespace that never changes:
-- the UUIDv5 of "tracardi" in the namespace of URLs. Case counts, blanks around it don't.
SELECT tracardi.id('customer-42') AS id, tracardi.id('  customer-42 ') = tracardi.id('customer-42') AS trimmed,
       tracardi.id('Customer-42') = tracardi.id('customer-42') AS same_in_upper_case;
SELECT t AS written, tracardi.id(t) = t::uuid AS kept, substr(tracardi.id(t)::text, 15, 1) AS version
FROM (VALUES ('{0190e0a1-0000-7000-8000-00000000000a}'), ('0190e0a100007000800000000000000a')) v (t);
-- Texts are taken as UTF-8.
SELECT tracardi.id('Zażółć gęślą jaźń 🙂') AS unicode, tracardi.id('1') AS digit;

-- Nothing is nothing.
SELECT tracardi.id(NULL) AS "null", tracardi.id('') AS empty, tracardi.id(E' \t\n') AS blank,
       tracardi.event_id('web', NULL) AS event_null, tracardi.event_id('web', ' ') AS event_blank;
-- Up to 255 characters, whatever their bytes, blanks around them not counted.
SELECT tracardi.id(repeat('é', 255)) IS NOT NULL AS fits, tracardi.id('  ' || repeat('é', 255) || '  ') = tracardi.id(repeat('é', 255)) AS trimmed_first;
SELECT test.error($$SELECT tracardi.id(repeat('é', 256))$$);
SELECT test.error($$SELECT tracardi.event_id('web', repeat('x', 256))$$);

-- An event's text id is scoped by its source; a UUID is not.
SELECT tracardi.event_id('web', 'order-1') AS web, tracardi.event_id('shop', 'order-1') AS shop,
       tracardi.event_id(' web ', ' order-1 ') = tracardi.event_id('web', 'order-1') AS trimmed,
       tracardi.event_id('web', 'order-1') = tracardi.id('order-1') AS same_as_profile,
       tracardi.event_id('web', '0190E0A1-0000-7000-8000-00000000000A') = tracardi.event_id('shop', '0190e0a1-0000-7000-8000-00000000000a') AS uuid;

-- IMMUTABLE: ETL and indexes can use it.
SELECT proname, provolatile, proparallel, proisstrict FROM pg_proc
WHERE oid IN ('tracardi.id(text)'::regprocedure, 'tracardi.event_id(text, text)'::regprocedure, 'tracardi.normalize_type(text)'::regprocedure) ORDER BY 1;
CREATE TABLE test.customer (id text, tracardi_id uuid GENERATED ALWAYS AS (tracardi.id(id)) STORED);
CREATE UNIQUE INDEX ON test.customer (tracardi.id(id));
INSERT INTO test.customer VALUES ('42'), ('43');
SELECT test.code($$INSERT INTO test.customer VALUES (' 42')$$);
SELECT id, tracardi_id = tracardi.id(id) AS same FROM test.customer ORDER BY id;
DROP TABLE test.customer;

-- Types: trimmed, lower case, each blank a hyphen.
SELECT t AS written, tracardi.normalize_type(t) AS stored
FROM (VALUES (1, 'page-view'), (2, ' Page View '), (3, 'Page  View'), (4, E'Sign\tUp'), (5, 'ÜBERWEISUNG Gesendet'), (6, 'a_b.c/d'), (7, '')) v (n, t) ORDER BY n;

-- track() stores ids so: the uuid, with the text beside it when it was none.
SELECT events, profile, session, errors FROM test.answer(tracardi.track('{"source": {"id": " shop "}, "session": {"id": " visit 1 "},
  "profile": {"id": "\tcustomer-42"}, "events": [{"id": " order-1 ", "type": " Order Placed "},
  {"id": "AAAAAAAA-0000-4000-8000-00000000000A", "type": "order-paid"}]}'));
SELECT type, source_id, external_id, id IN (tracardi.event_id('shop', 'order-1'), 'aaaaaaaa-0000-4000-8000-00000000000a') AS right_id,
       profile_id = tracardi.id('customer-42') AS right_profile, session_id = tracardi.id('visit 1') AS right_session
FROM tracardi.event WHERE kind = 'profile' ORDER BY time;
SELECT external_id FROM tracardi.profile UNION ALL SELECT external_id FROM tracardi.session;
-- UUIDs leave no text; the answer gives back what the client sent, in its case.
SELECT events, profile, session FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "AAAAAAAA-0000-4000-8000-00000000000B"},
  "profile": {"id": "AAAAAAAA-0000-4000-8000-00000000000C"}, "events": [{"id": "AAAAAAAA-0000-4000-8000-00000000000D", "type": "a"}]}'));
SELECT (SELECT external_id FROM tracardi.profile WHERE id = 'aaaaaaaa-0000-4000-8000-00000000000c') AS profile,
       (SELECT external_id FROM tracardi.session WHERE id = 'aaaaaaaa-0000-4000-8000-00000000000b') AS session,
       (SELECT external_id FROM tracardi.event WHERE id = 'aaaaaaaa-0000-4000-8000-00000000000d') AS event;
-- A blank id is no id: session and profile are made.
SELECT profile, session FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": " "}, "profile": {"id": ""}, "events": [{"id": "", "type": "a"}]}'));

-- Ids made here are UUIDv7 that strictly increase within a backend, in one call and over calls.
SELECT test.reset();
SELECT count(tracardi.track('{"source": {"id": "web"}, "options": {"profileLess": true}, "events": [{"type": "a"}, {"type": "a"}, {"type": "a"}]}'))
FROM generate_series(1, 100);
SELECT count(*), count(*) FILTER (WHERE test.is_generated(id::text)) AS generated,
       count(*) FILTER (WHERE id > before OR before IS NULL) AS increasing
FROM (SELECT id, lag(id) OVER (ORDER BY time) AS before FROM tracardi.event) AS e;
