-- Identification points: profiles of one person become one, in the call that tells so.
SELECT test.reset();
-- Identification alone: the predefined types would set fields of their own.
DELETE FROM tracardi.event_mapping;
DELETE FROM tracardi.event_type WHERE type = 'sign-in';
SELECT tracardi.create_identification_point('sign-in', 'Sign In', '{email.main, identifier.pk}'),
       tracardi.create_identification_point('order', 'order', '{email.main, phone}', source_id => 'shop', description => 'from the shop alone');
SELECT name, event_type, properties, source_id, description, enabled FROM tracardi.identification_point ORDER BY name;
-- What is refused when it is entered.
SELECT test.error($$SELECT tracardi.create_identification_point('order', 'order', '{a}')$$);
SELECT test.error($$SELECT tracardi.create_identification_point('a', 'order', '{}')$$);
SELECT path, test.code(format('SELECT tracardi.create_identification_point(''a'', ''order'', %L); SELECT 1/0', ARRAY[path])) AS code
FROM unnest('{email,email.main,a b.c d,"",.email,email.,a..b," a","a ",a. b,NULL}'::text[] || ARRAY[E'a\n', E'\na']) AS path;
SELECT test.code($$SELECT tracardi.create_identification_point('a', 'order', array_fill('p'::text, '{21}'))$$),
       test.code($$SELECT tracardi.create_identification_point('a', '', '{a}')$$), test.code($$SELECT tracardi.create_identification_point(' a', 'order', '{a}')$$),
       test.code($$SELECT tracardi.create_identification_point('a', NULL, '{a}')$$);
SELECT test.error($$SELECT tracardi.drop_identification_point('a')$$);

-- One sends an event; gives the answer's ids by name.
CREATE FUNCTION test.sign_in(session text, properties jsonb, type text DEFAULT 'sign-in', source text DEFAULT 'web', profile text DEFAULT NULL,
                             OUT profile_id text, OUT errors text)
LANGUAGE sql AS $$
  SELECT a.profile, a.errors FROM test.answer(tracardi.track(jsonb_build_object('source', jsonb_build_object('id', source), 'session', jsonb_build_object('id', session),
    'profile', jsonb_build_object('id', profile), 'events', jsonb_build_array(jsonb_build_object('type', type, 'properties', properties))))) a
$$;
CREATE VIEW test.merges AS
SELECT n, kind, type, test.profile(profile_id) AS profile, test.session(session_id) AS session FROM
  (SELECT row_number() OVER (ORDER BY time, id) AS n, * FROM tracardi.event) e WHERE kind <> 'system' OR type = 'profile-merged';
-- What is lost or doubled: events, sessions, aliases and keys that lead to nobody, aliases that are profiles too, chains of them.
CREATE VIEW test.broken AS
SELECT 'event' AS what, id FROM tracardi.event e WHERE profile_id IS NOT NULL AND NOT EXISTS (SELECT FROM tracardi.profile p WHERE p.id = e.profile_id)
UNION ALL SELECT 'session', id FROM tracardi.session s WHERE profile_id IS NOT NULL AND NOT EXISTS (SELECT FROM tracardi.profile p WHERE p.id = s.profile_id)
UNION ALL SELECT 'alias', id FROM tracardi.profile_alias a WHERE NOT EXISTS (SELECT FROM tracardi.profile p WHERE p.id = a.profile_id)
UNION ALL SELECT 'alias and profile', id FROM tracardi.profile_alias JOIN tracardi.profile USING (id)
UNION ALL SELECT 'merge key', id FROM tracardi.merge_key k WHERE NOT EXISTS (SELECT FROM tracardi.profile p WHERE p.id = k.profile_id)
UNION ALL SELECT 'person_event', id FROM (SELECT id, count(*) AS n FROM tracardi.event WHERE profile_id IS NOT NULL GROUP BY id) e
          FULL JOIN (SELECT v.id, count(*) AS n FROM tracardi.person_event v JOIN tracardi.profile p ON p.id = person_id GROUP BY 1) v USING (id)
          WHERE e.n IS DISTINCT FROM v.n;

-- Two visitors, of whom it turns out that they are one: the one who came first stays. Case and blanks make no difference.
SELECT * FROM test.sign_in('phone', '{"path": "/"}', 'page-view');
SELECT * FROM test.sign_in('laptop', '{"path": "/"}', 'page-view');
SELECT p.id AS loser FROM tracardi.session s JOIN tracardi.profile p ON p.id = s.profile_id WHERE s.external_id = 'laptop' \gset
SELECT * FROM test.sign_in('phone', '{"email": {"main": "Ann@Example.com"}}');
SELECT profile_id = test.profile(:'loser') AS still_two FROM test.sign_in('laptop', '{"path": "/"}', 'page-view');
SELECT * FROM test.sign_in('laptop', '{"email": {"main": " ann@example.COM\t"}, "other": 1}');
SELECT * FROM test.merges;
SELECT * FROM test.profiles;
SELECT * FROM test.sessions;
SELECT * FROM test.broken;
-- The system event tells ids and nothing else; it stands before the event that caused it.
SELECT properties - 'winner' - 'losers' AS rest, properties ->> 'winner' = profile_id::text AS winner, properties -> 'losers' = jsonb_build_array(:'loser') AS losers
FROM tracardi.event WHERE type = 'profile-merged';
-- The old id resolves for ever; the answer has the new one.
SELECT a.profile FROM test.answer(tracardi.track('page-view', '{}', profile_id => :'loser')) a;
SELECT * FROM test.sign_in('tablet', '{}', 'page-view', profile => :'loser');
-- Somebody new who tells who it is, is that person from the start: no profile is made.
SELECT * FROM test.sign_in('television', '{"email": {"main": "ANN@example.com"}}');
SELECT a.profile, a.session FROM test.answer(tracardi.track('{"source": {"id": "web"}, "options": {"saveSession": false}, "events": [{"type": "sign-in", "properties": {"email": {"main": "ann@example.com"}}}]}')) a;
SELECT * FROM test.profiles;
-- The same again: nothing happens.
SELECT ctid AS row FROM tracardi.profile \gset
SELECT * FROM test.sign_in('television', '{"email": {"main": "ann@example.com"}}');
SELECT ctid = :'row' AS untouched FROM tracardi.profile;
SELECT count(*) FROM tracardi.merge_key;

-- person_event has the columns of event.
SELECT attname FROM pg_attribute WHERE attrelid = 'tracardi.event'::regclass AND attnum > 0 AND NOT attisdropped
EXCEPT SELECT attname FROM pg_attribute WHERE attrelid = 'tracardi.person_event'::regclass;

-- Keys: a hash that nothing can be read from, by path and value; the same path in two points is the same key.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'Sign In', '{email.main, identifier.pk}'), tracardi.create_identification_point('order', 'order', '{email.main, phone}', source_id => 'shop');
SELECT * FROM test.sign_in('s1', '{"email": {"main": "bob@example.com"}}');
SELECT * FROM test.sign_in('s2', '{"email": {"main": "bob@example.com"}}', 'order', 'shop', 'customer-1');
SELECT * FROM test.sign_in('s3', '{"phone": "bob@example.com"}', 'order', 'shop', 'customer-2');
SELECT * FROM test.profiles;
SELECT count(*) AS keys, count(*) FILTER (WHERE md5('bob@example.com')::uuid = id) AS plain FROM tracardi.merge_key;
-- A point of another source, or one that is off, tells nothing; nor does an event of another type.
SELECT * FROM test.sign_in('s4', '{"email": {"main": "bob@example.com"}}', 'order', 'web');
UPDATE tracardi.identification_point SET enabled = false WHERE name = 'sign-in';
SELECT * FROM test.sign_in('s5', '{"email": {"main": "bob@example.com"}}');
SELECT * FROM test.sign_in('s6', '{"email": {"main": "bob@example.com"}}', 'page-view');
UPDATE tracardi.identification_point SET enabled = true WHERE name = 'sign-in';
SELECT * FROM test.sign_in('s6', '{"email": {"main": "bob@example.com"}}');
-- An application's own id that is merged: it resolves, and the answer has the winner's.
SELECT * FROM test.sign_in('s7', '{}', 'page-view', 'shop', 'customer-1');
SELECT a.profile FROM test.answer(tracardi.track('page-view', '{}', profile_id => 'customer-1')) a;
-- The id that was merged and the key of another: all three become one.
SELECT * FROM test.sign_in('s8', '{"phone": " BOB@example.com", "email": {"main": "bob@example.com"}}', 'order', 'shop', 'customer-3');
SELECT * FROM test.profiles;
SELECT * FROM test.broken;
-- Several events of one payload are one person's; profileless and ephemeral ones tell nothing.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email, pk}');
SELECT * FROM test.sign_in('s1', '{"email": "a@example.com"}');
SELECT * FROM test.sign_in('s2', '{"email": "b@example.com"}');
SELECT * FROM test.sign_in('s3', '{"email": "c@example.com"}');
SELECT a.profile, a.errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s4"}, "events": [
  {"type": "sign-in", "properties": {"email": "a@example.com"}, "options": {"profileLess": true}}, {"type": "sign-in", "properties": {"email": "b@example.com"}, "options": {"saveEvent": false}}, {"type": "a"}]}')) a;
SELECT count(*) FROM tracardi.profile;
SELECT a.events, a.profile, a.errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "session": {"id": "s4"}, "events": [
  {"type": "sign-in", "properties": {"email": "a@example.com"}}, {"type": "sign-in", "properties": {"email": "c@example.com"}}, {"type": "sign-in", "properties": {"email": "b@example.com"}}]}')) a;
SELECT * FROM test.profiles;
SELECT jsonb_array_length(properties -> 'losers') AS losers FROM tracardi.event WHERE type = 'profile-merged';
SELECT count(DISTINCT session_id) AS sessions, count(DISTINCT profile_id) AS people FROM tracardi.event WHERE kind <> 'profileless';
SELECT * FROM test.broken;
-- The value of pk is the person's primary id, as it was written; a number will do.
SELECT * FROM test.sign_in('s5', '{"email": "p@example.com", "pk": " K-77 "}');
SELECT * FROM test.sign_in('s6', '{"pk": "k-77"}');
SELECT * FROM test.sign_in('s7', '{"pk": 78}');
SELECT test.profile(id) AS profile, primary_id FROM tracardi.profile ORDER BY id;

-- What its type reshapes tells by its new form; an event that is not valid tells nothing.
DELETE FROM tracardi.event_mapping;
DELETE FROM tracardi.event_type WHERE type = 'sign-in';
SELECT tracardi.create_event_type('sign-in', schema => '{"properties": {"email": {"type": "string"}}}', reshape => '{"properties": {"email": "$.properties.email", "pk": "$.properties.number"}}');
SELECT a.profile FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "sign-in", "properties": {"email": "new@example.com", "number": "K-77", "pk": "other"}}]}')) a;
SELECT a.profile, a.errors FROM test.answer(tracardi.track('{"source": {"id": "web"}, "events": [{"type": "sign-in", "properties": {"email": 1, "pk": "k-77"}}]}')) a;
SELECT tracardi.drop_event_type('sign-in');

-- Values that would join strangers are no keys, nor is what is no text or number, nor what is too long.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');
SELECT count(test.sign_in('s' || n, jsonb_build_object('email', value)))
FROM jsonb_array_elements('["", "  ", null, "null", "NULL", "undefined", "Anonymous", " none ", "-1", "0", 0, -1, true, [], {}, ["a@example.com"], {"main": "a@example.com"}]'::jsonb
                          || to_jsonb(repeat('x', 256))) WITH ORDINALITY AS v (value, n);
SELECT count(*) AS profiles, (SELECT count(*) FROM tracardi.merge_key) AS keys FROM tracardi.profile;
-- Nor is a value that more profiles have than one person can have had.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');
SET tracardi.merge_limit = 3;
SELECT count(test.sign_in('s' || n, '{}', 'page-view')), count(test.sign_in('s' || n, '{"email": "info@example.com"}')) FROM generate_series(1, 5) AS n;
SELECT test.profile(id) AS profile, visit_count FROM tracardi.profile ORDER BY created_at;
SELECT profiles FROM tracardi.merge_key;
RESET tracardi.merge_limit;

-- What becomes of what is known.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');
SELECT * FROM test.sign_in('s1', '{"email": "ann@example.com"}', source => 'shop', profile => 'first');
SELECT * FROM test.sign_in('s2', '{}', 'page-view', 'shop', 'second');
UPDATE tracardi.profile SET primary_id = 'P-1', visit_count = 2147483647, segments = '{b,a}', updated_at = now() - interval '1 day', first_seen_at = '2024-03-01Z', last_seen_at = '2024-04-01Z',
  data = '{"pii": {"firstname": "Ann", "lastname": "Old", "age": 0}, "list": [1, 2], "kind": "x", "null": null}', traits = '{"vip": true, "tags": ["a"], "total": 5}',
  interests = '{"tea": 1.5, "coffee": 2, "odd": "much"}', consents = '{"mail": {"granted": true, "at": 1}, "phone": {"granted": true}}' WHERE external_id = 'first';
UPDATE tracardi.profile SET visit_count = 5, segments = '{c,b}', updated_at = now(), first_seen_at = '2024-01-01Z', last_seen_at = '2024-02-01Z',
  data = '{"pii": {"firstname": null, "lastname": "New", "birthday": "2000-01-01"}, "list": [2, 3], "kind": {"deep": 1}, "null": 1}', traits = '{"vip": false, "tags": ["b", "a"], "total": 7}',
  interests = '{"coffee": 0.5, "cake": 1, "odd": 3, "tea": null}', consents = '{"mail": {"granted": false}}' WHERE external_id = 'second';
SELECT * FROM test.sign_in('s2', '{"email": "ann@example.com"}');
SELECT external_id, primary_id, visit_count, segments, first_seen_at = '2024-01-01Z' AS first_seen FROM tracardi.profile;
SELECT key, value FROM tracardi.profile, jsonb_each(data) ORDER BY key;
SELECT key, value FROM tracardi.profile, jsonb_each(traits) ORDER BY key;
SELECT key, value FROM tracardi.profile, jsonb_each(interests) ORDER BY key;
SELECT key, value FROM tracardi.profile, jsonb_each(consents) ORDER BY key;

-- Chains: who was merged into somebody who is merged is one step away from the last.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email, phone}');
SELECT s.* FROM generate_series(1, 4) AS n, test.sign_in('s' || n, '{}', 'page-view', 'shop', 'p' || n) AS s;
SELECT * FROM test.sign_in('s4', '{"email": "x@example.com"}');
SELECT * FROM test.sign_in('s3', '{"email": "x@example.com", "phone": 1234}');
SELECT * FROM test.sign_in('s2', '{"phone": 1234}');
SELECT * FROM test.sign_in('s1', '{"email": "X@EXAMPLE.COM"}');
SELECT a.id = tracardi.id(p) AS alias, test.profile(a.profile_id), settled FROM unnest('{p2,p3,p4}'::text[]) p JOIN tracardi.profile_alias a ON a.id = tracardi.id(p);
SELECT * FROM test.profiles;
SELECT profiles FROM tracardi.merge_key ORDER BY profiles;
SELECT * FROM test.broken;
-- The switch of the system event.
UPDATE tracardi.system_event SET enabled = false WHERE type = 'profile-merged';
SELECT count(test.sign_in('s5', '{}', 'page-view')), count(test.sign_in('s5', '{"phone": 1234}'));
SELECT count(*) FROM tracardi.event WHERE type = 'profile-merged';
SELECT count(*) FROM tracardi.profile;

-- Workflows see the winner: in the event that told, in the system event, and as the profile of the condition.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object(TG_NAME, concat_ws(' ', NEW.type, test.profile(NEW.profile_id), (SELECT visit_count FROM tracardi.profile WHERE id = NEW.profile_id))));
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('signed-in', 'test.see', event_type => 'sign-in', condition => '$.profile.external_id == "winner"'), tracardi.create_workflow('merged', 'test.see', event_type => 'profile-merged');
SELECT * FROM test.sign_in('s1', '{"email": "ann@example.com"}', source => 'shop', profile => 'winner');
SELECT * FROM test.sign_in('s2', '{}', 'page-view');
SELECT a -> 'response' AS response, a -> 'errors' AS errors FROM tracardi.track('{"source": {"id": "web"}, "session": {"id": "s2"}, "events": [{"type": "sign-in", "properties": {"email": "ann@example.com"}}]}') a;
-- A new visit of a known profile in the call that merges it counts once.
SELECT * FROM test.sign_in('s3', '{}', 'page-view');
SELECT id AS visitor FROM tracardi.profile WHERE external_id IS NULL \gset
SELECT * FROM test.sign_in('s4', '{"email": "ann@example.com"}', profile => :'visitor');
SELECT * FROM test.profiles;
DELETE FROM tracardi.workflow;
DROP FUNCTION test.see();

-- A long history: what is above 1,000 events is left to maintain(); person_event is exact at every moment.
SELECT test.reset();
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');
SELECT * FROM test.sign_in('s1', '{"email": "ann@example.com"}', source => 'shop', profile => 'winner');
SELECT * FROM test.sign_in('s2', '{}', 'page-view', source => 'shop', profile => 'loser');
INSERT INTO tracardi.event (id, type, kind, time, profile_id) SELECT gen_random_uuid(), 'old', 'profile', '2020-01-01Z'::timestamptz + n * interval '1 hour', tracardi.id('loser') FROM generate_series(1, 2500) AS n;
SELECT * FROM test.sign_in('s2', '{"email": "ann@example.com"}');
SELECT test.profile(profile_id), count(*), (SELECT count(*) FROM tracardi.person_event v WHERE person_id = tracardi.id('winner')) AS person FROM tracardi.event WHERE type IN ('old', 'page-view') GROUP BY 1 ORDER BY 2;
SELECT * FROM test.broken WHERE what <> 'event' LIMIT 1;
SELECT tracardi.move_history(1000);
SELECT settled FROM tracardi.profile_alias;
UPDATE tracardi.profile_alias SET created_at = created_at - interval '25 hours';
CALL tracardi.maintain();
SELECT test.profile(profile_id), count(*) FROM tracardi.event WHERE type IN ('old', 'page-view') GROUP BY 1;
SELECT settled FROM tracardi.profile_alias;
SELECT tracardi.move_history(1000);
SELECT * FROM test.broken;
-- What a call stored that began before the merge is looked after for a day.
UPDATE tracardi.profile_alias SET created_at = now(), settled = false;
UPDATE tracardi.event SET profile_id = tracardi.id('loser') WHERE type = 'page-view';
UPDATE tracardi.session SET profile_id = tracardi.id('loser') WHERE external_id = 's2';
SELECT count(*) AS person FROM tracardi.person_event WHERE person_id = tracardi.id('winner') AND type = 'page-view';
SELECT profile FROM test.answer(tracardi.track('page-view', '{}', profile_id => 'loser', session_id => 's2'));
CALL tracardi.maintain();
SELECT * FROM test.broken;
SELECT settled FROM tracardi.profile_alias;

-- A key whose profile somebody deleted is the next one's.
DELETE FROM tracardi.profile;
SELECT * FROM test.sign_in('s9', '{"email": "ann@example.com"}');
SELECT * FROM test.sign_in('s10', '{"email": "ann@example.com"}');
-- Without its salt nothing is known again, so that is an error.
BEGIN;
DELETE FROM tracardi.merge_salt;
SELECT test.error($$SELECT test.sign_in('s11', '{"email": "ann@example.com"}')$$);
ROLLBACK;
-- setup() never changes it, and default privileges give it to nobody.
SELECT relacl IS NULL OR NOT EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee <> relowner) AS of_the_owner_alone FROM pg_class WHERE oid = 'tracardi.merge_salt'::regclass;
BEGIN;
ALTER DEFAULT PRIVILEGES IN SCHEMA tracardi GRANT SELECT ON TABLES TO PUBLIC, pg_monitor;
DROP TABLE tracardi.merge_salt;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT bool_and(a.grantee = relowner) AS of_the_owner_alone FROM pg_class, aclexplode(relacl) a WHERE oid = 'tracardi.merge_salt'::regclass;
ROLLBACK;
CREATE TEMP TABLE salt AS TABLE tracardi.merge_salt;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT octet_length(salt) AS bytes, salt = (SELECT salt FROM tracardi.merge_salt) AS same FROM salt;
-- A trigger that drops what is to be stored is told of.
CREATE FUNCTION test.drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER drop_row BEFORE INSERT ON tracardi.merge_key FOR EACH ROW EXECUTE FUNCTION test.drop_row();
SELECT test.error($$SELECT test.sign_in('s12', '{"email": "other@example.com"}')$$);
DROP TRIGGER drop_row ON tracardi.merge_key;
DROP FUNCTION test.drop_row();

DROP VIEW test.merges, test.broken;
DROP FUNCTION test.sign_in(text, jsonb, text, text, text);
SELECT test.reset();
