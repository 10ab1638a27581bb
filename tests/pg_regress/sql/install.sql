-- CREATE EXTENSION and tracardi.setup(), and what all tests use (schema test). Every other test relies on this one
-- having run: it leaves tracardi set up, its data tables owned by a role that is no superuser.

CREATE SCHEMA test;

-- Runs a statement; gives its error's SQLSTATE, message, DETAIL and HINT, a line each.
CREATE FUNCTION test.error(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  code text; message text; detail text; hint text;
BEGIN
  EXECUTE statement;
  RETURN NEXT 'no error';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
    detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN NEXT code || ': ' || message;
  IF detail <> '' THEN RETURN NEXT 'DETAIL: ' || detail; END IF;
  IF hint <> '' THEN RETURN NEXT 'HINT: ' || hint; END IF;
END
$$;

-- The same, the SQLSTATE only.
CREATE FUNCTION test.code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;

CREATE FUNCTION test.is_generated(text) RETURNS boolean LANGUAGE sql AS $$
  SELECT $1 ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
$$;

-- Empties the data tables and puts the configuration back as setup() seeds it, with two sources more: web, as
-- create_source() makes it, and shop, which may choose the ids of its profiles.
CREATE FUNCTION test.reset() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE tracardi.event, tracardi.event_key, tracardi.profile, tracardi.profile_alias, tracardi.merge_key, tracardi.session,
    tracardi.event_rejected, tracardi.workflow_failure, tracardi.workflow_cursor, tracardi.workflow_tick,
    tracardi.workflow_replay, tracardi.subscription;
  DELETE FROM tracardi.workflow;
  DELETE FROM tracardi.identification_point;
  DELETE FROM tracardi.consent_type;
  DELETE FROM tracardi.consent_rule;
  DELETE FROM tracardi.event_source;
  DELETE FROM tracardi.event_type;
  DELETE FROM tracardi.event_schema;
  DELETE FROM tracardi.event_mapping;
  DELETE FROM tracardi.profile_field;
  DELETE FROM tracardi.system_event;
  PERFORM tracardi.setup(search_path => '"$user", public');
  PERFORM tracardi.create_source('web');
  PERFORM tracardi.create_source('shop', static_profile_id => true);
  PERFORM tracardi.grant_web('regress_web_anon');
END
$$;

-- Calls a function of tracardi_api as PostgREST does: "track(json)", with a body and headers, as the web role.
CREATE ROLE regress_web_anon;
CREATE FUNCTION test.http(call text, request text DEFAULT NULL, headers json DEFAULT '{}', OUT status text, OUT body json, OUT response_headers json)
LANGUAGE plpgsql AS $$
DECLARE
  name CONSTANT text := split_part(call, '(', 1);
  type CONSTANT text := rtrim(split_part(call, '(', 2), ')');
BEGIN
  PERFORM set_config('search_path', '"tracardi_api", "public"', true), set_config('role', 'regress_web_anon', true),
    set_config('request.jwt.claims', '{"role":"regress_web_anon"}', true), set_config('request.method', 'POST', true),
    set_config('request.path', '/rpc/' || name, true), set_config('request.headers', headers::text, true),
    set_config('request.cookies', '{}', true);
  EXECUTE pg_catalog.format($q$
    WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT "tracardi_api".%I(%s) pgrst_scalar) pgrst_call)
    SELECT coalesce(json_agg(t.pgrst_scalar) -> 0, 'null'), nullif(current_setting('response.headers', true), ''),
           nullif(current_setting('response.status', true), '')
    FROM (SELECT s.* FROM pgrst_source AS s) t $q$,
    name, CASE WHEN type = '' THEN '' ELSE '$1::' || type END)
  INTO body, response_headers, status USING request;
  status := coalesce(status, '200');
  PERFORM set_config('role', 'none', true), set_config('response.status', '', true), set_config('response.headers', '', true),
    set_config('request.headers', '', true);
END
$$;

-- Before all: who owns the schema could plant objects in it, so a schema of another role is refused.
CREATE ROLE regress_planter;
BEGIN;
CREATE SCHEMA tracardi AUTHORIZATION regress_planter;
SELECT test.error('CREATE EXTENSION tracardi');
ROLLBACK;
DROP ROLE regress_planter;

CREATE EXTENSION tracardi;

-- Configuration tables are marked for dump and empty, for a row that the script seeds would make a restore fail.
SELECT string_agg(format('SELECT %L AS relname, count(*) AS rows FROM %s', c.relname, c.oid::regclass), ' UNION ALL ') || ' ORDER BY 1'
FROM pg_extension e, unnest(e.extconfig) AS t (oid) JOIN pg_class c USING (oid)
WHERE e.extname = 'tracardi' \gexec

-- The schema is not a member: dropping the extension must not take data along.
SELECT count(*) FROM pg_depend
WHERE classid = 'pg_namespace'::regclass AND objid = 'tracardi'::regnamespace AND deptype = 'e';

-- A call that needs the tables says what is to be done, whichever it is.
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "events": [{"type": "page-view"}]}')$$);
SELECT test.error($$SELECT tracardi.track('page-view', '{}')$$);
SELECT test.error($$SELECT tracardi.collect('page-view', 'web', '{}')$$);
SELECT test.error($$SELECT tracardi.retry_rejected('018f0000-0000-7000-8000-000000000000')$$);
SELECT test.error($$CALL tracardi.maintain()$$);
SELECT test.error($$SELECT tracardi.grant_analyst(current_user::regrole)$$);
-- Over HTTP, to come again later: it may be a server that is being set up.
SELECT tracardi.grant_web('regress_web_anon');
SELECT status, body, response_headers -> 0 AS header FROM test.http('health()');
SELECT status, body, response_headers -> 0 AS header FROM test.http('track(json)', '{"source": {"id": "web"}, "events": [{"type": "page-view"}]}');
-- Ids are computed without tables, so that ETL can run first.
SELECT tracardi.id('customer-42') IS NOT NULL AS id, tracardi.event_id('web', '1') IS NOT NULL AS event_id;

-- setup() works in any time zone; months are those of UTC. It says that triggers should not run as a superuser.
SET timezone = 'Asia/Tokyo';
SET search_path = public, test;
SELECT tracardi.setup();
RESET search_path;
RESET timezone;

-- It has recorded its caller's path for the triggers of the data tables, temporary objects last.
SELECT search_path FROM tracardi.instance;

-- It seeded the system events and the source sql, which can't be used over HTTP and keeps an application's own ids.
SELECT type, enabled FROM tracardi.system_event ORDER BY type;
-- Profiles have no trigger that has nothing to do.
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass ORDER BY tgname;
SELECT id, bridges, enabled, ephemeral, static_profile_id FROM tracardi.event_source;

-- Partitions: history, this month, and a year ahead; adjoining, bounds at midnight UTC, and no default partition.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT count(*), min(bound) ~ 'DEFAULT' AS has_default,
       count(*) FILTER (WHERE bound ~ '^FOR VALUES FROM \((MINVALUE|''\d{4}-\d\d-01 00:00:00\+00'')\) TO \(''\d{4}-\d\d-01 00:00:00\+00''\)$') AS at_midnight
FROM (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound
      FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'tracardi.event'::regclass) AS p;
SELECT count(*) AS gaps FROM generate_series(now(), now() + interval '12 months', interval '7 days') AS t
WHERE NOT EXISTS (
  SELECT FROM pg_inherits WHERE inhparent = 'tracardi.event'::regclass
    AND inhrelid::regclass::text = 'tracardi.event_' || to_char(t, 'YYYY_MM'));
RESET timezone;
RESET datestyle;

-- Again: nothing is made anew, nothing of the user's is changed, and no seed that the user changed is put back.
ALTER TABLE tracardi.profile ADD COLUMN loyalty int NOT NULL DEFAULT 7;
UPDATE tracardi.event_source SET name = 'ours', static_profile_id = false WHERE id = 'sql';
UPDATE tracardi.system_event SET enabled = false WHERE type = 'session-opened';
CREATE TABLE test.before AS
SELECT 'pg_class'::regclass AS catalog, oid, relname::text AS name FROM pg_class WHERE relnamespace = 'tracardi'::regnamespace
UNION ALL SELECT 'pg_constraint'::regclass, oid, conname FROM pg_constraint WHERE connamespace = 'tracardi'::regnamespace
UNION ALL SELECT 'pg_attribute'::regclass, attrelid, attname FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'tracardi'::regnamespace);
-- (A client that asked for warnings only gets no notice.)
SET client_min_messages = warning;
SELECT tracardi.setup(), tracardi.setup();
RESET client_min_messages;
WITH now AS (
  SELECT 'pg_class'::regclass AS catalog, oid, relname::text AS name FROM pg_class WHERE relnamespace = 'tracardi'::regnamespace
  UNION ALL SELECT 'pg_constraint'::regclass, oid, conname FROM pg_constraint WHERE connamespace = 'tracardi'::regnamespace
  UNION ALL SELECT 'pg_attribute'::regclass, attrelid, attname FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'tracardi'::regnamespace)
)
SELECT count(*) AS differences FROM (
  (TABLE now EXCEPT TABLE test.before) UNION ALL (TABLE test.before EXCEPT TABLE now)) AS d;
SELECT name, static_profile_id FROM tracardi.event_source WHERE id = 'sql';
SELECT type FROM tracardi.system_event WHERE NOT enabled;
DROP TABLE test.before;
ALTER TABLE tracardi.profile DROP COLUMN loyalty;
UPDATE tracardi.event_source SET name = 'SQL', static_profile_id = true WHERE id = 'sql';
UPDATE tracardi.system_event SET enabled = true;

-- The data tables have one owner; setup(owner => …) hands all of them to another one, with their partitions.
CREATE ROLE regress_owner NOLOGIN;
CREATE VIEW test.data_table AS
SELECT c.oid, c.relname, pg_get_userbyid(c.relowner) AS owner FROM pg_class c
WHERE c.relnamespace = 'tracardi'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e');
SELECT owner = current_user AS is_caller, count(*) AS tables FROM test.data_table GROUP BY 1;
-- no notice: this owner is no superuser
SELECT tracardi.setup(owner => 'regress_owner');
SELECT owner, count(*) AS tables FROM test.data_table GROUP BY owner;
-- Then it stays so; and the caller is who it was, with the settings it had.
SELECT tracardi.setup(search_path => '"$user", public');
SELECT owner, count(*) AS tables FROM test.data_table GROUP BY owner;
SELECT current_user = session_user AS same_role, current_setting('role') AS role, current_setting('search_path') AS path,
       current_setting('client_min_messages') AS messages;
-- A table that fell to somebody else is taken back.
ALTER TABLE tracardi.session OWNER TO CURRENT_USER;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT owner, count(*) AS tables FROM test.data_table GROUP BY owner;
-- An owner that does not exist is no owner.
SELECT test.code($$SELECT tracardi.setup(owner => 'regress_nobody')$$);
-- The partition that maintain() makes belongs to the same owner. (Next year's month is dropped and made again.)
DO $$ BEGIN EXECUTE format('DROP TABLE tracardi.%I', 'event_' || to_char((now() + interval '12 months') AT TIME ZONE 'UTC', 'YYYY_MM')); END $$;
SET timezone = 'America/Los_Angeles';
CALL tracardi.maintain();
RESET timezone;
SELECT owner, count(*) AS tables FROM test.data_table GROUP BY owner;

-- Every object is documented: schemas, functions, tables and views, columns (a partition's are its parent's), types.
SELECT 'schema' AS what, nspname::text AS name FROM pg_namespace
WHERE nspname IN ('tracardi', 'tracardi_api') AND obj_description(oid, 'pg_namespace') IS NULL
UNION ALL
SELECT 'function', oid::regprocedure::text FROM pg_proc
WHERE pronamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND obj_description(oid, 'pg_proc') IS NULL
UNION ALL
SELECT 'relation', oid::regclass::text FROM pg_class
WHERE relnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND relkind NOT IN ('i', 'I')
  AND obj_description(oid, 'pg_class') IS NULL
UNION ALL
SELECT 'column', c.oid::regclass || '.' || attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE relnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND relkind NOT IN ('i', 'I')
  AND NOT relispartition AND attnum > 0 AND NOT attisdropped AND col_description(c.oid, attnum) IS NULL
UNION ALL
SELECT 'type', t.oid::regtype::text FROM pg_type t
WHERE typnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND typrelid = 0 AND typelem = 0
  AND obj_description(t.oid, 'pg_type') IS NULL
UNION ALL
SELECT 'setting', name FROM pg_settings WHERE name LIKE 'tracardi.%' AND (short_desc = '' OR short_desc IS NULL);

-- PUBLIC may look names up in schema tracardi and answer from within a running workflow, and nothing else.
SELECT 'schema' AS what, nspname::text AS name, privilege_type
FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
WHERE nspname IN ('tracardi', 'tracardi_api') AND grantee = 0
UNION ALL
SELECT 'function', p.oid::regprocedure::text, privilege_type
FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner)))
WHERE pronamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND grantee = 0
UNION ALL
SELECT 'relation', c.oid::regclass::text, privilege_type
FROM pg_class c, aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)))
WHERE relnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND grantee = 0
UNION ALL
SELECT 'column', c.oid::regclass || '.' || attname, privilege_type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(attacl)
WHERE relnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND grantee = 0
UNION ALL -- a table's row type aside: nobody gains anything by its name
SELECT 'type', t.oid::regtype::text, privilege_type
FROM pg_type t, aclexplode(coalesce(typacl, acldefault('T', typowner)))
WHERE typnamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND grantee = 0 AND typrelid = 0 AND typelem = 0
ORDER BY 1, 2, 3;

SELECT test.error($$SELECT tracardi.respond('{}')$$);
SELECT test.code($$SELECT tracardi.add_ux('{}')$$);

-- The data tables, their constraints, defaults and indexes use no member of the extension; two triggers do, which come when they
-- are needed.
BEGIN;
SELECT tracardi.create_segment('regress-all', '$');
WITH RECURSIVE data AS (
  SELECT 'pg_class'::regclass::oid AS classid, oid AS objid FROM test.data_table
  UNION
  SELECT d.classid, d.objid FROM pg_depend d JOIN data ON (d.refclassid, d.refobjid) = (data.classid, data.objid)
  WHERE d.deptype IN ('a', 'i')
), member AS (
  SELECT classid, objid FROM pg_depend
  WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'tracardi') AND deptype = 'e'
)
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS object, pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) AS uses
FROM pg_depend d JOIN data ON (d.classid, d.objid) = (data.classid, data.objid)
JOIN member ON (d.refclassid, d.refobjid) = (member.classid, member.objid)
ORDER BY 1;
ROLLBACK;

-- So DROP EXTENSION CASCADE leaves every row and column, and the next extension goes on with them.
SELECT tracardi.track('order', '{"total": 12}', profile_id => 'customer-42', event_id => 'order-1') IS NOT NULL AS tracked;
BEGIN;
CREATE TEMP TABLE before AS
SELECT attrelid::regclass::text AS relation, attname FROM pg_attribute
WHERE attrelid IN (SELECT oid FROM test.data_table) AND attnum > 0 AND NOT attisdropped;
CREATE TEMP TABLE event_before AS TABLE tracardi.event;
SET client_min_messages = warning;
SELECT tracardi.drop_segment(tracardi.create_segment('regress-all', '$'));
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass ORDER BY tgname;
DROP EXTENSION tracardi CASCADE;
RESET client_min_messages;
SELECT count(*) AS lost_columns FROM (
  TABLE before EXCEPT SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped) AS lost;
CREATE EXTENSION tracardi;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT count(*) AS lost_columns FROM (
  TABLE before EXCEPT SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped) AS lost;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass ORDER BY tgname;
SELECT count(*) AS lost_events FROM (TABLE event_before EXCEPT TABLE tracardi.event) AS lost;
-- The exactly-once memory goes on, too.
SELECT jsonb_array_length(tracardi.track('order', '{"total": 12}', profile_id => 'customer-42', event_id => 'order-1') -> 'warnings') AS warnings;
ROLLBACK;

-- What the other tests use, now that the tables are there.

-- Names for ids: the client's text; for an id that was made here its number in the order in which they were made.
CREATE FUNCTION test.profile(id uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT CASE WHEN p.external_id IS NOT NULL THEN p.external_id
                 WHEN test.is_generated(p.id::text) THEN
                   'profile ' || (SELECT count(*) FROM tracardi.profile q WHERE test.is_generated(q.id::text) AND q.id <= p.id)
                 ELSE p.id::text END
     FROM tracardi.profile p WHERE p.id = $1),
    CASE WHEN $1 IS NOT NULL THEN 'a profile that is not there' END)
$$;
CREATE FUNCTION test.session(id uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT CASE WHEN s.external_id IS NOT NULL THEN s.external_id
                 WHEN test.is_generated(s.id::text) THEN
                   'session ' || (SELECT count(*) FROM tracardi.session t WHERE test.is_generated(t.id::text) AND t.id <= s.id)
                 ELSE s.id::text END
     FROM tracardi.session s WHERE s.id = $1),
    CASE WHEN $1 IS NOT NULL THEN 'a session that is not there' END)
$$;

-- What was stored, in the order of time.
CREATE VIEW test.event AS
SELECT row_number() OVER (ORDER BY time, id) AS n, kind, type, test.profile(profile_id) AS profile, test.session(session_id) AS session
FROM tracardi.event;
CREATE VIEW test.profiles AS
SELECT test.profile(id) AS profile, visit_count AS visits FROM tracardi.profile ORDER BY created_at, id;
CREATE VIEW test.sessions AS
SELECT test.session(id) AS session, test.profile(profile_id) AS profile, source_id, status, ended_at IS NOT NULL AS has_ended
FROM tracardi.session ORDER BY started_at, id;

-- An answer: ids by name (an event's: "new" if it was made here and is stored), errors and warnings as lines.
CREATE FUNCTION test.answer(answer jsonb, OUT events text, OUT profile text, OUT session text, OUT errors text, OUT warnings text)
LANGUAGE plpgsql AS $$
DECLARE
  event_id text;
BEGIN
  IF answer IS NULL THEN RETURN; END IF;
  FOR event_id IN SELECT jsonb_array_elements_text(answer -> 'events') LOOP
    events := concat_ws(', ', events,
      CASE WHEN event_id IS NULL THEN '-'
           WHEN NOT test.is_generated(event_id) THEN event_id
           WHEN EXISTS (SELECT FROM tracardi.event e WHERE e.id = event_id::uuid) THEN 'new'
           ELSE 'not stored' END);
  END LOOP;
  profile := answer #>> '{profile,id}';
  IF test.is_generated(profile) THEN profile := test.profile(profile::uuid); END IF;
  session := answer #>> '{session,id}';
  IF test.is_generated(session) THEN session := test.session(session::uuid); END IF;
  errors := (SELECT string_agg(format('%s %s %s%s %s', i ->> 'event', i ->> 'code', i ->> 'path', ' (' || (i ->> 'id') || ')', i ->> 'message'), E'\n' ORDER BY n)
             FROM jsonb_array_elements(answer -> 'errors') WITH ORDINALITY AS e (i, n));
  warnings := (SELECT string_agg(format('%s %s %s%s %s', i ->> 'event', i ->> 'code', i ->> 'path', ' (' || (i ->> 'id') || ')', i ->> 'message'), E'\n' ORDER BY n)
               FROM jsonb_array_elements(answer -> 'warnings') WITH ORDINALITY AS e (i, n));
END
$$;
SELECT test.reset();

-- The tests of workflows say what their limits are; a slow machine must not come between.
SELECT format('ALTER DATABASE %I SET tracardi.workflow_timeout = ''5min''', current_database()) \gexec
