-- Schemas and events that are made to take for ever, or all memory, or the server down: they end soon, and say so.
SELECT test.reset();
SET statement_timeout = '20s';
CREATE FUNCTION test.nested(depth int, innermost text DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT (repeat('{"c":', depth) || innermost || repeat('}', depth))::jsonb
$$;
CREATE FUNCTION test.told(event_type text, properties jsonb) RETURNS TABLE (path text, message text) LANGUAGE sql AS $$
  SELECT r.path, left(r.message, 100) FROM jsonb_to_recordset(tracardi.check_event($1, $2) #> '{errors,schema}') AS r (path text, message text) LIMIT 3
$$;
CREATE FUNCTION test.refused(schema jsonb) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT left(line, 160) FROM test.error(format('SELECT tracardi.create_event_type(''refused'', schema => %L)', schema)) AS line
$$;

-- At entry: too large, too deep, too many patterns, patterns that compile to too much.
SELECT * FROM test.refused(jsonb_build_object('enum', (SELECT jsonb_agg(repeat('x', 100) || n) FROM generate_series(1, 1000) n)));
SELECT * FROM test.refused((repeat('{"not":', 100) || 'true' || repeat('}', 100))::jsonb);
SELECT * FROM test.refused(jsonb_build_object('patternProperties', (SELECT jsonb_object_agg('a' || n, true) FROM generate_series(1, 101) n)));
SELECT * FROM test.refused('{"pattern": "((a{1,100}){1,100}){1,100}"}');
SELECT * FROM test.refused('{"pattern": "\\p{L}{1000}"}');
-- References that double with each step, by pointer, by anchor, through any keyword.
CREATE FUNCTION test.doubling(steps int, keyword text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('$ref', '#/$defs/a0', '$defs', jsonb_object_agg('a' || n,
           jsonb_build_object(keyword, jsonb_build_array(jsonb_build_object('$ref', '#/$defs/a' || n + 1), jsonb_build_object('$ref', '#/$defs/a' || n + 1))))
         || jsonb_build_object('a' || steps, true))
  FROM generate_series(0, steps - 1) n
$$;
SELECT * FROM test.refused(test.doubling(40, 'allOf'));
SELECT * FROM test.refused(test.doubling(40, 'oneOf'));
SELECT * FROM test.refused(jsonb_build_object('allOf', (SELECT jsonb_agg(jsonb_build_object('$anchor', 'a' || n, 'anyOf',
  jsonb_build_array(jsonb_build_object('$ref', '#a' || least(n + 1, 40)), jsonb_build_object('$ref', '#a' || least(n + 1, 40))))) FROM generate_series(0, 40) n)));
-- A long chain, and what refers to itself, are no harm.
SELECT tracardi.create_event_type('chain', schema => (SELECT jsonb_build_object('$ref', '#/$defs/a0', '$defs', jsonb_object_agg('a' || n, jsonb_build_object('$ref', '#/$defs/a' || n + 1))
  || '{"a1000": {"required": ["x"]}}') FROM generate_series(0, 999) n));
SELECT * FROM test.told('chain', '{}');
SELECT tracardi.create_event_type('itself', schema => '{"allOf": [{"$ref": "#"}, {"$ref": "#"}], "required": ["x"]}');
SELECT * FROM test.told('itself', '{}');

-- When events are checked: branches that double with each level of the event.
SELECT tracardi.create_event_type('branching', schema => '{"properties": {"c": {"anyOf": [{"$ref": "#"}, {"required": ["x"], "$ref": "#"}]}}, "not": {"required": ["z"]}}');
SELECT * FROM test.told('branching', test.nested(100));
SELECT * FROM test.told('branching', test.nested(8, '{"z": 1}'));
SELECT * FROM test.told('branching', test.nested(100, '{"z": 1}'));
SELECT tracardi.create_event_type('dynamic', schema => '{"$dynamicAnchor": "n", "properties": {"c": {"oneOf": [{"$dynamicRef": "#n"}, {"$dynamicRef": "#n"}]}}, "unevaluatedProperties": false}');
SELECT * FROM test.told('dynamic', test.nested(100));
-- Depth: the stack holds, or the check gives up; the server goes on.
SELECT tracardi.create_event_type('tree', schema => '{"properties": {"c": {"$ref": "#"}}, "not": {"required": ["z"]}}');
SELECT * FROM test.told('tree', test.nested(500));
SELECT * FROM test.told('tree', test.nested(5000));
SELECT * FROM test.told('tree', test.nested(5000, '{"z": 1}'));
SELECT errors, events FROM test.answer(tracardi.track('tree', test.nested(5000, '{"z": 1}'), event_id => 'deep'));
SELECT valid FROM tracardi.event WHERE external_id = 'deep';
-- Patterns that other engines take for ever with; long texts; many of both.
SELECT tracardi.create_event_type('patterns', schema => '{"properties": {"a": {"pattern": "(a+)+$"}, "b": {"pattern": "(x+x+)+y"}, "c": {"pattern": "[ab]*a[ab]{500}c"}, "d": {"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}}}');
SELECT * FROM test.told('patterns', jsonb_build_object('a', repeat('a', 100000) || '!', 'b', repeat('x', 100000), 'c', repeat('abbabaaabbababb', 7000), 'd', repeat('a', 100000)));
SELECT * FROM test.told('patterns', jsonb_build_object('a', repeat('a', 1100000)));
SELECT tracardi.create_event_type('hundred', schema => ('{"properties": {"x": {"allOf": [' || (SELECT string_agg(format('{"pattern": "[ab]*a[ab]{480}c%s"}', n), ',') FROM generate_series(1, 100) n) || ']}}}')::jsonb);
SELECT * FROM test.told('hundred', jsonb_build_object('x', repeat('abbabaaabbababb', 20000)));
-- Sixty thousand items against a thousand values.
SELECT tracardi.create_event_type('items', schema => jsonb_build_object('properties', jsonb_build_object('a', jsonb_build_object('uniqueItems', true, 'items', jsonb_build_object('enum', (SELECT jsonb_agg(-n) FROM generate_series(1, 1000) n))))));
SELECT count(*), max(message) FROM test.told('items', jsonb_build_object('a', (SELECT jsonb_agg(n) FROM generate_series(1, 60000) n)));
-- A check can be interrupted between its steps.
SET statement_timeout = '50ms';
DO $$
BEGIN
  PERFORM tracardi.check_event('branching', test.nested(1000, '{"z": 1}')) FROM generate_series(1, 100);
EXCEPTION WHEN query_canceled THEN
  RAISE NOTICE 'canceled';
END
$$;
RESET statement_timeout;
DROP FUNCTION test.nested(int, text), test.told(text, jsonb), test.refused(jsonb), test.doubling(int, text);
SELECT test.reset();
