-- Segments: who enters and leaves, in the transaction that changes the profile, and what is told of it.
BEGIN;
CREATE FUNCTION segment_answer(profile text, plan text, event_type text DEFAULT 'seg-plan') RETURNS jsonb LANGUAGE sql AS $$
  SELECT tracardi.track($3, jsonb_build_object('plan', $2), profile_id => $1, session_id => 'seg-session-' || $1)
$$;
CREATE VIEW told AS
  SELECT e.type, e.properties, p.external_id, e.source_id, s.external_id AS session
  FROM tracardi.event e JOIN tracardi.profile p ON p.id = e.profile_id LEFT JOIN tracardi.session s ON s.id = e.session_id
  WHERE e.type LIKE 'segment-%' AND e.xact = pg_current_xact_id() ORDER BY e.time;
CREATE VIEW people AS SELECT external_id, segments, visit_count FROM tracardi.profile WHERE external_id LIKE 'seg-%' ORDER BY 1;

-- Nothing is there to be kept: the triggers come with the first segment.
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass ORDER BY 1;
SELECT tracardi.create_event_mapping('seg-plan', 'traits.plan', 'properties.plan');
SELECT segment_answer('seg-1', 'pro') IS NOT NULL;
SELECT tracardi.create_segment('pro', '$.traits.plan == "pro"', 'pays');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass ORDER BY 1;
SELECT tracardi.create_segment('visitors', '$.visit_count >= 1');

-- In the call that changes the profile, and told at its end.
SELECT segment_answer('seg-2', 'pro')->'errors';
TABLE people;
TABLE told;
SELECT segment_answer('seg-2', 'free')->'errors';
SELECT segment_answer('seg-2', 'free')->'errors';
TABLE people;
TABLE told;

-- By whatever way it changes; names that are not listed are anybody's.
UPDATE tracardi.profile SET traits = '{"plan": "pro"}', segments = segments || '{mine}' WHERE external_id = 'seg-2';
TABLE people;
UPDATE tracardi.profile SET segments = '{pro,other}' WHERE external_id = 'seg-1';
UPDATE tracardi.profile SET segments = '{}' WHERE external_id = 'seg-2';
TABLE people;
SELECT type, properties, external_id, source_id, session FROM told WHERE session IS NULL;

-- Whoever may change a profile need know nothing of segments.
CREATE ROLE regress_segment_app;
GRANT SELECT, UPDATE ON tracardi.profile TO regress_segment_app;
SET ROLE regress_segment_app;
UPDATE tracardi.profile SET traits = '{}' WHERE external_id = 'seg-2';
RESET ROLE;
TABLE people;
SELECT type, properties, external_id FROM told ORDER BY 1 DESC, 2, 3 LIMIT 2;

-- What a condition can be: a boolean, or an item that is there. One that fails is not met.
SELECT tracardi.create_segment('any item', '$.traits.any');
SELECT tracardi.create_segment('fails', 'strict $.traits.none.none == 1');
SELECT tracardi.create_segment('time', '$.traits.since.datetime() < "2020-01-01".datetime()');
UPDATE tracardi.profile SET traits = '{"any": 0, "since": "2019-12-31"}' WHERE external_id = 'seg-2';
TABLE people;
UPDATE tracardi.profile SET traits = '{"any": null, "since": "2020-12-31"}' WHERE external_id = 'seg-2';
TABLE people;

-- Workflows hear of it, and what they change counts; what a failed one did is neither done nor told.
CREATE FUNCTION segment_welcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = traits || jsonb_build_object('welcome', NEW.properties->>'segment') WHERE id = NEW.profile_id;
  PERFORM tracardi.respond(jsonb_build_object('welcome', NEW.properties->>'segment'));
  RETURN NULL;
END $$;
CREATE FUNCTION segment_fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = traits || '{"any": 1}' WHERE id = NEW.profile_id;
  RAISE EXCEPTION 'no';
END $$;
SELECT tracardi.create_segment('welcomed', '$.traits.welcome == "pro"');
SELECT tracardi.create_workflow('seg-welcome', 'segment_welcome', event_type => 'segment-entered', condition => '$.properties.segment == "pro"');
SELECT tracardi.create_workflow('seg-fails', 'segment_fails', event_type => 'seg-fail');
SELECT segment_answer('seg-3', 'pro')->'response';
SELECT jsonb_array_length(segment_answer('seg-3', 'pro', 'seg-fail')->'errors');
SELECT * FROM people WHERE external_id = 'seg-3';
SELECT type, properties, source_id, session FROM told WHERE external_id = 'seg-3';

-- Two become one: by what is known of the one.
SELECT tracardi.create_identification_point('seg-sign-in', 'seg-sign-in', '{email}');
SELECT segment_answer('seg-5', 'free') IS NOT NULL, segment_answer('seg-6', 'pro') IS NOT NULL;
SELECT tracardi.track('seg-sign-in', '{"email": "seg@example.com"}', profile_id => 'seg-5')->'errors',
  tracardi.track('seg-sign-in', '{"email": "seg@example.com"}', profile_id => 'seg-6')->'errors';
SELECT p.segments, p.traits->>'plan' AS plan, count(*) FROM tracardi.profile p JOIN tracardi.profile_alias a ON a.profile_id = p.id
WHERE a.id IN (tracardi.id('seg-5'), tracardi.id('seg-6')) GROUP BY 1, 2;

-- In circles: it ends.
CREATE FUNCTION segment_flip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = traits || jsonb_build_object('flip', NEW.type = 'segment-left') WHERE id = NEW.profile_id;
  RETURN NULL;
END $$;
SELECT tracardi.create_segment('flip', '$.traits.flip');
SELECT tracardi.create_workflow('seg-flip', 'segment_flip', condition => '$.properties.segment == "flip"');
UPDATE tracardi.profile SET traits = '{"flip": true}' WHERE external_id = 'seg-3';
SELECT type, count(*) FROM told WHERE properties->>'segment' = 'flip' GROUP BY 1 ORDER BY 1;

-- Switched off: not told, but kept.
UPDATE tracardi.system_event SET enabled = false WHERE type = 'segment-entered';
SELECT segment_answer('seg-4', 'pro') IS NOT NULL;
SELECT * FROM people WHERE external_id = 'seg-4';
SELECT count(*) FROM told WHERE external_id = 'seg-4';
UPDATE tracardi.segment SET enabled = false WHERE name = 'pro';
SELECT segment_answer('seg-4', 'free') IS NOT NULL;
SELECT * FROM people WHERE external_id = 'seg-4';

-- A profile as JSON may call a function of the table's owner: with that owner's rights, never the extension's owner's.
SAVEPOINT owned;
SET LOCAL client_min_messages = warning;
CREATE ROLE regress_segment_owner;
SELECT tracardi.setup(owner => 'regress_segment_owner');
CREATE TYPE sly AS ENUM ('x');
CREATE FUNCTION sly_json(sly) RETURNS json LANGUAGE sql AS 'SELECT to_json(current_user)';
CREATE CAST (sly AS json) WITH FUNCTION sly_json(sly);
ALTER TABLE tracardi.profile ADD COLUMN sly sly DEFAULT 'x';
SELECT tracardi.create_segment('owner', '$.sly == "regress_segment_owner"'), tracardi.create_segment('another', '$.sly != "regress_segment_owner"');
UPDATE tracardi.profile SET traits = '{}' WHERE external_id = 'seg-4';
SELECT segments FROM tracardi.profile WHERE external_id = 'seg-4';
-- Without the extension, and before setup(), profiles are written as ever.
DROP EXTENSION tracardi CASCADE;
UPDATE tracardi.profile SET traits = '{"without": 1}' WHERE external_id = 'seg-4';
CREATE EXTENSION tracardi;
UPDATE tracardi.profile SET traits = traits || '{"before": 1}' WHERE external_id = 'seg-4';
SELECT segments, traits FROM tracardi.profile WHERE external_id = 'seg-4';
-- The trigger's function as an earlier version made it: setup() makes it anew.
CREATE OR REPLACE FUNCTION tracardi.keep_segments() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'too old'; END $$;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT tracardi.create_segment('all', '$');
UPDATE tracardi.profile SET traits = '{}' WHERE external_id = 'seg-4';
SELECT segments FROM tracardi.profile WHERE external_id = 'seg-4';
SELECT tgname, tgenabled, pg_get_userbyid(p.proowner) FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
WHERE tgrelid = 'tracardi.profile'::regclass AND tgname ~ 'segments' ORDER BY 1;
ROLLBACK TO owned;

-- What is refused, and what goes with a segment.
SAVEPOINT refused;
SELECT tracardi.create_segment('pro', '$');
ROLLBACK TO refused;
SELECT tracardi.create_segment(' pro', '$');
ROLLBACK TO refused;
SELECT tracardi.drop_segment('none');
ROLLBACK TO refused;
SELECT tracardi.drop_segment('pro');
SELECT count(*) FROM tracardi.profile WHERE 'pro' = ANY (segments);
DELETE FROM tracardi.segment;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass ORDER BY 1;
ROLLBACK;

-- For the profiles that are there: in steps, each its own transaction.
SELECT count(*) FROM tracardi.profile;
SELECT tracardi.create_segment('nobody', '$.traits');
CALL tracardi.refresh_segment('nobody');
SELECT tracardi.drop_segment('nobody');
INSERT INTO tracardi.profile (id, external_id, traits)
SELECT tracardi.id('seg-many-' || n), 'seg-many-' || n, jsonb_build_object('n', n) FROM generate_series(1, 25) n;
SELECT tracardi.create_segment('even', '$.traits.n % 2 == 0');
\set VERBOSITY terse
CALL tracardi.refresh_segment('even', 10);
CALL tracardi.refresh_segment('odd');
CALL tracardi.refresh_segment('even', 0);
\set VERBOSITY default
SELECT count(*), sum((traits->>'n')::int) FROM tracardi.profile WHERE 'even' = ANY (segments) AND external_id LIKE 'seg-many-%';
SELECT count(*), count(DISTINCT xact) > 1 AS steps FROM tracardi.event WHERE type = 'segment-entered' AND properties = '{"segment": "even"}';
UPDATE tracardi.segment SET condition = '$.traits.n > 20' WHERE name = 'even';
CALL tracardi.refresh_segment('even', 1000);
SELECT count(*) FROM tracardi.profile WHERE 'even' = ANY (segments);
SELECT type, count(*) FROM tracardi.event WHERE properties = '{"segment": "even"}' GROUP BY 1 ORDER BY 1;
SELECT tracardi.drop_segment('even');
DELETE FROM tracardi.profile WHERE external_id LIKE 'seg-many-%';
DELETE FROM tracardi.event WHERE type LIKE 'segment-%';
