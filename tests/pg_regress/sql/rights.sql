-- Who may do what; and with whose rights, and under which path, things are done.
SELECT test.reset();
CREATE ROLE regress_nobody;
CREATE ROLE regress_web;
CREATE ROLE regress_tracker;
CREATE ROLE regress_analyst;
CREATE ROLE regress_workflow;
CREATE ROLE regress_admin;
CREATE ROLE "regress odd ""name";
GRANT USAGE ON SCHEMA test TO PUBLIC;
SELECT tracardi.grant_web('regress_web'), tracardi.grant_tracker('regress_tracker'), tracardi.grant_analyst('regress_analyst'),
       tracardi.grant_workflow_owner('regress_workflow'), tracardi.grant_admin('regress_admin');
-- Again, and for a name that needs quotes.
SELECT tracardi.grant_web('"regress odd ""name"'), tracardi.grant_tracker('"regress odd ""name"'), tracardi.grant_analyst('"regress odd ""name"'),
       tracardi.grant_workflow_owner('"regress odd ""name"'), tracardi.grant_admin('"regress odd ""name"'), tracardi.grant_admin('regress_admin');
SELECT test.code($$SELECT tracardi.grant_tracker('regress_does_not_exist')$$);

-- Runs a statement as a role; gives "yes", or the SQLSTATE where it was more than the lack of a right.
CREATE FUNCTION test.may(role name, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  code text;
BEGIN
  PERFORM set_config('role', role, true);
  code := test.code(statement);
  PERFORM set_config('role', 'none', true);
  RETURN CASE code WHEN 'no error' THEN 'yes' WHEN '42501' THEN '-' ELSE code END;
END
$$;
CREATE TABLE test.deed (n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO test.deed (statement) VALUES
  ($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "a"}]}')$$),
  ($$SELECT tracardi.track('a', '{}', profile_id => 'p1', event_id => 'e1')$$),
  ($$SELECT tracardi.collect('a', 'web', '{}')$$),
  ($$SELECT tracardi.id('a'), tracardi.event_id('a', 'b'), tracardi.normalize_type('A')$$),
  ($$SELECT FROM tracardi.event$$),
  ($$SELECT FROM tracardi.profile JOIN tracardi.session ON true$$),
  ($$SELECT FROM tracardi.profile_alias$$),
  ($$SELECT FROM tracardi.person_event$$),
  ($$SELECT FROM tracardi.merge_key$$),
  ($$SELECT FROM tracardi.merge_salt$$),
  ($$SELECT FROM tracardi.event_rejected$$),
  ($$SELECT FROM tracardi.workflow_failure$$),
  ($$SELECT FROM tracardi.event_key$$),
  ($$SELECT FROM tracardi.instance$$),
  ($$SELECT FROM tracardi.event_source JOIN tracardi.event_type ON true JOIN tracardi.system_event ON true$$),
  ($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'a', 'profileless')$$),
  ($$UPDATE tracardi.event SET type = type$$),
  ($$DELETE FROM tracardi.event WHERE false$$),
  ($$UPDATE tracardi.profile SET traits = traits$$),
  ($$UPDATE tracardi.session SET properties = properties$$),
  ($$INSERT INTO tracardi.profile (id) VALUES (gen_random_uuid())$$),
  ($$DELETE FROM tracardi.event_rejected WHERE false$$),
  ($$SELECT tracardi.retry_rejected('018f0000-0000-7000-8000-000000000000')$$),
  ($$UPDATE tracardi.event_source SET name = name$$),
  ($$UPDATE tracardi.system_event SET enabled = enabled$$),
  ($$INSERT INTO tracardi.event_type (type) VALUES (gen_random_uuid()::text)$$),
  ($$SELECT tracardi.create_source(gen_random_uuid()::text)$$),
  ($$SELECT tracardi.drop_source('does-not-exist')$$),
  ($$SELECT FROM tracardi.workflow$$),
  ($$UPDATE tracardi.workflow SET enabled = enabled$$),
  ($$SELECT tracardi.drop_workflow('does-not-exist')$$),
  ($$SELECT FROM tracardi.identification_point$$),
  ($$UPDATE tracardi.identification_point SET enabled = enabled$$),
  ($$SELECT tracardi.create_identification_point(gen_random_uuid()::text, 'a', '{p}')$$),
  ($$SELECT tracardi.drop_identification_point('does-not-exist')$$),
  ($$SELECT tracardi.move_history(1)$$),
  ($$SELECT tracardi.respond('{}')$$),
  ($$SELECT tracardi.setup()$$),
  ($$CALL tracardi.maintain()$$),
  ($$SELECT tracardi.grant_admin('regress_nobody')$$),
  ($$TRUNCATE tracardi.event$$),
  ($$ALTER TABLE tracardi.event ADD COLUMN x int$$),
  ($$CREATE TABLE tracardi.x ()$$),
  ($$CREATE TABLE tracardi_api.x ()$$);
SELECT left(statement, 60) AS statement, test.may('regress_nobody', statement) AS nobody, test.may('regress_web', statement) AS web, test.may('regress_tracker', statement) AS tracker,
       test.may('regress_analyst', statement) AS analyst, test.may('regress_workflow', statement) AS workflow, test.may('regress_admin', statement) AS admin
FROM test.deed ORDER BY n;
-- The web role sees schema tracardi_api, the others don't.
SELECT r, has_schema_privilege(r, 'tracardi_api', 'USAGE') AS api, has_schema_privilege(r, 'tracardi', 'USAGE') AS tracardi, has_schema_privilege(r, 'tracardi', 'CREATE') AS "create"
FROM unnest('{regress_nobody, regress_web, regress_tracker, regress_analyst, regress_workflow, regress_admin}'::name[]) AS r;
DROP TABLE test.deed;

-- Triggers. A plain trigger function with unqualified names: as under an INSERT of the owner's it runs with the rights of
-- the data tables' owner, who is no superuser, under the path that setup() recorded ("$user", public).
SELECT test.reset();
CREATE TABLE public.audit (n int GENERATED ALWAYS AS IDENTITY, what text, who text, superuser boolean, path text, temp boolean);
GRANT INSERT, SELECT ON public.audit TO regress_owner;
CREATE FUNCTION public.is_superuser(name) RETURNS boolean LANGUAGE sql AS 'SELECT rolsuper FROM pg_roles WHERE rolname = $1';
CREATE FUNCTION public.on_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (what, who, superuser, path)
  VALUES (regexp_replace(TG_TABLE_NAME, '_\d.*', '') || coalesce(' ' || (to_jsonb(NEW) ->> 'type'), ''), current_user, is_superuser(current_user), current_setting('search_path'));
  RETURN NULL;
END
$$;
CREATE TRIGGER audit AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION public.on_event();
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON tracardi.profile FOR EACH ROW EXECUTE FUNCTION public.on_event();
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON tracardi.session FOR EACH ROW EXECUTE FUNCTION public.on_event();
CREATE TRIGGER audit AFTER INSERT ON tracardi.event_key FOR EACH ROW EXECUTE FUNCTION public.on_event();
CREATE TRIGGER audit AFTER INSERT ON tracardi.event_rejected FOR EACH ROW EXECUTE FUNCTION public.on_event();
-- The model: the owner's own INSERT.
SET ROLE regress_owner;
INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'insert', 'profileless');
RESET ROLE;
-- A superuser tracks.
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"id": "e1", "type": "superuser"}, {"type": 1}]}') IS NOT NULL AS tracked;
-- A tracker, that has no right on the audit; under paths of its own, an empty one and one without the catalog before it.
SET ROLE regress_tracker;
SELECT test.code('INSERT INTO public.audit (what) VALUES (1)');
SELECT tracardi.track('tracker', '{}') IS NOT NULL AS tracked;
SET search_path = '';
SELECT tracardi.track('empty-path', '{}') IS NOT NULL AS tracked;
SET search_path = test, pg_catalog;
SELECT tracardi.track('other-path', '{}') IS NOT NULL AS tracked;
-- Afterwards it is who it was, under the path it had.
SELECT current_user, current_setting('search_path') AS path;
RESET search_path;
RESET ROLE;
SELECT what, who, superuser, path LIKE '"$user", public%' AS setup_path, count(*) FROM public.audit GROUP BY 1, 2, 3, 4 ORDER BY min(n);

-- Temporary tables of the same names are not taken for the trigger's, nor for tracardi's.
TRUNCATE public.audit;
GRANT TEMPORARY ON DATABASE regression TO regress_tracker;
SET ROLE regress_tracker;
CREATE TEMP TABLE audit (what text, who text, superuser boolean, path text);
CREATE TEMP TABLE event (LIKE pg_temp.audit);
CREATE TEMP TABLE tracardi_batch (x int);
CREATE FUNCTION pg_temp.is_superuser(name) RETURNS boolean LANGUAGE sql AS 'SELECT true';
SET search_path = pg_temp, public;
SELECT tracardi.track('temp', '{}') IS NOT NULL AS tracked;
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [{"id": "t1", "type": "temp"}, {"type": "temp"}]}') IS NOT NULL AS tracked;
SELECT (SELECT count(*) FROM pg_temp.audit) AS audit, (SELECT count(*) FROM pg_temp.event) AS event, (SELECT count(*) FROM pg_temp.tracardi_batch) AS batch;
RESET search_path;
DROP TABLE pg_temp.audit, pg_temp.event, pg_temp.tracardi_batch;
DROP FUNCTION pg_temp.is_superuser(name);
RESET ROLE;
SELECT what, who, superuser, count(*) FROM public.audit GROUP BY 1, 2, 3 ORDER BY min(n);

-- Operators and functions of the caller's path never stand in for the catalog's, even at a backend's first call.
CREATE SCHEMA regress_evil;
CREATE FUNCTION regress_evil.trap(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION regress_evil.trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION regress_evil.trap(timestamptz, timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION regress_evil.trap(jsonb, jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE OPERATOR regress_evil.= (FUNCTION = regress_evil.trap, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR regress_evil.= (FUNCTION = regress_evil.trap, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR regress_evil.< (FUNCTION = regress_evil.trap, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE OPERATOR regress_evil.<> (FUNCTION = regress_evil.trap, LEFTARG = timestamptz, RIGHTARG = timestamptz);
CREATE OPERATOR regress_evil.|| (FUNCTION = regress_evil.trap, LEFTARG = jsonb, RIGHTARG = jsonb);
CREATE FUNCTION regress_evil.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE FUNCTION regress_evil.count(anyelement) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
GRANT USAGE ON SCHEMA regress_evil TO PUBLIC;
\c -
SET search_path = regress_evil, pg_catalog, public;
SET ROLE regress_tracker;
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s3"}, "events": [{"id": "v1", "type": "evil"}, {"type": 1}]}') IS NOT NULL AS tracked;
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s3"}, "context": {"a": 1}, "events": [{"id": "v1", "type": "evil"}, {"type": "evil"}]}') IS NOT NULL AS tracked;
SELECT tracardi.track('evil', '{}', profile_id => 'p1') IS NOT NULL AS tracked;
RESET ROLE;
RESET search_path;
-- The same for what an administrator calls: setup, maintain, sources, grants, a second attempt of what was rejected.
SET search_path = regress_evil, pg_catalog, public;
SELECT tracardi.setup(search_path => '"$user", public');
CALL tracardi.maintain();
SELECT tracardi.create_source('evil'), tracardi.drop_source('evil'), tracardi.grant_admin('regress_admin');
SELECT tracardi.retry_rejected(id) -> 'errors' -> 0 -> 'code' AS code FROM tracardi.event_rejected LIMIT 1;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA regress_evil CASCADE;
RESET client_min_messages;

-- Through a SECURITY DEFINER function of somebody else, and with a path of the function's own: all the same, and the
-- function goes on as its owner under its path.
TRUNCATE public.audit;
CREATE FUNCTION test.place_order(OUT tracked boolean, OUT who name, OUT path text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = test, pg_temp AS $$
BEGIN
  tracked := tracardi.track('definer', '{}', profile_id => 'p2') IS NOT NULL;
  who := current_user;
  path := current_setting('search_path');
END
$$;
ALTER FUNCTION test.place_order() OWNER TO regress_tracker;
SET ROLE regress_nobody;
SELECT test.code($$SELECT tracardi.track('a', '{}')$$) AS directly;
SELECT * FROM test.place_order();
SELECT current_user, current_setting('search_path') AS path;
RESET ROLE;
SELECT what, who, superuser, path LIKE '"$user", public%' AS setup_path FROM public.audit ORDER BY n;

-- A deferred constraint trigger fires at COMMIT, as PostgreSQL fires it there: as whoever commits, from 18 on as the owner.
TRUNCATE public.audit;
GRANT INSERT ON public.audit TO regress_tracker;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON tracardi.event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.type = 'deferred') EXECUTE FUNCTION public.on_event();
DROP TRIGGER audit ON tracardi.event;
SET ROLE regress_tracker;
SELECT tracardi.track('deferred', '{}') IS NOT NULL AS tracked;
RESET ROLE;
SELECT what, who = CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'regress_owner' ELSE 'regress_tracker' END AS who, superuser FROM public.audit;
DROP TRIGGER deferred ON tracardi.event;
CREATE TRIGGER audit AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION public.on_event();

-- A trigger can't become anybody else on the way, a superuser's call or not.
CREATE FUNCTION public.climb() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RESET ROLE;
  INSERT INTO audit (what, who) VALUES ('climbed', current_user);
  RETURN NULL;
END
$$;
CREATE TRIGGER climb AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'climb') EXECUTE FUNCTION public.climb();
SELECT test.code($$SELECT tracardi.track('climb', '{}')$$) AS superuser, test.may('regress_tracker', $$SELECT tracardi.track('climb', '{}')$$) = 'yes' AS tracker;
SELECT count(*) FROM public.audit WHERE what = 'climbed';
DROP TRIGGER climb ON tracardi.event;
DROP FUNCTION public.climb();

-- A trigger's error is the caller's error, and undoes the call. After it, caught in an EXCEPTION block, role, path and
-- settings are what they were, and tracking goes on.
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE 'refused by %', current_user USING ERRCODE = 'P7777', DETAIL = 'It is so.', HINT = 'Ask again.';
END
$$;
CREATE TRIGGER refuse BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'refused') EXECUTE FUNCTION public.refuse();
SET ROLE regress_tracker;
SET search_path = test;
SET work_mem = '5MB';
SELECT error($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s-refused"}, "events": [{"type": "good"}, {"type": "refused"}]}')$$);
SELECT current_user, current_setting('search_path') AS path, current_setting('work_mem') AS work_mem;
SELECT error($$SELECT tracardi.track('refused', '{}')$$);
SELECT current_user, current_setting('search_path') AS path;
SELECT tracardi.track('good', '{}') IS NOT NULL AS tracked;
RESET search_path;
RESET work_mem;
RESET ROLE;
SELECT count(*) FROM tracardi.session WHERE external_id = 's-refused';
-- Also an error of tracardi's own.
SET ROLE regress_tracker;
SELECT test.code($$SELECT tracardi.track('a', '{}', 'nobody')$$), test.code($$SELECT tracardi.track('[]')$$);
SELECT current_user, current_setting('search_path') AS path;
RESET ROLE;
-- What broke in the trigger reaches the caller whole, as under INSERT: SQLSTATE (also one of the user's own), constraint,
-- table, column.
CREATE TABLE public.once (what text CONSTRAINT once_key UNIQUE CONSTRAINT once_check CHECK (what <> 'forbidden'));
GRANT SELECT, INSERT ON public.once TO regress_owner;
CREATE FUNCTION public.only_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO once VALUES (NEW.properties ->> 'what'); RETURN NULL; END $$;
CREATE TRIGGER only_once AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'once') EXECUTE FUNCTION public.only_once();
CREATE FUNCTION test.diagnostics(statement text, OUT code text, OUT message text, OUT detail text, OUT broken text, OUT in_schema text, OUT in_table text, OUT in_function boolean) LANGUAGE plpgsql AS $$
DECLARE
  context text;
BEGIN
  EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, broken = CONSTRAINT_NAME, in_schema = SCHEMA_NAME, in_table = TABLE_NAME, context = PG_EXCEPTION_CONTEXT;
  in_function := context LIKE '%only_once()%';
END
$$;
SELECT * FROM test.diagnostics($$SELECT tracardi.track('once', '{"what": "x"}')$$);
SET ROLE regress_owner;
SELECT * FROM test.diagnostics($$INSERT INTO tracardi.event (id, type, kind, properties) VALUES (gen_random_uuid(), 'once', 'profileless', '{"what": "x"}')$$);
RESET ROLE;
SELECT * FROM test.diagnostics($$SELECT tracardi.track('once', '{"what": "x"}')$$);
SELECT * FROM test.diagnostics($$SELECT tracardi.track('once', '{"what": "forbidden"}')$$);
DROP TRIGGER only_once ON tracardi.event;
DROP FUNCTION public.only_once(), test.diagnostics(text);
DROP TABLE public.once;
DROP TRIGGER refuse ON tracardi.event;
DROP FUNCTION public.refuse();

-- A BEFORE trigger may change a row or drop it.
CREATE FUNCTION public.shape() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.type = 'dropped' THEN RETURN NULL; END IF;
  NEW.tags := NEW.tags || '{shaped}';
  RETURN NEW;
END
$$;
CREATE TRIGGER shape BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.kind <> 'system') EXECUTE FUNCTION public.shape();
SELECT a.events, a.warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"id": "b1", "type": "dropped"}, {"id": "b2", "type": "kept"}]}')) a;
SELECT a.events, a.warnings FROM test.answer(tracardi.track('dropped', '{}', event_id => 'b3')) a;
SELECT external_id, type, tags FROM tracardi.event WHERE external_id LIKE 'b_' ORDER BY 1;
DROP TRIGGER shape ON tracardi.event;
DROP FUNCTION public.shape();

-- Row-level security, forced upon the owner, holds for track() as for anybody: tenants by a setting.
TRUNCATE tracardi.event, tracardi.event_key;
ALTER TABLE tracardi.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tracardi.event USING (source_id = current_setting('app.tenant', true));
SET ROLE regress_tracker;
SET app.tenant = 'web';
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s4"}, "events": [{"id": "t1", "type": "a"}, {"type": "b"}]}')$$) AS own,
       test.code($$SELECT tracardi.track('a', '{}', 'web')$$) AS own_short,
       test.code($$SELECT tracardi.track('{"source": {"id": "shop"}, "profile": {"id": "p1"}, "events": [{"id": "t1", "type": "a"}, {"type": "b"}]}')$$) AS other,
       test.code($$SELECT tracardi.track('a', '{}', 'shop')$$) AS other_short;
RESET ROLE;
SET ROLE regress_analyst;
SELECT source_id, count(*) FROM tracardi.event GROUP BY 1;
SET app.tenant = 'shop';
SELECT source_id, count(*) FROM tracardi.event GROUP BY 1;
RESET ROLE;
RESET app.tenant;
ALTER TABLE tracardi.event NO FORCE ROW LEVEL SECURITY;
ALTER TABLE tracardi.event DISABLE ROW LEVEL SECURITY;
DROP POLICY tenant ON tracardi.event;

-- setup(search_path => …) decides the path; a new owner's triggers run as the new owner from the next call on.
CREATE ROLE regress_owner_2;
GRANT INSERT ON public.audit TO regress_owner_2;
GRANT USAGE ON SCHEMA test TO regress_owner_2;
TRUNCATE public.audit;
SELECT tracardi.setup(owner => 'regress_owner_2', search_path => 'public, test');
SELECT tracardi.track('new-owner', '{}') IS NOT NULL AS tracked;
SELECT what, who, superuser FROM public.audit;
SELECT path LIKE 'public, test%' AS path FROM public.audit;
-- maintain() and retry_rejected() write as the owner, too.
CREATE TRIGGER audit_delete AFTER DELETE ON tracardi.event_key FOR EACH ROW EXECUTE FUNCTION public.on_event();
TRUNCATE public.audit;
INSERT INTO tracardi.event_key (id, received_at) VALUES (gen_random_uuid(), '2020-01-01');
TRUNCATE public.audit;
CALL tracardi.maintain();
SELECT what, who, path LIKE 'public, test%' AS path FROM public.audit;
SELECT current_user = session_user AS same_role, current_setting('search_path') AS path, current_setting('role') AS role;
SELECT tracardi.setup(owner => 'regress_owner', search_path => '"$user", public');

DROP TABLE public.audit;
SET client_min_messages = warning;
DROP FUNCTION public.on_event() CASCADE;
RESET client_min_messages;
DROP FUNCTION public.is_superuser(name);
DROP FUNCTION test.may(name, text), test.place_order();
DROP OWNED BY regress_owner_2;
DROP ROLE regress_owner_2;
REVOKE TEMPORARY ON DATABASE regression FROM regress_tracker;
DROP OWNED BY regress_nobody, regress_web, regress_tracker, regress_analyst, regress_workflow, regress_admin, "regress odd ""name";
DROP ROLE regress_nobody, regress_web, regress_tracker, regress_analyst, regress_workflow, regress_admin, "regress odd ""name";
SELECT test.reset();
