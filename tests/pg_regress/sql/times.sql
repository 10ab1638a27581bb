-- When an event happened: time.insert, else time.create or a plain time, else the moment of arrival.
SELECT test.reset();
SET datestyle = 'ISO';
SET timezone = 'Asia/Kathmandu';

-- The stored time of an event whose time is given, in UTC; or how it was refused.
CREATE FUNCTION test.time_of(event_time jsonb, context jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'options', '{"profileLess": true}'::jsonb, 'context', context,
    'events', jsonb_build_array(jsonb_build_object('type', 'a', 'time', event_time))));
BEGIN
  RETURN coalesce((SELECT CASE WHEN abs(extract(epoch FROM received_at - time)) < 1 THEN 'arrival' ELSE (time AT TIME ZONE 'UTC')::text END
                   FROM tracardi.event WHERE id = (answer #>> '{events,0}')::uuid),
                  (answer #>> '{errors,0,code}') || ' ' || (answer #>> '{errors,0,path}'));
END
$$;
-- Which field counts.
SELECT n, t, test.time_of(t) FROM (VALUES
  (1, '{"insert": "2021-01-01T00:00:00Z", "create": "2022-01-01T00:00:00Z", "update": "2023-01-01T00:00:00Z"}'::jsonb),
  (2, '{"create": "2022-01-01T00:00:00Z", "update": "2023-01-01T00:00:00Z"}'), (3, '{"insert": null, "create": "2022-01-01T00:00:00Z"}'),
  (4, '{"update": "2023-01-01T00:00:00Z"}'), (5, '{}'), (6, 'null'), (7, '"2022-01-01T00:00:00Z"')) v (n, t) ORDER BY n;
-- Forms: zones, naive (UTC, whatever the session's TimeZone), fractions, a space for the T, epoch numbers in s and ms.
SELECT n, t, test.time_of(t) FROM (VALUES
  (1, '"2022-03-04T05:06:07.891Z"'::jsonb), (2, '"2022-03-04T05:06:07.891234+02:00"'), (3, '"2022-03-04T05:06:07-0330"'), (4, '"2022-03-04T05:06:07"'),
  (5, '"2022-03-04 05:06:07"'), (6, '" 2022-03-04T05:06:07Z "'), (7, '1646370367'), (8, '1646370367891'), (9, '1646370367.5'), (10, '0'), (11, '-86400'),
  (12, '"1066-10-14T12:00:00Z"'), (13, '{"create": 1646370367}'), (14, '{"insert": 1646370367891}')) v (n, t) ORDER BY n;
-- What is no moment is refused by itself.
SELECT n, t, test.time_of(t) FROM (VALUES
  (1, '"2022-03-04"'::jsonb), (2, '"now"'), (3, '""'), (4, '"2022-13-04T05:06:07Z"'), (5, '"2022-03-04T25:06:07Z"'), (6, 'true'), (7, '[]'),
  (8, '{"create": "x"}'), (9, '{"insert": "x", "create": "2022-01-01T00:00:00Z"}'), (10, '{"insert": {}}'), (11, '1e20'), (12, '-1e17'), (13, '"2022-02-29T00:00:00Z"')) v (n, t) ORDER BY n;

-- The future is clamped to an hour ahead, with a warning; an hour is no future yet, for clocks are never quite right.
CREATE FUNCTION test.ahead(by interval, field text, OUT ahead interval, OUT warnings text) LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'options', '{"profileLess": true}'::jsonb,
    'events', jsonb_build_array(jsonb_build_object('type', 'a', 'time', jsonb_build_object(field, clock_timestamp() + by)))));
BEGIN
  SELECT date_trunc('minute', time - received_at + interval '1 second') INTO ahead FROM tracardi.event WHERE id = (answer #>> '{events,0}')::uuid;
  SELECT a.warnings INTO ahead.warnings FROM test.answer(answer) a;
END
$$;
SELECT * FROM test.ahead('59 minutes', 'insert');
SELECT * FROM test.ahead('61 minutes', 'insert');
SELECT * FROM test.ahead('61 minutes', 'create');
SELECT * FROM test.ahead('100 years', 'create');
SELECT a.events, a.warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'e1', "time" => now() + interval '2 days')) a;
SELECT time = received_at + interval '1 hour' AS clamped FROM tracardi.event WHERE external_id = 'e1';
SELECT a.events, a.errors, a.warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'e2', "time" => 'infinity')) a;
SELECT time = received_at + interval '1 hour' AS clamped FROM tracardi.event WHERE external_id = 'e2';
-- At the other end, whether it is refused or set right: no event is stored whose time is none or can't be read again, nor a
-- system event just before it.
SELECT test.code($$SELECT tracardi.track('a', '{}', profile_id => 'p1', "time" => '-infinity')$$) AS infinity,
       test.code($$SELECT tracardi.track('a', '{}', profile_id => 'p2', session_id => 's2', "time" => '4714-11-24 00:00:00+00 BC')$$) AS first,
       test.code($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s3"}, "events": [{"type": "a", "time": "-4713-11-24T00:00:00Z"}]}')$$) AS payload;
SELECT test.code('SELECT count(time::text) FROM tracardi.event') AS readable, (SELECT count(*) FROM tracardi.event WHERE NOT isfinite(time)) AS infinite;
SELECT test.code('SELECT count(started_at::text) FROM tracardi.session') AS sessions, test.code('SELECT count(first_seen_at::text) FROM tracardi.profile') AS profiles;
TRUNCATE tracardi.event, tracardi.session, tracardi.profile;

-- A client that tells its clock (context.time.local) is corrected by its skew: create and a plain time, not insert. So an
-- event that it made five seconds before sending happened five seconds before the arrival.
CREATE FUNCTION test.skewed(skew interval, field text, zone text DEFAULT 'Z') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  clock timestamptz := date_trunc('milliseconds', clock_timestamp() + skew);
  iso text := to_char(clock AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || zone;
  made jsonb := to_jsonb(to_char((clock - interval '5 seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
  answer jsonb := tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'options', '{"profileLess": true}'::jsonb,
    'context', jsonb_build_object('time', jsonb_build_object('local', iso, 'tz', 'Europe/Warsaw')),
    'events', jsonb_build_array(jsonb_build_object('type', 'a', 'time', CASE field WHEN 'plain' THEN made ELSE jsonb_build_object(field, made) END))));
BEGIN
  RETURN (SELECT CASE WHEN received_at - time = interval '5 seconds' THEN 'corrected'
                      WHEN abs(extract(epoch FROM time - (clock - interval '5 seconds'))) < 0.001 THEN 'as it came'
                      ELSE (received_at - time)::text END
          FROM tracardi.event WHERE id = (answer #>> '{events,0}')::uuid);
END
$$;
SELECT skew, test.skewed(skew, 'create') AS "create", test.skewed(skew, 'plain') AS plain, test.skewed(skew, 'insert') AS "insert"
FROM unnest('{-3 days, -10 minutes, 10 minutes, 50 minutes}'::interval[]) AS skew;
-- A visit of such an event does not begin after it was seen.
SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', '{"id": "ahead"}'::jsonb, 'events', jsonb_build_array(
  jsonb_build_object('type', 'a', 'time', jsonb_build_object('create', now() + interval '30 minutes'))))) IS NOT NULL AS tracked;
SELECT s.started_at <= s.last_seen_at AS session, p.first_seen_at <= p.last_seen_at AS profile FROM tracardi.session s JOIN tracardi.profile p ON p.id = s.profile_id
WHERE s.external_id = 'ahead';
-- A clock that is years ahead is no future, for it is corrected.
SELECT test.skewed('2 years', 'create') AS "create", test.skewed('2 years', 'plain') AS plain;
-- A clock without a zone could be of any zone: it is not used.
SELECT test.skewed('-10 minutes', 'create', '') AS naive;
-- Neither is one that can't be read; the event is good.
SELECT n, c, test.time_of('{"create": "2022-01-01T00:00:00Z"}', c) FROM (VALUES (1, '{"time": {"local": "yesterday"}}'::jsonb), (2, '{"time": {"local": null}}'), (3, '{"time": "x"}'),
  (4, '{"time": {"local": 1646370367}}'), (5, '{"time": {"tz": "Europe/Warsaw"}}')) v (n, c) ORDER BY n;

-- The short form's time is set on purpose: it is taken as it is.
SELECT a.events FROM test.answer(tracardi.track('a', '{}', event_id => 'e4', "time" => '2019-05-06 07:08:09.123456+00')) a;
SELECT time AT TIME ZONE 'UTC' AS utc FROM tracardi.event WHERE external_id = 'e4';

-- Times that are made here strictly increase within a backend: in one payload, over calls, in one statement, in one transaction.
SELECT test.reset();
BEGIN;
SELECT count(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "a"}, {"type": "b"}, {"type": "c"}]}')) FROM generate_series(1, 50);
SELECT count(tracardi.track('a', '{}')) FROM generate_series(1, 50);
COMMIT;
SELECT count(tracardi.track('a', '{}', 'web', session_id => 's' || n)) FROM generate_series(1, 50) AS n;
SELECT count(*), count(DISTINCT time) AS times, bool_and(time > before) AS increasing
FROM (SELECT time, lag(time) OVER (ORDER BY id) AS before FROM tracardi.event WHERE kind <> 'system') AS e;
SELECT count(*) AS events, count(DISTINCT time) AS times FROM tracardi.event;
-- The order in a payload is the order of time.
SELECT bool_and(types = '{a,b,c}') AS in_order FROM (SELECT array_agg(type ORDER BY time) AS types FROM tracardi.event WHERE kind <> 'system' AND type IN ('a', 'b', 'c') AND source_id = 'web' AND session_id IN
  (SELECT session_id FROM tracardi.event WHERE type = 'b') GROUP BY session_id) AS e;

-- What happened before tracardi was here is in the history's partition, what happens now in its month's (UTC).
SELECT test.reset();
SELECT a.events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"id": "past", "type": "a", "time": "1999-12-31T23:59:59Z"}, {"id": "now", "type": "a"}]}')) a;
SELECT external_id, CASE WHEN tableoid::regclass::text = 'tracardi.event_' || to_char(received_at AT TIME ZONE 'UTC', 'YYYY_MM') THEN 'this month' ELSE tableoid::regclass::text END AS partition
FROM tracardi.event ORDER BY time;
-- Beyond the horizon there is no partition: whoever writes there learns it (23514), and no row blocks that month for ever.
SELECT test.code($$INSERT INTO tracardi.event (id, type, kind, time) VALUES (gen_random_uuid(), 'a', 'profileless', now() + interval '14 months')$$) AS beyond,
       test.code($$INSERT INTO tracardi.event (id, type, kind, time) VALUES (gen_random_uuid(), 'a', 'profileless', now() + interval '11 months')$$) AS within;

-- A month's bounds are midnight in UTC in whichever time zone the partition is made, so that partitions adjoin.
BEGIN;
SELECT tracardi.make_partition('2100-01-31 23:30:00+00');
SET LOCAL timezone = 'Pacific/Kiritimati';
SELECT tracardi.make_partition('2100-02-28 23:30:00+00');
SET LOCAL timezone = 'America/Los_Angeles';
SELECT tracardi.make_partition('2100-03-01 00:30:00+00');
SET LOCAL timezone = 'UTC';
SELECT relname, pg_get_expr(relpartbound, oid) AS bounds, obj_description(oid) AS comment FROM pg_class
WHERE relname LIKE 'event\_2100\___' ORDER BY relname;
-- Again: it is there.
SELECT tracardi.make_partition('2100-03-15 00:00:00+00');
ROLLBACK;
-- maintain() makes those that are missing, and no others.
SELECT count(*) AS partitions FROM pg_inherits WHERE inhparent = 'tracardi.event'::regclass;
CALL tracardi.maintain();
SELECT count(*) AS partitions FROM pg_inherits WHERE inhparent = 'tracardi.event'::regclass;
DROP FUNCTION test.time_of(jsonb, jsonb), test.ahead(interval, text), test.skewed(interval, text, text);
