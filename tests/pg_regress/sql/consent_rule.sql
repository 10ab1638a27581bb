-- Rules that drop or hash properties unless the person agreed, before anything is made of the event.
SELECT test.reset();
SELECT tracardi.create_consent_rule('mail', 'properties.email.main', '{newsletter}', event_type => 'Bought', description => 'no address'),
       tracardi.create_consent_rule('who', 'properties.customer', '{statistics,newsletter}', 'hash'), tracardi.create_consent_rule('page', 'context.page', '{statistics}'),
       tracardi.create_consent_rule('first', 'properties.items.0.note', '{statistics}', event_type => 'bought');
SELECT name, event_type, property, consents, action, description, enabled FROM tracardi.consent_rule ORDER BY name;
-- What is refused when it is entered.
SELECT property, e.* FROM unnest('{email,properties..a,"properties.a b","",profile.data,properties.a.}'::text[]) property, test.error(format('SELECT tracardi.create_consent_rule(''bad'', %L, ''{a}'')', property)) e WHERE e NOT LIKE 'HINT%';
SELECT test.error($$UPDATE tracardi.consent_rule SET property = 'email'$$);
SELECT test.error($$SELECT tracardi.create_consent_rule('mail', 'properties.a', '{a}')$$);
SELECT test.error($$SELECT tracardi.create_consent_rule('bad', 'properties.a', '{}')$$);
SELECT test.error($$SELECT tracardi.create_consent_rule('bad', 'properties.a', '{a}', 'burn')$$);
SELECT test.code($$SELECT tracardi.create_consent_rule('bad', 'properties.a', '{NULL}')$$), test.code($$SELECT tracardi.create_consent_rule('bad', NULL, '{a}')$$);
SELECT test.error($$SELECT tracardi.drop_consent_rule('bad')$$);

-- Everything that could see a property: mapping, identification, workflow, view of a rejected event.
SELECT tracardi.create_event_mapping('bought', 'data.contact.email.main', 'properties.email.main'), tracardi.create_identification_point('bought', 'bought', '{email.main}');
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond(jsonb_build_object(NEW.type, NEW.properties || NEW.context)); RETURN NULL; END $$;
SELECT tracardi.create_workflow('see', 'test.see', kinds => '{profile,profileless,ephemeral}');
CREATE VIEW test.seen AS SELECT type, kind, regexp_replace(properties::text, 'hash:[0-9a-f]{32}', '<hash>', 'g') AS properties, context, external_id FROM tracardi.event WHERE kind <> 'system' ORDER BY time, id;
CREATE FUNCTION test.bought(profile text, options jsonb DEFAULT '{}', session text DEFAULT NULL, OUT response text, OUT errors jsonb) LANGUAGE sql AS $$
  SELECT regexp_replace(a ->> 'response', 'hash:[0-9a-f]{32}', '<hash>', 'g'), a -> 'errors'
  FROM tracardi.track('bought', '{"email": {"main": "Ann@example.com", "kind": "x"}, "customer": " C-8 ", "total": 7, "items": [{"note": "n1", "id": 1}, {"note": "n2"}]}', profile_id => profile, session_id => session, context => '{"page": "/secret", "lang": "en"}', options => options) a
$$;
SELECT response, errors FROM test.bought('ann');
SELECT * FROM test.seen;
SELECT data, (SELECT count(*) FROM tracardi.merge_key) AS merge_keys FROM tracardi.profile;
-- Equal values stay equal, as they do for merge keys; and nobody can tell them.
SELECT count(tracardi.track('other', jsonb_build_object('customer', c), profile_id => 'ben')) FROM jsonb_array_elements_text('["c-8", "C-8 ", "\tc-8", "c-9"]') c;
SELECT customer ~ '^hash:[0-9a-f]{32}$' AS hash, count(*) FROM (SELECT properties ->> 'customer' AS customer FROM tracardi.event WHERE type = 'other') e GROUP BY customer ORDER BY 2;
-- What is no text or number has no hash; null and what is not there stay as they are; a rule for another type does nothing.
SELECT tracardi.track('other', p, profile_id => 'ben') IS NOT NULL AS tracked FROM unnest(ARRAY['{"customer": {"a": "secret"}, "b": 1}', '{"customer": ["secret"]}', '{"customer": null}', '{"email": {"main": "x"}}', '{"customer": 8}', '{"customer": true}']::jsonb[]) p;
SELECT type, properties FROM test.seen WHERE type = 'other' OFFSET 4;
-- Who agreed, in part and in all; and took it back.
SELECT tracardi.consent('ann', '{"newsletter": true}') IS NOT NULL AS said;
SELECT response FROM test.bought('ann');
SELECT tracardi.consent('ann', '{"statistics": true}') IS NOT NULL AS said;
SELECT response FROM test.bought('ann');
SELECT data #> '{contact,email}' AS email, (SELECT count(*) FROM tracardi.merge_key) AS merge_keys FROM tracardi.profile WHERE external_id = 'ann';
SELECT tracardi.consent('ann', '{"newsletter": {"revoke": "2024-01-01T00:00:00Z"}}') IS NOT NULL AS said;
SELECT response FROM test.bought('ann');
-- By default.
SELECT tracardi.create_consent_type('newsletter', default_value => 'grant');
SELECT response FROM test.bought('cid');
SELECT (test.bought(NULL)).response AS nobody;
SELECT tracardi.drop_consent_type('newsletter');
-- Nobody agreed to anything; who is known by the session did. Ephemeral events are no exception.
SELECT tracardi.consent('ann', '{"newsletter": true, "statistics": true}') IS NOT NULL AS said;
SELECT (test.bought(NULL)).response AS nobody, (test.bought('ann', '{"saveEvent": false}')).response AS ephemeral, (test.bought('dan', '{"saveEvent": false}')).response AS ephemeral_without;
SELECT (test.bought('ann', session => 'visit')).response AS first, (test.bought(NULL, '{"profileLess": true}', 'visit')).response AS by_session;

-- Events that are rejected are kept without it, too, whatever is wrong with them; and can be tried again.
TRUNCATE tracardi.event_rejected;
SELECT tracardi.create_event_type('bought', schema => '{"properties": {"total": {"type": "number"}}}', on_invalid => 'reject') IS NOT NULL AS made;
CREATE FUNCTION test.rejects(event text) RETURNS text LANGUAGE sql AS $$
  SELECT body #>> '{errors,0,message}' FROM test.http('track(json)', '{"source": {"id": "web"}, "profile_less": true, "events": [' || event || ']}') $$;
SELECT test.rejects(event) FROM unnest(ARRAY[
  '{"type": "bought", "id": "e1", "time": {"create": "2024-01-01T00:00:00Z"}, "tags": ["t"], "properties": {"total": "x", "email": {"main": "secret@example.com"}, "customer": "secret"}, "context": {"page": "secret"}}',
  '{"type": 1, "properties": {"email": {"main": "secret@example.com"}, "customer": "secret", "rest": 1}}',
  '{"type": "bought", "time": "never", "properties": {"email": {"main": "secret@example.com"}}}',
  '{"type": "bought", "properties": "secret"}',
  '{"type": "bought", "properties": {"customer": "secret", "bad": "\u0000"}, "context": {"page": "secret"}}',
  '"secret"', '["secret"]']) event;
SELECT regexp_replace(event, 'hash:[0-9a-f]{32}', '<hash>', 'g') AS event, code FROM tracardi.event_rejected ORDER BY id;
SELECT count(*) FILTER (WHERE event LIKE '%secret%') AS secrets FROM tracardi.event_rejected;
UPDATE tracardi.event_type SET schema = NULL WHERE type = 'bought';
CREATE TEMP TABLE first AS SELECT id, event::jsonb #>> '{properties,customer}' AS hash FROM tracardi.event_rejected WHERE event LIKE '%"e1"%';
SELECT tracardi.retry_rejected(id) -> 'events' AS events FROM first;
SELECT type, time, tags, properties - 'customer' AS properties, properties ->> 'customer' = hash AS same_hash, context FROM tracardi.event, first WHERE tags = '{t}';

-- A rule that is off, or gone, is none; without rules nothing is looked at.
UPDATE tracardi.consent_rule SET enabled = false WHERE name <> 'who';
SELECT response FROM test.bought('eve');
SELECT tracardi.drop_consent_rule('who');
SELECT response FROM test.bought('eve');
DROP VIEW test.seen;
DROP FUNCTION test.see(), test.bought(text, jsonb, text), test.rejects(text);
