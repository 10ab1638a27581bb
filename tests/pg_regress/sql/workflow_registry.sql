-- The registry of workflows: who may register what, and which events a workflow is called for.
SELECT test.reset();
CREATE SCHEMA flow;
-- What was called: which workflow for which event, in that order.
CREATE TABLE flow.log (n int GENERATED ALWAYS AS IDENTITY, workflow text, type text, kind text);
CREATE FUNCTION flow.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, type, kind) VALUES (TG_NAME, NEW.type, NEW.kind);
  RETURN NULL;
END
$$;
-- Tracks events of the source, in a session of its own; gives what was called, and the errors.
CREATE FUNCTION flow.called(VARIADIC events jsonb[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  TRUNCATE flow.log;
  answer := tracardi.track(jsonb_build_object('source', jsonb_build_object('id', coalesce(events[1] ->> 'source', 'web')),
    'session', jsonb_build_object('id', 's'), 'events', to_jsonb(events)));
  RETURN concat_ws('; ',
    coalesce((SELECT string_agg(concat_ws(' ', workflow, nullif(type, 'a')), ', ' ORDER BY n) FROM flow.log), 'nothing'),
    (SELECT string_agg(concat_ws(' ', e ->> 'code', e ->> 'message'), ', ') FROM jsonb_array_elements(answer -> 'errors') e));
END
$$;
-- The session is there, so that its system events come no more.
SELECT flow.called('{"type": "first"}');

-- create_workflow() gives the name, and takes everything by name.
SELECT tracardi.create_workflow('plain', 'flow.note');
SELECT tracardi.create_workflow('full', 'flow.note', event_type => ' Order Placed ', source_id => 'web', kinds => '{profile,system}',
  condition => '$.properties.total > 100', mode => 'sync', timeout => '2 s', description => 'all there is', search_path => 'flow');
SELECT name, function, owner = current_user AS own, search_path, event_type, source_id, kinds, condition, mode, timeout, description, enabled, status
FROM tracardi.workflow ORDER BY name COLLATE "C";
-- The search_path is the caller's, as it is at that moment.
SET search_path = flow, public;
SELECT tracardi.create_workflow('path', 'note');
RESET search_path;
SELECT function, search_path FROM tracardi.workflow WHERE name = 'path';

-- A name is there once.
SELECT test.error($$SELECT tracardi.create_workflow('plain', 'flow.note')$$);
-- drop_workflow() removes it, not its function.
SELECT tracardi.drop_workflow('path');
SELECT tracardi.drop_workflow('full');
SELECT test.error($$SELECT tracardi.drop_workflow('path')$$);
SELECT flow.called('{"type": "a"}');
SELECT tracardi.drop_workflow('plain');
SELECT flow.called('{"type": "a"}');

-- What can't be registered, by the function and by plain DML.
CREATE FUNCTION flow.no_trigger() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION flow.on_command() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION flow.with_argument(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT test.error($$SELECT tracardi.create_workflow('bad', 'flow.nowhere')$$);
SELECT test.error($$SELECT tracardi.create_workflow('bad', 'flow.no_trigger')$$);
SELECT test.error($$SELECT tracardi.create_workflow('bad', 'flow.on_command')$$);
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'flow.with_argument')$$);
SELECT test.error($$SELECT tracardi.create_workflow('bad', NULL)$$);
SELECT test.error($$SELECT tracardi.create_workflow('bad', 'flow.note', mode => 'later')$$);
SELECT test.error($$SELECT tracardi.create_workflow('bad', 'flow.note', mode => NULL)$$);
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'flow.note', condition => '$.a >')$$);
SELECT test.error($$SELECT tracardi.create_workflow('bad', 'flow.note', kinds => '{profile,other}')$$);
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'flow.note', kinds => '{NULL}')$$);
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'flow.note', event_type => '  ')$$);
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'flow.note', timeout => '-1 s')$$);
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'flow.note', timeout => '25 days')$$);
SELECT test.code($$SELECT tracardi.create_workflow('', 'flow.note')$$), test.code($$SELECT tracardi.create_workflow(' a', 'flow.note')$$),
       test.code($$SELECT tracardi.create_workflow(repeat('a', 256), 'flow.note')$$), test.code($$SELECT tracardi.create_workflow(NULL, 'flow.note')$$);
SELECT test.error($$INSERT INTO tracardi.workflow (name, function) VALUES ('bad', 'flow.nowhere')$$);
SELECT test.error($$INSERT INTO tracardi.workflow (name, function) VALUES ('bad', 'note')$$);
SELECT test.error($$INSERT INTO tracardi.workflow (name, function) VALUES ('bad', 'flow.no_trigger')$$);
SELECT test.code($$INSERT INTO tracardi.workflow (name, function, mode) VALUES ('bad', 'flow.note', 'later')$$);
SELECT test.code($$INSERT INTO tracardi.workflow (name, function, status) VALUES ('bad', 'flow.note', 'other')$$);
SELECT test.code($$INSERT INTO tracardi.workflow (name, function, event_type) VALUES ('bad', 'flow.note', 'Order Placed')$$);
SELECT test.code($$INSERT INTO tracardi.workflow (name, function, condition) VALUES ('bad', 'flow.note', '$.')$$);
SELECT count(*) FROM tracardi.workflow;
-- Plain DML needs name and function; the owner is the function's, whatever is said.
INSERT INTO tracardi.workflow (name, function, owner) VALUES ('plain', 'flow.note()', ''), ('Quoted "name"', 'flow.note', '') RETURNING name, function, owner = current_user AS own, search_path;
UPDATE tracardi.workflow SET owner = 'nobody' WHERE name = 'plain' RETURNING owner = current_user AS own;
SELECT test.error($$UPDATE tracardi.workflow SET function = 'flow.no_trigger' WHERE name = 'plain'$$);
SELECT flow.called('{"type": "a"}');
DELETE FROM tracardi.workflow WHERE name <> 'plain';
SELECT flow.called('{"type": "a"}');
-- A row that comes with its owner comes from a dump, which must restore whatever became of the function since: what can't be
-- called any more, or would have another one's rights, comes in broken; the rest as it was.
INSERT INTO tracardi.workflow (name, function, owner, event_type) SELECT n, f, coalesce(o, current_user), 'b'
FROM (VALUES ('restored', 'flow.note', NULL), ('restored, lost', 'flow.nowhere', NULL), ('restored, moved', 'flow.note', 'regress_gone'), ('restored, no trigger', 'flow.no_trigger', NULL)) AS d (n, f, o);
SELECT name, function, owner = current_user AS own, status FROM tracardi.workflow WHERE name LIKE 'restored%' ORDER BY name;
SELECT flow.called('{"type": "b"}');
SELECT test.error($$UPDATE tracardi.workflow SET status = 'ready' WHERE name = 'restored, lost'$$);
UPDATE tracardi.workflow SET status = 'ready' WHERE name = 'restored, moved' RETURNING owner = current_user AS own, status;
DELETE FROM tracardi.workflow WHERE name LIKE 'restored%';
-- Switched off, and on again; rolled back.
UPDATE tracardi.workflow SET enabled = false;
SELECT flow.called('{"type": "a"}');
UPDATE tracardi.workflow SET enabled = true;
SELECT flow.called('{"type": "a"}');
BEGIN;
DELETE FROM tracardi.workflow;
SELECT flow.called('{"type": "a"}');
ROLLBACK;
SELECT flow.called('{"type": "a"}');
TRUNCATE tracardi.workflow;
SELECT flow.called('{"type": "a"}');

-- Who registers must be a member of the role that owns the function; nobody else's function runs in nobody else's name.
CREATE ROLE regress_admin;
CREATE ROLE regress_flow;
CREATE ROLE regress_nobody;
GRANT USAGE, CREATE ON SCHEMA flow TO regress_flow, regress_admin;
GRANT USAGE ON SCHEMA test TO regress_admin, regress_nobody;
GRANT INSERT ON flow.log TO regress_flow;
SELECT tracardi.grant_workflow_owner('regress_flow');
SELECT tracardi.grant_admin('regress_admin');
SET ROLE regress_flow;
CREATE FUNCTION flow.theirs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, type, kind) VALUES (TG_NAME || ' as ' || current_user, NEW.type, NEW.kind);
  RETURN NULL;
END
$$;
SET ROLE regress_admin;
SELECT test.error($$SELECT tracardi.create_workflow('theirs', 'flow.theirs')$$);
SELECT test.error($$INSERT INTO tracardi.workflow (name, function) VALUES ('theirs', 'flow.theirs')$$);
SELECT test.error($$INSERT INTO tracardi.workflow (name, function, owner) VALUES ('theirs', 'flow.note', 'regress_admin')$$);
RESET ROLE;
GRANT regress_flow TO regress_admin;
SET ROLE regress_admin;
SELECT tracardi.create_workflow('theirs', 'flow.theirs');
RESET ROLE;
SELECT function, owner FROM tracardi.workflow;
SELECT flow.called('{"type": "a"}');
-- No change makes it another's function.
SET ROLE regress_admin;
SELECT test.error($$UPDATE tracardi.workflow SET function = 'flow.note'$$);
-- What was put in as broken is not called; it is looked at when it is made ready.
INSERT INTO tracardi.workflow (name, function, owner, status) VALUES ('sleeper', 'flow.note', 'postgres', 'broken');
SELECT test.error($$UPDATE tracardi.workflow SET status = 'ready' WHERE name = 'sleeper'$$);
RESET ROLE;
SELECT flow.called('{"type": "a"}');
DELETE FROM tracardi.workflow WHERE name = 'sleeper';
-- When its function gets another owner it does not run any more: it would have that one's rights.
ALTER FUNCTION flow.theirs() OWNER TO CURRENT_USER;
SELECT flow.called('{"type": "a"}');
SELECT name, owner, status FROM tracardi.workflow;
SET ROLE regress_admin;
SELECT test.error($$UPDATE tracardi.workflow SET status = 'ready'$$);
RESET ROLE;
ALTER FUNCTION flow.theirs() OWNER TO regress_flow;
UPDATE tracardi.workflow SET status = 'ready';
SELECT flow.called('{"type": "a"}');
-- Whoever is no member may not change how it runs, but may stop it.
REVOKE regress_flow FROM regress_admin;
SET ROLE regress_admin;
SELECT test.code($$UPDATE tracardi.workflow SET search_path = 'pg_temp'$$);
SELECT tracardi.drop_workflow('theirs');
-- Functions in C and internal ones are for superusers: they are not made for this.
SELECT test.error($$SELECT tracardi.create_workflow('c', 'pg_catalog.suppress_redundant_updates_trigger')$$);
SELECT test.code($$INSERT INTO tracardi.workflow (name, function) VALUES ('c', 'tracardi.configuration_changed')$$);
RESET ROLE;
GRANT postgres TO regress_admin;
SET ROLE regress_admin;
SELECT test.error($$SELECT tracardi.create_workflow('internal', 'pg_catalog.suppress_redundant_updates_trigger')$$);
SELECT test.error($$SELECT tracardi.create_workflow('c', 'tracardi.configuration_changed')$$);
RESET ROLE;
REVOKE postgres FROM regress_admin;
-- Without rights on the registry nobody gets in.
SET ROLE regress_nobody;
SELECT test.error($$SELECT tracardi.create_workflow('a', 'flow.note')$$);
SELECT test.error($$INSERT INTO tracardi.workflow (name, function) VALUES ('a', 'flow.note')$$);
RESET ROLE;
SELECT count(*) FROM tracardi.workflow;

-- What logical replication brings is checked, and counts, as well.
SET session_replication_role = replica;
SELECT test.code($$INSERT INTO tracardi.workflow (name, function) VALUES ('replicated', 'flow.nowhere')$$);
INSERT INTO tracardi.workflow (name, function) VALUES ('replicated', 'flow.note');
RESET session_replication_role;
SELECT flow.called('{"type": "a"}');
SET session_replication_role = replica;
DELETE FROM tracardi.workflow;
RESET session_replication_role;
SELECT flow.called('{"type": "a"}');

-- Order: by name, bytewise, whatever the database's collation; those of one type and those of all types mixed.
SELECT tracardi.create_workflow(name, 'flow.note', event_type => CASE WHEN name IN ('B', 'a', 'ä') THEN 'a' END)
FROM unnest('{b,ä,B,_,a,10,9,z,Z}'::text[]) AS name;
SELECT flow.called('{"type": "a"}');
SELECT flow.called('{"type": "b"}');
-- All events of a call for the first one, then all for the next.
DELETE FROM tracardi.workflow WHERE name NOT IN ('z', 'B');
SELECT flow.called('{"type": "a"}', '{"type": "b"}', '{"type": "a"}', '{"type": "c"}');

-- By type: as it is stored, however it is written.
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('typed', 'flow.note', event_type => 'Order Placed');
SELECT flow.called('{"type": " ORDER placed"}'), flow.called('{"type": "order-placed"}'), flow.called('{"type": "order placed twice"}');
-- By source.
UPDATE tracardi.workflow SET event_type = NULL, source_id = 'shop';
SELECT flow.called('{"type": "a"}') AS web, flow.called('{"type": "a", "source": "shop", "options": {"profileLess": true}}') AS shop;
-- By kind: all, if none is said; none, if there are none in the list.
UPDATE tracardi.workflow SET source_id = NULL;
CREATE FUNCTION flow.kinds(kinds text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.workflow SET kinds = $1;
  TRUNCATE flow.log;
  PERFORM tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', gen_random_uuid()), 'events',
    '[{"type": "a"}, {"type": "b", "options": {"profileLess": true}}, {"type": "c", "options": {"saveEvent": false}}]'::jsonb));
  RETURN (SELECT string_agg(kind || ' ' || type, ', ' ORDER BY n) FROM flow.log);
END
$$;
SELECT k AS kinds, flow.kinds(k::text[]) FROM unnest('{NULL,"{profile}","{profileless}","{ephemeral}","{system}","{ephemeral,profileless}","{}"}'::text[]) AS k;

-- By condition. $ is {type, kind, time, source, properties, context, tags, session, profile}. Its first item, if that is a
-- boolean; else whether there is one that is not null.
UPDATE tracardi.workflow SET kinds = NULL;
CREATE FUNCTION flow.meets(condition text, event jsonb DEFAULT '{}', called OUT boolean, errors OUT text) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.workflow w SET condition = $1::jsonpath;
  errors := flow.called('{"type": "a", "tags": ["x", "y"], "properties": {"p": 50, "yes": true, "no": false, "nothing": null, "items": [{"n": 1}, {"n": 2}], "empty": []}, "context": {"page": {"url": "/"}}}'::jsonb || event);
  called := errors LIKE 'typed%';
  errors := substring(errors from '; (.*)');
END
$$;
SELECT condition, m.* FROM unnest(ARRAY[
  '$.properties.p > 100', '$.properties.p > 10', '$.properties.p == 50 && $.type == "a"',
  '$.properties ? (@.p > 100)', '$.properties ? (@.p > 10)', '$.properties.items[*].n ? (@ > 1)', '$.properties.items[*].n > 1', '$.properties.empty[*]', '$.properties.empty',
  '$.properties.yes', '$.properties.no', '$.properties.nothing', '$.properties.p', '$.properties.absent', '$.properties.absent > 1', 'exists($.properties.nothing)',
  '$.properties.p > "a"', 'true', 'false', 'null', '0', '""', '!($.properties.p > 100)',
  '$.type == "a"', '$.kind == "profile"', '$.source.id == "web"', '$.tags[*] == "y"', '$.context.page.url == "/"',
  '$.time > "2020-01-01"',
  '$.session.external_id == "s"', '$.session.status == "active"', '$.profile.visit_count == 1', '$.profile.traits', '$.nowhere',
  'strict $.properties.p > 10', '$.properties.p.datetime()', 'strict $.properties.absent'
]) WITH ORDINALITY AS c (condition, n), flow.meets(condition) m ORDER BY n;
SELECT 'ephemeral' AS kind, flow.meets('$.kind == "ephemeral" && $.profile.visit_count == 1', '{"options": {"saveEvent": false}}')
UNION ALL SELECT 'profileless', flow.meets('$.kind == "profileless"', '{"options": {"profileLess": true}}')
UNION ALL SELECT 'no properties', flow.meets('$.properties.a', '{"properties": null}')
UNION ALL SELECT 'empty properties', flow.meets('$.properties', '{"properties": null}');
-- An error in a condition counts as false, and is recorded.
SELECT DISTINCT workflow, code, event ->> 'type' AS type FROM tracardi.workflow_failure WHERE code <> '42883' ORDER BY 1, 2;
-- Of a batch, the events for which it holds.
UPDATE tracardi.workflow SET condition = '$.properties.n > 1';
SELECT flow.called('{"type": "a", "properties": {"n": 1}}', '{"type": "b", "properties": {"n": 2}}', '{"type": "c"}', '{"type": "d", "properties": {"n": 3}}');
UPDATE tracardi.workflow SET condition = 'strict $.properties.n > 1';
SELECT flow.called('{"type": "a", "properties": {"n": 2}}', '{"type": "b"}', '{"type": "c", "properties": {"n": 2}}');

-- Thousands for other types: those for this one are found.
DELETE FROM tracardi.workflow;
INSERT INTO tracardi.workflow (name, function, event_type) SELECT 'w' || n, 'flow.note', 'type-' || n FROM generate_series(1, 3000) n;
SELECT flow.called('{"type": "type-2000"}', '{"type": "type-1"}', '{"type": "a"}');

DELETE FROM tracardi.workflow;
SET client_min_messages = warning;
DROP SCHEMA flow CASCADE;
RESET client_min_messages;
DROP OWNED BY regress_admin, regress_flow, regress_nobody;
DROP ROLE regress_admin, regress_flow, regress_nobody;
SELECT test.reset();
