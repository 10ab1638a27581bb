-- Subscriptions: consumers outside of the database.
SELECT test.reset();
SET client_min_messages = warning;
CREATE FUNCTION test.polled(name text, "limit" int DEFAULT 100) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws(' ', event ->> 'type', event #>> '{properties,x}'), ', ' ORDER BY n)
  FROM tracardi.poll(name, "limit") WITH ORDINALITY AS p ("position", event, n)
$$;
-- Moves past the n-th of the next ones.
CREATE FUNCTION test.advance(name text, n int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  place text := (SELECT "position" FROM tracardi.poll(name, n) OFFSET n - 1);
BEGIN
  RETURN tracardi.advance(name, place);
END
$$;
SELECT count(tracardi.track('a', '{"x": 0}'));
SELECT tracardi.create_subscription('all', kinds => '{profile,profileless}', description => 'everything'),
       tracardi.create_subscription('b', 'B', condition => '$.properties.x > 1');
SELECT to_regclass('tracardi.event_xact_idx');
SELECT test.polled('all');
SELECT count(tracardi.track(CASE WHEN x % 2 = 0 THEN 'a' ELSE 'b' END, jsonb_build_object('x', x))) FROM generate_series(1, 5) x;
-- The same ones again, until it moves on.
SELECT test.polled('all', 2);
SELECT test.polled('all', 2);
SELECT test.advance('all', 1);
SELECT test.polled('all');
SELECT test.polled('b');
SELECT test.advance('b', 2);
SELECT test.polled('b');
-- A row of tracardi.event, whole.
SELECT event = to_jsonb(e) AS whole FROM tracardi.poll('all', 1), tracardi.event e WHERE e.id = (event ->> 'id')::uuid;
-- Back it never goes.
SELECT "position" AS first FROM tracardi.poll('all', 1) \gset
SELECT test.advance('all', 3), tracardi.advance('all', :'first');
SELECT test.polled('all');
SELECT test.advance('all', 1);
SELECT test.polled('all') IS NULL AS nothing;
SELECT tracardi.advance('all', :'first');
SELECT count(tracardi.track('a', '{"x": 6}'));
SELECT test.polled('all');
SELECT tracardi.advance('all', :'first');
-- What is rolled back was never read, and what a transaction stores itself comes after it.
BEGIN;
SELECT count(tracardi.track('a', '{"x": 7}'));
SELECT test.advance('all', 1), test.polled('all') IS NULL AS nothing;
COMMIT;
SELECT test.polled('all');

-- NOTIFY, at most once a second, and only for what is wanted.
SELECT count(tracardi.track('b', '{"x": 8}'));
UPDATE tracardi.subscription SET told_at = '2020-01-01';
CREATE FUNCTION test.told() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(name, ' ' ORDER BY name) FROM tracardi.subscription WHERE told_at > '2020-01-01'
$$;
SELECT tracardi.run_workflows();
SELECT test.told();
SELECT count(tracardi.track('a', '{"x": 9}'));
UPDATE tracardi.subscription SET told_at = '2020-01-01';
SELECT tracardi.run_workflows();
SELECT test.told();
SELECT tracardi.next_due() IS NULL AS nothing_to_tell;
SELECT count(tracardi.track('b', '{"x": 10}'));
SELECT tracardi.next_due() = (SELECT told_at + interval '1 second' FROM tracardi.subscription WHERE name = 'all') AS soon;

-- Errors.
SELECT test.error($$SELECT tracardi.create_subscription('all')$$);
SELECT test.error($$SELECT tracardi.create_subscription('odd', kinds => '{ephemeral}')$$);
SELECT test.code($$SELECT tracardi.create_subscription(' ')$$);
SELECT test.error($$SELECT * FROM tracardi.poll('nobody')$$);
SELECT test.error($$SELECT * FROM tracardi.poll('all', 0)$$);
SELECT test.error($$SELECT tracardi.advance('all', 'here')$$);
SELECT test.code($$SELECT tracardi.advance('all', '99/1/1/00000000-0000-0000-0000-000000000000')$$);
SELECT test.error($$SELECT tracardi.drop_subscription('nobody')$$);
SELECT tracardi.drop_subscription('b');

-- Rights.
CREATE ROLE regress_consumer NOLOGIN;
GRANT USAGE ON SCHEMA test TO regress_consumer;
SET ROLE regress_consumer;
SELECT test.code($$SELECT * FROM tracardi.poll('all')$$), test.code($$SELECT tracardi.advance('all', '')$$);
RESET ROLE;
SELECT tracardi.grant_consumer('regress_consumer');
SET ROLE regress_consumer;
SELECT count(*) > 0 AS polled FROM tracardi.poll('all');
SELECT test.code('SELECT tracardi.run_workflows()') AS run_workflows, test.code('SELECT tracardi.next_due()') AS next_due,
       test.code('SELECT FROM tracardi.event') AS event, test.code($$SELECT tracardi.create_subscription('mine')$$) AS create_subscription;
RESET ROLE;
-- An administrator owns none of it.
CREATE ROLE regress_async_admin NOLOGIN;
GRANT USAGE ON SCHEMA test TO regress_async_admin;
SELECT tracardi.grant_admin('regress_async_admin');
CREATE SCHEMA admin AUTHORIZATION regress_async_admin;
DROP INDEX tracardi.event_xact_idx;
SET ROLE regress_async_admin;
CREATE FUNCTION admin.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE $$it fails$$; END';
SELECT tracardi.create_workflow('mine', 'admin.nothing', 'a', mode => 'async', retry_limit => 0), tracardi.create_subscription('mine', 'a');
SELECT count(tracardi.track('a', '{"x": 11}'));
RESET ROLE;
CALL tracardi.maintain();
SET ROLE regress_async_admin;
SELECT test.polled('mine');
SELECT tracardi.retry_failure(id), workflow FROM tracardi.workflow_failure;
SELECT tracardi.replay_workflow('mine') IS NOT NULL AS replay, (SELECT count(*) FROM tracardi.workflow_cursor) AS cursors;
SELECT test.code('SELECT tracardi.run_workflows()') AS run_workflows;
SELECT tracardi.drop_subscription('mine'), tracardi.drop_workflow('mine');
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA admin CASCADE;
DROP OWNED BY regress_consumer, regress_async_admin;
DROP ROLE regress_consumer, regress_async_admin;
DROP INDEX tracardi.event_xact_idx;
DROP FUNCTION test.polled(text, int);
DROP FUNCTION test.advance(text, int);
DROP FUNCTION test.told();
SELECT test.reset();
RESET client_min_messages;
