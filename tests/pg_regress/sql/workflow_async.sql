-- Asynchronous workflows: after the event's transaction, once for each event, in steps; retries, replays, delays.
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE TABLE flow.log (n int GENERATED ALWAYS AS IDENTITY, workflow text, type text, x int, profile text, role name, path text);
CREATE FUNCTION flow.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, type, x, profile, role, path)
  VALUES (TG_NAME, NEW.type, (NEW.properties ->> 'x')::int, (SELECT external_id FROM tracardi.profile WHERE id = NEW.profile_id),
          current_user, current_setting('search_path'));
  PERFORM tracardi.respond('{"nobody": "hears"}'), tracardi.add_ux('{"nor": "this"}');
  IF NEW.properties ? 'fails' THEN
    RAISE EXCEPTION 'it failed' USING ERRCODE = NEW.properties ->> 'fails';
  END IF;
  RETURN NULL;
END
$$;
-- What workflows did since it was asked last.
CREATE FUNCTION flow.did() RETURNS TABLE (workflow text, events text) LANGUAGE sql AS $$
  WITH d AS (DELETE FROM flow.log RETURNING *)
  SELECT workflow, string_agg(concat_ws(' ', type, x, profile), ', ' ORDER BY n) FROM d GROUP BY 1 ORDER BY 1
$$;
CREATE FUNCTION flow.failures() RETURNS TABLE (workflow text, type text, code text, attempts int, status text, due interval) LANGUAGE sql AS $$
  SELECT workflow, event ->> 'type', code, attempts, status, date_trunc('second', next_attempt_at - last_failed_at)
  FROM tracardi.workflow_failure ORDER BY first_failed_at, workflow
$$;
-- Has what waits come due.
CREATE FUNCTION flow.wait() RETURNS void LANGUAGE sql AS $$
  UPDATE tracardi.workflow_failure SET next_attempt_at = now() WHERE status = 'waiting';
  UPDATE tracardi.workflow_tick SET at = at - interval '1 minute', due_at = now();
$$;
CREATE FUNCTION flow.track(type text, x int DEFAULT NULL, profile text DEFAULT NULL, fails text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  SELECT tracardi.track(type, jsonb_strip_nulls(jsonb_build_object('x', x, 'fails', fails)), profile_id => profile)
$$;

-- The first one makes an index; what was stored before is not its business.
SELECT to_regclass('tracardi.event_xact_idx');
SELECT flow.track('a', 0);
SELECT tracardi.create_workflow('all', 'flow.note', kinds => '{profile,profileless}', mode => 'async'),
       tracardi.create_workflow('b', 'flow.note', 'B', mode => 'async', condition => '$.properties.x > 2 && $.source.id == "sql"'),
       tracardi.create_workflow('sync', 'flow.note', 'b');
SELECT to_regclass('tracardi.event_xact_idx');
SELECT name, mode, starts IS NOT NULL AS starts FROM tracardi.workflow ORDER BY 1;
SELECT tracardi.run_workflows();

-- In the transaction only the synchronous one; the others after it, in the order of storing.
SELECT flow.track('a', 1, 'ann'), flow.track('b', 2, 'bob');
BEGIN;
SELECT flow.track('b', 3), flow.track('b', 4);
SELECT * FROM flow.did();
COMMIT;
BEGIN;
SELECT flow.track('a', 5);
ROLLBACK;
CALL tracardi.maintain();
SELECT * FROM flow.did();
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT tracardi.run_workflows(), tracardi.next_due();
-- event.xact is the whole transaction's, in a subtransaction, too.
BEGIN;
SAVEPOINT a;
SELECT flow.track('a', 1);
RELEASE a;
SAVEPOINT b;
SELECT flow.track('a', 2);
ROLLBACK TO b;
DO $$ BEGIN PERFORM flow.track('a', 3); EXCEPTION WHEN division_by_zero THEN NULL; END $$;
SELECT count(*) FROM tracardi.event WHERE xact = pg_current_xact_id();
COMMIT;
CALL tracardi.maintain();
SELECT * FROM flow.did();
-- An INSERT of one's own counts, too; what is not valid does not.
INSERT INTO tracardi.event (id, type, kind, time, valid) VALUES (tracardi.id('etl'), 'etl', 'profileless', '2020-02-02Z', true), (tracardi.id('bad'), 'etl', 'profileless', '2020-02-02Z', false);
CALL tracardi.maintain();
SELECT * FROM flow.did();
-- Tracked by an asynchronous workflow itself: for the next window.
CREATE FUNCTION flow.echo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM flow.track('echo', (NEW.properties ->> 'x')::int);
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('echo', 'flow.echo', 'call', mode => 'async');
SELECT flow.track('call', 7), flow.track('call', 8);
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT tracardi.drop_workflow('echo');
-- In steps of so many events.
SELECT flow.track('a', x) FROM generate_series(1, 5) x;
SELECT tracardi.run_workflows(2) > 0;
SELECT * FROM flow.did();
SELECT workflow, upto IS NOT NULL AS open, done FROM tracardi.workflow_cursor ORDER BY 1;
SELECT tracardi.run_workflows(2) > 0;
SELECT * FROM flow.did();
-- A step that is rolled back did nothing.
BEGIN;
SELECT tracardi.run_workflows() > 0;
SELECT * FROM flow.did();
ROLLBACK;
CALL tracardi.maintain();
SELECT * FROM flow.did();
-- maintain() in a transaction block, and in a function, where it can't commit.
SELECT flow.track('a', 6);
BEGIN;
CALL tracardi.maintain();
SELECT * FROM flow.did();
ROLLBACK;
DO $$ BEGIN CALL tracardi.maintain(); END $$;
SELECT * FROM flow.did();
-- Two workers, where there is more than a step.
SELECT flow.track('a', x, 'p' || x % 10) FROM generate_series(1, 40) x;
SELECT tracardi.run_workflows(10, 0, 2) > 0;
SELECT count(*), count(DISTINCT shards), min(shards) FROM tracardi.workflow_cursor WHERE workflow = 'all';
SELECT tracardi.run_workflows(1000, 1, 2) > 0, tracardi.run_workflows(1000, 0, 2) > 0;
-- Somebody else, who does not know of them, finishes.
CALL tracardi.maintain();
SELECT count(*), count(DISTINCT x) FROM flow.log WHERE profile IS NOT NULL;
SELECT count(*) FROM (SELECT x, lag(x) OVER (PARTITION BY profile ORDER BY n) AS before FROM flow.log) v WHERE before > x;
SELECT workflow, shard, shards, upto FROM tracardi.workflow_cursor ORDER BY 1;
DELETE FROM flow.log;
SELECT test.error('SELECT tracardi.run_workflows(0)');
SELECT test.code('SELECT tracardi.run_workflows(1, 2, 2)') AS beyond, test.code('SELECT tracardi.run_workflows(1, 0)') AS half;

-- With the function's owner's rights, under the path of whoever registered it.
CREATE ROLE regress_async NOLOGIN;
SELECT tracardi.grant_workflow_owner('regress_async');
GRANT USAGE ON SCHEMA flow TO regress_async;
GRANT INSERT ON flow.log TO regress_async;
CREATE FUNCTION flow.owned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, type, role, path) VALUES (TG_NAME, NEW.type, current_user, current_setting('search_path'));
  PERFORM set_config('tracardi_test.left', 'behind', false);
  CREATE TEMPORARY TABLE left_behind (i int);
  RETURN NULL;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE EXCEPTION 'confined';
END
$$;
ALTER FUNCTION flow.owned() OWNER TO regress_async;
SELECT tracardi.create_workflow('owned', 'flow.owned', 'c', mode => 'async', search_path => 'flow', retry_limit => 0);
SELECT flow.track('c');
CALL tracardi.maintain();
SELECT workflow, message, status FROM tracardi.workflow_failure;
SELECT current_setting('tracardi_test.left', true) AS "left";
CREATE OR REPLACE FUNCTION flow.owned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, type, role, path) VALUES (TG_NAME, NEW.type, current_user, current_setting('search_path'));
  RETURN NULL;
END
$$;
SELECT tracardi.retry_failure(id) FROM tracardi.workflow_failure;
CALL tracardi.maintain();
SELECT workflow, role, path FROM flow.log WHERE workflow = 'owned';
SELECT * FROM flow.failures();
SELECT tracardi.drop_workflow('owned');
DELETE FROM flow.log;

-- Failures: the others go on; it is tried again, later and later, then not any more.
UPDATE tracardi.workflow SET retry_limit = 2, retry_delay = '1 minute' WHERE name = 'all';
SELECT flow.track('a', 1, 'ann'), flow.track('a', 2, 'ann', 'P0001'), flow.track('a', 3, 'ann'), flow.track('a', 4, fails => '40001'), flow.track('a', 5);
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT * FROM flow.failures();
SELECT type, properties - 'event' AS properties FROM tracardi.event WHERE type = 'workflow-failed' ORDER BY time;
SELECT tracardi.next_due() = (SELECT min(next_attempt_at) FROM tracardi.workflow_failure) AS due;
SELECT flow.wait();
CALL tracardi.maintain();
SELECT * FROM flow.failures();
SELECT flow.wait();
CALL tracardi.maintain();
SELECT * FROM flow.failures();
SELECT tracardi.next_due();
SELECT count(*) FROM tracardi.event WHERE type = 'workflow-failed';
-- One that is mended is no failure any more.
SELECT tracardi.retry_failure(id) FROM tracardi.workflow_failure;
UPDATE tracardi.event SET properties = properties - 'fails' WHERE properties ->> 'fails' = '40001';
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT * FROM flow.failures();
-- An event that is gone.
DELETE FROM tracardi.event WHERE properties ? 'fails';
SELECT flow.wait();
CALL tracardi.maintain();
SELECT workflow, code, message, attempts, status FROM tracardi.workflow_failure;
SELECT test.error($$SELECT tracardi.retry_failure('00000000-0000-0000-0000-000000000000')$$);
TRUNCATE tracardi.workflow_failure;
-- A synchronous one's failure can be tried again, too; it has no answer then.
SELECT flow.track('b', 1, fails => 'P0001');
SELECT * FROM flow.failures();
UPDATE tracardi.event SET properties = properties - 'fails';
DELETE FROM tracardi.workflow WHERE name <> 'sync';
SELECT tracardi.retry_failure(id) FROM tracardi.workflow_failure;
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT * FROM flow.failures();
-- An ephemeral event's can't.
SELECT count(*) FROM tracardi.track('{"source": {"id": "web"}, "events": [{"type": "b", "properties": {"fails": "P0001"}, "options": {"saveEvent": false}}]}');
SELECT test.error(format('SELECT tracardi.retry_failure(%L)', id)) FROM tracardi.workflow_failure;
DELETE FROM tracardi.workflow;
SELECT test.error(format('SELECT tracardi.retry_failure(%L)', id)) FROM tracardi.workflow_failure;
TRUNCATE tracardi.workflow_failure;

-- Never in circles.
SELECT tracardi.create_workflow('circle 1', 'flow.note', mode => 'async', retry_limit => 0), tracardi.create_workflow('circle 2', 'flow.note', mode => 'async', retry_limit => 0);
CREATE OR REPLACE FUNCTION flow.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'always'; END $$;
SELECT flow.track('a', 1);
CALL tracardi.maintain();
SELECT workflow, event ->> 'type' AS type, count(*) FROM tracardi.workflow_failure GROUP BY 1, 2 ORDER BY 1, 2;
CALL tracardi.maintain();
SELECT count(*) FROM tracardi.event WHERE type = 'workflow-failed';
DELETE FROM tracardi.workflow;
TRUNCATE tracardi.workflow_failure;

-- A time limit.
CREATE OR REPLACE FUNCTION flow.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.type = 'sleep' THEN PERFORM pg_sleep(60); END IF;
  INSERT INTO flow.log (workflow, type, x, profile)
  VALUES (TG_NAME, NEW.type, (NEW.properties ->> 'x')::int, (SELECT external_id FROM tracardi.profile WHERE id = NEW.profile_id));
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('short', 'flow.note', mode => 'async', timeout => '500 ms');
SELECT flow.track('a', 1), flow.track('sleep'), flow.track('a', 2);
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT workflow, event ->> 'type' AS type, message FROM tracardi.workflow_failure;
TRUNCATE tracardi.workflow_failure;

-- Switched off it falls behind, and catches up; dropped and made again it starts anew; broken it waits.
UPDATE tracardi.workflow SET enabled = false;
SELECT flow.track('a', 3);
CALL tracardi.maintain();
SELECT * FROM flow.did();
UPDATE tracardi.workflow SET enabled = true;
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT flow.track('a', 4);
SELECT tracardi.drop_workflow('short');
SELECT tracardi.create_workflow('short', 'flow.note', 'a', mode => 'async');
SELECT flow.track('a', 5);
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT flow.track('a', 6);
ALTER FUNCTION flow.note() RENAME TO hidden;
CALL tracardi.maintain();
SELECT workflow, code, message, status FROM tracardi.workflow_failure;
SELECT name, status FROM tracardi.workflow;
ALTER FUNCTION flow.hidden() RENAME TO note;
UPDATE tracardi.workflow SET status = 'ready';
CALL tracardi.maintain();
SELECT * FROM flow.did();
-- From one mode to the other: from then on.
UPDATE tracardi.workflow SET mode = 'sync';
SELECT flow.track('a', 7);
SELECT * FROM flow.did();
UPDATE tracardi.workflow SET mode = 'async';
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT flow.track('a', 8);
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT tracardi.drop_workflow('short');
CALL tracardi.maintain();
SELECT count(*) FROM tracardi.workflow_cursor;

-- Once more, for a span of time; what comes after the call is not in it.
TRUNCATE tracardi.event, tracardi.workflow_failure;
SELECT count(tracardi.track('a', jsonb_build_object('x', x), "time" => ('2020-02-0' || x)::timestamptz)) FROM generate_series(1, 5) x;
SELECT tracardi.create_workflow('again', 'flow.note', 'a', mode => 'async');
SELECT tracardi.replay_workflow('again', '2020-02-02Z', '2020-02-04Z') IS NOT NULL;
SELECT count(tracardi.track('a', '{"x": 9}', "time" => '2020-02-03'));
SELECT tracardi.run_workflows(1) > 0;
SELECT * FROM flow.did();
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT count(*) FROM tracardi.workflow_replay;
SELECT tracardi.replay_workflow('again') IS NOT NULL;
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT test.error($$SELECT tracardi.replay_workflow('nobody')$$);
SELECT test.code($$SELECT tracardi.replay_workflow('again', '2020-02-02', '2020-02-02')$$);
SELECT tracardi.drop_workflow('again');

-- A while after the event, unless another one came for the same profile, under whatever id.
SELECT tracardi.create_workflow('cart', 'flow.note', 'checkout-started', mode => 'async', delay => '1 hour', unless_event_type => 'Checkout Completed');
SELECT flow.track('checkout-completed', 0, 'dan');
SELECT flow.track('checkout-started', 1, 'ann'), flow.track('checkout-started', 2, 'bob'), flow.track('checkout-started', 3), flow.track('checkout-started', 4, 'dan');
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT tracardi.next_due() = (SELECT min(at) + '1 hour' FROM tracardi.workflow_tick) AS due;
SELECT flow.track('checkout-completed', 1, 'ann');
CALL tracardi.maintain();
SELECT flow.wait();
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{who}');
SELECT flow.track('checkout-started', 5, 'eve'), flow.track('checkout-started', 6, 'fay');
SELECT flow.wait();
CALL tracardi.maintain();
SELECT * FROM flow.did();
SELECT count(tracardi.track('sign-in', '{"who": "e"}', profile_id => p)) FROM unnest('{eve,eva}'::text[]) p;
SELECT flow.track('checkout-completed', 5, 'eva');
SELECT flow.wait();
CALL tracardi.maintain();
SELECT * FROM flow.did();

-- Ephemeral events never come.
RESET client_min_messages;
SELECT test.error($$SELECT tracardi.create_workflow('never', 'flow.note', kinds => '{ephemeral}', mode => 'async')$$);
SELECT tracardi.create_workflow('hardly', 'flow.note', kinds => '{ephemeral,profile}', mode => 'async');
SET client_min_messages = warning;
SELECT test.error($$SELECT tracardi.create_workflow('now', 'flow.note', delay => '1 hour')$$);
SELECT test.code($$INSERT INTO tracardi.workflow (name, function, retry_limit) VALUES ('now', 'flow.note', 1)$$) AS sync_retry,
       test.code($$SELECT tracardi.create_workflow('now', 'flow.note', mode => 'async', delay => '-1 hour')$$) AS delay,
       test.code($$SELECT tracardi.create_workflow('now', 'flow.note', mode => 'async', retry_limit => -1)$$) AS retry_limit;
BEGIN READ ONLY;
SELECT tracardi.run_workflows();
ROLLBACK;

DELETE FROM tracardi.workflow;
DROP SCHEMA flow CASCADE;
DROP OWNED BY regress_async;
DROP ROLE regress_async;
DROP INDEX tracardi.event_xact_idx;
SELECT test.reset();
RESET client_min_messages;
