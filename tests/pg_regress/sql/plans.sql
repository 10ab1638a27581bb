-- Each index of the data tables serves the query that it is made for.
SELECT test.reset();

-- The indexes that a query's plan uses, a partition's by its parent's name, those of empty tables aside; whether the plan sorts.
CREATE FUNCTION test.plan_of(query text, OUT indexes text, OUT sorts boolean) LANGUAGE plpgsql AS $$
DECLARE
  plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || query INTO plan;
  SELECT string_agg(DISTINCT (coalesce((SELECT inhparent FROM pg_inherits WHERE inhrelid = i.oid), i.oid)::regclass)::text, ', ')
  INTO indexes
  FROM jsonb_path_query(plan, 'strict $.**."Index Name"') AS name JOIN pg_class i ON i.relname = name #>> '{}' AND i.relnamespace = 'tracardi'::regnamespace
  JOIN pg_index x ON x.indexrelid = i.oid JOIN pg_class t ON t.oid = x.indrelid AND t.reltuples > 0;
  sorts := EXISTS (SELECT FROM jsonb_path_query(plan, 'strict $.**."Node Type"') AS node WHERE node #>> '{}' IN ('Sort', 'Incremental Sort'));
  IF EXISTS (SELECT FROM jsonb_path_query(plan, 'strict $.**."Node Type"') AS node WHERE node #>> '{}' = 'Seq Scan') THEN
    indexes := concat_ws(', ', indexes, 'and a table as a whole');
  END IF;
END
$$;

-- Some data, as ETL writes it: 20,000 events of 200 people, of 1,000 types, in four weeks of 2020.
INSERT INTO tracardi.profile (id, external_id) SELECT tracardi.id('p' || n), 'p' || n FROM generate_series(1, 2000) AS n;
INSERT INTO tracardi.profile_alias (id, profile_id) SELECT tracardi.id('old' || n), tracardi.id('p' || n) FROM generate_series(1, 2000) AS n;
INSERT INTO tracardi.merge_key (id, profile_id) SELECT tracardi.id('key' || n), tracardi.id('p' || n) FROM generate_series(1, 2000) AS n;
INSERT INTO tracardi.session (id, external_id, profile_id, started_at)
SELECT tracardi.id('s' || n), 's' || n, tracardi.id('p' || n % 200), now() - n * interval '10 minutes' FROM generate_series(1, 2000) AS n;
INSERT INTO tracardi.event (id, type, kind, time, session_id, profile_id)
SELECT tracardi.event_id('etl', n::text), 'type-' || n % 1000, 'profile', '2020-02-01 00:00:00+00'::timestamptz + n * interval '2 minutes', tracardi.id('s' || n % 1000), tracardi.id('p' || n % 200)
FROM generate_series(1, 20000) AS n;
INSERT INTO tracardi.event_key (id, received_at) SELECT tracardi.event_id('etl', n::text), now() - n * interval '1 minute' FROM generate_series(50000, 1, -1) AS n;
INSERT INTO tracardi.workflow_failure (workflow, code, message, last_failed_at)
SELECT 'w', 'P0001', 'it failed', now() - n * interval '10 minutes' FROM generate_series(1, 5000) AS n;
INSERT INTO tracardi.event_rejected (id, received_at, event, code, message)
SELECT tracardi.event_id('bad', n::text), now() - n * interval '10 minutes', '{"type": 1}', '22023', 'event type is not a string' FROM generate_series(1, 5000) AS n;
ANALYZE tracardi.event, tracardi.profile, tracardi.profile_alias, tracardi.merge_key, tracardi.session, tracardi.event_key, tracardi.event_rejected, tracardi.workflow_failure;
-- Empty partitions have nothing that an index could spare.
SET enable_seqscan = off;

-- The newest events, by the index's order.
SELECT * FROM test.plan_of('SELECT * FROM tracardi.event ORDER BY time DESC LIMIT 100');
-- A span of time.
SELECT * FROM test.plan_of($$SELECT count(*) FROM tracardi.event WHERE time >= '2020-02-10 10:00:00+00' AND time < '2020-02-10 11:00:00+00'$$);
-- The newest of one type in a span of time.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.event WHERE type = 'type-7' AND time >= '2020-02-10 00:00:00+00' AND time < '2020-02-25 00:00:00+00' ORDER BY time DESC LIMIT 5$$);
-- The history of one person, newest first.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.event WHERE profile_id = tracardi.id('p42') ORDER BY time DESC LIMIT 20$$);
-- One event by its id.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.event WHERE id = tracardi.event_id('etl', '42')$$);
-- The latest session of one person.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.session WHERE profile_id = tracardi.id('p42') ORDER BY started_at DESC LIMIT 1$$);
-- A person by the customer's own id; by tracardi's; by an old one.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.profile WHERE external_id = 'p42'$$);
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.profile WHERE id = tracardi.id('p42')$$);
SELECT * FROM test.plan_of($$SELECT p.* FROM tracardi.profile_alias a JOIN tracardi.profile p ON p.id = a.profile_id WHERE a.id = tracardi.id('old42')$$);
-- The other ids of one person.
SELECT * FROM test.plan_of($$SELECT id FROM tracardi.profile_alias WHERE profile_id = tracardi.id('p42')$$);
-- The history of one person, wherever it stands.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.person_event WHERE person_id = tracardi.id('p42')$$);
-- Whose a value is; the values of one person.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.merge_key WHERE id = tracardi.id('key42')$$);
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.merge_key WHERE profile_id = tracardi.id('p42')$$);
-- maintain(): merged profiles whose history may not be moved; old keys, old rejected events, old failures.
UPDATE tracardi.profile_alias SET settled = id <> tracardi.id('old7');
ANALYZE tracardi.profile_alias;
SELECT * FROM test.plan_of($$SELECT id FROM tracardi.profile_alias WHERE NOT settled ORDER BY created_at$$);
SELECT * FROM test.plan_of($$DELETE FROM tracardi.event_key WHERE received_at < now() - interval '34 days'$$);
SELECT * FROM test.plan_of($$DELETE FROM tracardi.event_rejected WHERE received_at < now() - interval '30 days'$$);
SELECT * FROM test.plan_of($$DELETE FROM tracardi.workflow_failure WHERE last_failed_at < now() - interval '30 days'$$);
-- run_workflows(): the next events of a window, in their order; one transaction's; what is to be tried again.
SELECT tracardi.prepare_delivery(true);
ANALYZE tracardi.event;
SELECT * FROM test.plan_of($$SELECT xact, time, id FROM tracardi.event WHERE (xact, time, id) > ('1', now(), tracardi.id('1')) AND xact < '9'
  ORDER BY xact, time, id LIMIT 1000$$);
SELECT * FROM test.plan_of($$SELECT time, id FROM tracardi.event WHERE (xact, time, id) > ('1', now(), tracardi.id('1')) AND xact <= '1' ORDER BY xact, time, id LIMIT 1000$$);
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.workflow_failure WHERE status = 'waiting' AND next_attempt_at <= now() ORDER BY next_attempt_at$$);
-- A session or a key by its id.
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.session WHERE id = tracardi.id('s42')$$);
SELECT * FROM test.plan_of($$SELECT * FROM tracardi.event_key WHERE id = tracardi.event_id('etl', '42')$$);
-- There is no index that serves nothing: these are above, or the keys of small tables.
SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN test.data_table t ON t.oid = x.indrelid
WHERE NOT i.relispartition ORDER BY 1;
RESET enable_seqscan;
DROP INDEX tracardi.event_xact_idx;
DROP FUNCTION test.plan_of(text);
SELECT test.reset();
