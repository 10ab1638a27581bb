-- Visits and the system events that tell of them.
SELECT test.reset();
SET datestyle = 'ISO';

-- A first visit: profile-created, session-opened, visit-started, in this order just before the first event that caused
-- them; visit-started says what caused it, each type once, profile-created included.
SELECT * FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "page-view"}, {"type": "click"}, {"type": "Page View"}]}'));
SELECT kind, type, test.profile(profile_id) AS profile, test.session(session_id) AS session, source_id, properties, tags,
       test.is_generated(id::text) AS new_id, time > lag(time) OVER w AS later, time - first_value(time) OVER w < interval '1 second' AS just_before, received_at = max(received_at) OVER () AS same_arrival
FROM tracardi.event WINDOW w AS (ORDER BY time) ORDER BY time;
SELECT * FROM test.sessions;
-- The cause may lie in the past: they lie just before it. The first one is that of the earliest time.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [
  {"type": "later", "time": {"insert": "2020-02-03T04:05:07Z"}}, {"type": "earlier", "time": {"insert": "2020-02-03T04:05:06Z"}}]}'));
SELECT type, '2020-02-03 04:05:06+00' - time BETWEEN interval '1 microsecond' AND interval '1 second' AS just_before
FROM tracardi.event WHERE session_id = tracardi.id('s2') AND kind = 'system' ORDER BY time;
SELECT started_at = '2020-02-03 04:05:06+00' AS session_started, last_seen_at < '2021-01-01' AS seen_then FROM tracardi.session WHERE external_id = 's2';
SELECT first_seen_at = '2020-02-03 04:05:06+00' AS first_seen FROM tracardi.profile WHERE test.profile(id) = 'profile 2';
-- Another event of this visit causes nothing.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "page-view"}]}'));
SELECT count(*) FROM tracardi.event WHERE kind = 'system';

-- visit-ended ends the visit. It is the client's event, and no system event comes with it.
SELECT test.reset();
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"type": "page-view"}]}'));
TRUNCATE tracardi.event;
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"type": "page-view"}, {"type": "Visit Ended"}]}'));
SELECT kind, type FROM test.event;
SELECT * FROM test.sessions;
SELECT (SELECT ended_at FROM tracardi.session) = (SELECT time FROM tracardi.event WHERE type = 'visit-ended') AS ended_at;
-- Ended again: nothing new.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"type": "visit-ended"}]}'));
SELECT * FROM test.sessions;
-- The next event re-opens the session: visit-started, and no session-opened, for the session is not new; visits are counted
-- by sessions, so the count stands.
TRUNCATE tracardi.event;
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"type": "page-view"}]}'));
SELECT kind, type, properties FROM tracardi.event ORDER BY time;
SELECT * FROM test.sessions;
SELECT * FROM test.profiles;
-- After that, again nothing.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "p1"}, "events": [{"type": "page-view"}]}'));
SELECT count(*) FROM tracardi.event WHERE kind = 'system';
-- A profileless event re-opens it as well.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "visit-ended"}]}'));
TRUNCATE tracardi.event;
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "profile_less": true, "events": [{"type": "page-view"}]}'));
SELECT kind, type, profile FROM test.event;
SELECT * FROM test.sessions;

-- visit-ended suppresses the system events of its whole payload, wherever it stands, of a new visitor, too; status is
-- written after each event in order, so an event after it leaves the session active.
SELECT test.reset();
SELECT events, profile FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "visit-ended"}]}'));
SELECT events, profile FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [{"type": "visit-ended"}, {"type": "page-view"}]}'));
SELECT events, profile FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s3"}, "events": [{"type": "page-view"}, {"type": "visit-ended"}, {"type": "gone", "options": {"saveEvent": false}}]}'));
SELECT count(*) AS system_events FROM tracardi.event WHERE kind = 'system';
SELECT * FROM test.sessions;
-- A visit-ended that is not stored is heard by nobody.
SELECT events, profile FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [{"type": "visit-ended", "options": {"saveEvent": false}}]}'));
SELECT session, status FROM test.sessions WHERE session = 's2';

-- A client's own profile-created is an event of kind profile, and ours is not made beside it; a client's visit-started
-- or session-opened suppresses nothing.
SELECT test.reset();
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events": [{"type": "Profile Created"}, {"type": "visit-started"}, {"type": "session-opened"}]}'));
SELECT kind, type FROM test.event;
SELECT properties FROM tracardi.event WHERE type = 'visit-started' AND kind = 'system';

-- Each system event has its switch, effective at the next statement.
SELECT test.reset();
CREATE FUNCTION test.visit(session text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', session), 'events', '[{"type": "a"}]'::jsonb));
  RETURN (SELECT string_agg(type, ', ' ORDER BY time) FROM tracardi.event WHERE session_id = tracardi.id(session));
END
$$;
UPDATE tracardi.system_event SET enabled = type <> 'profile-created';
SELECT test.visit('v1');
UPDATE tracardi.system_event SET enabled = type <> 'session-opened';
SELECT test.visit('v2');
UPDATE tracardi.system_event SET enabled = type <> 'visit-started';
SELECT test.visit('v3');
UPDATE tracardi.system_event SET enabled = false;
SELECT test.visit('v4');
UPDATE tracardi.system_event SET enabled = true;
SELECT test.visit('v5');
-- A type that is taken out of the table is not made; setup() puts it back.
DELETE FROM tracardi.system_event WHERE type = 'visit-started';
SELECT test.visit('v6');
SELECT tracardi.setup(search_path => '"$user", public');
SELECT test.visit('v7');
-- Sessions and visits are kept the same, switches or not.
SELECT status, count(*) FROM tracardi.session GROUP BY 1;
SELECT visit_count, count(*) FROM tracardi.profile GROUP BY 1;
DROP FUNCTION test.visit(text);

-- What a client tells of itself is kept with the session, not with each event.
SELECT test.reset();
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "context": {"screen": {"width": 1920}}, "properties": {"campaign": "x"},
  "events": [{"type": "page-view", "context": {"page": {"url": "/"}}, "tags": ["a", "b"]}]}'));
SELECT context, properties FROM tracardi.session;
SELECT type, context, properties, tags FROM tracardi.event WHERE kind = 'profile';
