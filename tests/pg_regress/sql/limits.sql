-- Limits of a source: bytes and events a payload, events a second. Refused before anything is written.
SELECT test.reset();
SELECT tracardi.create_source('small', static_profile_id => true, payload_size_limit => 300),
       tracardi.create_source('few', event_limit => 2),
       tracardi.create_source('slow', rate_limit => 1), tracardi.create_source('slow-hook', rate_limit => 1),
       tracardi.create_source('all', payload_size_limit => 1000, event_limit => 3, rate_limit => 1000000);
SELECT id, payload_size_limit, event_limit, rate_limit FROM tracardi.event_source WHERE id IN ('web', 'small', 'few', 'slow', 'all') ORDER BY id;
SELECT test.error($$SELECT tracardi.create_source('none', rate_limit => 0)$$);
SELECT test.code($$UPDATE tracardi.event_source SET event_limit = 0 WHERE id = 'few'$$) AS events,
       test.code($$UPDATE tracardi.event_source SET payload_size_limit = -1 WHERE id = 'few'$$) AS bytes;

-- Bytes: over HTTP of the body, exactly.
CREATE FUNCTION test.padded(size int) RETURNS text LANGUAGE sql AS $$
  SELECT rpad('{"source": {"id": "small"}, "profile": {"id": "p"}, "events": [{"type": "a"}]}', size)
$$;
SELECT size, call, status, body -> 'detail' AS detail FROM unnest('{300,301}'::int[]) AS size, unnest('{track(json),track(text)}'::text[]) AS call, test.http(call, test.padded(size));
-- From SQL of jsonb, in whatever form it comes.
SELECT test.error(format($$SELECT tracardi.track(%L::jsonb)$$, jsonb_build_object('source', '{"id": "small"}'::jsonb, 'context', jsonb_build_object('x', repeat('x', 300)))));
SELECT test.code(format($$SELECT tracardi.track('a', %L, 'small', profile_id => 'p')$$, jsonb_build_object('x', repeat('x', 200)))) AS properties,
       test.code(format($$SELECT tracardi.track('a', %1$L, 'small', profile_id => 'p', context => %1$L)$$, jsonb_build_object('x', repeat('x', 200)))) AS with_context,
       test.code(format($$SELECT tracardi.track('a', %L, 'small', profile_id => 'p')$$, to_jsonb(repeat('x', 400)))) AS text,
       test.code(format($$SELECT tracardi.collect('a', 'small', %L)$$, jsonb_build_object('x', repeat('x', 200)))) AS collect,
       test.code(format($$SELECT tracardi.collect('a', 'small', %L)$$, jsonb_build_object('x', repeat('x', 400)))) AS collect_more;
SELECT status, body -> 'detail' AS detail FROM test.http('collect(json)', json_build_object('x', repeat('x', 300))::text, '{"x-tracardi-event-type": "a", "x-tracardi-source": "small"}');
SELECT status, body -> 'detail' AS detail FROM test.http('collect(json)', '{}', '{"x-tracardi-event-type": "a", "x-tracardi-source": "small"}');

-- Events: none of too many is stored, those that would be rejected count.
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "few"}, "session": {"id": "s-few"}, "events": [{"type": "few"}, {"type": "few"}, 7]}')$$);
SELECT status, body -> 'detail' AS detail, response_headers::text LIKE '%Retry-After%' AS again
FROM test.http('track(json)', '{"source": {"id": "few"}, "events": [{"type": "few"}, {"type": "few"}, {"type": "few"}]}');
SELECT (SELECT count(*) FROM tracardi.event WHERE type = 'few') AS events, (SELECT count(*) FROM tracardi.session WHERE external_id = 's-few') AS sessions, (SELECT count(*) FROM tracardi.event_rejected WHERE source_id = 'few') AS rejected;
SELECT test.code($$SELECT tracardi.track('{"source": {"id": "few"}, "events": [{"type": "few"}, {"type": "few"}]}')$$);

-- Events a second: a thousand at once are let in for the bucket is full, and hold up what follows for a thousand seconds.
CREATE FUNCTION test.many(source text, count int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('source', jsonb_build_object('id', source), 'events', (SELECT jsonb_agg('{"type": "many"}'::jsonb) FROM generate_series(1, count)))
$$;
SELECT jsonb_array_length(tracardi.track(test.many('slow', 1000)) -> 'events') AS events;
SELECT regexp_replace(line, 'in \d{3,4} s', 'in … s') AS line FROM test.error($$SELECT tracardi.track('many', '{}', 'slow')$$) AS line;
SELECT status, body -> 'detail' AS detail, (response_headers #>> '{0,Retry-After}')::int BETWEEN 500 AND 1000 AS again
FROM test.http('track(json)', '{"source": {"id": "slow"}, "events": [{"type": "many"}]}');
SELECT count(*) FROM tracardi.event WHERE source_id = 'slow';
-- In a transaction that is rolled back it counts, too.
BEGIN;
SELECT tracardi.track(test.many('slow-hook', 1000)) IS NOT NULL AS tracked;
ROLLBACK;
SELECT status, body -> 'detail' AS detail FROM test.http('collect(json)', '{}', '{"x-tracardi-event-type": "a", "x-tracardi-source": "slow-hook"}');
SELECT test.code($$SELECT tracardi.collect('a', 'slow-hook', '{}')$$);
-- Nobody else is held up, nor is who has limits and keeps them.
SELECT test.code($$SELECT tracardi.track('many', '{}', 'web')$$) AS web, test.code($$SELECT tracardi.track('many', '{}', 'all')$$) AS "all",
       test.code($$SELECT tracardi.track(test.many('all', 4))$$) AS too_many;
-- A limit that changes, or goes, counts from the next statement.
UPDATE tracardi.event_source SET rate_limit = NULL WHERE id = 'slow';
SELECT test.code($$SELECT tracardi.track('many', '{}', 'slow')$$);
UPDATE tracardi.event_source SET rate_limit = 1 WHERE id = 'slow';
SELECT test.code($$SELECT tracardi.track('many', '{}', 'slow')$$);

-- Who is refused for another reason is told that. Without events: the size counts.
UPDATE tracardi.event_source SET enabled = false WHERE id = 'slow';
SELECT test.code($$SELECT tracardi.track('many', '{}', 'slow')$$) AS disabled, test.code($$SELECT tracardi.track('{"source": {"id": "few"}}')$$) AS few,
       test.code(format($$SELECT tracardi.track(%L)$$, jsonb_build_object('source', '{"id": "small"}'::jsonb, 'properties', jsonb_build_object('x', repeat('x', 300))))) AS small;
-- What was let in before is not held up when it is tried again.
SELECT tracardi.create_source('mended', rate_limit => 1000);
SELECT tracardi.track('{"source": {"id": "mended"}, "events": [{"id": "m1", "type": "m", "properties": []}]}') #>> '{errors,0,code}' AS code;
UPDATE tracardi.event_source SET payload_size_limit = 1, rate_limit = 1 WHERE id = 'mended';
UPDATE tracardi.event_rejected SET event = '{"id": "m1", "type": "m"}' WHERE source_id = 'mended';
SELECT tracardi.retry_rejected(id) -> 'events' AS events FROM tracardi.event_rejected WHERE source_id = 'mended';

DROP FUNCTION test.padded(int), test.many(text, int);
SELECT test.reset();
