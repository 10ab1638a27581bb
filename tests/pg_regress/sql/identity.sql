-- Whose an event is: session and profile, row by row.
SELECT test.reset();
-- Sends one event; gives the ids of the answer, by name.
CREATE FUNCTION test.send(source_id text, session_id text, profile_id text, type text DEFAULT 'page-view', options jsonb DEFAULT '{}', OUT profile text, OUT session text)
LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := tracardi.track(jsonb_build_object('source', jsonb_build_object('id', $1), 'session', jsonb_build_object('id', $2), 'profile', jsonb_build_object('id', $3),
    'options', $5, 'events', jsonb_build_array(jsonb_build_object('type', $4))));
BEGIN
  SELECT a.profile, a.session INTO send.profile, send.session FROM test.answer(answer) a;
END
$$;
-- The system events of the latest call, or that there were none.
CREATE FUNCTION test.milestones() RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(type, ', ' ORDER BY time), 'no system events') FROM tracardi.event
  WHERE kind = 'system' AND received_at = (SELECT max(received_at) FROM tracardi.event)
$$;

-- New session, no profile: a new profile, and the session bound to it.
SELECT * FROM test.send('web', 's1', NULL);
SELECT test.milestones();
-- Known session: its profile, also when the client names none (any more), or another one, known or not.
SELECT * FROM test.send('web', 's1', NULL);
SELECT test.milestones();
SELECT * FROM test.send('web', 's2', NULL);
SELECT p.profile, p.session FROM tracardi.profile q, test.send('web', 's1', q.id::text) p WHERE test.profile(q.id) = 'profile 2';
SELECT * FROM test.send('web', 's1', 'whatever');
SELECT test.milestones();
SELECT * FROM test.profiles;
-- New session, known profile: that profile, and one visit more.
SELECT test.profile(p.profile::uuid), p.profile = upper(q.id::text) AS as_it_was_sent, p.session FROM tracardi.profile q, test.send('web', 's3', upper(q.id::text)) p WHERE test.profile(q.id) = 'profile 1';
SELECT test.milestones();
SELECT * FROM test.profiles;
-- New session, unknown profile id: nobody chooses an id from outside; a new profile with an id of its own, no trace of the other.
SELECT * FROM test.send('web', 's4', 'customer-1');
SELECT test.milestones();
SELECT * FROM test.send('web', 's5', 'aaaaaaaa-0000-4000-8000-000000000001');
SELECT count(*) FROM tracardi.profile WHERE external_id IS NOT NULL OR id IN (tracardi.id('customer-1'), 'aaaaaaaa-0000-4000-8000-000000000001');
-- The same id once more is unknown still: again a new one.
SELECT * FROM test.send('web', 's6', 'customer-1');
-- A static source: the profile is made with the given id; afterwards any source knows it.
SELECT * FROM test.send('shop', 's7', 'customer-1');
SELECT test.milestones();
SELECT * FROM test.send('web', 's8', ' customer-1 ');
SELECT test.milestones();
SELECT * FROM test.send('shop', 's9', 'AAAAAAAA-0000-4000-8000-000000000001');
SELECT * FROM test.send('web', 's10', 'aaaaaaaa-0000-4000-8000-000000000001');
SELECT * FROM test.profiles;
SELECT * FROM test.sessions;
-- The session's profile wins at a static source, too.
SELECT * FROM test.send('shop', 's7', 'customer-2');
SELECT count(*) FROM tracardi.profile WHERE external_id = 'customer-2';

-- No session id, known profile: a session is made up and bound to it. That is no visit: no system events, no count.
SELECT test.reset();
SELECT * FROM test.send('shop', 's1', 'customer-1');
SELECT * FROM test.send('web', NULL, 'customer-1');
SELECT test.milestones();
SELECT * FROM test.profiles;
-- No session id, unknown or no profile: a session is made up, a new profile, all system events.
SELECT * FROM test.send('web', NULL, 'nobody');
SELECT test.milestones();
SELECT * FROM test.send('web', NULL, NULL);
SELECT test.milestones();
SELECT * FROM test.profiles;
SELECT * FROM test.sessions;

-- The session's profile is gone: a new profile, the session bound to it and counted as new.
SELECT test.reset();
SELECT * FROM test.send('web', 's1', NULL);
DELETE FROM tracardi.profile;
SELECT * FROM test.send('web', 's1', NULL);
SELECT test.milestones();
SELECT visit_count, (SELECT profile_id FROM tracardi.session) = id AS bound FROM tracardi.profile;

-- A profileless session: its profile is null; a later event that belongs to somebody binds a new profile, even if it names
-- a known one (the session knows of none, and from outside nobody chooses whose it becomes).
SELECT test.reset();
SELECT * FROM test.send('shop', 's0', 'customer-1');
SELECT * FROM test.send('web', 's1', 'customer-1', options => '{"profileLess": true}');
SELECT * FROM test.sessions;
SELECT * FROM test.send('web', 's1', 'customer-1');
SELECT * FROM test.sessions;
SELECT * FROM test.profiles;
-- And from then on it is that profile's; profileless events stay nobody's.
SELECT * FROM test.send('web', 's1', NULL);
SELECT * FROM test.send('web', 's1', NULL, 'device-event', '{"profileLess": true}');
SELECT * FROM test.sessions;
SELECT kind, type, profile, session FROM test.event;

-- Each way of being profileless: nobody is made, nobody is changed, the answer names nobody.
SELECT test.reset();
SELECT * FROM test.send('shop', 's0', 'customer-1');
CREATE TEMP TABLE profile_before AS TABLE tracardi.profile;
SELECT a.* FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile": {"id": "customer-1"}, "profile_less": true, "events": [{"type": "w1"}]}')) a;
SELECT a.* FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile": {"id": "customer-1"}, "options": {"profileLess": true}, "events": [{"type": "w2"}]}')) a;
SELECT a.* FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile": {"id": "customer-1"}, "options": {"saveProfile": false}, "events": [{"type": "w3"}]}')) a;
SELECT a.profile, a.session FROM test.answer(tracardi.track('{"source": {"id": "web"}, "profile": {"id": "unknown"}, "events": [{"type": "w4", "options": {"profileLess": true}}]}')) a;
SELECT a.profile, a.session FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "w5", "options": {"saveProfile": false}}]}')) a;
-- In a session whose profile is known, neither.
SELECT a.* FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s0"}, "options": {"saveProfile": false}, "events": [{"type": "w6"}]}')) a;
SELECT a.* FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s0"}, "profile_less": true, "events": [{"type": "w7"}]}')) a;
-- Only real booleans count.
SELECT a.profile FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "profile": {"id": "customer-9"}, "profile_less": "true", "options": {"profileLess": 1, "saveProfile": "false"}, "events": [{"type": "w8"}]}')) a;
SELECT kind, count(*) FROM tracardi.event WHERE type LIKE 'w%' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS changed FROM (TABLE tracardi.profile EXCEPT TABLE profile_before) AS p WHERE external_id = 'customer-1';
SELECT * FROM test.sessions;
DROP TABLE profile_before;
-- In a mixed payload each event is what it says; the answer names the profile of the one that has one.
SELECT test.reset();
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [
  {"type": "nobody", "options": {"profileLess": true}}, {"type": "somebody"}, {"type": "gone", "options": {"saveEvent": false}}]}'));
SELECT kind, type, profile, session FROM test.event;

-- saveSession: false: no session is stored, none named; profile-created is the only system event.
SELECT test.reset();
SELECT * FROM test.send('web', 's1', NULL, options => '{"saveSession": false}');
SELECT test.milestones();
SELECT * FROM test.send('web', NULL, NULL, options => '{"saveSession": false}');
SELECT * FROM test.sessions;
SELECT * FROM test.profiles;
-- A known session still tells whose the event is, and is neither named nor touched.
SELECT * FROM test.send('web', 's1', NULL);
CREATE TEMP TABLE session_before AS TABLE tracardi.session;
UPDATE tracardi.profile SET last_seen_at = last_seen_at - interval '1 hour';
SELECT * FROM test.send('web', 's1', NULL, 'visit-ended', '{"saveSession": false}');
SELECT kind, type, profile, session FROM test.event;
SELECT count(*) AS changed FROM (TABLE tracardi.session EXCEPT TABLE session_before) AS s;
DROP TABLE session_before;

-- An old id resolves for ever, to the winner: in new sessions, in sessions bound to it, at a static source.
SELECT test.reset();
SELECT * FROM test.send('shop', 's1', 'loser');
SELECT * FROM test.send('shop', 's2', 'winner');
DELETE FROM tracardi.profile WHERE external_id = 'loser';
INSERT INTO tracardi.profile_alias (id, profile_id) VALUES (tracardi.id('loser'), tracardi.id('winner'));
-- The answer gives the winner's id: the text that the client sent is not that row's own any more.
SELECT * FROM test.send('web', 's3', 'loser');
SELECT * FROM test.send('shop', 's4', 'loser');
SELECT * FROM test.send('web', 's1', NULL);
SELECT test.milestones();
SELECT * FROM test.send('web', 's1', 'loser');
SELECT profile, session FROM test.answer(tracardi.track('order', '{}', profile_id => 'loser'));
SELECT profile, session FROM test.answer(tracardi.track('order', '{}', profile_id => 'winner'));
SELECT * FROM test.profiles;
SELECT kind, type, profile, session FROM test.event WHERE kind <> 'system' AND n > 6;

-- A plain event of a known session touches neither session nor profile, unless the last touch is more than
-- tracardi.last_seen_lag ago (60 s); then context and properties are merged into the session, too.
SELECT test.reset();
SELECT a.session FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "context": {"a": 1, "b": {"x": 1}}, "properties": {"p": 1}, "events": [{"type": "a"}]}')) a;
SELECT ctid AS session_row FROM tracardi.session \gset
SELECT ctid AS profile_row FROM tracardi.profile \gset
SELECT a.session FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "context": {"b": 2}, "events": [{"type": "a"}]}')) a;
SELECT (SELECT ctid = :'session_row' FROM tracardi.session) AS session_untouched, (SELECT ctid = :'profile_row' FROM tracardi.profile) AS profile_untouched;
UPDATE tracardi.session SET last_seen_at = last_seen_at - interval '61 seconds';
UPDATE tracardi.profile SET last_seen_at = last_seen_at - interval '61 seconds';
SELECT a.session FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "context": {"b": {"y": 2}, "c": 3}, "events": [{"type": "a"}]}')) a;
SELECT s.context, s.properties, s.status, p.visit_count, s.last_seen_at >= e.received_at - interval '1 second' AS session_seen, p.last_seen_at >= e.received_at - interval '1 second' AS profile_seen
FROM tracardi.session s, tracardi.profile p, (SELECT max(received_at) AS received_at FROM tracardi.event) AS e;
DROP FUNCTION test.send(text, text, text, text, jsonb), test.milestones();

-- A trigger that drops what is to be stored is told of; nothing goes on for ever.
CREATE FUNCTION test.drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER drop_row BEFORE INSERT ON tracardi.session FOR EACH ROW EXECUTE FUNCTION test.drop_row();
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s-dropped"}, "events": [{"type": "a"}]}')$$);
DROP TRIGGER drop_row ON tracardi.session;
CREATE TRIGGER drop_row BEFORE INSERT ON tracardi.profile FOR EACH ROW EXECUTE FUNCTION test.drop_row();
SELECT test.error($$SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s-dropped"}, "events": [{"type": "a"}]}')$$);
DROP TRIGGER drop_row ON tracardi.profile;
DROP FUNCTION test.drop_row();
