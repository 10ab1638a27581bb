-- What is special about an event type: its schema, what becomes of its valid events, and of those that are not.
SELECT test.reset();
CREATE FUNCTION test.stored() RETURNS TABLE (type text, properties jsonb, context jsonb, tags text[], journey_state text, valid boolean, errors jsonb)
LANGUAGE sql AS $$ SELECT type, properties, context, tags, journey_state, valid, errors FROM tracardi.event WHERE kind <> 'system' ORDER BY time $$;

-- A type is taken in the form in which it is stored; it is listed once.
SELECT tracardi.create_event_type('Purchase Made', description => 'an order was paid', schema => '{
  "type": "object", "required": ["price"],
  "properties": {"price": {"type": "number", "minimum": 0}, "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}}}
}');
SELECT test.error($$SELECT tracardi.create_event_type('purchase-made')$$);

-- A valid event is stored as ever. One that is not is stored, too, with every reason and its place; the answer names them.
SELECT * FROM test.answer(tracardi.track('purchase made', '{"price": 13.45, "lines": [{"sku": "a"}]}', event_id => 'good'));
SELECT events, warnings FROM test.answer(tracardi.track('purchase-made', '{"price": -1, "lines": [{"sku": "a"}, {"sku": 1}]}', event_id => 'bad'));
SELECT jsonb_pretty(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "page-view", "id": "other"}, {"type": "purchase-made", "id": "worse", "properties": {"lines": {"a b": 1}}}]}') -> 'errors');
SELECT type, valid, errors FROM test.stored();
SELECT jsonb_pretty(errors) FROM tracardi.event WHERE external_id = 'bad';
-- It belongs to somebody all the same: a session, a profile, a visit.
SELECT count(*) FROM tracardi.event e JOIN tracardi.session s ON s.id = e.session_id JOIN tracardi.profile p ON p.id = e.profile_id WHERE e.external_id = 'worse';
-- Sent again, it is a duplicate and nothing else.
SELECT errors, warnings FROM test.answer(tracardi.track('purchase-made', '{"price": -1}', event_id => 'bad'));

-- No workflow hears of it; a trigger sees that it is not valid.
CREATE SCHEMA flow;
CREATE TABLE flow.heard (who text, event text, valid boolean);
GRANT ALL ON SCHEMA flow TO PUBLIC;
GRANT ALL ON flow.heard TO PUBLIC;
CREATE FUNCTION flow.hear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO flow.heard VALUES (TG_NAME, NEW.external_id, NEW.valid);
  RETURN NEW;
END
$$;
SELECT tracardi.create_workflow('workflow', 'flow.hear', event_type => 'purchase-made');
CREATE TRIGGER trigger AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'purchase-made') EXECUTE FUNCTION flow.hear();
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [
  {"type": "purchase-made", "id": "w1", "properties": {"price": 1}}, {"type": "purchase-made", "id": "w2", "properties": {"price": "1"}}, {"type": "purchase-made", "id": "w3", "properties": {"price": 3}}]}'));
SELECT * FROM flow.heard ORDER BY who, event;
DROP TRIGGER trigger ON tracardi.event;

-- An ephemeral event that is not valid: nobody hears of it, and nothing stays.
TRUNCATE flow.heard, tracardi.event;
CREATE TRIGGER trigger BEFORE INSERT ON tracardi.ephemeral_event FOR EACH ROW EXECUTE FUNCTION flow.hear();
SELECT events, errors FROM test.answer(tracardi.track('purchase-made', '{"price": "1"}', event_id => 'x1', options => '{"saveEvent": false}'));
SELECT events, errors FROM test.answer(tracardi.track('purchase-made', '{"price": 1}', event_id => 'x2', options => '{"saveEvent": false}'));
SELECT * FROM flow.heard ORDER BY who, event;
UPDATE tracardi.event_type SET on_invalid = 'reject';
SELECT events, errors FROM test.answer(tracardi.track('purchase-made', '{"price": "1"}', event_id => 'x3', options => '{"saveEvent": false}'));
SELECT (SELECT count(*) FROM tracardi.event) AS events, (SELECT count(*) FROM tracardi.event_rejected) AS rejected;
DROP TRIGGER trigger ON tracardi.ephemeral_event;
DROP SCHEMA flow CASCADE;

-- Rejected instead: kept whole, once an event, with all reasons; its neighbours are stored; it leaves no key.
SELECT test.reset();
SELECT tracardi.create_event_type('purchase', schema => '{"required": ["price"], "properties": {"price": {"type": "number"}, "note": {"maxLength": 3}}}', on_invalid => 'reject');
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a", "id": "n1"},
  {"type": "purchase", "id": "r1", "properties": {"price": "13", "note": "much"}}, {"type": "purchase", "id": "r2", "properties": {"price": 13}}]}'));
SELECT event, code, message, path FROM tracardi.event_rejected;
SELECT type, valid FROM test.stored();
-- Tried again in vain, after its schema was mended, and after it was mended.
SELECT events, errors FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
SELECT count(*) FROM tracardi.event_rejected;
UPDATE tracardi.event_type SET schema = '{"properties": {"price": {"type": ["number", "string"]}}}';
SELECT events, errors FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
SELECT (SELECT count(*) FROM tracardi.event_rejected) AS rejected, (SELECT properties FROM tracardi.event WHERE external_id = 'r1') AS properties;
SELECT errors FROM test.answer(tracardi.track('purchase', '{"price": null}', event_id => 'r3'));
UPDATE tracardi.event_rejected SET event = (event::jsonb || '{"properties": {"price": 1}}')::text;
SELECT events, errors FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
-- If the type flags now, what was rejected is stored as it came, and the row goes.
SELECT errors FROM test.answer(tracardi.track('purchase', '{"price": null}', event_id => 'r4'));
UPDATE tracardi.event_type SET on_invalid = 'flag';
SELECT events, errors FROM test.answer((SELECT tracardi.retry_rejected(id) FROM tracardi.event_rejected));
SELECT (SELECT count(*) FROM tracardi.event_rejected) AS rejected, (SELECT valid FROM tracardi.event WHERE external_id = 'r4') AS valid;

-- Reshaping: a template of paths. Only valid events are reshaped, after they were checked.
SELECT test.reset();
SELECT tracardi.create_event_type('order', schema => '{"required": ["order"]}', reshape => '{
  "properties": {"total": "$.properties.order.total", "zero": "$.properties.order.zero", "empty": "$.properties.order.empty", "no": "$.properties.order.no", "missing": "$.properties.order.missing",
    "first": "$.properties.lines[*].sku", "big": "$.properties.lines[*] ? (@.price > 10)", "count": "$.properties.lines.size()",
    "list": ["$.properties.order.total", "x", 1, null, true], "nested": {"all": "$.properties.order"}, "dollar": "$$5", "two": "$$$.a", "text": "total"},
  "context": {"source": "$.source.id", "type": "$.type", "tag": "$.tags[0]", "title": "$.context.page.title"}}');
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "order", "tags": ["t"], "context": {"page": {"title": "Cart"}},
  "properties": {"order": {"total": 13.45, "zero": 0, "empty": "", "no": false}, "lines": [{"sku": "a", "price": 1}, {"sku": "b", "price": 12.45}]}}]}'));
SELECT errors FROM test.answer(tracardi.track('order', '{"total": 1}'));
SELECT jsonb_pretty(properties) AS properties, context FROM test.stored();
-- One side alone; the other stays as it came.
UPDATE tracardi.event_type SET schema = NULL, reshape = '{"context": {"a": "$.properties.a"}}';
TRUNCATE tracardi.event;
SELECT errors FROM test.answer(tracardi.track('order', '{"a": [1]}', context => '{"b": 2}'));
SELECT properties, context FROM test.stored();
-- A workflow sees the new shape.
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond(to_jsonb(NEW.context)); RETURN NEW; END $$;
SELECT tracardi.create_workflow('see', 'test.see', condition => '$.context.a[0] == 1');
SELECT tracardi.track('order', '{"a": [1]}') -> 'response' AS response;
DELETE FROM tracardi.workflow;
DROP FUNCTION test.see();
-- It can't be used to make an event without end.
UPDATE tracardi.event_type SET reshape = jsonb_build_object('properties', (SELECT jsonb_object_agg(n, '$.properties') FROM generate_series(1, 100) n));
SELECT errors FROM test.answer(tracardi.track('order', jsonb_build_object('a', repeat('x', 200000))));

-- Tags and journey state: for valid events, beside their own tags, each once; system events, too.
SELECT test.reset();
SELECT tracardi.create_event_type('purchase', schema => '{"required": ["price"]}', tags => '{event:behavioral,sale}', journey_state => 'purchase');
SELECT tracardi.create_event_type('profile-created', tags => '{new,event:system}', journey_state => 'awareness');
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "purchase", "tags": ["mine", "sale"], "properties": {"price": 1}}, {"type": "purchase", "tags": ["mine"]}, {"type": "a", "tags": ["mine"]}]}')) ;
SELECT type, tags, journey_state FROM tracardi.event ORDER BY time;

-- In a READ ONLY transaction ephemeral events are checked and reshaped as ever, also by a session that begins with that.
SELECT tracardi.create_event_type('question', schema => '{"required": ["a"]}', reshape => '{"properties": {"b": "$.properties.a"}}', ephemeral => true);
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond(NEW.properties); RETURN NEW; END $$;
SELECT tracardi.create_workflow('see', 'test.see', event_type => 'question');
\c -
BEGIN READ ONLY;
SELECT tracardi.track('question', '{"a": 1}') -> 'response' AS response;
SELECT tracardi.track('question', '{}') #>> '{errors,0,message}' AS message;
ROLLBACK;
DELETE FROM tracardi.workflow;
DROP FUNCTION test.see();

-- check_event() tries without storing; whoever may read events may call it.
SELECT jsonb_pretty(tracardi.check_event('Purchase', '{}'));
SELECT tracardi.check_event('purchase', '{"price": 1}');
SELECT tracardi.check_event('anything', '{"a": 1}', '{"b": 2}');
SELECT test.error($$SELECT tracardi.check_event('purchase', '[]')$$);
SELECT count(*) FROM tracardi.event;

-- Changes take effect at once, and not before they are made.
BEGIN;
UPDATE tracardi.event_type SET schema = '{"required": ["cost"]}' WHERE type = 'purchase';
SELECT tracardi.check_event('purchase', '{"price": 1}') -> 'valid' AS valid;
ROLLBACK;
SELECT tracardi.check_event('purchase', '{"price": 1}') -> 'valid' AS valid;
SELECT tracardi.drop_event_type('Purchase');
SELECT tracardi.check_event('purchase', '{}') -> 'valid' AS valid;
SELECT test.error($$SELECT tracardi.drop_event_type('purchase')$$);

-- What can't be used is refused when it is entered, by whatever way.
SELECT test.error($$INSERT INTO tracardi.event_type (type, schema) VALUES ('a', '{"properties": {"a": {"minimum": "x"}}}')$$);
SELECT test.error($$SELECT tracardi.create_event_type('a', schema => '{"properties": {"a": {"pattern": "(a"}}}')$$);
SELECT test.error($$SELECT tracardi.create_event_type('a', schema => '{"properties": {"a": {"pattern": "(?=x)y"}}}')$$);
SELECT test.error($$SELECT tracardi.create_event_type('a', schema => '{"properties": {"a": {"$ref": "#/$defs/b"}}}')$$);
SELECT test.error($$SELECT tracardi.create_event_type('a', schema => '{"properties": {"a": {"$ref": "https://example.com/a.json"}}}')$$);
SELECT test.error($$SELECT tracardi.create_event_type('a', schema => '{"$schema": "https://example.com/mine"}')$$);
SELECT test.error($$SELECT tracardi.create_event_type('a', schema => '[]')$$);
INSERT INTO tracardi.event_type (type) VALUES ('a');
SELECT test.error($$UPDATE tracardi.event_type SET schema = '{"type": 1}' WHERE type = 'a'$$);
SELECT test.error($$UPDATE tracardi.event_type SET reshape = '{"properties": {"a": {"b/c": ["$.a[x"]}}}' WHERE type = 'a'$$) LIMIT 1;
SELECT test.error($$UPDATE tracardi.event_type SET reshape = '{"properties": "$.a"}' WHERE type = 'a'$$);
SELECT test.error($$UPDATE tracardi.event_type SET reshape = '{"session": {}}' WHERE type = 'a'$$);
SELECT test.error($$UPDATE tracardi.event_type SET reshape = '[]' WHERE type = 'a'$$);
SELECT test.code($$UPDATE tracardi.event_type SET on_invalid = 'drop' WHERE type = 'a'$$);
SELECT test.code($$UPDATE tracardi.event_type SET tags = '{a,NULL}' WHERE type = 'a'$$);
SELECT test.code($$UPDATE tracardi.event_type SET retention = '-1 day' WHERE type = 'a'$$);
SELECT test.code($$INSERT INTO tracardi.event_type (type) VALUES ('Not Normal')$$);
SELECT test.code($$SELECT tracardi.check_event_type()$$);
UPDATE tracardi.event_type SET retention = '1 year', schema = 'false' WHERE type = 'a';
SELECT tracardi.check_event('a', '{}') #>> '{errors,schema,0,message}' AS message;

-- Who may: to try, a reader; to change, an administrator.
CREATE ROLE regress_reader;
CREATE ROLE regress_admin;
GRANT USAGE ON SCHEMA test TO regress_reader, regress_admin;
SELECT tracardi.grant_analyst('regress_reader'), tracardi.grant_admin('regress_admin');
SET ROLE regress_reader;
SELECT tracardi.check_event('a', '{}') -> 'valid' AS valid, (SELECT count(*) FROM tracardi.event_schema) AS schemas;
SELECT test.code($$SELECT tracardi.create_event_type('b')$$);
SELECT test.code($$INSERT INTO tracardi.event_schema (name, event_type, schema) VALUES ('b', 'b', '{}')$$);
SET ROLE regress_admin;
SELECT tracardi.create_event_type('b', schema => '{"required": ["b"]}');
INSERT INTO tracardi.event_schema (name, event_type, schema) VALUES ('b', 'b', '{}');
DELETE FROM tracardi.event_schema;
SELECT tracardi.drop_event_type('b');
RESET ROLE;
DROP OWNED BY regress_reader, regress_admin;
DROP ROLE regress_reader, regress_admin;
DROP FUNCTION test.stored();

-- setup() brings tables up to date that were made before there were journey states; called again, it leaves them alone.
BEGIN;
DROP VIEW tracardi.person_event;
ALTER TABLE tracardi.event DROP COLUMN journey_state;
ALTER TABLE tracardi.ephemeral_event DROP COLUMN journey_state;
SELECT tracardi.setup(search_path => '"$user", public'), tracardi.setup(search_path => '"$user", public');
UPDATE tracardi.event_type SET schema = NULL, journey_state = 'retention' WHERE type = 'a';
SELECT tracardi.track('a', '{}', event_id => 'later') -> 'errors' AS errors;
SELECT journey_state, col_description('tracardi.event'::regclass, (SELECT attnum FROM pg_attribute WHERE attrelid = 'tracardi.event'::regclass AND attname = 'journey_state')) AS comment
FROM tracardi.event WHERE external_id = 'later';
SELECT count(*) FROM pg_attribute WHERE attname = 'journey_state' AND attrelid IN ('tracardi.event'::regclass, 'tracardi.ephemeral_event'::regclass) AND NOT attisdropped;
ROLLBACK;
SELECT test.reset();
