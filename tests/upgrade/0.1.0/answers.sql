-- What 0.1.0 could be asked, by its own words: run on databases that hold data.sql. Nothing that it prints depends on the moment, or is made at random.
SET timezone = 'UTC';
SET search_path = tracardi, public;

-- What was stored.
SELECT type, kind, external_id, source_id, valid, tags, properties, journey_state, tenant, e.profile_id FROM event e
WHERE kind <> 'system' ORDER BY type, time, e.id;
SELECT count(*), count(DISTINCT e.profile_id), count(DISTINCT session_id) FROM event e WHERE type <> 'visit-ended';
SELECT id, external_id, primary_id, data, traits, interests, consents, segments, visit_count, score FROM profile ORDER BY id;
SELECT profile_alias.* FROM profile_alias ORDER BY id;
SELECT id, external_id, profile_id, source_id, started_at, device, os FROM session ORDER BY id;
SELECT event_key.* FROM event_key ORDER BY id;
SELECT person_id, type, count(*) FROM person_event WHERE type NOT IN ('visit-ended') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT price, at FROM purchase ORDER BY time, price;
SELECT source_id, session_id, code, message, event FROM event_rejected ORDER BY received_at;
SELECT workflow, code, message, attempts FROM workflow_failure ORDER BY workflow;

-- The ways in.
SELECT a -> 'errors', a -> 'response', jsonb_array_length(a -> 'events') AS events, a #>> '{profile,id}' AS profile FROM track('purchase', '{"price": 5, "at": "2026-11-01T00:00:00Z"}', profile_id => 'customer-42') a;
SELECT a -> 'events', a #>> '{warnings,0,message}' AS warning FROM track('purchase', '{"price": 5}', profile_id => 'customer-42', event_id => 'order-1') a;
SELECT a -> 'response' FROM track('mouse-move', '{}') a;
SELECT a -> 'errors' FROM track('{"source": {"id": "web"}, "session": {"id": "first"}, "events": [{"type": "page-view"}, {"type": "purchase", "properties": {"joke": "haha"}}, {"type": 7}]}') a;
SELECT a -> 'errors' FROM collect('temperature', 'web', '{"value": 22}') a;
SELECT track('a', '{}', source_id => 'gone');
SELECT track(NULL::jsonb);
SELECT a #>> '{profile,id}' = (SELECT profile_id::text FROM session WHERE external_id = 'phone') AS known
FROM track('{"source": {"id": "web"}, "session": {"id": "tablet"}, "events": [{"type": "sign-in", "properties": {"email": {"main": "ANN@example.com"}}}]}') a;
SELECT a -> 'errors' FROM tracardi_api.track('{"source": {"id": "web"}, "session": {"id": "b1c9e0a1-0000-7000-8000-000000000001"}, "events": [{"type": "page-view", "properties": {"a": "\u0000"}}, {"type": "click"}]}'::json) AS t, jsonb(t) AS a;
SELECT tracardi_api.collect('temperature', 'web', '{"value": 23}') -> 'errors' AS errors;
SELECT tracardi_api.health() ->> 'status' AS health;
SELECT check_event('purchase', '{"joke": "haha"}');
SELECT track('purchase', '{"price": 5}', profile_id => 'buyer') -> 'errors' AS errors;
SELECT segments, traits FROM profile WHERE external_id = 'buyer';

-- Consents, delivery, upkeep.
SELECT consent('customer-42', '{"news, letter": true}') IS NOT NULL AS consented;
SELECT consents -> 'news, letter' -> 'status' AS consents FROM profile WHERE external_id = 'customer-42';
SELECT count(*) > 0 AS polled FROM poll('out');
CALL maintain();
SELECT type, properties ->> 'workflow' AS workflow FROM event WHERE kind = 'system' AND type = 'workflow-failed' ORDER BY 1, 2;
SELECT run_workflows() >= 0 AS ran;
SELECT e.key, jsonb_array_length(e.value), jsonb_path_query_array(e.value, '$[*].name') AS names FROM jsonb_each(export_configuration()) e WHERE jsonb_typeof(e.value) = 'array' ORDER BY 1;
SELECT name, enabled, status, mode FROM workflow ORDER BY name;
SELECT forget('customer-42') IS NOT NULL AS forgotten;
SELECT count(*) FROM event WHERE profile_id = id('customer-42');

-- What can be made.
SELECT create_source('new', 'New', 'a source', '{rest}', true), create_event_type('new', 'a type', '{"type": "object"}'), create_segment('new', '$.visit_count > 0');
SELECT create_identification_point('new', 'new', '{email}'), create_event_mapping('new', 'traits.new', 'properties.new'), create_consent_type('new'), create_event_view('new');
SELECT create_workflow('new', 'answer', event_type => 'new'), create_subscription('new', 'new');
SELECT a -> 'errors', a -> 'response' FROM track('new', '{"new": 1, "email": "new@example.com"}', profile_id => 'new') a;
SELECT source_id, enabled FROM source_status ORDER BY 1;
SELECT drop_workflow('new'), drop_subscription('new'), drop_segment('new'), drop_source('new');
