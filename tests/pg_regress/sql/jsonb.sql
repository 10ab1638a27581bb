-- Whatever JSON a client sends as properties or context is stored as it came, equal to the last digit.
SELECT test.reset();
-- Documents made at random, always the same ones.
CREATE FUNCTION test.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT choices[1 + floor(random() * cardinality(choices))::int]
$$;
CREATE FUNCTION test.random_string() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN test.pick('', ' ', 'a', 'key', 'Ключ', '鍵', '🙂🙃', 'é', E'e\u0301', 'null', 'true', '12', '$.a[0]', '"', '\', E'\t\n\r', E'\u0001\u001f', '</script>', repeat('x', 130), repeat('ü', 300), 'trigger-event-types')
         || CASE WHEN random() < 0.5 THEN floor(random() * 1000)::text ELSE '' END;
END
$$;
CREATE FUNCTION test.random_value(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  size int := CASE WHEN random() < 0.02 THEN 150 ELSE floor(random() * 6)::int END;
  kind int := floor(random() * CASE WHEN depth <= 0 THEN 4 ELSE 8 END);
BEGIN
  CASE kind
    WHEN 0 THEN RETURN test.pick('null', 'true', 'false');
    WHEN 1 THEN RETURN to_jsonb(test.random_string());
    WHEN 2 THEN RETURN test.pick('0', '-0', '1', '-1', '1.0', '1.00', '-1.5e3', '1e-7', '123456789012345678901234567890.123456789', '1e400', '-1e-400', '0.1', '9223372036854775807', '9223372036854775808', '10000', '9999', '0.00010000');
    WHEN 3 THEN RETURN to_jsonb(round((random() * 1e6)::numeric, floor(random() * 6)::int));
    WHEN 4, 5 THEN RETURN (SELECT coalesce(jsonb_object_agg(test.random_string() || CASE WHEN size > 100 THEN n::text ELSE '' END, test.random_value(CASE WHEN size > 100 THEN 0 ELSE depth - 1 END)), '{}') FROM generate_series(1, size) AS n);
    ELSE RETURN (SELECT coalesce(jsonb_agg(test.random_value(CASE WHEN size > 100 THEN 0 ELSE depth - 1 END)), '[]') FROM generate_series(1, size) AS n);
  END CASE;
END
$$;
CREATE FUNCTION test.random_object(size int) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(jsonb_object_agg(test.random_string() || CASE WHEN size > 20 THEN n::text ELSE '' END, test.random_value(3)), '{}') FROM generate_series(1, size) AS n
$$;
SELECT setseed(0.42);
CREATE TABLE test.doc (n int PRIMARY KEY, properties jsonb, context jsonb);
INSERT INTO test.doc SELECT n, test.random_object(CASE WHEN n % 25 = 0 THEN 130 + n ELSE n % 7 END), test.random_object(CASE WHEN n % 40 = 0 THEN 200 ELSE (n + 3) % 5 END)
FROM generate_series(1, 400) AS n;
-- (there is something of everything in it)
SELECT count(*) FILTER (WHERE properties = '{}') > 20 AS empty, count(*) FILTER (WHERE cardinality(ARRAY(SELECT jsonb_object_keys(properties))) > 100) AS large,
       sum(length(properties::text)) > 100000 AS much, count(*) FILTER (WHERE properties @? '$.*.*.*') > 50 AS nested FROM test.doc;

-- All in one payload, each tenth alone in one, and each tenth by the short form.
SELECT jsonb_array_length(a -> 'events') AS events, jsonb_array_length(a -> 'errors') AS errors
FROM tracardi.track((SELECT jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', '{"id": "s1"}'::jsonb,
  'events', jsonb_agg(jsonb_build_object('id', 'batch-' || n, 'type', 'doc', 'properties', properties, 'context', context) ORDER BY n)) FROM test.doc)) AS a;
SELECT sum(jsonb_array_length(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', '{"id": "s1"}'::jsonb, 'context', context, 'properties', properties,
  'events', jsonb_build_array(jsonb_build_object('id', 'single-' || n, 'type', 'doc', 'properties', properties, 'context', context)))) -> 'errors')) AS errors FROM test.doc WHERE n % 10 = 0;
SELECT sum(jsonb_array_length(tracardi.track('doc', properties, context => context, event_id => 'short-' || n) -> 'errors')) AS errors FROM test.doc WHERE n % 10 = 5;
SELECT sum(jsonb_array_length(tracardi.track('unkeyed', properties || jsonb_build_object('-n', n), context => context) -> 'errors')) AS errors FROM test.doc WHERE n % 10 = 6;
SELECT split_part(e.external_id, '-', 1) AS sent, count(*), count(*) FILTER (WHERE e.properties = d.properties AND e.context = d.context) AS equal,
       count(*) FILTER (WHERE e.properties::text = d.properties::text AND e.context::text = d.context::text) AS same_text
FROM tracardi.event e JOIN test.doc d ON d.n = split_part(e.external_id, '-', 2)::int WHERE e.type = 'doc' GROUP BY 1 ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE e.properties::text = (d.properties || jsonb_build_object('-n', d.n))::text AND e.context::text = d.context::text) AS same_text
FROM tracardi.event e JOIN test.doc d ON d.n = (e.properties ->> '-n')::int WHERE e.type = 'unkeyed';
-- It is jsonb through and through: each key is found by its name, hashes and containment agree, and it survives the way
-- through text.
SELECT count(*) AS keys, count(*) FILTER (WHERE e.properties ? k.key AND e.properties -> k.key = k.value) AS found
FROM tracardi.event e JOIN test.doc d ON e.external_id = 'batch-' || d.n, LATERAL jsonb_each(d.properties) AS k \gset
SELECT :keys > 5000 AS many, :keys = :found AS all_found;
SELECT count(*) FILTER (WHERE jsonb_hash(e.properties) = jsonb_hash(d.properties)) AS same_hash, count(*) FILTER (WHERE e.properties @> d.properties AND d.properties @> e.properties) AS contained
FROM tracardi.event e JOIN test.doc d ON e.external_id = 'batch-' || d.n;
SELECT count(*) AS broken FROM tracardi.event WHERE properties::text::jsonb::text <> properties::text OR context::text::jsonb::text <> context::text;
CREATE INDEX doc_properties ON tracardi.event_history USING gin (properties);
DROP INDEX tracardi.doc_properties;

-- The session's context and properties: as they came, for each session of its own.
SELECT sum(jsonb_array_length(tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', 'doc-' || n), 'context', context, 'properties', properties,
  'events', '[{"type": "a"}]'::jsonb)) -> 'errors')) AS errors FROM test.doc WHERE n % 10 IN (0, 1);
SELECT count(*), count(*) FILTER (WHERE s.context::text = d.context::text AND s.properties::text = d.properties::text) AS same_text
FROM tracardi.session s JOIN test.doc d ON s.external_id = 'doc-' || d.n;

-- Rejected events are kept as they came.
SELECT jsonb_array_length(a -> 'errors') AS errors
FROM tracardi.track((SELECT jsonb_build_object('source', '{"id": "web"}'::jsonb, 'events', jsonb_agg(jsonb_build_object('bad', n, 'properties', properties, 'context', context))) FROM test.doc)) AS a;
SELECT count(*), count(*) FILTER (WHERE event = jsonb_build_object('bad', n, 'properties', properties, 'context', context)::text) AS same_text
FROM tracardi.event_rejected JOIN test.doc ON n = (event::jsonb ->> 'bad')::int;

-- What tracardi makes itself is proper jsonb, too: the answer and the properties of visit-started, whatever the ids and types.
CREATE TABLE test.answers AS
SELECT n, id, tracardi.track(jsonb_build_object('source', '{"id": "shop"}'::jsonb, 'profile', jsonb_build_object('id', id), 'session', jsonb_build_object('id', id),
         'events', jsonb_build_array(jsonb_build_object('type', id, 'id', id), jsonb_build_object('id', id), '{}'::jsonb))) AS answer
FROM (SELECT n, 'x' || left(test.random_string(), 200) || n || test.random_string() || 'x' AS id FROM generate_series(1, 60) AS n) AS i WHERE length(id) <= 255;
SELECT count(*) > 30 AS many, count(*) = count(*) FILTER (WHERE answer::text::jsonb::text = answer::text) AS proper,
       count(*) = count(*) FILTER (WHERE answer #>> '{events,0}' = id AND answer -> 'profile' ->> 'id' = id AND answer #>> '{session,id}' = id AND answer #>> '{errors,0,id}' = id
                                     AND answer #> '{errors,1,id}' = 'null' AND answer #> '{events,1}' = 'null' AND answer ? 'task' AND answer @> '{"ux": [], "response": {}}') AS right
FROM test.answers;
SELECT count(*) = (SELECT count(*) FROM test.answers) AS all,
       count(*) = count(*) FILTER (WHERE e.properties = jsonb_build_object('trigger-event-types', jsonb_build_array(tracardi.normalize_type(a.id), 'profile-created'))
                                     AND e.properties::text::jsonb::text = e.properties::text) AS right
FROM tracardi.event e JOIN tracardi.session s ON s.id = e.session_id JOIN test.answers a ON a.id = s.external_id WHERE e.type = 'visit-started';
-- A payload's own fields, in any order, repeated or not: jsonb keeps the last of a repeated key.
SELECT a.events FROM test.answer(tracardi.track('{"events": [{"properties": {"a": 1, "a": 2}, "type": "x", "type": "y", "id": "last"}], "source": {"id": "nobody"}, "source": {"id": "web"}}')) a;
SELECT type, properties FROM tracardi.event WHERE external_id = 'last';
DROP TABLE test.doc, test.answers;
DROP FUNCTION test.pick(text[]), test.random_string(), test.random_value(int), test.random_object(int);
