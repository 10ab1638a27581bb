-- track() is part of the caller's transaction: it commits and rolls back with the business write beside it.
SELECT test.reset();
CREATE TABLE test.orders (id int PRIMARY KEY, total numeric CHECK (total > 0));

-- Together or not at all.
BEGIN;
INSERT INTO test.orders VALUES (1, 10);
SELECT events FROM test.answer(tracardi.track('order', '{"id": 1}', profile_id => 'customer-1', session_id => 's1', event_id => 'order-1'));
COMMIT;
BEGIN;
INSERT INTO test.orders VALUES (2, 10);
SELECT events FROM test.answer(tracardi.track('order', '{"id": 2}', profile_id => 'customer-2', session_id => 's2', event_id => 'order-2'));
ROLLBACK;
-- In one statement, whose other half fails after track() was called.
SELECT test.code($$WITH tracked AS MATERIALIZED (SELECT tracardi.track('order', '{"id": 3}', profile_id => 'customer-3', event_id => 'order-3') AS a)
  INSERT INTO test.orders SELECT 3, CASE WHEN a IS NULL THEN 1 ELSE -1 END FROM tracked$$);
SELECT (SELECT array_agg(id) FROM test.orders) AS orders, (SELECT array_agg(external_id) FROM tracardi.event WHERE kind <> 'system') AS events,
       (SELECT count(*) FROM tracardi.event WHERE kind = 'system') AS system_events, (SELECT count(*) FROM tracardi.event_key) AS keys,
       (SELECT array_agg(external_id) FROM tracardi.profile) AS profiles, (SELECT array_agg(external_id) FROM tracardi.session) AS sessions;
-- Rejected events are part of it as well.
BEGIN;
SELECT errors FROM test.answer(tracardi.track('order', '[]'));
ROLLBACK;
SELECT count(*) FROM tracardi.event_rejected;

-- ROLLBACK TO leaves nothing, and nothing in caches: a source, and a switch, that were rolled back are not there.
BEGIN;
SAVEPOINT s;
SELECT tracardi.create_source('new');
SELECT test.code($$SELECT tracardi.track('a', '{}', 'new')$$) AS created;
ROLLBACK TO s;
SELECT test.code($$SELECT tracardi.track('a', '{}', 'new')$$) AS rolled_back;
SELECT tracardi.create_source('new', ephemeral => true);
SELECT test.code($$SELECT tracardi.track('a', '{}', 'new')$$) AS created_again;
ROLLBACK;
SELECT test.code($$SELECT tracardi.track('a', '{}', 'new')$$) AS rolled_back;
BEGIN;
UPDATE tracardi.system_event SET enabled = false;
SAVEPOINT s;
UPDATE tracardi.system_event SET enabled = true;
SELECT events FROM test.answer(tracardi.track('a', '{}', 'web', session_id => 'v1'));
ROLLBACK TO s;
SELECT events FROM test.answer(tracardi.track('a', '{}', 'web', session_id => 'v2'));
SELECT session, count(*) FROM test.event WHERE session LIKE 'v_' GROUP BY 1 ORDER BY 1;
ROLLBACK;
SELECT events FROM test.answer(tracardi.track('a', '{}', 'web', session_id => 'v3'));
SELECT session, count(*) FROM test.event WHERE session LIKE 'v_' GROUP BY 1 ORDER BY 1;
-- The same in a function's EXCEPTION block.
DO $$
BEGIN
  BEGIN
    PERFORM tracardi.create_source('brief');
    PERFORM tracardi.track('a', '{}', 'brief', session_id => 'v4');
    RAISE division_by_zero;
  EXCEPTION WHEN division_by_zero THEN
    RAISE NOTICE 'after it: %', test.code($q$SELECT tracardi.track('a', '{}', 'brief')$q$);
  END;
END
$$;
SELECT count(*) FROM tracardi.session WHERE external_id = 'v4';
-- A session and a profile that were rolled back are made anew, and announced anew.
BEGIN;
SAVEPOINT s;
SELECT profile FROM test.answer(tracardi.track('a', '{}', 'web', session_id => 'v5'));
ROLLBACK TO s;
SELECT profile IS NOT NULL AS has_profile FROM test.answer(tracardi.track('a', '{}', 'web', session_id => 'v5'));
COMMIT;
SELECT kind, type FROM test.event WHERE session = 'v5';
SELECT count(*) FROM tracardi.profile p JOIN tracardi.session s ON s.profile_id = p.id WHERE s.external_id = 'v5';

-- Several calls in one statement see each other: one session, one profile, announced once.
SELECT test.reset();
SELECT count(DISTINCT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "a"}]}') #>> '{profile,id}') AS profiles FROM generate_series(1, 3);
SELECT count(DISTINCT a) AS different FROM (SELECT tracardi.track('a', '{}', profile_id => 'p1', session_id => 's2') -> 'profile' AS a
  UNION ALL SELECT tracardi.track('b', '{}', profile_id => 'p1', session_id => 's2') -> 'profile') AS t;
SELECT kind, type, count(*) FROM tracardi.event GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM test.profiles;
SELECT * FROM test.sessions;
-- Also where the statement began before: a STABLE look at the tables is older than what the call finds.
SELECT n, a.profile, (SELECT count(*) FROM tracardi.event WHERE type = 'c') AS of_the_snapshot
FROM generate_series(1, 2) AS n, test.answer(tracardi.track('c', '{}', profile_id => 'p3')) a;
-- In REPEATABLE READ and SERIALIZABLE it is all the same, for one backend by itself.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT a.profile, a.session FROM test.answer(tracardi.track('a', '{}', profile_id => 'p4', session_id => 's4', event_id => 'i1')) a;
SELECT a.profile, a.session, a.warnings FROM test.answer(tracardi.track('a', '{}', profile_id => 'p4', session_id => 's4', event_id => 'i1')) a;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT a.profile, a.session FROM test.answer(tracardi.track('a', '{}', profile_id => 'p5', session_id => 's5', event_id => 'i2')) a;
SELECT a.profile, a.session, a.warnings FROM test.answer(tracardi.track('a', '{}', profile_id => 'p5', session_id => 's5', event_id => 'i2')) a;
COMMIT;

-- READ ONLY: what would be stored is 25006; ephemeral events and no events are welcome.
SELECT tracardi.create_source('sensor', ephemeral => true);
BEGIN READ ONLY;
SELECT test.error($$SELECT tracardi.track('a', '{}')$$);
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a"}]}')$$) AS payload,
       test.code($$SELECT tracardi.collect('a', 'web', '{}')$$) AS collect,
       test.code($$SELECT tracardi.retry_rejected('018f0000-0000-7000-8000-000000000000')$$) AS retry,
       test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": 1}]}')$$) AS to_be_kept;
-- What is wrong with the call itself is said as ever.
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "nobody"}, "events": [{"type": "a"}]}')$$) AS source, test.code($$SELECT tracardi.track('[]')$$) AS form;
SELECT a.events, a.profile, a.session, a.errors FROM test.answer(tracardi.track('{"source": {"id": "sensor"}, "session": {"id": "s4"}, "profile": {"id": "p5"}, "events": [{"type": "a"}, {"type": 1}]}')) a;
SELECT a.events, a.profile FROM test.answer(tracardi.track('{"source": {"id": "web"}, "options": {"saveEvents": false}, "session": {"id": "nobody"}, "events": [{"id": "x", "type": "a"}]}')) a;
SELECT tracardi.track('{"source": {"id": "web"}}') IS NULL AS nothing;
COMMIT;

-- An ephemeral call takes no transaction id, whatever else the backend did before; a stored event does.
BEGIN;
SELECT a.events, a.profile FROM test.answer(tracardi.track('{"source": {"id": "sensor"}, "session": {"id": "s4"}, "profile": {"id": "p4"}, "events": [{"id": "x", "type": "a"}, {"type": "b"}]}')) a;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
SELECT a.events FROM test.answer(tracardi.track('a', '{}', options => '{"saveEvent": false}')) a;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
SELECT a.events FROM test.answer(tracardi.track('a', '{}')) a;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
ROLLBACK;
-- Each stored event tells its transaction: the top-level one.
BEGIN;
SAVEPOINT s;
SELECT a.events FROM test.answer(tracardi.track('a', '{}', event_id => 'of-this')) a;
RELEASE s;
SELECT xact = pg_current_xact_id() AS this FROM tracardi.event WHERE external_id = 'of-this';
COMMIT;

-- Two-phase commit.
BEGIN;
SELECT a.events FROM test.answer(tracardi.track('a', '{}', profile_id => 'p6', session_id => 's6', event_id => 'prepared-1')) a;
PREPARE TRANSACTION 'regress_1';
SELECT a.events FROM test.answer(tracardi.track('a', '{}', event_id => 'other')) a;
SELECT count(*) FROM tracardi.event WHERE external_id = 'prepared-1';
COMMIT PREPARED 'regress_1';
SELECT count(*) FROM tracardi.event WHERE external_id = 'prepared-1';
BEGIN;
SELECT a.events FROM test.answer(tracardi.track('a', '{}', event_id => 'prepared-2')) a;
PREPARE TRANSACTION 'regress_2';
ROLLBACK PREPARED 'regress_2';
SELECT a.events, a.warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'prepared-2')) a;
-- A prepared change of the configuration counts from its commit.
BEGIN;
UPDATE tracardi.event_source SET enabled = false WHERE id = 'web';
SELECT test.code($$SELECT tracardi.track('a', '{}', 'web')$$) AS before_prepare;
PREPARE TRANSACTION 'regress_3';
SELECT test.code($$SELECT tracardi.track('a', '{}', 'web')$$) AS prepared;
COMMIT PREPARED 'regress_3';
SELECT test.code($$SELECT tracardi.track('a', '{}', 'web')$$) AS committed;
DROP TABLE test.orders;
