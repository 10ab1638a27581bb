-- What comes as text is stored byte for byte as PostgreSQL's own jsonb would hold it.
SELECT test.reset();
CREATE TABLE test.document (n int GENERATED ALWAYS AS IDENTITY, written text);
INSERT INTO test.document (written) VALUES
  ('{}'), ('{ "a" : null , "b":true,"c":false }'), ('{"a":[]}'), ('{"a":{}}'), ('{"a":[[],[[]],{"b":[{}]}]}'), ('{"":""}'),
  ('{"b":1,"a":2,"aa":3,"":4,"B":5,"é":6,"漢字":7,"😀":8}'), ('{"a":1,"b":2,"a":3,"\u0061":{"x":1}}'), ('{"a":{"b":1,"b":[2],"b":"3"},"a":{"b":1,"b":2}}'),
  ('{"s":"\"\\\/\b\f\n\r\t\u00e9\u6f22\ud83d\ude00 plain é漢😀"}'), ('{"\"\\\n":"\u0001\u001f"}'), (E'{"a":\t1,\r\n"b":\n[1 ,\t2]}');
-- Numbers: all that jsonb keeps of how they are written, in both forms of numeric, up to its limits.
INSERT INTO test.document (written)
SELECT format('{"n":%s,"m":[%1$s,"x",-%1$s]}', n) FROM unnest('{0,1,9,10,9999,10000,10001,99999999,100000000,123456789012345678901234567890,0.0,0.10,1.50,0.0001,0.00001,
  0.12345678901234567890,1000.0001,10000.00010,1e0,1e1,1E+4,1e-4,1e-5,12.5e3,12.5e-3,1.000e2,0e5,0.000e2,0.00e-3,1e63,1e64,1e255,1e256,1e300,1e-63,1e-64,1e-255,1e-300,
  5e-324,1.7976931348623157e308,123e131000,1e131071,1e-16383,0e16384,9007199254740993}'::text[]) AS n;
-- More than 32 values in a container: every 32nd entry is another one.
INSERT INTO test.document (written)
SELECT format('{"list":[%s],"object":{%s}}', string_agg(CASE i % 4 WHEN 0 THEN i::text WHEN 1 THEN '"x' || i || '"' WHEN 2 THEN '[1.5,"y"]' ELSE 'null' END, ','),
              string_agg(format('"%s%s":%s', repeat('k', i % 5), i * 7919 % 101, CASE i % 3 WHEN 0 THEN i::text WHEN 1 THEN '{"a":' || i || '}' ELSE '"v"' END), ','))
FROM unnest('{31,32,33,63,64,65,97,300}'::int[]) AS size, generate_series(1, size) AS i GROUP BY size ORDER BY size;
-- And many more, made at random, but the same each time.
SELECT setseed(0.5);
CREATE FUNCTION test.random_json(depth int) RETURNS text VOLATILE LANGUAGE plpgsql AS $$
DECLARE
  blank text := (ARRAY['', '', '', ' ', E'\n', E'\t '])[1 + floor(random() * 6)];
  letters CONSTANT text[] := ARRAY['a', 'B', ' ', 'é', '漢', '😀', '\n', '\"', '\\', '\/', '\u0041', '\ud83d\ude00', '\u00e9', '{', ']', ','];
BEGIN
  CASE floor(random() * CASE WHEN depth > 0 THEN 8 ELSE 4 END)
    WHEN 0 THEN RETURN (ARRAY['null', 'true', 'false'])[1 + floor(random() * 3)];
    WHEN 1 THEN RETURN (ARRAY['', '-'])[1 + floor(random() * 2)] || floor(random() * 10 ^ floor(random() * 12))::numeric || (ARRAY['', '.0', '.25', '.000125'])[1 + floor(random() * 4)]
      || (ARRAY['', '', 'e5', 'E-7', 'e+40', 'e-40'])[1 + floor(random() * 6)];
    WHEN 2, 3 THEN RETURN '"' || coalesce((SELECT string_agg(letters[1 + floor(random() * 16)], '') FROM generate_series(1, (random() * 20)::int)), '') || '"';
    WHEN 4, 5 THEN RETURN '[' || blank || coalesce((SELECT string_agg(test.random_json(depth - 1), blank || ',' || blank) FROM generate_series(1, (random() * 9)::int)), '') || blank || ']';
    ELSE RETURN '{' || blank || coalesce((SELECT string_agg('"' || letters[1 + floor(random() * 16)] || letters[1 + floor(random() * 16)] || '"' || blank || ':' || test.random_json(depth - 1), ',' || blank)
                                          FROM generate_series(1, (random() * 9)::int)), '') || '}';
  END CASE;
END
$$;
INSERT INTO test.document (written) SELECT format('{"x": %s, "y" :%s}', test.random_json(4), test.random_json(4)) FROM generate_series(1, 150);
SELECT status, body -> 'errors' AS errors, json_array_length(body -> 'events') AS events
FROM test.http('track(text)', (SELECT format('{"source": {"id": "web"}, "events": [%s]}', string_agg(format('{"id": "%s", "type": "a", "properties": %s, "context": %2$s}', n, written), ',')) FROM test.document));
SELECT count(*) AS documents, count(e.id) AS stored, count(*) FILTER (WHERE record_image_eq(ROW(e.properties, e.context), ROW(written::jsonb, written::jsonb))) AS equal
FROM test.document LEFT JOIN tracardi.event e ON external_id = n::text;
SELECT written, e.properties FROM test.document JOIN tracardi.event e ON external_id = n::text WHERE NOT record_image_eq(ROW(e.properties), ROW(written::jsonb)) LIMIT 5;

-- What jsonb refuses is refused, with the same SQLSTATE.
CREATE TABLE test.refused (written text);
INSERT INTO test.refused VALUES ('{"a":"\u0000"}'), ('{"a":"\ud800"}'), ('{"a":"\udc00x"}'), ('{"a":"\ud800\u0041"}'), ('{"a":1e131072}'), ('{"a":1e-16384}'), ('{"a":1e9999999999}'), ('{"\u0000":1}');
SELECT body #> '{errors,0}' ->> 'code' AS ours, test.code(format('SELECT %L::jsonb', written)) AS jsonb, written
FROM test.refused, test.http('track(text)', format('{"source": {"id": "web"}, "events": [{"type": "a", "properties": %s}]}', written));
-- What is no JSON is none for both. ([] is some.)
CREATE TABLE test.broken (written text);
INSERT INTO test.broken SELECT format(f, x) FROM unnest('{"{\"a\":%s}","[%s]","%s"}'::text[]) AS f,
  unnest(ARRAY['01', '1.', '.5', '+1', '-', '1e', '1e+', 'nul', 'nulll', 'True', '"', '"\x"', '"\u12"', '"\u12g4"', E'"\n"', E'"\t"', '''a''', '1 2', '1,', ',1', '{', '}', '[', ']', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '{1:1}', 'NaN', E'\u00a0', E'\ufeff1', '/**/1', '[1,,2]', '{"a":1 "b":2}', '"a" "b"', '']) AS x;
SELECT count(*) AS broken, count(*) FILTER (WHERE test.code(format('SELECT %L::json', written)) = '22P02') AS json, count(*) FILTER (WHERE status = '422') AS ours
FROM test.broken, test.http('track(text)', format('{"x": %s}', written)) WHERE written <> '[]';
DROP TABLE test.document, test.refused, test.broken;
DROP FUNCTION test.random_json(int);
