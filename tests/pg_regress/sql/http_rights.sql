-- The web role: it may execute the functions of tracardi_api, and has otherwise what PUBLIC has. From the catalogs.
SELECT test.reset();
SELECT current_user AS owner \gset
CREATE ROLE regress_visitor LOGIN;
CREATE ROLE regress_outsider;
SELECT tracardi.grant_web('regress_visitor');

-- All that is granted to it, of whatever kind, in this database and the cluster.
CREATE VIEW test.granted AS
SELECT kind, name, a.privilege_type AS privilege, a.is_grantable AS grantable, a.grantee
FROM (
  SELECT 'function' AS kind, oid::regprocedure::text AS name, proacl AS acl FROM pg_proc
  UNION ALL SELECT 'schema', nspname, nspacl FROM pg_namespace
  UNION ALL SELECT 'relation', oid::regclass::text, relacl FROM pg_class
  UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, attacl FROM pg_attribute
  UNION ALL SELECT 'type', oid::regtype::text, typacl FROM pg_type
  UNION ALL SELECT 'language', lanname, lanacl FROM pg_language
  UNION ALL SELECT 'large object', oid::text, lomacl FROM pg_largeobject_metadata
  UNION ALL SELECT 'foreign wrapper', fdwname, fdwacl FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'foreign server', srvname, srvacl FROM pg_foreign_server
  UNION ALL SELECT 'default', defaclobjtype::text, defaclacl FROM pg_default_acl
  UNION ALL SELECT 'database', datname, datacl FROM pg_database
  UNION ALL SELECT 'tablespace', spcname, spcacl FROM pg_tablespace
  UNION ALL SELECT 'parameter', parname, paracl FROM pg_parameter_acl
) AS object, aclexplode(acl) AS a;
SELECT kind, name, privilege, grantable FROM test.granted WHERE grantee = 'regress_visitor'::regrole ORDER BY kind, name COLLATE "C";
-- That is each function of tracardi_api, and there is nothing else in that schema but the type of a script.
SELECT count(*) AS functions_without FROM pg_proc WHERE pronamespace = 'tracardi_api'::regnamespace AND NOT has_function_privilege('regress_visitor', oid, 'execute');
SELECT count(*) FROM pg_class WHERE relnamespace = 'tracardi_api'::regnamespace;
SELECT typname, typtype FROM pg_type WHERE typnamespace = 'tracardi_api'::regnamespace AND typtype <> 'b';
SELECT rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = 'regress_visitor';
SELECT count(*) AS memberships FROM pg_auth_members WHERE member = 'regress_visitor'::regrole;
SELECT count(*) AS owned FROM pg_shdepend WHERE refobjid = 'regress_visitor'::regrole AND deptype = 'o';
-- What it may do in fact, against a role that nobody granted anything: the difference is what was granted.
SELECT kind, object, privilege FROM (
  SELECT 'function' AS kind, oid::regprocedure::text AS object, p AS privilege, has_function_privilege('regress_visitor', oid, p) AS visitor, has_function_privilege('regress_outsider', oid, p) AS outsider FROM pg_proc, unnest('{EXECUTE}'::text[]) AS p
  UNION ALL SELECT 'relation', oid::regclass::text, p, has_table_privilege('regress_visitor', oid, p), has_table_privilege('regress_outsider', oid, p) FROM pg_class, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL SELECT 'columns', oid::regclass::text, p, has_any_column_privilege('regress_visitor', oid, p), has_any_column_privilege('regress_outsider', oid, p) FROM pg_class, unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) AS p WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL SELECT 'sequence', oid::regclass::text, p, has_sequence_privilege('regress_visitor', oid, p), has_sequence_privilege('regress_outsider', oid, p) FROM pg_class, unnest('{USAGE,SELECT,UPDATE}'::text[]) AS p WHERE relkind = 'S'
  UNION ALL SELECT 'schema', nspname, p, has_schema_privilege('regress_visitor', oid, p), has_schema_privilege('regress_outsider', oid, p) FROM pg_namespace, unnest('{USAGE,CREATE}'::text[]) AS p
  UNION ALL SELECT 'type', oid::regtype::text, p, has_type_privilege('regress_visitor', oid, p), has_type_privilege('regress_outsider', oid, p) FROM pg_type, unnest('{USAGE}'::text[]) AS p
  UNION ALL SELECT 'language', lanname, p, has_language_privilege('regress_visitor', oid, p), has_language_privilege('regress_outsider', oid, p) FROM pg_language, unnest('{USAGE}'::text[]) AS p
  UNION ALL SELECT 'database', datname, p, has_database_privilege('regress_visitor', oid, p), has_database_privilege('regress_outsider', oid, p) FROM pg_database, unnest('{CREATE,CONNECT,TEMPORARY}'::text[]) AS p
) AS may WHERE visitor IS DISTINCT FROM outsider ORDER BY kind, object COLLATE "C", privilege;
-- And of tracardi's own, PUBLIC has this, which does nothing outside of a workflow.
SELECT DISTINCT kind, name, privilege FROM test.granted WHERE grantee = 0 AND name ~ '^tracardi' AND kind <> 'type' ORDER BY 1, 2, 3;

-- Tricks. It knows no other way in: nothing that is done with its rights opens a table.
GRANT USAGE ON SCHEMA test TO regress_visitor;
CREATE TABLE test.trick (n int GENERATED ALWAYS AS IDENTITY, statement text);
GRANT SELECT ON test.trick TO regress_visitor;
INSERT INTO test.trick (statement) VALUES
  ('SELECT * FROM tracardi.event'), ('SELECT count(*) FROM tracardi.event'), ('SELECT 1 FROM tracardi.profile'), ('TABLE tracardi.session'), ('TABLE tracardi.event_rejected'), ('TABLE tracardi.event_source'),
  ('COPY tracardi.event TO ''/dev/null'''), ('COPY (SELECT tracardi_api.health()) TO ''/dev/null'''), ('COPY (SELECT 1) TO PROGRAM ''true'''), ('COPY tracardi.event FROM ''/etc/passwd'''),
  ('SET ROLE regress_owner'), ('SET ROLE pg_read_all_data'), ('SET SESSION AUTHORIZATION regress_owner'), ('ALTER ROLE regress_visitor SUPERUSER'), ('GRANT pg_read_all_data TO regress_visitor'),
  ('SELECT tracardi.track(''{}'')'), ('SELECT tracardi.track(''a'', ''{}'')'), ('SELECT tracardi.collect(''a'', ''web'', ''{}'')'), ('SELECT tracardi.setup()'), ('CALL tracardi.maintain()'), ('SELECT tracardi.grant_admin(''regress_visitor'')'),
  ('SELECT tracardi.grant_web(''regress_outsider'')'), ('SELECT tracardi.create_source(''mine'')'), ('SELECT tracardi.retry_rejected(gen_random_uuid())'), ('SELECT tracardi.id(''x'')'), ('SELECT tracardi.respond(''{}'')'), ('SELECT tracardi.add_ux(''{}'')'),
  ('GRANT EXECUTE ON FUNCTION tracardi_api.track(json) TO PUBLIC'), ('CREATE OR REPLACE FUNCTION tracardi_api.track(json) RETURNS json LANGUAGE sql AS ''SELECT $1'''), ('DROP FUNCTION tracardi_api.health()'),
  ('CREATE FUNCTION tracardi_api.mine() RETURNS int LANGUAGE sql AS ''SELECT 1'''), ('CREATE FUNCTION tracardi.mine() RETURNS int LANGUAGE sql AS ''SELECT 1'''), ('CREATE TABLE tracardi_api.mine ()'), ('CREATE TABLE tracardi.mine ()'),
  ('CREATE TRIGGER mine AFTER INSERT ON tracardi.event EXECUTE FUNCTION tracardi.configuration_changed()'), ('ALTER TABLE tracardi.event DISABLE TRIGGER ALL'), ('LOCK TABLE tracardi.event'), ('TRUNCATE tracardi.event_source'),
  ('SET tracardi.client_ip = ''keep'''), ('SET tracardi.client_ip_header = ''user-agent'''), ('SET tracardi.body_size_limit = ''1GB'''), ('SET tracardi.payload_event_limit = 1000000'), ('SET tracardi.event_rejected_limit = 1000000'), ('SET session_replication_role = replica'), ('SELECT set_config(''tracardi.workflow_timeout'', ''0'', false)'),
  ('SELECT lo_import(''/etc/passwd'')'), ('SELECT pg_read_file(''/etc/passwd'')'), ('SELECT pg_ls_dir(''.'')'), ('SELECT currval(''tracardi.x'')'), ('LOAD ''/etc/passwd''');
CREATE TABLE test.attempt (n int, code text);
GRANT INSERT ON test.attempt TO regress_visitor;
\c - regress_visitor
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM test.trick ORDER BY n LOOP
    BEGIN
      EXECUTE t.statement;
      INSERT INTO test.attempt VALUES (t.n, 'done');
    EXCEPTION WHEN OTHERS THEN INSERT INTO test.attempt VALUES (t.n, SQLSTATE);
    END;
  END LOOP;
END $$;
\c - :owner
SELECT code, count(*), CASE WHEN code NOT IN ('42501') THEN string_agg(statement, E'\n' ORDER BY n) END AS statements FROM test.trick JOIN test.attempt USING (n) GROUP BY code ORDER BY code;
-- (That GRANT is a warning to who has no right to give, and gives none.)
SELECT count(*) FROM pg_proc WHERE pronamespace = 'tracardi_api'::regnamespace AND has_function_privilege('regress_outsider', oid, 'execute');

-- Names that are shadowed, by temporary objects and by the path: what the functions do is the same, and none of it runs.
CREATE TABLE test.ran (what text);
GRANT INSERT ON test.ran TO PUBLIC;
CREATE SCHEMA shadows AUTHORIZATION regress_visitor;
\c - regress_visitor
CREATE TEMP TABLE event (LIKE test.trick);
CREATE TEMP TABLE instance (search_path text);
CREATE TEMP VIEW event_source AS SELECT 'nobody'::text AS id;
CREATE FUNCTION pg_temp.shadow(anyelement) RETURNS anyelement LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran VALUES ('function'); RETURN $1; END $$;
CREATE FUNCTION shadows.count(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran VALUES ('count'); RETURN $1; END $$;
CREATE FUNCTION shadows.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran VALUES ('now'); RETURN '2000-01-01'; END $$;
CREATE FUNCTION shadows.equal(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran VALUES ('='); RETURN true; END $$;
CREATE OPERATOR shadows.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = shadows.equal);
CREATE FUNCTION shadows.less(timestamptz, timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran VALUES ('<'); RETURN true; END $$;
CREATE OPERATOR shadows.< (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = shadows.less);
CREATE FUNCTION shadows.concat(jsonb, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test.ran VALUES ('||'); RETURN '{}'; END $$;
CREATE OPERATOR shadows.|| (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = shadows.concat);
CREATE DOMAIN shadows.uuid AS text;
CREATE TABLE shadows.event ();
SET search_path = shadows, pg_temp, pg_catalog;
SELECT tracardi_api.track('{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000001"}, "events": [{"type": "shadowed", "id": "s1"}, {"type": "shadowed", "properties": 1}]}'::json) #> '{errors,0}' ->> 'message' AS answer;
SELECT tracardi_api.track('{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000001"}, "context": {"a": 1}, "events": [{"type": "shadowed", "id": "s1"}, {"type": "visit-ended"}]}'::text) #> '{warnings,0}' ->> 'message' AS answer;
SELECT tracardi_api.collect('shadowed', 'web', '{"a": 1}') -> 'errors' AS answer;
SELECT tracardi_api.health() ->> 'status' AS answer;
SELECT tracardi_api.consent('{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000001"}, "profile": {"id": "0190e0a1-0000-7000-8000-000000000002"}, "consents": {"a": true}}') AS answer;
SELECT current_setting('search_path'), current_user;
\c - :owner
SELECT * FROM test.ran;
SELECT type, count(*), count(session_id) AS with_session FROM tracardi.event WHERE kind <> 'system' GROUP BY type ORDER BY type;
SET client_min_messages = warning;
DROP SCHEMA shadows CASCADE;
DROP TABLE test.trick, test.attempt, test.ran;
DROP VIEW test.granted;
REVOKE USAGE ON SCHEMA test FROM regress_visitor;
