-- A workflow that fails leaves everything else as it is: the event, the other workflows, the caller's transaction.
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE TABLE flow.log (n int GENERATED ALWAYS AS IDENTITY, workflow text, said jsonb);
CREATE TABLE flow.orders (id int PRIMARY KEY);
-- An answer's errors, without the events' ids.
CREATE FUNCTION flow.errors(answer jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s %s %s %s', coalesce(e ->> 'event', 'null'), e ->> 'code', e ->> 'path', e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e
$$;
-- The recorded failures, and that each is about the event that it names.
CREATE VIEW flow.failure AS
SELECT f.workflow, f.code, f.message, f.attempts, f.event ->> 'type' AS type, f.event = to_jsonb(e) AS whole, f.first_failed_at = f.last_failed_at AS once
FROM tracardi.workflow_failure f LEFT JOIN tracardi.event e ON e.id = f.event_id ORDER BY f.id;
-- The system events that tell of them.
CREATE VIEW flow.told AS
SELECT e.properties - 'event' AS properties, (SELECT t.type FROM tracardi.event t WHERE t.id::text = e.properties #>> '{event,id}') AS type,
       e.properties #>> '{event,type}' AS told_type, e.kind, e.tags, e.source_id
FROM tracardi.event e WHERE type = 'workflow-failed' ORDER BY e.time, e.id;
CREATE FUNCTION flow.forget() RETURNS void LANGUAGE sql AS $$
  TRUNCATE flow.log RESTART IDENTITY;
  TRUNCATE tracardi.event, tracardi.workflow_failure;
$$;

CREATE FUNCTION flow.works() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties);
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, NEW.type));
  RETURN NULL;
END
$$;
-- Does whatever a workflow may do, and fails.
CREATE FUNCTION flow.fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties);
  UPDATE tracardi.profile SET traits = '{"failed": true}' WHERE id = NEW.profile_id;
  PERFORM tracardi.respond('{"failed": true}'), tracardi.add_ux('{"tag": "failed"}'), tracardi.track('nested', '{}');
  SET work_mem = '1MB';
  PERFORM set_config('tracardi_test.left', 'behind', false);
  RAISE EXCEPTION 'it failed' USING DETAIL = 'A detail.', HINT = 'A hint.';
END
$$;
SELECT tracardi.create_workflow('1 works', 'flow.works', event_type => 'a'), tracardi.create_workflow('2 fails', 'flow.fails', event_type => 'a'),
       tracardi.create_workflow('3 works', 'flow.works', event_type => 'a');
BEGIN;
INSERT INTO flow.orders VALUES (1);
SELECT a -> 'response' AS response, a -> 'ux' AS ux, flow.errors(a) FROM tracardi.track('a', '{"x": 1}', profile_id => 'customer-42') AS a;
INSERT INTO flow.orders VALUES (2);
COMMIT;
SELECT id FROM flow.orders;
SELECT workflow, said FROM flow.log ORDER BY n;
SELECT type, kind FROM tracardi.event WHERE kind <> 'system';
SELECT external_id, traits FROM tracardi.profile;
SHOW work_mem;
SELECT current_setting('tracardi_test.left', true) AS "left";
SELECT * FROM flow.failure;
SELECT * FROM flow.told;
-- The answer's entry names the event.
SELECT a #>> '{errors,0,id}' = a #>> '{events,1}' AS same_id, a #>> '{errors,0,event}' AS event
FROM tracardi.track('{"source": {"id": "web"}, "events": [{"type": "b"}, {"type": "a"}]}') AS a;
-- The kind of error is kept, also one that is the function's own.
CREATE FUNCTION flow.raises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE NEW.properties ->> 'how'
    WHEN 'unique' THEN INSERT INTO flow.orders VALUES (1);
    WHEN 'zero' THEN PERFORM 1 / 0;
    WHEN 'table' THEN PERFORM * FROM flow.nowhere;
    WHEN 'return' THEN NULL;
    WHEN 'lock' THEN RAISE lock_not_available;
    ELSE RAISE EXCEPTION '%', NEW.properties ->> 'how' USING ERRCODE = NEW.properties ->> 'how';
  END CASE;
END
$$;
SELECT tracardi.create_workflow('raises', 'flow.raises', event_type => 'raise');
SELECT how, e #>> '{errors,0,code}' AS code FROM unnest('{unique,zero,table,return,lock,P0001,22031,23P01,XX000,MYERR,UE001,58030}'::text[]) how, tracardi.track('raise', jsonb_build_object('how', how)) e;
SELECT code FROM tracardi.workflow_failure WHERE workflow = 'raises' ORDER BY id;
-- Not told where that system event is switched off; recorded all the same.
UPDATE tracardi.system_event SET enabled = false WHERE type = 'workflow-failed';
SELECT flow.forget();
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow, code FROM flow.failure;
SELECT count(*) FROM tracardi.event WHERE kind = 'system';
UPDATE tracardi.system_event SET enabled = true;
DELETE FROM tracardi.workflow;

-- In a batch the events before and after the failing one are as if it were not there.
CREATE FUNCTION flow.fails_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties);
  PERFORM tracardi.add_ux(NEW.properties);
  IF (NEW.properties ->> 'fail')::boolean THEN
    RAISE EXCEPTION 'it failed at %', NEW.properties ->> 'n';
  END IF;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('fails at', 'flow.fails_at', event_type => 'a'), tracardi.create_workflow('works', 'flow.works', event_type => 'a');
CREATE FUNCTION flow.batch(size int, failing int[]) RETURNS jsonb LANGUAGE sql AS $$
  SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', '{"id": "s"}'::jsonb, 'events',
    jsonb_agg(jsonb_build_object('type', 'a', 'properties', jsonb_build_object('n', n, 'fail', n = ANY (failing))) ORDER BY n)))
  FROM generate_series(0, size - 1) n
$$;
CREATE FUNCTION flow.ran() RETURNS TABLE (workflow text, events bigint, distinct_events bigint, in_order boolean, subtransactions bigint) LANGUAGE sql AS $$
  SELECT workflow, count(*), count(DISTINCT said), array_agg((said ->> 'n')::int ORDER BY n) = array_agg((said ->> 'n')::int ORDER BY (said ->> 'n')::int), count(DISTINCT xmin::text)
  FROM flow.log GROUP BY workflow ORDER BY workflow
$$;
SELECT flow.forget();
SELECT flow.errors(a), jsonb_array_length(a -> 'ux') AS ux FROM flow.batch(100, '{50}') AS a;
SELECT * FROM flow.ran();
SELECT said -> 'n' AS ran_for_the_failing FROM flow.log WHERE (said ->> 'fail')::boolean AND workflow = 'fails at';
SELECT count(*) FROM tracardi.event WHERE type = 'a';
SELECT workflow, message FROM flow.failure;
-- At the first, at the last, at several, at all; each failure once.
SELECT failing, (SELECT string_agg(e ->> 'event', ', ' ORDER BY n) FROM jsonb_array_elements(a -> 'errors') WITH ORDINALITY e (e, n)) AS failed,
       (SELECT string_agg(u ->> 'n', ', ' ORDER BY n) FROM jsonb_array_elements(a -> 'ux') WITH ORDINALITY u (u, n)) AS done
FROM unnest('{"{0}","{9}","{0,9}","{3,4}","{1,3,5,7,9}","{0,1,2,3,4,5,6,7,8,9}"}'::text[]) AS failing, flow.batch(10, failing::int[]) a;
-- What goes well alone and fails when it is done again is tried event by event.
CREATE SEQUENCE flow.calls;
CREATE FUNCTION flow.fails_by_call() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  call bigint := nextval('flow.calls');
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties);
  IF call IN (3, 5) THEN RAISE EXCEPTION 'it failed at call %', call; END IF;
  RETURN NULL;
END
$$;
UPDATE tracardi.workflow SET function = 'flow.fails_by_call' WHERE name = 'fails at';
SELECT flow.forget();
SELECT flow.errors(flow.batch(4, '{}'));
SELECT said -> 'n' AS done FROM flow.log WHERE workflow = 'fails at' ORDER BY n;
UPDATE tracardi.workflow SET function = 'flow.fails_at' WHERE name = 'fails at';

-- 10,000 events in one call: one subtransaction a workflow, and two more after a failure.
SELECT flow.forget();
SELECT count(*) AS errors FROM flow.batch(10000, '{}') a, flow.errors(a);
SELECT * FROM flow.ran();
SELECT count(DISTINCT xmin::text) AS subtransactions FROM tracardi.event WHERE type = 'a';
SELECT flow.forget();
SELECT count(*) AS errors FROM flow.batch(10000, '{5000}') a, flow.errors(a);
SELECT * FROM flow.ran();
DELETE FROM tracardi.workflow;

-- What concerns more than the workflow passes: cancel, serialization failures, out of memory or disk, shutdown.
CREATE FUNCTION flow.sleeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties);
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, 'started'));
  SET work_mem = '1MB';
  PERFORM pg_sleep((NEW.properties ->> 'seconds')::float);
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, 'slept'));
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.cancels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow) VALUES (TG_NAME);
  PERFORM pg_cancel_backend(pg_backend_pid());
  PERFORM pg_sleep(20);
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('sleeps', 'flow.sleeps', event_type => 'sleep', timeout => '10 s'), tracardi.create_workflow('cancels', 'flow.cancels', event_type => 'cancel'),
       tracardi.create_workflow('raises', 'flow.raises', event_type => 'raise'), tracardi.create_workflow('works', 'flow.works', event_type => 'work');
-- The session is usable afterwards, with its own role, path and settings, and as if nothing had been.
CREATE FUNCTION flow.usable() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(', ', CASE WHEN current_user = session_user THEN 'same role' END, current_setting('search_path'), current_setting('work_mem'),
    (SELECT a ->> 'response' FROM tracardi.track('work', '{}') a), test.code('SELECT tracardi.respond(''{}'')'),
    (SELECT count(*) FROM flow.log WHERE workflow <> 'works'), (SELECT count(*) FROM tracardi.workflow_failure))
$$;
SELECT flow.forget();
SET statement_timeout = '200ms';
SELECT tracardi.track('sleep', '{"seconds": 20}');
RESET statement_timeout;
SELECT flow.usable();
SELECT tracardi.track('cancel', '{}');
SELECT flow.usable();
-- Within the caller's own EXCEPTION block as well.
BEGIN;
SAVEPOINT before;
SET LOCAL statement_timeout = '200ms';
SELECT tracardi.track('sleep', '{"seconds": 20}');
ROLLBACK TO before;
SELECT flow.usable();
DO $$
BEGIN
  PERFORM tracardi.track('cancel', '{}');
EXCEPTION WHEN query_canceled THEN
  RAISE WARNING 'canceled; %', flow.usable();
END
$$;
SELECT flow.usable();
ROLLBACK;
SELECT code, test.code(format('SELECT tracardi.track(''raise'', ''{"how": "%s"}'')', code)) AS passed
FROM unnest('{40001,40P01,40000,53100,53200,57P01,57P03}'::text[]) AS code;
SELECT flow.usable();
-- A lock that was not got in time is the workflow's own affair.
SELECT flow.errors(tracardi.track('raise', '{"how": "55P03"}'));

-- A workflow that takes too long is cancelled and recorded; the others run, and nothing of it is left.
SELECT flow.forget();
UPDATE tracardi.workflow SET timeout = '200 ms', event_type = 'slow' WHERE name = 'sleeps';
SELECT tracardi.create_workflow('after', 'flow.works', event_type => 'slow'), tracardi.create_workflow('zz after', 'flow.works', event_type => 'slow');
SELECT clock_timestamp() AS started \gset
SELECT a -> 'response' AS response, flow.errors(a) FROM tracardi.track('slow', '{"seconds": 20}') a;
SELECT clock_timestamp() - :'started' < '10 s' AS in_time;
SELECT workflow, code, message, type FROM flow.failure;
-- Its end cancels nothing that comes later.
SELECT pg_sleep(0.4);
SELECT flow.usable();
-- Without a limit of its own the setting's counts; 0 is none.
UPDATE tracardi.workflow SET timeout = NULL WHERE name = 'sleeps';
SELECT boot_val, unit FROM pg_settings WHERE name = 'tracardi.workflow_timeout';
SET tracardi.workflow_timeout = '200ms';
SELECT flow.errors(tracardi.track('slow', '{"seconds": 20}'));
UPDATE tracardi.workflow SET timeout = '0' WHERE name = 'sleeps';
SELECT flow.errors(tracardi.track('slow', '{"seconds": 0.4}'));
UPDATE tracardi.workflow SET timeout = '10 s' WHERE name = 'sleeps';
SELECT flow.errors(tracardi.track('slow', '{"seconds": 0.4}'));
SET tracardi.workflow_timeout = 0;
UPDATE tracardi.workflow SET timeout = NULL WHERE name = 'sleeps';
SELECT flow.errors(tracardi.track('slow', '{"seconds": 0.4}'));
RESET tracardi.workflow_timeout;
-- A limit of less than a millisecond is not none.
UPDATE tracardi.workflow SET timeout = '0.1 ms' WHERE name = 'sleeps';
SELECT flow.errors(tracardi.track('slow', '{"seconds": 0.4}'));
-- In a batch, the event at which it was.
UPDATE tracardi.workflow SET timeout = '300 ms' WHERE name = 'sleeps';
SELECT flow.errors(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "slow", "properties": {"seconds": 0}}, {"type": "slow", "properties": {"seconds": 20}}, {"type": "slow", "properties": {"seconds": 0}}]}'));
-- statement_timeout stays what it is, also when both are near.
SET statement_timeout = '10 s';
SELECT flow.errors(tracardi.track('slow', '{"seconds": 20}'));
RESET statement_timeout;
-- A function that catches the cancel has failed nevertheless, and does not go on for ever.
CREATE FUNCTION flow.catches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 10 LOOP
    BEGIN
      PERFORM pg_sleep(1);
    EXCEPTION WHEN query_canceled THEN
      PERFORM tracardi.respond('{"caught": true}');
    END;
  END LOOP;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('catches', 'flow.catches', event_type => 'catch', timeout => '200 ms');
SELECT clock_timestamp() AS started \gset
SELECT a -> 'response' AS response, ARRAY(SELECT flow.errors(a)) AS errors FROM tracardi.track('catch', '{}') a;
SELECT clock_timestamp() - :'started' < '5 s' AS in_time;
-- Limits of workflows within workflows: each has its own, and the outer one's counts for all that is within.
CREATE FUNCTION flow.calls_slow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  FOR i IN 1 .. 3 LOOP
    answer := tracardi.track('slow', NEW.properties);
    PERFORM tracardi.add_ux(jsonb_build_object('inner', (SELECT jsonb_agg(e -> 'code') FROM jsonb_array_elements(answer -> 'errors') e)));
  END LOOP;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('outer', 'flow.calls_slow', event_type => 'outer', timeout => '20 s');
SELECT clock_timestamp() AS started \gset
SELECT a -> 'ux' AS ux, ARRAY(SELECT flow.errors(a)) AS errors FROM tracardi.track('outer', '{"seconds": 3}') a;
SELECT clock_timestamp() - :'started' < '5 s' AS in_time;
UPDATE tracardi.workflow SET timeout = '20 s' WHERE name = 'sleeps';
UPDATE tracardi.workflow SET timeout = '300 ms' WHERE name = 'outer';
SELECT clock_timestamp() AS started \gset
SELECT a -> 'ux' AS ux, ARRAY(SELECT flow.errors(a)) AS errors FROM tracardi.track('outer', '{"seconds": 3}') a;
SELECT clock_timestamp() - :'started' < '5 s' AS in_time;
SELECT flow.forget();
SELECT flow.usable();
DELETE FROM tracardi.workflow;

-- track() within a workflow: as deep as the setting says, then a clear error in the workflow that goes too far.
CREATE FUNCTION flow.tracks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties);
  PERFORM tracardi.track(NEW.type, jsonb_build_object('depth', (NEW.properties ->> 'depth')::int + 1));
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('tracks', 'flow.tracks', event_type => 'again');
SELECT flow.forget();
SHOW tracardi.workflow_depth;
SELECT flow.errors(tracardi.track('again', '{"depth": 1}'));
SELECT type, properties FROM tracardi.event WHERE kind <> 'system' ORDER BY time, id;
SELECT workflow, code, message, type FROM flow.failure;
SELECT properties -> 'depth' AS depth FROM tracardi.event e JOIN tracardi.workflow_failure f ON f.event_id = e.id;
SET tracardi.workflow_depth = 1;
SELECT flow.errors(tracardi.track('again', '{"depth": 1}'));
RESET tracardi.workflow_depth;
-- The function may catch it.
CREATE FUNCTION flow.tracks_carefully() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  PERFORM tracardi.track(NEW.type, '{}');
  RETURN NULL;
EXCEPTION WHEN statement_too_complex THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, to_jsonb(hint));
  RETURN NULL;
END
$$;
UPDATE tracardi.workflow SET function = 'flow.tracks_carefully';
SELECT flow.forget();
SET tracardi.workflow_depth = 2;
SELECT flow.errors(tracardi.track('again', '{}'));
RESET tracardi.workflow_depth;
SELECT workflow, said FROM flow.log;
SELECT count(*) FROM tracardi.event;
DELETE FROM tracardi.workflow;
-- A failure within is told within; the outer one is well.
CREATE FUNCTION flow.hands_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('inner', (SELECT jsonb_agg(e) FROM flow.errors(tracardi.track('a', '{}')) e)));
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('outer', 'flow.hands_on', event_type => 'outer'), tracardi.create_workflow('inner', 'flow.fails', event_type => 'a');
SELECT flow.forget();
SELECT a -> 'response' AS response, a -> 'errors' AS errors FROM tracardi.track('outer', '{}') a;
SELECT workflow, type FROM flow.failure;
DELETE FROM tracardi.workflow;

-- A workflow hears of failures, also of one whose name comes after its own; never of its own.
CREATE FUNCTION flow.hears() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties - 'event');
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.hears_and_fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% heard of %', TG_NAME, NEW.properties ->> 'workflow';
END
$$;
SELECT tracardi.create_workflow('alert', 'flow.hears', event_type => 'workflow-failed'), tracardi.create_workflow('zz fails', 'flow.fails', event_type => 'a'),
       tracardi.create_workflow('aa fails', 'flow.fails', event_type => 'a');
SELECT flow.forget();
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow, said FROM flow.log ORDER BY n;
-- It hears of those that are about all events once each, too.
UPDATE tracardi.workflow SET event_type = NULL WHERE name LIKE '% fails';
SELECT flow.forget();
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow, said FROM flow.log ORDER BY n;
DELETE FROM tracardi.workflow;
-- Alerts that fail themselves: they end, whoever hears of whom.
SELECT tracardi.create_workflow('alert 1', 'flow.hears_and_fails', event_type => 'workflow-failed'), tracardi.create_workflow('alert 2', 'flow.hears_and_fails', event_type => 'workflow-failed'),
       tracardi.create_workflow('fails', 'flow.fails', event_type => 'a');
SELECT flow.forget();
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow, message, type FROM flow.failure WHERE type = 'a' OR message LIKE '% heard of fails';
SELECT count(*) BETWEEN 3 AND 5 AS ended FROM tracardi.workflow_failure;
DELETE FROM tracardi.workflow;
-- Ten that are about all events and fail at all of them: they hear of each other, but not of each other's hearing.
SELECT count(tracardi.create_workflow('fails ' || n, 'flow.hears_and_fails', timeout => '10 s')) FROM generate_series(1, 10) n;
SELECT flow.forget();
SET statement_timeout = '20 s';
SELECT count(*) AS errors FROM tracardi.track('a', '{}') a, flow.errors(a);
RESET statement_timeout;
SELECT count(*) FROM tracardi.workflow_failure WHERE event ->> 'type' = 'a';
SELECT count(*) <= 10 + 10 * 9 AS ended FROM tracardi.workflow_failure;
DELETE FROM tracardi.workflow;
-- An alert that tracks an event whose workflow fails: no circle either.
CREATE FUNCTION flow.hears_and_tracks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties - 'event');
  PERFORM tracardi.track('a', '{}');
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('alert', 'flow.hears_and_tracks', event_type => 'workflow-failed'), tracardi.create_workflow('fails', 'flow.fails', event_type => 'a');
SELECT flow.forget();
SET tracardi.workflow_depth = 3;
SELECT flow.errors(tracardi.track('a', '{}'));
RESET tracardi.workflow_depth;
SELECT count(*) < 10 AS ended FROM tracardi.workflow_failure;
DELETE FROM tracardi.workflow;

-- A function that is gone: one failure, not one an event; then it is not called until it is set to ready.
CREATE FUNCTION flow.gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO flow.log (workflow) VALUES (TG_NAME); RETURN NULL; END';
SELECT tracardi.create_workflow('gone', 'flow.gone', event_type => 'a'), tracardi.create_workflow('works', 'flow.works', event_type => 'a');
DROP FUNCTION flow.gone();
SELECT flow.forget();
SELECT flow.errors(flow.batch(5, '{}'));
SELECT flow.errors(flow.batch(5, '{}'));
SELECT workflow, code, message FROM flow.failure;
SELECT properties - 'event' AS told FROM flow.told;
SELECT workflow, count(*) FROM flow.log GROUP BY workflow;
SELECT name, status FROM tracardi.workflow ORDER BY name;
SELECT test.code($$UPDATE tracardi.workflow SET status = 'ready'$$);
CREATE FUNCTION flow.gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO flow.log (workflow) VALUES (TG_NAME); RETURN NULL; END';
SELECT flow.errors(tracardi.track('a', '{}'));
UPDATE tracardi.workflow SET status = 'ready' WHERE name = 'gone';
TRUNCATE flow.log;
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow FROM flow.log ORDER BY n;
-- Renamed, moved, or made anew as something else: the same.
ALTER FUNCTION flow.gone() RENAME TO elsewhere;
SELECT flow.errors(tracardi.track('a', '{}'));
DROP FUNCTION flow.elsewhere();
CREATE FUNCTION flow.gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE tracardi.workflow SET status = 'ready';
DROP FUNCTION flow.gone();
CREATE FUNCTION flow.gone() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT name, status FROM tracardi.workflow ORDER BY name;
-- What the caller rolls back is told again.
DROP FUNCTION flow.gone();
CREATE FUNCTION flow.gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE tracardi.workflow SET status = 'ready';
DROP FUNCTION flow.gone();
BEGIN;
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT status FROM tracardi.workflow WHERE name = 'gone';
ROLLBACK;
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT status FROM tracardi.workflow WHERE name = 'gone';

DELETE FROM tracardi.workflow;
DROP SCHEMA flow CASCADE;
SELECT test.reset();
RESET client_min_messages;
