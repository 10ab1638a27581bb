-- The call of a workflow: an ordinary trigger function, its trigger data, what it sees, whose rights and settings it has.
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE ROLE regress_flow;
CREATE ROLE regress_app;
GRANT USAGE, CREATE ON SCHEMA flow TO regress_flow;
GRANT USAGE ON SCHEMA flow TO regress_app;
SELECT tracardi.grant_workflow_owner('regress_flow'), tracardi.grant_tracker('regress_app');
CREATE TABLE flow.log (n int GENERATED ALWAYS AS IDENTITY, workflow text, said jsonb);
GRANT INSERT, SELECT ON flow.log TO regress_flow, regress_owner;
GRANT USAGE ON SCHEMA flow TO regress_owner;
CREATE TABLE flow.orders (id int PRIMARY KEY, total numeric);
GRANT SELECT, INSERT ON flow.orders TO regress_app;
GRANT SELECT ON flow.orders TO regress_flow;

-- An answer's errors, without the events' ids.
CREATE FUNCTION flow.errors(answer jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s %s %s %s', e ->> 'event', e ->> 'code', e ->> 'path', e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e
$$;

-- TG_*, as a trigger AFTER INSERT FOR EACH ROW on tracardi.event gets them.
SET ROLE regress_flow;
CREATE FUNCTION flow.tg() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, jsonb_build_object('when', TG_WHEN, 'level', TG_LEVEL, 'op', TG_OP,
    'relid', TG_RELID::regclass, 'table', TG_TABLE_NAME, 'schema', TG_TABLE_SCHEMA, 'nargs', TG_NARGS, 'argv0', TG_ARGV[0], 'old', OLD IS NULL,
    'type', pg_typeof(NEW), 'tableoid', NEW.tableoid::regclass, 'kind', NEW.kind));
  RETURN NEW;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('A "name" with blanks, and ü', 'flow.tg', event_type => 'a');
SELECT jsonb_array_length(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a"}, {"type": "a", "options": {"profileLess": true}},
  {"type": "a", "options": {"saveEvent": false}}]}') -> 'errors') AS errors;
SELECT workflow, key, string_agg(value #>> '{}', ', ' ORDER BY n) FROM flow.log, jsonb_each(said) GROUP BY workflow, key ORDER BY key COLLATE "C";
-- The same from an ordinary trigger: it is told the partition; else there is no difference.
TRUNCATE flow.log;
CREATE TRIGGER ordinary AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'a') EXECUTE FUNCTION flow.tg();
SELECT jsonb_array_length(tracardi.track('a', '{"x": 1}') -> 'errors') AS errors;
SELECT o.key, regexp_replace(o.value #>> '{}', '\d+_\d+', 'YYYY_MM') AS ordinary, w.value #>> '{}' AS workflow
FROM (SELECT e.* FROM flow.log, jsonb_each(said) e WHERE workflow = 'ordinary') o
FULL JOIN (SELECT e.* FROM flow.log, jsonb_each(said) e WHERE workflow <> 'ordinary') w USING (key)
WHERE o.value IS DISTINCT FROM w.value ORDER BY key;
DROP TRIGGER ordinary ON tracardi.event;
TRUNCATE flow.log;
DELETE FROM tracardi.workflow;

-- NEW is the stored row, whatever the table looks like by now and whatever its own triggers made of the event.
SET ROLE regress_flow;
CREATE FUNCTION flow.compare() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  stored tracardi.event;
BEGIN
  SELECT * INTO stored FROM tracardi.event WHERE id = NEW.id AND time = NEW.time;
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, jsonb_build_object('found', FOUND, 'same', NEW IS NOT DISTINCT FROM stored,
    'same_json', to_jsonb(NEW) = to_jsonb(stored), 'xact', NEW.xact = pg_current_xact_id(), 'nulls', (SELECT jsonb_agg(key ORDER BY key) FROM jsonb_each(to_jsonb(NEW)) WHERE value = 'null' AND key <> 'journey_state'),
    'more', to_jsonb(NEW) - '{id,external_id,type,kind,time,received_at,source_id,session_id,profile_id,properties,context,tags,valid,errors,xact,journey_state}'::text[],
    'properties', NEW.properties, 'context', NEW.context, 'tags', NEW.tags));
  RETURN NULL;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('compare', 'flow.compare', event_type => 'a');
CREATE FUNCTION flow.compared() RETURNS TABLE (said text) LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  TRUNCATE flow.log RESTART IDENTITY;
  -- One by itself, a batch, one with an id, and history, which is in another partition.
  answer := tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a", "properties": {"n": 1, "big": "x"}, "context": {"page": 1}, "tags": ["t"]}]}');
  RETURN QUERY SELECT 'error: ' || (e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e;
  answer := tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a", "properties": {"n": 2}}, {"type": "a", "properties": {"n": 3}, "time": "2020-02-29T12:00:00Z"},
    {"type": "a", "properties": {"n": 4}, "options": {"profileLess": true}}]}');
  RETURN QUERY SELECT 'error: ' || (e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e;
  answer := tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a", "properties": {"n": 5}, "id": "0190e0a1-0000-7000-8000-000000000001"}]}');
  RETURN QUERY SELECT 'error: ' || (e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e;
  DELETE FROM tracardi.event_key;
  DELETE FROM tracardi.event WHERE id = '0190e0a1-0000-7000-8000-000000000001';
  RETURN QUERY SELECT l.said::text FROM flow.log l ORDER BY n;
END
$$;
SELECT * FROM flow.compared();
-- An added column with a default, a generated one, and a dropped one.
ALTER TABLE tracardi.event ADD COLUMN doomed int DEFAULT 1;
ALTER TABLE tracardi.event ADD COLUMN region text NOT NULL DEFAULT 'eu';
ALTER TABLE tracardi.event ADD COLUMN n int GENERATED ALWAYS AS ((properties ->> 'n')::int) STORED;
SELECT * FROM flow.compared();
ALTER TABLE tracardi.event DROP COLUMN doomed;
SELECT * FROM flow.compared();
-- Partitions without a trace of the dropped column: their rows are laid out in another way.
BEGIN;
DO $$ BEGIN EXECUTE format('DROP TABLE tracardi.%I', 'event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')); END $$;
DROP TABLE tracardi.event_history;
SELECT tracardi.make_partition(now()), tracardi.make_partition('2020-02-01Z');
SELECT * FROM flow.compared();
ROLLBACK;
-- A BEFORE trigger that changes the row, and one that drops some.
CREATE FUNCTION flow.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.properties ->> 'n' IN ('2', '5') THEN RETURN NULL; END IF;
  NEW.properties := NEW.properties || '{"changed": true}';
  NEW.region := 'us';
  RETURN NEW;
END
$$;
CREATE TRIGGER change BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.kind <> 'system') EXECUTE FUNCTION flow.change();
SELECT * FROM flow.compared();
DROP TRIGGER change ON tracardi.event;
-- A BEFORE trigger that gives events ids of its own: each is called for nevertheless.
CREATE FUNCTION flow.own_id() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := gen_random_uuid(); RETURN NEW; END';
CREATE TRIGGER own_id BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.properties ->> 'n' IN ('1', '2')) EXECUTE FUNCTION flow.own_id();
SELECT said::jsonb ->> 'same' AS same, said::jsonb #>> '{properties,n}' AS n FROM flow.compared() AS c (said);
DROP TRIGGER own_id ON tracardi.event;
-- An AFTER trigger that changes the stored row: NEW is as it was stored, the table shows what is there now.
CREATE FUNCTION flow.change_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.event SET region = 'asia' WHERE id = NEW.id AND time = NEW.time;
  RETURN NULL;
END
$$;
CREATE TRIGGER change_after AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.kind <> 'system') EXECUTE FUNCTION flow.change_after();
SELECT said::jsonb ->> 'same_json' AS same, said::jsonb #>> '{more,region}' AS region FROM flow.compared() AS c (said) LIMIT 1;
DROP TRIGGER change_after ON tracardi.event;
ALTER TABLE tracardi.event DROP COLUMN n;
ALTER TABLE tracardi.event DROP COLUMN region;
-- Large values that are stored compressed and out of line.
SELECT jsonb_array_length(tracardi.track('a', (SELECT jsonb_object_agg(n, md5(n::text)) FROM generate_series(1, 3000) n)) -> 'errors') AS errors;
SELECT said -> 'same' AS same, pg_column_size(said -> 'properties') > 100000 AS large FROM flow.log ORDER BY n DESC LIMIT 1;
-- What the function makes of NEW, and what it returns, changes nothing: it runs after.
CREATE FUNCTION flow.scribble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.type := 'scribbled';
  NEW.properties := NULL;
  RETURN NEW;
END
$$;
TRUNCATE flow.log;
SELECT tracardi.create_workflow('before', 'flow.scribble', event_type => 'a');
SELECT flow.errors(tracardi.track('a', '{"n": 6}'));
SELECT said -> 'same' AS same, said -> 'properties' AS properties FROM flow.log;
DELETE FROM tracardi.workflow;

-- An ephemeral event's NEW is the row as it would be stored; there is no such row.
SELECT tracardi.create_workflow('compare', 'flow.compare', event_type => 'a');
SELECT flow.errors(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a", "options": {"saveEvent": false}, "properties": {"n": 7}, "tags": ["t"]}]}'));
SELECT said - 'same' - 'same_json' FROM flow.log ORDER BY n DESC LIMIT 1;
DELETE FROM tracardi.workflow;

-- It sees the stored event, its profile and session as they are after it, and the rows of its own transaction.
SET ROLE regress_flow;
CREATE FUNCTION flow.sees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, jsonb_build_object(
    'events', (SELECT jsonb_agg(type ORDER BY time) FROM tracardi.event WHERE session_id = NEW.session_id),
    'visits', (SELECT visit_count FROM tracardi.profile WHERE id = NEW.profile_id),
    'bound', (SELECT profile_id = NEW.profile_id FROM tracardi.session WHERE id = NEW.session_id),
    'status', (SELECT status FROM tracardi.session WHERE id = NEW.session_id),
    'context', (SELECT context FROM tracardi.session WHERE id = NEW.session_id),
    'total', (SELECT sum(total) FROM flow.orders),
    'before', (SELECT count(*) FROM flow.log)));
  UPDATE tracardi.profile SET traits = traits || jsonb_build_object('seen', coalesce((traits ->> 'seen')::int, 0) + 1) WHERE id = NEW.profile_id;
  RETURN NULL;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('sees', 'flow.sees', kinds => '{profile}');
TRUNCATE flow.log;
SET ROLE regress_app;
BEGIN;
INSERT INTO flow.orders VALUES (1, 12.50);
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "new"}, "context": {"tz": 1}, "events": [{"type": "a"}, {"type": "b"}]}') -> 'errors' AS errors;
INSERT INTO flow.orders VALUES (2, 7.50);
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "new"}, "events": [{"type": "visit-ended"}]}') -> 'errors' AS errors;
COMMIT;
-- Within one statement, too.
WITH bought AS (INSERT INTO flow.orders VALUES (3, 5) RETURNING id)
SELECT tracardi.track('c', '{}', profile_id => 'customer-42') -> 'errors' AS errors FROM bought;
RESET ROLE;
SELECT jsonb_pretty(jsonb_agg(said ORDER BY n)) FROM flow.log;
SELECT test.profile(id), traits FROM tracardi.profile WHERE traits <> '{}' ORDER BY created_at;
-- In a transaction with an older snapshot it sees as much as its caller, and what was done in the transaction.
TRUNCATE flow.log;
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO flow.orders VALUES (4, 100);
SELECT tracardi.track('d', '{}', profile_id => 'customer-42', session_id => 'new') -> 'errors' AS errors;
COMMIT;
SELECT said -> 'total' AS total, said -> 'events' AS events FROM flow.log;
DELETE FROM tracardi.workflow;

-- STABLE and IMMUTABLE functions are called as well, and see as much.
SET ROLE regress_flow;
CREATE FUNCTION flow.stable() RETURNS trigger LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, (SELECT count(*) FROM tracardi.event WHERE id = NEW.id),
    TG_NAME || '_orders', (SELECT count(*) FROM flow.orders)));
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.immutable() RETURNS trigger LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, NEW.type));
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.stable_writer() RETURNS trigger LANGUAGE plpgsql STABLE AS $$
BEGIN
  INSERT INTO flow.log (workflow) VALUES (TG_NAME);
  RETURN NULL;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('stable', 'flow.stable', 'a'), tracardi.create_workflow('immutable', 'flow.immutable', 'a'), tracardi.create_workflow('writer', 'flow.stable_writer', 'a');
BEGIN;
INSERT INTO flow.orders VALUES (5, 1);
SELECT a -> 'response' AS response, a #>> '{errors,0,message}' AS error FROM tracardi.track('a', '{}') AS a;
ROLLBACK;
DELETE FROM tracardi.workflow;

-- It runs as its function's owner, under the path that was recorded, whoever calls track() and under whatever path.
SET ROLE regress_flow;
CREATE FUNCTION flow.who() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, jsonb_build_array(current_user, current_setting('search_path'), current_setting('role'), current_setting('work_mem'))));
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.who_definer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET work_mem = '3MB' AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, jsonb_build_array(current_user, current_setting('search_path'), current_setting('role'), current_setting('work_mem'))));
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.who_set() RETURNS trigger LANGUAGE plpgsql SET work_mem = '5MB' AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, jsonb_build_array(current_user, current_setting('search_path'), current_setting('role'), current_setting('work_mem'))));
  RETURN NULL;
END
$$;
RESET ROLE;
SET search_path = flow, test;
SELECT tracardi.create_workflow('invoker', 'who');
SELECT tracardi.create_workflow('definer', 'who_definer');
RESET search_path;
SELECT tracardi.create_workflow('invoker_elsewhere', 'flow.who', search_path => ''), tracardi.create_workflow('temp', 'flow.who', search_path => 'pg_temp, flow'),
       tracardi.create_workflow('settings', 'flow.who_set', search_path => 'pg_catalog');
SET ROLE regress_app;
SET search_path = public, pg_catalog;
SET work_mem = '2MB';
SELECT r.key, r.value FROM jsonb_each(tracardi.track('a', '{}') -> 'response') r ORDER BY key;
SELECT current_user, current_setting('search_path') AS path, current_setting('work_mem') AS work_mem;
RESET work_mem;
RESET search_path;
RESET ROLE;
DELETE FROM tracardi.workflow;
-- The owner needs EXECUTE on its own function, as ever.
REVOKE ALL ON FUNCTION flow.who() FROM PUBLIC, regress_flow;
SELECT tracardi.create_workflow('who', 'flow.who');
SELECT flow.errors(tracardi.track('a', '{}'));
DELETE FROM tracardi.workflow;
-- session_replication_role = replica silences ordinary triggers, and workflows as well.
GRANT EXECUTE ON FUNCTION flow.who() TO regress_flow;
SELECT tracardi.create_workflow('who', 'flow.who');
SET session_replication_role = replica;
SELECT tracardi.track('a', '{}') -> 'response' AS replica;
RESET session_replication_role;
DELETE FROM tracardi.workflow;

-- One function for several workflows, and for an ordinary trigger on another table.
CREATE TABLE flow.other (type text);
CREATE FUNCTION flow.both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, to_jsonb(TG_TABLE_NAME || ' ' || NEW.type || ' ' || TG_NARGS));
  RETURN NULL;
END
$$;
CREATE TRIGGER other AFTER INSERT ON flow.other FOR EACH ROW EXECUTE FUNCTION flow.both('argument');
SELECT tracardi.create_workflow('one', 'flow.both'), tracardi.create_workflow('two', 'flow.both');
TRUNCATE flow.log;
INSERT INTO flow.other VALUES ('x');
SELECT flow.errors(tracardi.track('a', '{}'));
INSERT INTO flow.other VALUES ('y');
SELECT flow.errors(tracardi.track('b', '{}'));
SELECT workflow, said FROM flow.log ORDER BY n;
-- Replaced, it counts at once; in the same session, and after the table got a column.
CREATE OR REPLACE FUNCTION flow.both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, to_jsonb('replaced'::text));
  RETURN NULL;
END
$$;
TRUNCATE flow.log;
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow, said FROM flow.log ORDER BY n;
-- Dropped and made again under its name: the new one is called, and nothing is broken.
DROP TABLE flow.other;
DROP FUNCTION flow.both();
CREATE FUNCTION flow.both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, to_jsonb('new'::text));
  RETURN NULL;
END
$$;
TRUNCATE flow.log;
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT workflow, said FROM flow.log ORDER BY n;
DELETE FROM tracardi.workflow;

-- Functions that are no plain plpgsql: internal trigger functions find trigger data that they understand, and refuse.
SELECT tracardi.create_workflow('tsvector', 'pg_catalog.tsvector_update_trigger'),
       tracardi.create_workflow('redundant', 'pg_catalog.suppress_redundant_updates_trigger'),
       tracardi.create_workflow('foreign key', 'pg_catalog."RI_FKey_cascade_del"'),
       tracardi.create_workflow('configuration', 'tracardi.configuration_changed');
SELECT flow.errors(tracardi.track('a', '{}'));
SELECT count(*) FROM tracardi.event WHERE type = 'a' AND received_at = (SELECT max(received_at) FROM tracardi.event WHERE kind <> 'system');

DELETE FROM tracardi.workflow;
DROP SCHEMA flow CASCADE;
DROP OWNED BY regress_flow, regress_app;
DROP ROLE regress_flow, regress_app;
SELECT test.reset();
RESET client_min_messages;
