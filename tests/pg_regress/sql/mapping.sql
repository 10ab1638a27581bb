-- What events set of their profile (tracardi.event_mapping); test.profile is of predefined.sql.
SELECT test.reset();
CREATE FUNCTION test.told(answer jsonb) RETURNS TABLE (code text, message text, path text) LANGUAGE sql AS $$
  SELECT e ->> 'code', e ->> 'message', e ->> 'path' FROM jsonb_array_elements(answer -> 'errors') e
$$;

-- Each operation. 0, false and empty are kept; null and what is missing leaves the field alone.
SELECT tracardi.create_event_mapping('Order Paid', 'traits.last', 'properties.id'),
  tracardi.create_event_mapping('order-paid', 'traits.first', 'properties.id', 'equals_if_not_exists'),
  tracardi.create_event_mapping('order-paid', 'traits.ids', 'properties.id', 'append'),
  tracardi.create_event_mapping('order-paid', 'traits.spent', 'properties.total', '+'),
  tracardi.create_event_mapping('order-paid', 'traits.budget', 'properties.total', '-'),
  tracardi.create_event_mapping('order-paid', 'traits.orders', operation => 'increment'),
  tracardi.create_event_mapping('order-paid', 'traits.lives', operation => 'decrement', value => '2'),
  tracardi.create_event_mapping('order-paid', 'traits.lead', operation => 'delete'),
  tracardi.create_event_mapping('order-paid', 'traits.page', 'context.page.url'),
  tracardi.create_event_mapping('order-paid', 'traits.buyer', value => 'true'),
  tracardi.create_event_mapping('order-paid', 'traits."first.line".sku', 'properties.lines.0.sku'),
  tracardi.create_event_mapping('order-paid', 'traits.vip', value => '"yes"', condition => '$.properties.total > 100'),
  tracardi.create_event_mapping('order-paid', 'traits.mean', operation => 'ratio', value => '["traits.spent", "traits.orders"]', ordinal => 1);
INSERT INTO tracardi.profile (id, external_id, traits) VALUES (tracardi.id('p'), 'p', '{"lead": 1, "kept": {"a": [1]}, "ids": 9, "first": " "}');
SELECT tracardi.track('order-paid', '{"id": 0, "total": 10.5, "lines": [{"sku": false}]}', profile_id => 'p', context => '{"page": {"url": ""}}') -> 'errors' AS errors;
SELECT traits FROM tracardi.profile;
SELECT tracardi.track('order-paid', '{"id": 9.0, "total": "100", "lines": null}', profile_id => 'p') -> 'errors' AS errors;
SELECT tracardi.track('order-paid', '{"id": null, "total": 101}', profile_id => 'p') -> 'errors' AS errors;
SELECT traits FROM tracardi.profile;

-- What can't be applied leaves its field alone, and is named; nothing else is lost.
UPDATE tracardi.profile SET traits = '{"spent": "much", "ids": {"a": 1}, "first.line": 5, "budget": 1e40}', updated_at = '2020-01-01', fields = '{}';
SELECT * FROM test.told(tracardi.track('order-paid', '{"id": "c", "total": 1, "lines": [{"sku": "s"}]}', profile_id => 'p', event_id => 'bad'));
SELECT valid, jsonb_pretty(errors) FROM tracardi.event WHERE external_id = 'bad';
SELECT traits, updated_at > now() - interval '1 day' AS moved FROM tracardi.profile;
SELECT * FROM test.told(tracardi.track('{"source": {"id": "shop"}, "profile": {"id": "q"}, "events": [
  {"type": "sign-up", "properties": {"firstname": ["Ann"], "lastname": "Lee"}},
  {"type": "sign-up", "id": "x", "properties": {"email": {"main": {"a": 1}}, "login": true}},
  {"type": "profile-update", "properties": {"pii": {"birthday": "xx", "attributes": {"height": "tall"}}, "job": {"company": {"segment": {}}}}},
  {"type": "consent-update", "properties": {"consents": ["marketing"]}},
  {"type": "increase-interest", "properties": {"interest": ["a"], "value": 1}},
  {"type": "increase-interest", "properties": {"interest": "a", "value": "x"}},
  {"type": "increase-interest", "properties": {"interest": "a", "value": 1e100}},
  {"type": "sign-in", "properties": {"pk": " "}}]}'));
SELECT test.profile('q'), count(*) FROM tracardi.event WHERE profile_id = tracardi.id('q') AND valid AND kind = 'profile' GROUP BY 1;
SELECT * FROM test.told(tracardi.track('sign-in', jsonb_build_object('pk', repeat('x', 256), 'login', repeat('y', 70000)), profile_id => 'q'));
-- A visitor can't make a profile grow for ever.
SELECT count(*), min(message) FROM test.told(tracardi.track((SELECT jsonb_build_object('source', jsonb_build_object('id', 'shop'), 'profile', jsonb_build_object('id', 'r'), 'events',
  jsonb_agg(jsonb_build_object('type', 'increase-interest', 'properties', jsonb_build_object('interest', 'i' || n)))) FROM generate_series(1, 1002) n)));
SELECT count(*) FROM tracardi.profile, jsonb_object_keys(interests) WHERE external_id = 'r';

-- Who set it last. What an older event says comes too late; it still counts.
SELECT test.reset();
SELECT tracardi.create_event_mapping('moved', 'traits.town', 'properties.town'), tracardi.create_event_mapping('moved', 'traits.moves', operation => 'increment'),
  tracardi.create_event_mapping('moved', 'traits.towns', 'properties.town', 'append'), tracardi.create_event_mapping('gone', 'traits.town', operation => 'delete');
SELECT tracardi.track('moved', jsonb_build_object('town', town), profile_id => 'p', event_id => id, "time" => time) -> 'errors' AS errors
FROM (VALUES ('Oslo', '00000000-0000-4000-8000-000000000001', '2024-02-01Z'::timestamptz), ('Bergen', '00000000-0000-4000-8000-000000000002', '2024-01-01Z')) v (town, id, time);
SELECT traits, jsonb_pretty(fields) FROM tracardi.profile;
SELECT tracardi.track('gone', '{}', profile_id => 'p', event_id => '00000000-0000-4000-8000-000000000003', "time" => '2024-03-01Z') -> 'errors' AS errors;
SELECT tracardi.track('moved', '{"town": "late"}', profile_id => 'p', "time" => '2024-02-15Z') -> 'errors' AS errors;
SELECT traits, fields -> 'traits.town' AS town FROM tracardi.profile;
-- A part counts for the whole, and the whole for its parts.
SELECT tracardi.track('loyalty-card-added', '{"id": "new"}', profile_id => 'l', "time" => '2024-03-01Z') -> 'errors', tracardi.track('loyalty-card-removed', '{}', profile_id => 'l', "time" => '2024-02-01Z') -> 'errors';
SELECT test.profile('l');
SELECT tracardi.track('loyalty-card-removed', '{}', profile_id => 'l', event_id => '00000000-0000-4000-8000-000000000004', "time" => '2024-04-01Z') -> 'errors', tracardi.track('loyalty-card-added', '{"id": "old"}', profile_id => 'l', "time" => '2024-03-15Z') -> 'errors';
SELECT test.profile('l'), fields FROM tracardi.profile WHERE external_id = 'l';

-- A locked field is set by events of some types alone, and so is what is beneath it.
INSERT INTO tracardi.profile_field (path, event_types) VALUES ('data.contact.email', '{identification}'), ('traits.plan', '{}');
UPDATE tracardi.profile_field SET event_types = '{sign-up}' WHERE path = 'data.pii.lastname';
SELECT tracardi.create_event_mapping('sign-in', 'traits.plan', value => '"free"');
SELECT tracardi.track('sign-in', '{"login": "ann", "email": {"main": "forged"}}', profile_id => 'k') -> 'errors', test.profile('k');
SELECT tracardi.track('identification', '{"email": {"main": "true"}, "lastname": "no"}', profile_id => 'k') -> 'errors', tracardi.track('sign-up', '{"email": {"main": "forged"}, "lastname": "Lee"}', profile_id => 'k') -> 'errors';
SELECT test.profile('k');

-- Profileless, ephemeral and invalid events tell nothing of a profile, nor do those that were stored before.
SELECT test.reset();
SELECT tracardi.create_event_mapping('hit', 'traits.hits', operation => 'increment'), tracardi.create_event_mapping('page-view', 'traits.url', 'properties.url');
UPDATE tracardi.event_type SET schema = '{"required": ["url"]}' WHERE type = 'page-view';
SELECT tracardi.track('{"source": {"id": "shop"}, "profile": {"id": "p"}, "events": [{"type": "hit", "id": "one"}, {"type": "hit", "id": "one"}, {"type": "hit", "options": {"profileLess": true}},
  {"type": "hit", "options": {"saveEvent": false}}, {"type": "page-view"}, {"type": "page-view", "properties": {"url": "/"}}]}') -> 'errors' -> 0 ->> 'message' AS error;
DELETE FROM tracardi.event_key;
SELECT tracardi.track('hit', '{}', profile_id => 'p', event_id => 'one', "time" => e.time, source_id => 'shop') -> 'warnings' -> 0 ->> 'message' AS warning FROM tracardi.event e WHERE external_id = 'one';
SELECT traits FROM tracardi.profile;

-- A workflow sees the profile as the events made it.
CREATE FUNCTION test.see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond((SELECT jsonb_build_object('hits', traits -> 'hits') FROM tracardi.profile WHERE id = NEW.profile_id));
  RETURN NULL;
END $$;
SELECT tracardi.create_workflow('see', 'test.see', event_type => 'hit');
SELECT tracardi.track('hit', '{}', profile_id => 'p') -> 'response' AS response;
SELECT tracardi.drop_workflow('see');

-- What can't be used is refused when it is entered.
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'data..b', 'properties.b')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'visit_count', 'properties.b')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.a', 'property.b')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.{properties.a', 'properties.b')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.a')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.a', 'properties.b', 'multiply')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.a', 'properties.b', 'increment')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.a', operation => 'ratio', value => '["traits.b"]')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('a', 'traits.a', 'properties.b', '+', '"x"')$$);
SELECT test.error($$INSERT INTO tracardi.event_mapping (event_type, profile_path, source) VALUES ('a', 'primary_id.x', 'properties.b')$$);
SELECT test.error($$INSERT INTO tracardi.profile_field (path) VALUES ('data.a b')$$);
SELECT test.error($$INSERT INTO tracardi.profile_field (path) VALUES ('traits."a"')$$);
SELECT test.error($$SELECT tracardi.create_event_mapping('hit', 'traits.hits', operation => 'increment')$$);
SELECT test.error($$SELECT tracardi.drop_event_mapping('hit', 'traits.none')$$);
SELECT test.code($$INSERT INTO tracardi.event_mapping (event_type, profile_path, source) VALUES ('Not Normal', 'traits.a', 'properties.b')$$),
  test.code($$INSERT INTO tracardi.event_mapping (event_type, profile_path, source) VALUES ('a', NULL, 'properties.b')$$);
SELECT tracardi.drop_event_mapping('hit', 'traits.hits');

SELECT test.reset();
DROP FUNCTION test.see(), test.told(jsonb), test.profile(text), test.leaves(text, jsonb);
