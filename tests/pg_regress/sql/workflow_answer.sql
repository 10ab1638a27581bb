-- What workflows answer: tracardi.respond() and tracardi.add_ux().
SELECT test.reset();
SET client_min_messages = warning;
CREATE SCHEMA flow;
CREATE FUNCTION flow.errors(answer jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s %s %s %s', coalesce(e ->> 'event', 'null'), e ->> 'code', e ->> 'path', e ->> 'message') FROM jsonb_array_elements(answer -> 'errors') e
$$;
-- Answers what the workflow's description says: {respond, ux, then}; each a list.
CREATE FUNCTION flow.answers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanted jsonb := (SELECT description::jsonb FROM tracardi.workflow WHERE name = TG_NAME);
BEGIN
  PERFORM tracardi.respond(value) FROM jsonb_array_elements(wanted -> 'respond');
  PERFORM tracardi.add_ux(value) FROM jsonb_array_elements(wanted -> 'ux');
  IF wanted ? 'fail' THEN RAISE EXCEPTION 'it failed'; END IF;
  RETURN NULL;
END
$$;
CREATE FUNCTION flow.answering(VARIADIC descriptions text[]) RETURNS TABLE (response jsonb, ux jsonb, errors text) LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  DELETE FROM tracardi.workflow;
  PERFORM tracardi.create_workflow('w' || n, 'flow.answers', event_type => 'a', description => d) FROM unnest(descriptions) WITH ORDINALITY AS u (d, n);
  answer := tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a"}]}');
  RETURN QUERY SELECT answer -> 'response', answer -> 'ux', (SELECT string_agg(e, '; ') FROM flow.errors(answer) e);
END
$$;
-- Without any: an empty object and an empty list.
SELECT a -> 'response' AS response, a -> 'ux' AS ux FROM tracardi.track('a', '{}') a;
SELECT * FROM flow.answering('{}');
SELECT * FROM flow.answering('{"respond": [{}], "ux": [[]]}');
-- The shapes of real pages: widgets by tag, props and content, in the order in which they were added, one by one or in lists;
-- the response of several workflows in one object.
SELECT jsonb_pretty(response) AS response, jsonb_pretty(ux) AS ux, errors FROM flow.answering(
  '{"respond": [{"recommendation": {"items": ["sku-1", "sku-2"], "price": 13.45, "in_stock": true, "note": null}}],
    "ux": [{"tag": "script", "props": {"src": "https://example.com/popup.js", "type": "text/javascript", "async": true}}]}',
  '{"respond": [{"offer": {"text": "Free „shipping“ 🙂", "until": "2026-01-01T00:00:00Z"}}],
    "ux": [[{"tag": "div", "props": {"class": "tracardi-uix", "data-message": "Hi"}, "content": "<b>Hi</b>"}, {"tag": "div"}], {"tag": "style", "content": "p {}"}]}');
-- Merged on the top level; the later key wins: within a workflow, and in the order of the workflows' names.
SELECT * FROM flow.answering('{"respond": [{"a": 1, "b": {"x": 1}}, {"a": 2}]}', '{"respond": [{"b": {"y": 2}, "c": [1]}]}', '{"respond": [{"c": [2]}, {"": "empty key"}]}');
-- In a batch, event by event.
DELETE FROM tracardi.workflow;
CREATE FUNCTION flow.echo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(NEW.properties), tracardi.add_ux(jsonb_build_object('by', TG_NAME, 'for', NEW.type));
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('one', 'flow.echo'), tracardi.create_workflow('two', 'flow.echo', kinds => '{ephemeral}');
SELECT a -> 'response' AS response, a -> 'ux' AS ux FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s"}, "events": [{"type": "a", "properties": {"k": 1, "a": 1}}, {"type": "b", "properties": {"k": 2}, "options": {"saveEvent": false}},
  {"type": "c", "properties": {"k": 3}}]}') a;
SELECT a -> 'response' AS response FROM tracardi.collect('a', 'web', '{"k": "collected"}') a;
SELECT a -> 'response' AS response FROM tracardi.track('a', '{"k": "short"}') a;
-- A large one.
SELECT (SELECT count(*) FROM jsonb_object_keys(a -> 'response')) AS keys, length(a #>> '{response,1}') AS length FROM tracardi.track('a', (SELECT jsonb_object_agg(n, repeat('ü', 1000)) FROM generate_series(1, 1000) n)) a;
-- Too large for jsonb, which holds 256 MB on one level: an error, never half an answer.
CREATE FUNCTION flow.answers_much() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(n, repeat('x', 140000000))) FROM generate_series(1, 2) n;
  RETURN NULL;
END
$$;
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('much', 'flow.answers_much', event_type => 'much');
SELECT test.error($$SELECT tracardi.track('much', '{}')$$);

-- Undone with what fails: the workflow, and blocks within it.
SELECT * FROM flow.answering('{"respond": [{"one": 1, "k": 1}], "ux": [{"n": 1}]}', '{"respond": [{"two": 2, "k": 2}], "ux": [{"n": 2}], "fail": true}', '{"respond": [{"three": 3}], "ux": [{"n": 3}]}');
CREATE FUNCTION flow.blocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond('{"a": "before"}'), tracardi.add_ux('{"n": "before"}');
  BEGIN
    PERFORM tracardi.respond('{"a": "undone", "b": "undone"}'), tracardi.add_ux('{"n": "undone"}');
    BEGIN
      PERFORM tracardi.respond('{"c": "released and undone"}'), tracardi.add_ux('{"n": "released and undone"}');
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
    PERFORM 1 / 0;
  EXCEPTION WHEN division_by_zero THEN
    PERFORM tracardi.respond('{"d": "caught"}'), tracardi.add_ux('{"n": "caught"}');
  END;
  BEGIN
    PERFORM tracardi.respond('{"e": "kept"}'), tracardi.add_ux('{"n": "kept"}');
    BEGIN
      PERFORM tracardi.respond('{"f": "undone"}');
      RAISE EXCEPTION 'inner';
    EXCEPTION WHEN raise_exception THEN
      PERFORM tracardi.respond('{"g": "kept"}');
    END;
  EXCEPTION WHEN division_by_zero THEN NULL;
  END;
  PERFORM tracardi.respond('{"h": "after"}'), tracardi.add_ux('{"n": "after"}');
  RETURN NULL;
END
$$;
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('blocks', 'flow.blocks', event_type => 'a');
SELECT a -> 'response' AS response, a -> 'ux' AS ux, ARRAY(SELECT flow.errors(a)) AS errors FROM tracardi.track('a', '{}') a;
-- Savepoints of the caller, before and between, are no matter.
BEGIN;
SAVEPOINT one;
SELECT a -> 'ux' AS ux FROM tracardi.track('a', '{}') a;
ROLLBACK TO one;
SELECT a -> 'ux' AS ux FROM tracardi.track('a', '{}') a;
COMMIT;

-- Answers of a track() within a workflow stay in that one's answer.
CREATE FUNCTION flow.hands_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  PERFORM tracardi.respond('{"outer": "before"}'), tracardi.add_ux('{"outer": 1}');
  answer := tracardi.track('inner', '{"inner": true, "outer": "inner"}');
  PERFORM tracardi.respond(jsonb_build_object('got', answer -> 'response', 'got_ux', answer -> 'ux')), tracardi.add_ux('{"outer": 2}');
  -- One that fails as a whole leaves this one's answers alone.
  BEGIN
    PERFORM tracardi.track('inner', '{}', source_id => 'nowhere');
  EXCEPTION WHEN OTHERS THEN
    PERFORM tracardi.respond(jsonb_build_object('caught', SQLSTATE));
  END;
  RETURN NULL;
END
$$;
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('outer', 'flow.hands_on', event_type => 'outer'), tracardi.create_workflow('inner', 'flow.echo', event_type => 'inner');
SELECT a -> 'response' AS response, a -> 'ux' AS ux, a -> 'errors' AS errors FROM tracardi.track('outer', '{}') a;
-- Two calls in one statement, one within the other's arguments: each its own.
SELECT a -> 'response' AS a, b -> 'response' AS b FROM tracardi.track('inner', '{"x": 1}') a, tracardi.track('inner', a -> 'response' || '{"y": 2}') b;

-- Only in a running workflow: neither before, nor after, nor in a trigger of the tables while track() runs.
SELECT test.error($$SELECT tracardi.respond('{}')$$);
SELECT test.error($$SELECT tracardi.add_ux('{}')$$);
CREATE FUNCTION flow.on_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond('{"from": "a trigger"}');
  RETURN NULL;
END
$$;
GRANT USAGE ON SCHEMA flow TO regress_owner;
CREATE TRIGGER answer AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION flow.on_table();
SELECT test.error($$SELECT tracardi.track('plain', '{}')$$);
-- Also not when that track() is within a workflow: it is not that one's business.
CREATE FUNCTION flow.tracks_plain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond('{"outer": 1}');
  PERFORM tracardi.track('plain', '{}');
  RETURN NULL;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
  PERFORM tracardi.respond('{"caught": true}');
  RETURN NULL;
END
$$;
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('tracks plain', 'flow.tracks_plain', event_type => 'e');
SELECT a -> 'response' AS response, a -> 'errors' AS errors FROM tracardi.track('e', '{}', options => '{"saveEvent": false}') a;
DROP TRIGGER answer ON tracardi.event;
-- Of a table that the function itself writes to it is its business.
CREATE TABLE flow.business (id int);
CREATE TRIGGER answer AFTER INSERT ON flow.business FOR EACH ROW EXECUTE FUNCTION flow.on_table();
CREATE FUNCTION flow.does_business() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO flow.business VALUES (1); RETURN NULL; END';
UPDATE tracardi.workflow SET function = 'flow.does_business';
SELECT a -> 'response' AS response, a -> 'errors' AS errors FROM tracardi.track('e', '{}') a;
-- After a workflow that failed, and after a call that was refused, it is over.
DELETE FROM tracardi.workflow;
CREATE FUNCTION flow.fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond('{"a": 1}'); RAISE EXCEPTION USING ERRCODE = NEW.properties ->> 'code'; END $$;
SELECT tracardi.create_workflow('fails', 'flow.fails', event_type => 'a');
SELECT flow.errors(tracardi.track('a', '{"code": "22012"}'));
SELECT test.code($$SELECT tracardi.respond('{}')$$);
SELECT test.code($$SELECT tracardi.track('a', '{"code": "40001"}')$$);
SELECT test.code($$SELECT tracardi.respond('{}')$$);
SELECT tracardi.track('a', '{"code": "40001"}');
SELECT test.code($$SELECT tracardi.respond('{}')$$);
SELECT a -> 'response' AS response FROM tracardi.track('b', '{}') a;

-- What is no object, or no list of objects.
SELECT v AS value, (SELECT errors FROM flow.answering(format('{"respond": [{"kept": 1}, %s]}', v))) AS respond, (SELECT errors FROM flow.answering(format('{"ux": [%s]}', v))) AS add_ux
FROM unnest('{"null",true,1,"\"text\"",[],"[{}, 1]","[[]]","{\"tag\": \"div\"}"}'::text[]) AS v;
CREATE FUNCTION flow.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond(NULL); RETURN NULL; END $$;
CREATE FUNCTION flow.nothing_ux() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.add_ux(NULL); RETURN NULL; END $$;
DELETE FROM tracardi.workflow;
SELECT tracardi.create_workflow('nothing', 'flow.nothing', event_type => 'a'), tracardi.create_workflow('nothing ux', 'flow.nothing_ux', event_type => 'a');
SELECT flow.errors(tracardi.track('a', '{}'));

DELETE FROM tracardi.workflow;
DROP SCHEMA flow CASCADE;
SELECT test.reset();
RESET client_min_messages;
