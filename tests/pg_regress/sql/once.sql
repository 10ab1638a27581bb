-- Exactly once: an event whose id a client chose is stored once, however often it is sent.
SELECT test.reset();
SET datestyle = 'ISO';

-- Twice in one payload; the first one counts, and the answer has the same id for both.
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [
  {"id": "e1", "type": "first"}, {"id": "e2", "type": "other"}, {"id": " e1 ", "type": "second"}]}'));
-- In a later call, of another type, time or session.
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"id": "e1", "type": "third", "time": {"insert": "2020-01-01T00:00:00Z"}}]}'));
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [{"id": "e1", "type": "fourth"}, {"id": "e3", "type": "new"}]}'));
SELECT * FROM test.answer(tracardi.track('fifth', '{}', 'web', event_id => 'e1', "time" => '2031-01-01 00:00:00+00'));
SELECT kind, type, session FROM test.event WHERE kind <> 'system';
-- A call of which everything is known already stores nothing: no session, no profile, no system events.
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s9"}, "profile": {"id": "p9"}, "events": [{"id": "e1", "type": "a"}, {"id": "e2", "type": "a"}]}'));
SELECT count(*) FROM tracardi.session WHERE external_id = 's9';
-- UUIDs: the same one in any case, from whichever source.
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"id": "aaaaaaaa-0000-4000-8000-000000000001", "type": "uuid"}, {"id": "AAAAAAAA-0000-4000-8000-000000000001", "type": "uuid"}]}'));
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "profile_less": true, "events": [{"id": "aaaaaaaa-0000-4000-8000-000000000001", "type": "uuid"}]}'));
SELECT count(*) FROM tracardi.event WHERE type = 'uuid';
-- Texts are scoped by their source: another source's e1 is another event.
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "profile_less": true, "events": [{"id": "e1", "type": "of-shop"}]}'));
SELECT source_id, external_id FROM tracardi.event WHERE external_id = 'e1' ORDER BY 1;
-- Case counts in texts.
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"id": "E1", "type": "upper"}]}'));
-- Through all doors it is one memory.
SELECT events, warnings FROM test.answer(tracardi.track('a', '{}', 'shop', event_id => 'e1'));
-- Events without a client's id are never taken for one another, and leave no key.
SELECT count(*) AS keys FROM tracardi.event_key;
SELECT count(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"type": "same"}, {"type": "same"}]}')) FROM generate_series(1, 3);
SELECT (SELECT count(*) FROM tracardi.event WHERE type = 'same') AS events, (SELECT count(*) FROM tracardi.event_key) AS keys;
-- Several calls in one statement see each other's.
SELECT n, a.events, a.warnings FROM generate_series(1, 3) AS n, test.answer(tracardi.track('in-one-statement', '{}', event_id => 'x' || n % 2)) a;

-- A rejected event leaves no key: mended and sent again, it is stored.
SELECT events, errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"id": "m1", "type": "mended", "properties": []}]}'));
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"id": "m1", "type": "mended", "properties": {}}]}'));
-- In one payload, too: the bad one does not count.
SELECT events, errors, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"id": "m2", "type": "mended", "properties": []}, {"id": "m2", "type": "mended"}]}'));
SELECT external_id FROM tracardi.event WHERE type = 'mended' ORDER BY 1;
-- What was rolled back was not stored, and can be sent again.
BEGIN;
SELECT events, warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'r1'));
ROLLBACK;
SELECT events, warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'r1'));
BEGIN;
SAVEPOINT s;
SELECT events, warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'r2'));
ROLLBACK TO s;
SELECT events, warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'r2'));
SELECT events, warnings FROM test.answer(tracardi.track('a', '{}', event_id => 'r2'));
COMMIT;

-- Keys are kept for tracardi.event_key_retention (30 days); maintain() forgets older ones.
SELECT test.reset();
SHOW tracardi.event_key_retention;
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [
  {"id": "old", "type": "a", "time": "2020-01-01T00:00:00Z"}, {"id": "young", "type": "a", "time": "2020-01-01T00:00:00Z"}]}'));
UPDATE tracardi.event_key SET received_at = now() - interval '721 hours' WHERE id = tracardi.event_id('web', 'old');
UPDATE tracardi.event_key SET received_at = now() - interval '719 hours' WHERE id = tracardi.event_id('web', 'young');
CALL tracardi.maintain();
SELECT id = tracardi.event_id('web', 'young') AS young FROM tracardi.event_key;
-- The forgotten one is stored again if it carries another time; with the time that it had it is still known, by the event itself.
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"id": "old", "type": "again", "time": "2020-01-01T00:00:00Z"}, {"type": "beside"}]}'));
UPDATE tracardi.event_key SET received_at = now() - interval '721 hours' WHERE id = tracardi.event_id('web', 'old');
CALL tracardi.maintain();
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [
  {"id": "old", "type": "again", "time": "2020-01-02T00:00:00Z"}, {"id": "young", "type": "again", "time": "2020-01-02T00:00:00Z"}]}'));
SELECT external_id, type, time AT TIME ZONE 'UTC' AS utc FROM tracardi.event WHERE type <> 'beside' ORDER BY 1, 3;
-- Another retention, as the administrator sets it.
SET tracardi.event_key_retention = '2h';
UPDATE tracardi.event_key SET received_at = now() - interval '121 minutes' WHERE id = tracardi.event_id('web', 'young');
CALL tracardi.maintain();
SELECT count(*) FROM tracardi.event_key WHERE id = tracardi.event_id('web', 'young');
RESET tracardi.event_key_retention;
-- An hour is the least: clients do retry.
SELECT test.code($$SET tracardi.event_key_retention = '59min'$$);
-- What ETL stored under an id is known by that id and time, too.
INSERT INTO tracardi.event (id, type, kind, time) VALUES (tracardi.event_id('web', 'imported'), 'a', 'profileless', '2020-01-01 00:00:00+00');
SELECT events, warnings FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile_less": true, "events": [{"id": "imported", "type": "a", "time": "2020-01-01T00:00:00Z"}]}'));
SELECT count(*) FROM tracardi.event WHERE id = tracardi.event_id('web', 'imported');
