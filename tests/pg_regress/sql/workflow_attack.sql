-- The owner of a workflow's function is no friend: whatever it tries, it gains no right of the caller's, and leaves nothing
-- behind in the caller's session. The caller here is a superuser; mallory may own workflows and make tables and functions.
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE ROLE regress_mallory;
CREATE ROLE regress_app;
GRANT USAGE, CREATE ON SCHEMA flow TO regress_mallory;
GRANT USAGE ON SCHEMA flow, test TO regress_app;
SELECT tracardi.grant_workflow_owner('regress_mallory'), tracardi.grant_tracker('regress_app');
-- Who did what: the proof of a right gained would be another name than mallory's.
CREATE TABLE flow.proof (n int GENERATED ALWAYS AS IDENTITY, what text, as_role text DEFAULT current_user);
GRANT INSERT ON flow.proof TO PUBLIC;
CREATE TABLE flow.secret AS SELECT 'treasure'::text AS secret;
CREATE FUNCTION flow.errors(answer jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s %s %s %s', coalesce(e ->> 'event', 'null'), e ->> 'code', e ->> 'path', e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e
$$;
-- The function runs what the event says: mallory tries whatever comes to mind.
SET ROLE regress_mallory;
CREATE FUNCTION flow.attack() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE NEW.properties ->> 'sql';
  PERFORM tracardi.respond(jsonb_build_object('done as', current_user));
  RETURN NULL;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('attack', 'flow.attack', event_type => 'a');
CREATE FUNCTION flow.try(statement text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws('; ', nullif(a ->> 'response', '{}'), (SELECT string_agg(e ->> 'code', ', ') FROM jsonb_array_elements(a -> 'errors') e)) FROM tracardi.track('a', jsonb_build_object('sql', statement)) a
$$;
-- What a session is.
CREATE FUNCTION flow.session() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(', ', CASE WHEN current_user = session_user THEN 'same user' ELSE current_user || ' / ' || session_user END, 'role ' || current_setting('role'),
    'path ' || current_setting('search_path'), 'work_mem ' || current_setting('work_mem'), 'own ' || coalesce(nullif(current_setting('mallory.was_here', true), ''), 'null'),
    'timeout ' || current_setting('statement_timeout'), 'constraints ' || current_setting('session_replication_role'), current_setting('transaction_read_only'), current_setting('row_security'),
    (SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'mallory%') || ' prepared', (SELECT count(*) FROM pg_cursors WHERE name LIKE 'mallory%') || ' cursors',
    (SELECT count(*) FROM pg_listening_channels()) || ' channels', (SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relname LIKE 'mallory%') || ' temporary')
$$;
SELECT flow.session() AS before \gset
SELECT flow.session();
-- Everything goes through one session, each by itself and all in one transaction.
CREATE TABLE flow.attempt (n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO flow.attempt (statement) VALUES
  ('SELECT 1'),
  ('SELECT secret FROM flow.secret'),
  -- Roles.
  ('SET ROLE postgres'), ('SET LOCAL ROLE NONE'), ('RESET ROLE'), ('SELECT set_config(''role'', ''postgres'', false)'), ('SET ROLE regress_app'), ('SET ROLE regress_mallory'),
  ('SET SESSION AUTHORIZATION postgres'), ('RESET SESSION AUTHORIZATION'), ('SET SESSION AUTHORIZATION DEFAULT'), ('SELECT set_config(''session_authorization'', ''postgres'', true)'),
  ('RESET ALL'), ('DISCARD ALL'), ('DISCARD PLANS'), ('DISCARD TEMP'), ('DISCARD SEQUENCES'),
  ('ALTER ROLE regress_mallory SUPERUSER'), ('GRANT postgres TO regress_mallory'), ('COPY flow.proof FROM PROGRAM ''echo 1'''), ('COPY flow.secret TO STDOUT'),
  -- Settings left behind.
  ('SET work_mem = ''1MB'''), ('SET LOCAL work_mem = ''1MB'''), ('SELECT set_config(''mallory.was_here'', ''yes'', false)'), ('SET search_path = flow'), ('SET statement_timeout = 1'),
  ('SET row_security = off'), ('SET session_replication_role = replica'), ('SET transaction_read_only = on'), ('SET default_transaction_read_only = on'),
  ('SET tracardi.workflow_timeout = 0'), ('SET tracardi.workflow_depth = 100'), ('SET tracardi.last_seen_lag = 0'),
  -- Things that live longer than the call.
  ('DECLARE mallory_cursor CURSOR WITH HOLD FOR SELECT current_user'), ('PREPARE mallory_statement AS SELECT current_user'), ('DEALLOCATE ALL'),
  ('LISTEN mallory'), ('UNLISTEN *'), ('CREATE TEMP TABLE mallory_table ()'), ('CREATE TABLE pg_temp.mallory_table ()'),
  ('SELECT 1 INTO TEMP mallory_table'), ('LOAD ''plpgsql'''), ('CHECKPOINT'), ('COMMIT'), ('ROLLBACK'), ('BEGIN'), ('SAVEPOINT s'), ('PREPARE TRANSACTION ''mallory'''),
  ('DO $do$ BEGIN COMMIT; END $do$');
SELECT statement, flow.try(statement) AS result, CASE WHEN flow.session() <> :'before' THEN flow.session() END AS changed FROM flow.attempt ORDER BY n;
SELECT flow.session();
-- Each in a transaction of its own: nothing comes later either. (No warnings.)
DO $do$
DECLARE
  before text := flow.session();
  a record;
BEGIN
  FOR a IN SELECT * FROM flow.attempt ORDER BY n LOOP
    PERFORM flow.try(a.statement);
    COMMIT;
    IF flow.session() <> before THEN RAISE WARNING '% left %', a.statement, flow.session(); END IF;
  END LOOP;
END
$do$;
-- The same for a caller with few rights, whose rights are not mallory's either.
SET ROLE regress_app;
SELECT tracardi.track('a', '{"sql": "SET ROLE regress_app"}') #>> '{errors,0,code}' AS code;
SELECT tracardi.track('a', '{"sql": "RESET ROLE"}') #>> '{errors,0,code}' AS code;
SELECT tracardi.track('a', '{"sql": "SELECT 1"}') -> 'response' AS response;
SELECT current_user;
RESET ROLE;

-- Types in pg_temp would shadow those of pg_catalog for the caller from now on: a domain "text" whose check runs as the caller.
-- Nothing of that kind can be left there.
SET ROLE regress_mallory;
CREATE FUNCTION flow.evil() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.proof (what) VALUES ('evil');
  RETURN true;
END
$$;
RESET ROLE;
SELECT statement, a #>> '{errors,0,code}' AS code
FROM unnest(ARRAY['CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (flow.evil())', 'CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (flow.evil())', 'CREATE TYPE pg_temp.mood AS ENUM (''sad'')',
  'CREATE TYPE pg_temp.span AS RANGE (subtype = int8)', 'CREATE TYPE pg_temp.pair AS (a int)', 'CREATE FUNCTION pg_temp.mallory() RETURNS int LANGUAGE sql AS ''SELECT 1''']) AS statement,
  tracardi.track('a', jsonb_build_object('sql', statement)) a;
SELECT 'x'::text AS x, '0190e0a1-0000-7000-8000-000000000001'::uuid IS NOT NULL AS u;
SELECT what, as_role FROM flow.proof;
SELECT (SELECT count(*) FROM pg_catalog.pg_type WHERE typnamespace = pg_my_temp_schema()) AS types, (SELECT count(*) FROM pg_catalog.pg_proc WHERE pronamespace = pg_my_temp_schema()) AS functions;
DROP TYPE IF EXISTS pg_temp.text, pg_temp.uuid, pg_temp.mood, pg_temp.span, pg_temp.pair CASCADE;
DROP FUNCTION IF EXISTS pg_temp.mallory();
TRUNCATE flow.proof;

-- A function's own clauses are no way round.
SET ROLE regress_mallory;
CREATE FUNCTION flow.to_proof() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.proof (what) VALUES (TG_NAME);
  RETURN NULL;
END
$$;
RESET ROLE;
ALTER FUNCTION flow.to_proof() SET role = 'postgres';
SELECT tracardi.create_workflow('clause', 'flow.to_proof', event_type => 'b');
SELECT flow.errors(tracardi.track('b', '{}'));
ALTER FUNCTION flow.to_proof() RESET ALL;
ALTER FUNCTION flow.to_proof() SET session_authorization = 'postgres';
SELECT flow.errors(tracardi.track('b', '{}'));
ALTER FUNCTION flow.to_proof() RESET ALL;
ALTER FUNCTION flow.to_proof() SECURITY DEFINER;
SELECT flow.errors(tracardi.track('b', '{}'));
SELECT what, as_role FROM flow.proof ORDER BY n;
TRUNCATE flow.proof;
DELETE FROM tracardi.workflow WHERE name = 'clause';

-- Deferred: what fires at COMMIT fires as the caller, so the workflow can't queue it, neither on its own tables nor by constraints
-- that it makes deferred.
SET ROLE regress_mallory;
CREATE TABLE flow.trap (id int);
CREATE FUNCTION flow.spring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.proof (what) VALUES ('trap of ' || TG_TABLE_NAME);
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON flow.trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION flow.spring();
CREATE TABLE flow.immediate (id int);
CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON flow.immediate DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION flow.spring();
CREATE TABLE flow.parent (id int PRIMARY KEY);
CREATE TABLE flow.child (id int REFERENCES flow.parent DEFERRABLE INITIALLY DEFERRED);
RESET ROLE;
BEGIN;
SELECT flow.try('INSERT INTO flow.trap VALUES (1)');
SELECT flow.try('SET CONSTRAINTS ALL DEFERRED');
SELECT flow.try('INSERT INTO flow.immediate VALUES (1)');
SELECT flow.try('SET CONSTRAINTS ALL DEFERRED; INSERT INTO flow.immediate VALUES (1)');
SELECT flow.try('SET CONSTRAINTS ALL IMMEDIATE');
SELECT flow.try('INSERT INTO flow.child VALUES (1)');
COMMIT;
SELECT what, as_role FROM flow.proof ORDER BY n;
SELECT flow.session();
-- In a nested track() it is confined as well, although there the caller is mallory.
BEGIN;
SELECT flow.try($$SELECT tracardi.track('a', '{"sql": "INSERT INTO flow.trap VALUES (2)"}')$$);
SELECT flow.try($$SELECT tracardi.track('a', '{"sql": "SET ROLE postgres"}')$$);
SELECT flow.try($$SELECT tracardi.track('a', '{"sql": "CREATE TEMP TABLE mallory_table ()"}')$$);
COMMIT;
SELECT code, message FROM tracardi.workflow_failure ORDER BY id DESC LIMIT 3;
SELECT what, as_role FROM flow.proof ORDER BY n;
TRUNCATE flow.proof;
-- Mallory's triggers on mallory's tables run as mallory while the workflow does.
SET ROLE regress_mallory;
CREATE TABLE flow.own (id int);
CREATE TRIGGER own AFTER INSERT ON flow.own FOR EACH ROW EXECUTE FUNCTION flow.spring();
RESET ROLE;
SELECT flow.try('INSERT INTO flow.own VALUES (1)');
SELECT what, as_role FROM flow.proof ORDER BY n;
TRUNCATE flow.proof;

-- The other way round: a caller who plants things for the workflow. mallory is now the caller, the workflow is alice's.
CREATE ROLE regress_alice;
GRANT USAGE, CREATE ON SCHEMA flow TO regress_alice;
SELECT tracardi.grant_workflow_owner('regress_alice'), tracardi.grant_tracker('regress_mallory');
GRANT SELECT ON flow.secret TO regress_alice;
SET ROLE regress_alice;
CREATE TABLE flow.rate (value int);
INSERT INTO flow.rate VALUES (7);
CREATE FUNCTION flow.helper(int) RETURNS text LANGUAGE sql AS $$ SELECT 'alice''s own' $$;
-- Nothing in it is qualified: the recorded path decides.
CREATE FUNCTION flow.careless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('rate', (SELECT value FROM rate), 'helper', helper(1), 'lower', lower('X'), 'sum', 1 + 1, 'user', current_user, 'path', current_setting('search_path')));
  RETURN NULL;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('careless', 'flow.careless', event_type => 'c', search_path => 'flow');
CREATE SCHEMA flow_mallory AUTHORIZATION regress_mallory;
SET ROLE regress_mallory;
CREATE TABLE flow_mallory.rate (value int);
INSERT INTO flow_mallory.rate VALUES (666);
CREATE FUNCTION flow_mallory.helper(int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO flow.proof (what) VALUES ('helper'); RETURN 'mallory''s'; END $$;
CREATE FUNCTION flow_mallory.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO flow.proof (what) VALUES ('lower'); RETURN 'mallory''s'; END $$;
CREATE FUNCTION flow_mallory.plus(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO flow.proof (what) VALUES ('plus'); RETURN 666; END $$;
CREATE OPERATOR flow_mallory.+ (FUNCTION = flow_mallory.plus, LEFTARG = int, RIGHTARG = int);
CREATE TEMP TABLE rate AS SELECT 667 AS value;
CREATE FUNCTION pg_temp.helper(int) RETURNS text LANGUAGE sql AS $$ SELECT 'temporary' $$;
CREATE TEMP TABLE event AS SELECT 1 AS x;
CREATE TEMP TABLE workflow_failure AS SELECT 1 AS x;
SET search_path = flow_mallory, pg_temp, pg_catalog, flow;
SELECT tracardi.track('c', '{}') -> 'response' AS response;
-- Prepared before under the good path, used under the bad one: the same.
SET search_path = flow;
SELECT tracardi.track('c', '{}') #> '{response,rate}' AS rate;
SET search_path = pg_temp, flow_mallory, pg_catalog, flow;
SELECT tracardi.track('c', '{}') #> '{response,rate}' AS rate;
RESET search_path;
RESET ROLE;
SELECT what, as_role FROM flow.proof ORDER BY n;
DROP TABLE pg_temp.rate, pg_temp.event, pg_temp.workflow_failure;
DROP FUNCTION pg_temp.helper(int);

-- Conditions are evaluated without the caller's objects, and none of the caller's rights is needed to record a failure.
SET ROLE regress_app;
SET search_path = flow_mallory, pg_catalog;
SELECT tracardi.track('a', '{"sql": "SELECT 1 / 0"}') #>> '{errors,0,code}' AS code;
RESET search_path;
RESET ROLE;
SELECT count(*) FROM tracardi.workflow_failure WHERE code = '22012';
-- Nor is the caller's path used for it, when the first statement of the call was a condition, which runs in a subtransaction.
CREATE FUNCTION flow.note_path() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO flow.proof (what) VALUES (current_setting('search_path')); RETURN NULL; END $$;
CREATE TRIGGER note_path AFTER INSERT ON tracardi.workflow_failure FOR EACH ROW EXECUTE FUNCTION flow.note_path();
SELECT tracardi.create_workflow('met', 'flow.attack', event_type => 'e', condition => '$.type == "e"');
TRUNCATE flow.proof;
GRANT USAGE ON SCHEMA flow TO PUBLIC;
SET ROLE regress_app;
SET search_path = flow_mallory, pg_catalog;
SELECT tracardi.track('e', '{"sql": "SELECT 1 / 0"}', options => '{"saveEvent": false}') #>> '{errors,0,code}' AS code;
RESET search_path;
RESET ROLE;
SELECT what = (SELECT search_path FROM tracardi.instance) AS path_of_setup FROM flow.proof;
DROP TRIGGER note_path ON tracardi.workflow_failure;
REVOKE USAGE ON SCHEMA flow FROM PUBLIC;
-- What stands first in an admin's search_path is nothing to the functions that the admin calls: mallory's operators and functions,
-- which fit better than those of pg_catalog, do not run there. (By themselves they do.)
TRUNCATE flow.proof;
SET ROLE regress_mallory;
CREATE FUNCTION flow_mallory.seen(what text, OUT t text) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO flow.proof (what) VALUES (what); END $$;
CREATE FUNCTION flow_mallory.joined(text, text) RETURNS text LANGUAGE sql AS $$ SELECT flow_mallory.seen('||') $$;
CREATE FUNCTION flow_mallory.same(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT flow_mallory.seen('=') IS NULL $$;
CREATE FUNCTION flow_mallory.field(jsonb, text) RETURNS jsonb LANGUAGE sql AS $$ SELECT flow_mallory.seen('->')::jsonb $$;
CREATE FUNCTION flow_mallory.format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT flow_mallory.seen('format') $$;
CREATE FUNCTION flow_mallory.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT flow_mallory.seen('quote_ident') $$;
CREATE FUNCTION flow_mallory.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS $$ SELECT flow_mallory.seen('jsonb_typeof') $$;
CREATE OPERATOR flow_mallory.|| (FUNCTION = flow_mallory.joined, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR flow_mallory.= (FUNCTION = flow_mallory.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR flow_mallory.-> (FUNCTION = flow_mallory.field, LEFTARG = jsonb, RIGHTARG = text);
RESET ROLE;
SET search_path = flow_mallory, pg_catalog;
SELECT tracardi.create_source('lure') AS made, tracardi.create_event_type('lure', schema => '{"properties": {"a": {"type": "string"}}}'),
  tracardi.create_subscription('lure', 'lure'), tracardi.create_event_mapping('lure', 'traits.a', 'properties.a'),
  tracardi.create_segment('lure', '$.traits.a == "x"'), tracardi.create_consent_type('lure'), tracardi.create_consent_rule('lure', 'properties.b', '{lure}'),
  tracardi.create_identification_point('lure', 'lure', '{a}');
SELECT tracardi.create_event_view('lure', 'lu"re''\;', 'flow') IS NOT NULL AS made, tracardi.refresh_event_view('lure', 'lu"re''\;', 'flow') IS NOT NULL AS refreshed;
SELECT tracardi.check_event('lure', '{"a": 1}') IS NOT NULL AS checked, tracardi.track('lure', '{"a": "x"}', profile_id => 'lured') IS NOT NULL AS tracked,
  tracardi.export_configuration() IS NOT NULL AS exported;
SELECT tracardi.export('lured') IS NOT NULL AS exported, (SELECT pg_catalog.count(*) FROM tracardi.poll('lure')) AS polled,
  tracardi.consent('lured', '{"lure": true}') IS NOT NULL AS consented, tracardi.forget('lured') IS NOT NULL AS forgotten;
SELECT tracardi.import_configuration(tracardi.export_configuration()) IS NOT NULL AS imported;
SELECT tracardi.drop_subscription('lure'), tracardi.drop_segment('lure'), tracardi.drop_consent_rule('lure'), tracardi.drop_consent_type('lure'),
  tracardi.drop_identification_point('lure'), tracardi.drop_event_mapping('lure', 'traits.a'), tracardi.drop_event_type('lure');
DROP INDEX tracardi.event_xact_idx;
SELECT n, what, as_role FROM flow.proof;
SELECT 'a'::text || 'b'::text AS joined;
RESET search_path;
SELECT what, as_role = current_user AS as_caller FROM flow.proof;

-- A workflow's owner may not make events into failures of others, nor write what it has no right to.
SELECT statement, flow.try(statement) FROM unnest(ARRAY[
  'INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), ''forged'', ''system'')', 'DELETE FROM tracardi.workflow_failure', 'UPDATE tracardi.workflow SET enabled = false',
  'INSERT INTO tracardi.workflow (name, function) VALUES (''mine'', ''flow.to_proof'')', 'DELETE FROM tracardi.profile', 'UPDATE tracardi.profile SET traits = ''{"by": "mallory"}''']) AS statement;

DELETE FROM tracardi.workflow;
DROP SCHEMA flow, flow_mallory CASCADE;
DROP OWNED BY regress_mallory, regress_app, regress_alice;
DROP ROLE regress_mallory, regress_app, regress_alice;
SELECT test.reset();
RESET client_min_messages;
