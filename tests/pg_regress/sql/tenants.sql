-- docs/examples/multi-tenant.sql: two tenants, who track and analyse, and see nothing of each other.
SELECT test.reset();
SET client_min_messages = warning;
\set QUIET on
\i ../../docs/examples/multi-tenant.sql
\set QUIET off
SELECT tenant.add('red'), tenant.add('blue');
SELECT current_user AS owner \gset
GRANT USAGE ON SCHEMA test TO red_app, blue_app, red, blue;
SELECT tracardi.create_event_type('order', schema => '{"properties": {"secret": {"type": "string"}}}');
SELECT tracardi.create_event_view('order', 'orders', 'test');
GRANT SELECT ON test.orders TO red, blue;
SELECT tracardi.create_event_mapping('order', 'traits.secret', 'properties.secret');

-- The same ids are other people's, other visits and other events; a blank one is nobody's.
\c - red_app
SELECT red.track('order', '{"secret": "of red"}', 'customer-42', 'visit', 'order-1') -> 'errors' AS errors;
SELECT red.track('stock', '{"secret": "of red"}', ' ') -> 'profile' AS profile;
SELECT red.track('', '{"secret": "of red"}') #>> '{errors,0,code}' AS code;
\c - blue_app
SELECT blue.track('order', '{"secret": "of blue"}', 'customer-42', 'visit', 'order-1') -> 'warnings' AS warnings;
-- Also what red's id looks like from within.
SELECT blue.track('order', '{"secret": "of blue"}', 'red:customer-42', 'red:visit', 'red:order-1') -> 'warnings' AS warnings;
SELECT blue.track('order', '{"secret": "of blue"}', tracardi_id, tracardi_id, tracardi_id) -> 'warnings' AS warnings FROM (VALUES ('81ee9ddb-b4ea-5f2a-9ff1-a4a2a1aa2b31')) AS v (tracardi_id);
-- It may not track for red, nor in any other way, nor read.
SELECT statement, test.code(statement) FROM unnest(ARRAY['SELECT red.track(''order'', ''{}'')', 'SELECT tracardi.track(''order'', ''{}'', ''red'')', 'SELECT tracardi.collect(''order'', ''red'', ''{}'')',
  'SELECT FROM tracardi.event', 'SELECT FROM tenant.source', 'SELECT tenant.add(''green'')', 'SET ROLE tenant_tracker', 'SET ROLE red_app']) AS statement;
\c - :owner
-- Over HTTP a page names one of red's people by the text, and by the uuid that is computed of it: it is somebody else.
SELECT status FROM unnest(ARRAY['red:customer-42', tracardi.id('red:customer-42')::text]) AS id,
  test.http('track(json)', format('{"source": {"id": "blue-web"}, "profile": {"id": %1$s}, "session": {"id": %2$s}, "events": [{"type": "order", "properties": {"secret": "of blue"}}]}', to_json(id), to_json(replace(id, 'customer-42', 'visit'))));
SELECT external_id, traits FROM tracardi.profile ORDER BY external_id COLLATE "C", traits::text;

-- What an analyst sees, everywhere: only the own. (blue's: one by each id over SQL, two visitors.)
CREATE TABLE test.place (relation text, n int);
INSERT INTO test.place SELECT * FROM unnest('{tracardi.event,tracardi.person_event,tracardi.session,tracardi.profile,tracardi.profile_alias,tracardi.event_rejected,test.orders,tenant.source}'::text[]) WITH ORDINALITY AS p (relation, n);
GRANT SELECT ON test.place TO red, blue;
CREATE FUNCTION test.seen() RETURNS TABLE (relation text, rows bigint, mine bigint, others bigint) LANGUAGE plpgsql AS $$
DECLARE other text := CASE current_user WHEN 'red' THEN 'blue' ELSE 'red' END;
BEGIN
  FOR relation IN SELECT p.relation FROM test.place p ORDER BY n LOOP
    RETURN QUERY EXECUTE format('SELECT %1$L, count(*), count(*) FILTER (WHERE t::text ~ %2$L), count(*) FILTER (WHERE t::text ~ %3$L) FROM %1$s t', relation, 'of ' || current_user, format('of %1$s|[(,]%1$s(-web)?[,)]', other));
  END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION test.seen() TO red, blue;
\c - red
SELECT * FROM test.seen();
-- Whatever it asks: by the other's ids, with a function that looks at each row before the policy does, in a plan.
SELECT count(*) FROM tracardi.profile WHERE id = tracardi.id('blue:customer-42');
SELECT count(*) FROM tracardi.event e JOIN tracardi.profile p ON p.id = e.profile_id WHERE e.source_id LIKE 'blue%' OR p.traits ->> 'secret' = 'of blue';
CREATE FUNCTION pg_temp.leak(jsonb) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql AS $$ BEGIN IF $1::text ~ 'blue' THEN RAISE EXCEPTION 'leaked %', $1; END IF; RETURN true; END $$;
SELECT count(*) FROM tracardi.event WHERE pg_temp.leak(properties);
SELECT count(*) FROM tracardi.profile WHERE pg_temp.leak(traits);
SELECT count(*) FROM test.orders WHERE pg_temp.leak(to_jsonb(orders));
SELECT count(*) FROM tracardi.event_rejected WHERE pg_temp.leak(to_jsonb(event));
CREATE FUNCTION pg_temp.explain(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, BUFFERS OFF, TIMING OFF) ' || query; END $$;
SELECT count(*) > 10 AS lines, count(*) FILTER (WHERE line ~ 'blue') AS others FROM pg_temp.explain('SELECT * FROM tracardi.person_event JOIN tracardi.profile p ON p.id = person_id') AS line;
SELECT count(*) FROM pg_stats WHERE schemaname = 'tracardi' AND tablename ~ '^(event|session|profile)';
-- Settings, partitions, other tables, other roles.
SET row_security = off;
SELECT test.code('SELECT FROM tracardi.event') AS without_policies;
RESET row_security;
SELECT statement, test.code(statement) FROM unnest(ARRAY['SELECT FROM tracardi.event_history', 'SELECT FROM tracardi.event_key', 'SELECT FROM tracardi.merge_key', 'SELECT FROM tracardi.workflow_failure', 'SELECT FROM tracardi.event_source',
  'SELECT tracardi.export(''blue:customer-42'')', 'SET ROLE blue', 'SET ROLE tenant_tracker', 'INSERT INTO tenant.source VALUES (''blue'', ''red'')', 'UPDATE tenant.source SET tenant = ''red''', 'UPDATE tracardi.profile SET traits = ''{}''',
  'DROP POLICY tenant ON tracardi.event', 'ALTER TABLE tracardi.event DISABLE ROW LEVEL SECURITY', 'GRANT blue TO red']) AS statement;
\c - blue
SELECT * FROM test.seen();
-- The group by itself has nothing.
\c - :owner
SET ROLE tenant_analyst;
SELECT count(*) FROM tracardi.event;
RESET ROLE;
-- Statistics are no way around either.
ANALYZE tracardi.event, tracardi.profile, tracardi.session;
\c - red
SELECT count(*) FROM pg_stats WHERE schemaname = 'tracardi' AND tablename ~ '^(event|session|profile)';
\c - :owner

-- The worker's share: visits that end are their source's, whoever ends them.
UPDATE tracardi.session SET started_at = now() - interval '1 day', last_seen_at = now() - interval '1 day';
SET client_min_messages = warning;
CALL tracardi.maintain();
SELECT source_id, count(*) FROM tracardi.event WHERE type = 'visit-ended' GROUP BY 1 ORDER BY 1;

-- What is not kept apart: who brings the same value to an identification point is one person, whichever tenant's points they are.
SELECT tracardi.create_identification_point(tenant, 'order', '{email}', source_id => tenant) FROM unnest('{red,blue}'::text[]) AS tenant;
\c - red_app
SELECT red.track('order', '{"email": "ann@example.com"}', 'ann') -> 'errors' AS errors;
\c - blue_app
SELECT blue.track('order', '{"email": "ann@example.com"}', 'ann') -> 'errors' AS errors;
\c - :owner
SELECT count(*) AS merged FROM tracardi.profile_alias;

-- Forced upon the owner of the tables, without a policy for it: nothing is stored rather than too much.
\c - :owner
ALTER TABLE tracardi.event FORCE ROW LEVEL SECURITY;
\c - red_app
SELECT test.code($$SELECT red.track('order', '{}')$$);
\c - :owner
CREATE POLICY everything ON tracardi.event TO regress_owner USING (true);
\c - red_app
SELECT test.code($$SELECT red.track('order', '{}')$$);
\c - :owner
ALTER TABLE tracardi.event NO FORCE ROW LEVEL SECURITY;

SET client_min_messages = warning;
DROP POLICY everything ON tracardi.event;
DROP POLICY tenant ON tracardi.event;
DROP POLICY tenant ON tracardi.session;
DROP POLICY tenant ON tracardi.event_rejected;
DROP POLICY tenant ON tracardi.profile;
DROP POLICY tenant ON tracardi.profile_alias;
ALTER TABLE tracardi.event DISABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.session DISABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.event_rejected DISABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.profile DISABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.profile_alias DISABLE ROW LEVEL SECURITY;
DROP SCHEMA red, blue, tenant CASCADE;
DROP VIEW test.orders;
DROP TABLE test.place;
DROP FUNCTION test.seen();
DROP OWNED BY red, blue, red_app, blue_app, tenant_analyst, tenant_tracker;
DROP ROLE red, blue, red_app, blue_app, tenant_analyst, tenant_tracker;
SELECT test.reset();
