-- The kinds of events are kept by constraints of the table, whoever writes to it: every breach is 23514.
SELECT test.reset();

-- ETL gives id, type, kind and time; everything else has a default.
INSERT INTO tracardi.event (id, type, kind, time) VALUES ('10000000-0000-4000-8000-000000000001', 'import', 'profileless', '2020-02-03 04:05:06+00');
INSERT INTO tracardi.event (id, type, kind, time) VALUES ('10000000-0000-4000-8000-000000000002', 'session-opened', 'system', '2020-02-03 04:05:06+00');
INSERT INTO tracardi.event (id, type, kind, time, profile_id)
VALUES ('10000000-0000-4000-8000-000000000003', 'import', 'profile', '2020-02-03 04:05:06+00', tracardi.id('customer-42'));
SELECT type, kind, source_id, session_id, profile_id = tracardi.id('customer-42') AS of_customer, properties, context, tags, valid, errors,
       received_at <= now() AS received, xact IS NOT NULL AS has_xact
FROM tracardi.event ORDER BY id;
INSERT INTO tracardi.profile (id) VALUES (tracardi.id('customer-42'));
INSERT INTO tracardi.session (id) VALUES (tracardi.id('s1'));
SELECT external_id, primary_id, data, traits, interests, consents, segments, visit_count,
       num_nulls(first_seen_at, last_seen_at, created_at, updated_at) AS missing FROM tracardi.profile;
SELECT external_id, profile_id, source_id, status, ended_at, device, os, app, utm, context, properties,
       num_nulls(started_at, last_seen_at) AS missing FROM tracardi.session;

-- Each way to break a kind by INSERT: a profile event without a profile, a profileless one with a profile, one that is
-- called ephemeral, a kind that does not exist, a system event of a type that is not registered.
CREATE TABLE test.breach (n int, kind text, type text, profile_id uuid);
INSERT INTO test.breach VALUES
  (1, 'profile', 'page-view', NULL),
  (2, 'profileless', 'page-view', tracardi.id('customer-42')),
  (3, 'ephemeral', 'page-view', NULL),
  (4, 'ephemeral', 'page-view', tracardi.id('customer-42')),
  (5, 'Profile', 'page-view', tracardi.id('customer-42')),
  (6, '', 'page-view', NULL),
  (7, 'system', 'page-view', NULL),
  (8, 'system', 'page-view', tracardi.id('customer-42')),
  (9, 'system', 'Session-Opened', NULL);
SELECT n, kind, type, test.code(format('INSERT INTO tracardi.event (id, type, kind, profile_id) VALUES (gen_random_uuid(), %L, %L, %L)', type, kind, profile_id))
FROM test.breach ORDER BY n;
-- no kind, no type, no id
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'a', NULL)$$) AS kind,
       test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), NULL, 'profileless')$$) AS type,
       test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (NULL, 'a', 'profileless')$$) AS id;
-- The same straight into a partition: no way around.
SELECT n, test.code(format('INSERT INTO tracardi.event_history (id, type, kind, profile_id, time) VALUES (gen_random_uuid(), %L, %L, %L, %L)', type, kind, profile_id, '2020-01-01 00:00:00+00'))
FROM test.breach ORDER BY n;
-- The same by COPY. (COPY reads a file or the client's input, so its error is shown by psql.)
\set VERBOSITY sqlstate
COPY tracardi.event (id, type, kind) FROM stdin;
20000000-0000-4000-8000-000000000001	page-view	profile
\.
COPY tracardi.event (id, type, kind, profile_id) FROM stdin;
20000000-0000-4000-8000-000000000002	page-view	profileless	10000000-0000-4000-8000-000000000001
\.
COPY tracardi.event (id, type, kind) FROM stdin;
20000000-0000-4000-8000-000000000003	page-view	ephemeral
\.
COPY tracardi.event (id, type, kind) FROM stdin;
20000000-0000-4000-8000-000000000004	page-view	system
\.
-- (and what is right comes in)
COPY tracardi.event (id, type, kind, time) FROM stdin;
20000000-0000-4000-8000-000000000005	page-view	profileless	2020-01-01 00:00:00+00
20000000-0000-4000-8000-000000000006	visit-started	system	2020-01-01 00:00:00+00
\.
\set VERBOSITY default
-- By UPDATE.
SELECT test.code($$UPDATE tracardi.event SET kind = 'ephemeral' WHERE kind = 'profileless'$$) AS to_ephemeral,
       test.code($$UPDATE tracardi.event SET kind = 'profileless' WHERE kind = 'profile'$$) AS to_profileless,
       test.code($$UPDATE tracardi.event SET kind = 'profile' WHERE kind = 'profileless'$$) AS to_profile,
       test.code($$UPDATE tracardi.event SET kind = 'system' WHERE kind = 'profileless'$$) AS to_system;
SELECT test.code($$UPDATE tracardi.event SET profile_id = NULL WHERE kind = 'profile'$$) AS no_profile,
       test.code($$UPDATE tracardi.event SET profile_id = tracardi.id('customer-42') WHERE kind = 'profileless'$$) AS a_profile,
       test.code($$UPDATE tracardi.event SET type = 'page-view' WHERE kind = 'system'$$) AS unregistered;
-- By MERGE and by INSERT … ON CONFLICT DO UPDATE.
SELECT test.code($$MERGE INTO tracardi.event USING (VALUES (1)) v (n) ON kind = 'profile' WHEN MATCHED THEN UPDATE SET profile_id = NULL$$) AS merge,
       test.code($$INSERT INTO tracardi.event (id, type, kind, time) VALUES ('10000000-0000-4000-8000-000000000001', 'import', 'profileless', '2020-02-03 04:05:06+00')
                   ON CONFLICT (id, time) DO UPDATE SET kind = 'profile'$$) AS upsert;
-- A session's status is one of three; what is called an object is one; visits are not counted below none.
SELECT test.code($$UPDATE tracardi.session SET status = 'open'$$) AS status,
       test.code($$UPDATE tracardi.session SET context = '[]'$$) AS context,
       test.code($$UPDATE tracardi.profile SET traits = '1'$$) AS traits,
       test.code($$UPDATE tracardi.profile SET visit_count = -1$$) AS visits;
-- Texts that may stand in an index have a bound.
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), repeat('x', 256), 'profileless')$$) AS type,
       test.code($$INSERT INTO tracardi.profile (id, external_id) VALUES (gen_random_uuid(), repeat('x', 256))$$) AS profile,
       test.code($$INSERT INTO tracardi.session (id, external_id) VALUES (gen_random_uuid(), repeat('x', 256))$$) AS session;

-- What a client sends is never a system event, whatever it calls it.
SELECT events, errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "options": {"saveSession": false}, "events": [
  {"type": "visit-started", "kind": "system"}, {"type": "visit-ended"}, {"type": "session-opened", "options": {"profileLess": true}}]}'));
SELECT kind, type FROM tracardi.event WHERE source_id = 'web' ORDER BY time;

-- A system type that is added by DML can be stored after setup(), and not before.
INSERT INTO tracardi.system_event (type, description) VALUES ('order-shipped', 'our own');
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'order-shipped', 'system')$$) AS before;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'order-shipped', 'system')$$) AS after;
-- Taking it away never narrows the list: what is stored stays valid, and can be stored again from a dump.
DELETE FROM tracardi.system_event WHERE type = 'order-shipped';
SELECT tracardi.setup(search_path => '"$user", public');
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'order-shipped', 'system')$$) AS after_delete;
-- After upkeep the constraints are known to hold for all rows, those from before included.
CALL tracardi.maintain();
SELECT bool_and(convalidated) AS validated FROM pg_constraint WHERE conrelid IN (SELECT oid FROM test.data_table);
-- A type is registered in the form in which types are stored.
SELECT test.code($$INSERT INTO tracardi.system_event (type) VALUES ('Order Shipped')$$) AS not_normalized,
       test.code($$INSERT INTO tracardi.system_event (type) VALUES ('')$$) AS empty,
       test.code($$INSERT INTO tracardi.event_type (type) VALUES (' login')$$) AS event_type;
-- A name that needs quoting is not a way in.
INSERT INTO tracardi.system_event (type) VALUES ('it''s,"{}\');
SELECT tracardi.setup(search_path => '"$user", public');
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'it''s,"{}\', 'system')$$) AS quoted,
       test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'it''s', 'system')$$) AS a_part;
DELETE FROM tracardi.system_event WHERE type LIKE 'it%';
DROP TABLE test.breach;
