-- More schemas of a type: for the context, under conditions, in other drafts; what formats mean; what is told.
SELECT test.reset();
CREATE FUNCTION test.check(event_type text, properties jsonb, context jsonb DEFAULT '{}') RETURNS TABLE (path text, message text, schema text)
LANGUAGE sql AS $$
  SELECT r.* FROM jsonb_to_recordset(tracardi.check_event($1, $2, $3) #> '{errors,schema}') AS r (path text, message text, schema text)
$$;

-- All that are for an event must be met, the type's own and these; one that rejects decides.
SELECT tracardi.create_event_type('order', schema => '{"required": ["id"]}');
INSERT INTO tracardi.event_schema (name, event_type, target, schema, condition, on_invalid, enabled) VALUES
  ('page', 'order', 'context', '{"required": ["page"], "properties": {"page": {"required": ["url"]}}}', NULL, 'flag', true),
  ('large', 'order', 'properties', '{"required": ["approved_by"]}', '$.properties.total > 1000', 'reject', true),
  ('shop', 'order', 'properties', '{"required": ["shop"]}', '$ ? (@.source.id == "shop")', 'flag', true),
  ('tagged', 'order', 'properties', '{"required": ["tagged"]}', '$.tags[*] ? (@ == "t")', 'flag', true),
  ('wrong', 'order', 'properties', 'false', 'strict $.properties.nothing.here', 'flag', true),
  ('nobody', 'order', 'properties', 'false', NULL, 'flag', false),
  ('other', 'unlisted', 'context', 'false', NULL, 'flag', true);
SELECT * FROM test.check('order', '{"id": 1}', '{"page": {"url": "/"}}');
SELECT * FROM test.check('order', '{"total": 1001}', '{"page": {}}');
SELECT tracardi.check_event('order', '{"id": 1, "total": 1001}') -> 'rejected' AS rejected;
SELECT errors FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "options": {"profileLess": true}, "events": [{"type": "order", "properties": {"id": 1}, "context": {"page": {"url": "/"}}, "tags": ["t"]}]}'));
SELECT valid, errors FROM tracardi.event WHERE type = 'order';
SELECT * FROM test.answer(tracardi.track('order', '{"id": 1, "total": 2000}', context => '{"page": {"url": "/"}}'));
SELECT message FROM tracardi.event_rejected;
-- A type that is not listed may have one.
SELECT * FROM test.check('unlisted', '{}');
-- A bad one is refused.
SELECT test.error($$INSERT INTO tracardi.event_schema (name, event_type, schema) VALUES ('x', 'order', '{"items": 1}')$$);
SELECT test.code($$INSERT INTO tracardi.event_schema (name, event_type, schema, condition) VALUES ('x', 'order', '{}', '$.a[')$$) IN ('42601', '22P02') AS refused;
SELECT test.code($$INSERT INTO tracardi.event_schema (name, event_type, target, schema) VALUES ('x', 'order', 'session', '{}')$$);
SELECT test.code($$INSERT INTO tracardi.event_schema (name, event_type, schema) VALUES ('x', 'Not Normal', '{}')$$);
-- Changes of them take effect at once.
UPDATE tracardi.event_schema SET enabled = true WHERE name = 'nobody';
SELECT schema FROM test.check('order', '{"id": 1}', '{"page": {"url": "/"}}');
TRUNCATE tracardi.event_schema;
SELECT schema FROM test.check('order', '{"id": 1}');

-- Every keyword tells what is wrong without telling values, and where, as jsonpath reads it.
UPDATE tracardi.event_type SET schema = '{
  "properties": {
    "type": {"type": ["integer", "null"]}, "enum": {"enum": ["a", 1]}, "const": {"const": 1}, "min": {"exclusiveMinimum": 0, "maximum": 10, "multipleOf": 0.01},
    "text": {"minLength": 2, "maxLength": 3, "pattern": "^[a-z]*$"}, "list": {"minItems": 1, "maxItems": 2, "uniqueItems": true, "contains": {"const": 1}, "prefixItems": [{"type": "number"}], "items": false},
    "a b": {"required": ["c.d"], "properties": {"c.d": {"type": "object", "properties": {"7": {"type": "string"}}}}},
    "object": {"additionalProperties": false, "minProperties": 1}, "names": {"propertyNames": {"pattern": "^x"}},
    "any": {"anyOf": [{"type": "string"}, {"minimum": 5}]}, "one": {"oneOf": [{"minimum": 1}, {"minimum": 2}]}, "not": {"not": {"type": "string"}},
    "if": {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}, "dep": {"dependentRequired": {"a": ["b"]}},
    "ref": {"$ref": "#/$defs/positive"}, "open": {"properties": {"a": true}, "unevaluatedProperties": false}
  }, "$defs": {"positive": {"minimum": 1}}}' WHERE type = 'order';
SELECT path, message FROM test.check('order', '{"type": 1.5, "enum": "secret", "const": 2, "min": 0, "text": "SECRET", "list": ["secret", 2, 2], "a b": {"c.d": {"7": 7}},
  "object": {"secret": 1}, "names": {"y": 1}, "any": 1, "one": 3, "not": "secret", "if": {}, "dep": {"a": 1}, "ref": 0, "open": {"b": 1}}') ORDER BY 1, 2;
SELECT path, message FROM test.check('order', '{"type": 2.0, "enum": 1, "const": 1.0, "min": 9.99, "text": "äö", "list": [1], "a b": {"c.d": {"7": "7"}},
  "object": {}, "names": {"xy": 1}, "any": 7, "one": 1, "not": 1, "if": {"a": 1, "b": 1}, "dep": {}, "ref": 1, "open": {"a": 1}}');
-- Numbers are compared as they are, whatever their size.
UPDATE tracardi.event_type SET schema = '{"properties": {"n": {"maximum": 9007199254740993, "type": "integer"}}}' WHERE type = 'order';
SELECT left(n::text, 20) AS n, (SELECT message FROM test.check('order', jsonb_build_object('n', n))) AS message
FROM unnest('{9007199254740992,9007199254740993,9007199254740994,123456789012345678901234567890,-1e300,0.1}'::numeric[]) AS n;

-- Formats are checked; one that is not known is not.
UPDATE tracardi.event_type SET schema = jsonb_build_object('properties', (SELECT jsonb_object_agg(f, jsonb_build_object('format', f))
  FROM unnest('{date-time,date,time,duration,email,hostname,ipv4,ipv6,uri,uri-reference,uuid,json-pointer,regex,colour}'::text[]) AS f)) WHERE type = 'order';
SELECT path, message FROM test.check('order', (SELECT jsonb_object_agg(f, ' no ') FROM unnest('{date-time,date,time,duration,email,hostname,ipv4,ipv6,uri,uuid,json-pointer,colour}'::text[]) AS f));
SELECT path, message FROM test.check('order', '{"date-time": "2024-02-29T12:00:00Z", "date": "2024-02-29", "time": "12:00:00Z", "duration": "P1D", "email": "a@example.com", "hostname": "example.com",
  "ipv4": "127.0.0.1", "ipv6": "::1", "uri": "https://example.com/", "uuid": "8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385", "json-pointer": "/a", "regex": "a+", "colour": "red"}');
SELECT path, message FROM test.check('order', '{"date-time": "2023-02-29T12:00:00Z", "ipv4": "256.0.0.1"}');

-- The draft is 2020-12, unless the schema says another one.
UPDATE tracardi.event_type SET schema = '{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"items": [{"type": "string"}], "additionalItems": false}}, "definitions": {}}' WHERE type = 'order';
SELECT path, message FROM test.check('order', '{"a": [1, 2]}');

-- All reasons are told, up to fifty; names of properties, which a client chooses, don't make messages long.
UPDATE tracardi.event_type SET schema = '{"properties": {"a": {"items": {"type": "string"}}}, "additionalProperties": false}' WHERE type = 'order';
SELECT count(*), max(message) FILTER (WHERE path = '$.properties') AS last FROM test.check('order', jsonb_build_object('a', (SELECT jsonb_agg(n) FROM generate_series(1, 1000) n)));
SELECT max(char_length(message)) FROM test.check('order', jsonb_build_object(repeat('x', 10000), 1));

-- Large events, of compressed and of long values.
UPDATE tracardi.event_type SET schema = '{"properties": {"a": {"items": {"properties": {"n": {"type": "integer"}}}}}}' WHERE type = 'order';
SELECT path, message FROM test.check('order', jsonb_build_object('a', (SELECT jsonb_agg(jsonb_build_object('n', n, 'x', repeat('x', n % 100))) FROM generate_series(1, 9999) n) || '{"n": "last"}'));

-- A thousand types, of which one has a schema: nothing is slower for the others, and each has its own.
INSERT INTO tracardi.event_type (type, description) SELECT 'type-' || n, 'nothing special' FROM generate_series(1, 1000) n;
INSERT INTO tracardi.event_type (type, schema) SELECT 'strict-' || n, jsonb_build_object('required', jsonb_build_array('p' || n)) FROM generate_series(1, 1000) n;
SELECT count(*) FROM generate_series(1, 1000) n WHERE (tracardi.check_event('strict-' || n, '{}') #>> '{errors,schema,0,message}') = format('"p%s" is a required property', n);
DROP FUNCTION test.check(text, jsonb, jsonb);
SELECT test.reset();
