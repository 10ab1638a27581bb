-- Ephemeral events: handed to workflows and to triggers of tracardi.ephemeral_event, and then gone.
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE ROLE regress_flow;
GRANT USAGE, CREATE ON SCHEMA flow TO regress_flow;
SELECT tracardi.grant_workflow_owner('regress_flow');
SELECT tracardi.create_source('mouse', ephemeral => true);
CREATE TABLE flow.log (n int GENERATED ALWAYS AS IDENTITY, workflow text, said text);
GRANT INSERT, SELECT ON flow.log TO regress_flow, regress_owner;
GRANT USAGE ON SCHEMA flow TO regress_owner;
CREATE FUNCTION flow.errors(answer jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s %s %s %s', coalesce(e ->> 'event', 'null'), e ->> 'code', e ->> 'path', e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e
$$;
CREATE VIEW flow.stored AS
SELECT (SELECT count(*) FROM tracardi.event) AS events, (SELECT count(*) FROM tracardi.event_key) AS keys, (SELECT count(*) FROM tracardi.ephemeral_event) AS ephemeral,
       (SELECT count(*) FROM tracardi.session) AS sessions, (SELECT count(*) FROM tracardi.profile) AS profiles, (SELECT count(*) FROM tracardi.workflow_failure) AS failures,
       (SELECT count(*) FROM tracardi.event_rejected) AS rejected, (SELECT count(*) FROM flow.log) AS log;
-- Somebody who is known.
SELECT flow.errors(tracardi.track('{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "page-view"}]}'));
TABLE flow.stored;

SET ROLE regress_flow;
CREATE FUNCTION flow.reads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('kind', NEW.kind, 'visits', (SELECT visit_count FROM tracardi.profile WHERE id = NEW.profile_id),
    'session', (SELECT external_id FROM tracardi.session WHERE id = NEW.session_id), 'id', NEW.external_id, 'source', NEW.source_id, 'said', NEW.properties, 'xid', pg_current_xact_id_if_assigned()));
  PERFORM tracardi.add_ux('{"tag": "div"}');
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.writes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.properties ->> 'said');
  PERFORM tracardi.respond('{"written": true}');
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'it failed over %', NEW.properties ->> 'said' USING DETAIL = NEW.properties ->> 'said';
END
$$;
RESET ROLE;

-- A workflow that reads answers; nothing is stored, and no transaction id taken.
SELECT tracardi.create_workflow('reads', 'flow.reads', event_type => 'hover', condition => '$.kind == "ephemeral" && ($.properties.secret == "s3cret" || $.source.id == "sql")');
BEGIN;
SELECT a -> 'response' AS response, a -> 'ux' AS ux, a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "hover", "id": "h1", "properties": {"secret": "s3cret"}}]}') a;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
-- Of somebody who is not known.
SELECT a -> 'response' AS response, a -> 'profile' AS profile FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "unknown"}, "profile": {"id": "who"}, "events": [{"type": "hover", "properties": {"secret": "s3cret"}}]}') a;
SELECT a -> 'response' AS response FROM tracardi.track('hover', '{}', options => '{"saveEvent": false}') a;
-- A hundred of them.
SELECT jsonb_array_length(a -> 'ux') AS ux FROM tracardi.track(jsonb_build_object('source', '{"id": "mouse"}'::jsonb, 'events', (SELECT jsonb_agg('{"type": "hover", "properties": {"secret": "s3cret"}}'::jsonb) FROM generate_series(1, 100)))) a;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
COMMIT;
TABLE flow.stored;
-- In a READ ONLY transaction the same.
BEGIN READ ONLY;
SELECT a #> '{response,visits}' AS visits, a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "hover", "properties": {"secret": "s3cret"}}]}') a;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SELECT a #> '{response,visits}' AS visits, a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "hover", "properties": {"secret": "s3cret"}}]}') a;
COMMIT;

-- One that writes: its writes commit, and roll back, with the caller's transaction.
SELECT tracardi.create_workflow('writes', 'flow.writes', event_type => 'write');
SELECT a -> 'response' AS response FROM tracardi.track('{"source": {"id": "mouse"}, "events": [{"type": "write", "properties": {"said": "one"}}, {"type": "write", "properties": {"said": "two"}}]}') a;
BEGIN;
SELECT a -> 'response' AS response FROM tracardi.track('{"source": {"id": "mouse"}, "events": [{"type": "write", "properties": {"said": "three"}}]}') a;
ROLLBACK;
SELECT workflow, said FROM flow.log ORDER BY n;
TABLE flow.stored;
-- In a READ ONLY transaction it fails, and the answer comes; the others run.
SELECT tracardi.create_workflow('reads too', 'flow.reads', event_type => 'write');
BEGIN READ ONLY;
SELECT a #> '{response,visits}' AS visits, ARRAY(SELECT flow.errors(a)) AS errors FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "write", "properties": {"said": "secret"}}]}') a;
COMMIT;
TABLE flow.stored;

-- One that fails: the record holds nothing of the event but its id, neither does the system event; the answer tells the message.
SELECT tracardi.create_workflow('fails', 'flow.fails', event_type => 'fail');
SELECT a #>> '{events,0}' AS id, flow.errors(a) FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "fail", "id": "f1", "properties": {"said": "s3cret"}, "context": {"page": "s3cret"}}]}') a;
SELECT workflow, code, message, event, event_id IS NOT NULL AS has_id FROM tracardi.workflow_failure;
SELECT type, properties - 'event' AS properties, properties #> '{event,type}' AS event, properties #>> '{event,id}' = (SELECT event_id::text FROM tracardi.workflow_failure) AS same, context FROM tracardi.event WHERE type = 'workflow-failed';
SELECT count(*) FROM (SELECT to_jsonb(t)::text AS t FROM tracardi.event t UNION ALL SELECT to_jsonb(t)::text FROM tracardi.workflow_failure t UNION ALL SELECT to_jsonb(t)::text FROM tracardi.session t) u WHERE t LIKE '%s3cret%';
BEGIN READ ONLY;
SELECT flow.errors(tracardi.track('{"source": {"id": "mouse"}, "events": [{"type": "fail", "properties": {"said": "s3cret"}}]}'));
COMMIT;
SELECT count(*) FROM tracardi.workflow_failure;
-- A function that is gone: told, also where it can't be recorded.
SELECT tracardi.create_workflow('gone', 'flow.fails', event_type => 'gone');
ALTER FUNCTION flow.fails() RENAME TO fails_elsewhere;
BEGIN READ ONLY;
SELECT flow.errors(tracardi.track('gone', '{}', options => '{"saveEvent": false}'));
COMMIT;
SELECT status FROM tracardi.workflow WHERE name = 'gone';
SELECT flow.errors(tracardi.track('gone', '{}', options => '{"saveEvent": false}'));
SELECT flow.errors(tracardi.track('gone', '{}', options => '{"saveEvent": false}'));
SELECT status FROM tracardi.workflow WHERE name = 'gone';
DELETE FROM tracardi.workflow;

-- Beside stored ones: session and profile are made first, so the ephemeral one has them.
SELECT test.reset();
SELECT tracardi.create_source('mouse', ephemeral => true);
TRUNCATE flow.log;
SELECT tracardi.create_workflow('reads', 'flow.reads', event_type => 'hover');
SELECT a #> '{response,visits}' AS visits, a #> '{response,session}' AS session FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "new"}, "events": [{"type": "hover", "options": {"saveEvent": false}}, {"type": "page-view"}]}') a;
SELECT type, kind FROM tracardi.event ORDER BY time, id;
DELETE FROM tracardi.workflow;

-- Ordinary triggers of tracardi.ephemeral_event are called with the row; they may answer; nothing is stored, and if they only
-- read no transaction id is taken.
CREATE FUNCTION flow.on_ephemeral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, concat_ws(' ', NEW.type, NEW.kind, NEW.source_id, NEW.properties ->> 'x', current_user, TG_WHEN, TG_TABLE_NAME), 'valid', NEW.valid,
    'session', (SELECT external_id FROM tracardi.session WHERE id = NEW.session_id), 'tags', NEW.tags));
  RETURN NEW;
END
$$;
CREATE TRIGGER answer BEFORE INSERT ON tracardi.ephemeral_event FOR EACH ROW WHEN (NEW.type = 'hover') EXECUTE FUNCTION flow.on_ephemeral();
BEGIN;
SELECT a -> 'response' AS response FROM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "new"}, "events": [{"type": "hover", "properties": {"x": 7}, "tags": ["t"]}, {"type": "other"}]}') a;
SELECT a -> 'response' AS response FROM tracardi.track('other', '{}', options => '{"saveEvent": false}') a;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_xid;
COMMIT;
SELECT a -> 'response' AS stored FROM tracardi.track('hover', '{}') a;
-- Where nothing can be written they are not called.
BEGIN READ ONLY;
SELECT a -> 'response' AS response, a -> 'errors' AS errors FROM tracardi.track('hover', '{}', source_id => 'mouse') a;
COMMIT;
-- One that writes does as it says, and one that fails fails the call, as triggers do.
CREATE FUNCTION flow.on_ephemeral_writes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.properties ? 'fail' THEN RAISE EXCEPTION 'it failed'; END IF;
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, NEW.type);
  RETURN NEW;
END
$$;
CREATE TRIGGER writes BEFORE INSERT ON tracardi.ephemeral_event FOR EACH ROW EXECUTE FUNCTION flow.on_ephemeral_writes();
SELECT a -> 'errors' AS errors FROM tracardi.track('click', '{}', source_id => 'mouse') a;
SELECT test.error($$SELECT tracardi.track('click', '{"fail": 1}', source_id => 'mouse')$$);
SELECT workflow, said FROM flow.log ORDER BY n;
-- One whose name comes after all others, and an AFTER trigger: never.
CREATE TRIGGER "~~~later" BEFORE INSERT ON tracardi.ephemeral_event FOR EACH ROW EXECUTE FUNCTION flow.on_ephemeral_writes();
CREATE TRIGGER after AFTER INSERT ON tracardi.ephemeral_event FOR EACH ROW EXECUTE FUNCTION flow.on_ephemeral_writes();
TRUNCATE flow.log;
SELECT a -> 'errors' AS errors FROM tracardi.track('click', '{}', source_id => 'mouse') a;
SELECT workflow, said FROM flow.log ORDER BY n;
DROP TRIGGER "~~~later" ON tracardi.ephemeral_event;
DROP TRIGGER after ON tracardi.ephemeral_event;
DROP TRIGGER writes ON tracardi.ephemeral_event;
DROP TRIGGER answer ON tracardi.ephemeral_event;
-- Nothing can be stored there, whatever is tried.
INSERT INTO tracardi.ephemeral_event (id, type, kind) SELECT gen_random_uuid(), 'x', 'ephemeral' FROM generate_series(1, 3);
COPY tracardi.ephemeral_event (id, type, kind) FROM STDIN;
0190e0a1-0000-7000-8000-000000000001	x	ephemeral
\.
SET session_replication_role = replica;
INSERT INTO tracardi.ephemeral_event (id, type, kind) VALUES (gen_random_uuid(), 'x', 'ephemeral');
RESET session_replication_role;
BEGIN;
ALTER TABLE tracardi.ephemeral_event DISABLE TRIGGER USER;
SELECT test.code($$INSERT INTO tracardi.ephemeral_event (id, type, kind, time, received_at, properties, context, tags, valid, errors, xact)
  VALUES (gen_random_uuid(), 'x', 'ephemeral', now(), now(), '{}', '{}', '{}', true, '{}', pg_current_xact_id())$$);
ROLLBACK;
SELECT count(*) FROM tracardi.ephemeral_event;
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind) VALUES (gen_random_uuid(), 'x', 'ephemeral')$$);

DELETE FROM tracardi.workflow;
DROP SCHEMA flow CASCADE;
DROP OWNED BY regress_flow;
DROP ROLE regress_flow;
SELECT test.reset();
RESET client_min_messages;
