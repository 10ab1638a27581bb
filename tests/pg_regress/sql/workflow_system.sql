-- System events trigger workflows like any other event.
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE TABLE flow.log (n int GENERATED ALWAYS AS IDENTITY, workflow text, said text);
CREATE FUNCTION flow.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.log (workflow, said) VALUES (TG_NAME, concat_ws(' ', NEW.kind, NEW.type, 'of', test.profile(NEW.profile_id), test.session(NEW.session_id), NEW.source_id, NEW.tags::text,
    CASE WHEN EXISTS (SELECT FROM tracardi.event WHERE id = NEW.id AND time = NEW.time) THEN 'stored' END));
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'it failed at %', NEW.type; END $$;
-- Welcomes a new person, in the transaction in which it comes.
CREATE FUNCTION flow.welcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = traits || '{"welcomed": true}' WHERE id = NEW.profile_id;
  PERFORM tracardi.respond('{"welcome": true}'), tracardi.track('welcomed', '{}', profile_id => NEW.profile_id::text);
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('created', 'flow.note', event_type => 'profile-created'), tracardi.create_workflow('opened', 'flow.note', event_type => 'session-opened'),
       tracardi.create_workflow('started', 'flow.note', event_type => 'visit-started'), tracardi.create_workflow('system', 'flow.note', kinds => '{system}'), tracardi.create_workflow('welcome', 'flow.welcome', event_type => 'profile-created');
-- A new visitor.
SELECT a -> 'response' AS response, a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "page-view"}, {"type": "click"}]}') a;
SELECT workflow, said FROM flow.log ORDER BY n;
SELECT type, kind FROM tracardi.event ORDER BY time, id;
SELECT traits FROM tracardi.profile;
-- The same again: nothing happened but the event.
TRUNCATE flow.log;
SELECT a -> 'response' AS response FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "page-view"}]}') a;
SELECT workflow, said FROM flow.log ORDER BY n;
-- A visit that ends, and comes back.
SELECT a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "visit-ended"}]}') a;
SELECT a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "page-view"}]}') a;
SELECT workflow, said FROM flow.log ORDER BY n;
-- By the source of the events that caused them, and by condition.
DELETE FROM tracardi.workflow;
TRUNCATE flow.log;
SELECT tracardi.create_workflow('web', 'flow.note', kinds => '{system}', source_id => 'web', condition => '$.kind == "system" && $.tags[*] == "event:system" && $.type starts with "visit"'),
       tracardi.create_workflow('shop', 'flow.note', kinds => '{system}', source_id => 'shop', condition => '$.session.external_id == "s3"');
SELECT a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [{"type": "page-view"}]}') a;
SELECT a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s3"}, "profile": {"id": "customer-42"}, "events": [{"type": "page-view"}]}') a;
SELECT workflow, said FROM flow.log ORDER BY n;
-- One that fails: the entry names no event of the payload, for it is none; everything else is there.
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('fails', 'flow.fails', event_type => 'session-opened');
SELECT e - 'id' AS error, e ->> 'id' AS id FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s4"}, "events": [{"type": "page-view"}]}') a, jsonb_array_elements(a -> 'errors') e \gset
SELECT :'error' AS error, (SELECT type FROM tracardi.event WHERE id = :'id') AS event;
SELECT workflow, message, event ->> 'type' AS type, event ->> 'kind' AS kind FROM tracardi.workflow_failure;
SELECT type FROM tracardi.event WHERE session_id = tracardi.id('s4') ORDER BY time, id;
-- What is switched off is not made, so nobody hears of it.
DELETE FROM tracardi.workflow;
TRUNCATE flow.log;
SELECT tracardi.create_workflow('system', 'flow.note', kinds => '{system}');
UPDATE tracardi.system_event SET enabled = false WHERE type <> 'visit-started';
SELECT a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s5"}, "events": [{"type": "page-view"}]}') a;
SELECT workflow, said FROM flow.log ORDER BY n;
-- A client's event of that name is no system event.
UPDATE tracardi.workflow SET kinds = '{system}', event_type = 'profile-created';
SELECT a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s5"}, "events": [{"type": "profile-created"}]}') a;
SELECT workflow, said FROM flow.log ORDER BY n;

DELETE FROM tracardi.workflow;
DROP SCHEMA flow CASCADE;
SELECT test.reset();
RESET client_min_messages;
