-- Consent types, saying what one agrees to, and workflows that need it.
SELECT test.reset();
SELECT tracardi.create_consent_type('newsletter', 'letters', auto_revoke => '30 days'), tracardi.create_consent_type('maps'), tracardi.create_consent_type('statistics', default_value => 'grant'),
       tracardi.create_consent_type('operation', default_value => 'grant', revokable => false);
SELECT name, description, default_value, revokable, auto_revoke, enabled FROM tracardi.consent_type ORDER BY name;
SELECT test.error($$SELECT tracardi.create_consent_type('maps')$$);
SELECT test.error($$SELECT tracardi.create_consent_type('new', default_value => 'maybe')$$);
SELECT name, test.code(format('SELECT tracardi.create_consent_type(%L)', name)) FROM unnest(ARRAY['', ' a', repeat('x', 256), NULL]) name;
SELECT test.code($$SELECT tracardi.create_consent_type('new', auto_revoke => '-1 day')$$);
SELECT test.error($$SELECT tracardi.drop_consent_type('new')$$);

-- What is given: as it was said until it expires, else by default.
SELECT consents, name, tracardi.has_consent(consents, name, '2024-01-01Z') FROM
  unnest('{newsletter,statistics,other}'::text[]) name, unnest(ARRAY['{}', '{"newsletter": {"revoke": null}, "statistics": {"revoke": "2023-12-31T23:59:59Z"}, "other": {"revoke": "2024-01-01T00:00:01Z"}}',
    '{"newsletter": {"revoke": "2024-01-01T00:00:00Z"}, "statistics": false, "other": true}', '{"newsletter": {"granted": false}, "statistics": {"revoke": "soon"}, "other": 1}']::jsonb[]) consents ORDER BY 1, 2;
SELECT tracardi.has_consent('{"a": {"revoke": null}}', 'a'), tracardi.has_consent('[]', 'statistics') AS nobody;

-- Said by SQL. A visitor's view of what is kept: a time as what it is.
CREATE FUNCTION test.told(consents jsonb) RETURNS TABLE (name text, revoke text) LANGUAGE sql AS $$
  SELECT key, CASE WHEN value ->> 'revoke' IS NULL THEN value::text
                   WHEN abs(extract(epoch FROM (value ->> 'revoke')::timestamptz - now())) < 7200 THEN 'now'
                   WHEN abs(extract(epoch FROM (value ->> 'revoke')::timestamptz - now() - interval '30 days')) < 7200 THEN 'in 30 days'
                   ELSE value ->> 'revoke' END FROM jsonb_each(consents) ORDER BY key
$$;
SELECT test.error($$SELECT tracardi.consent('ann', '{"maps": true}')$$);
SELECT tracardi.track('a', '{}', profile_id => 'ann') IS NOT NULL AS tracked;
SELECT * FROM test.told(tracardi.consent('ann', '{"newsletter": true, "maps": true, "unlisted": true}'));
SELECT * FROM test.told(tracardi.consent(tracardi.id('ann')::text, '{"maps": true, "third": {"revoke": "2031-05-01T00:00:00Z"}}', expires_at => '2030-01-01Z'));
SELECT * FROM test.told(tracardi.consent('ann', '{"newsletter": false, "statistics": false, "maps": false, "unlisted": false, "third": {"revoke": null}}'));
SELECT * FROM test.told(tracardi.consent('ann', "all" => true));
SELECT * FROM test.told(tracardi.consent('ann', '{"maps": false}', "all" => true));
SELECT tracardi.consent('ann', '{}') = (SELECT consents FROM tracardi.profile) AS unchanged;
-- The event tells what changed, and no more; not when nothing did.
SELECT properties, kind, test.profile(profile_id) AS profile, session_id, source_id, tags FROM tracardi.event WHERE type = 'consent-changed' ORDER BY time, id;
-- What can't be.
SELECT test.error($$SELECT tracardi.consent('ann', '{"operation": false}')$$);
SELECT test.error($$SELECT tracardi.consent('ann', '[]')$$);
SELECT consents, test.error(format('SELECT tracardi.consent(''ann'', %L)', consents)) FROM unnest(ARRAY['{"maps": 1}', '{"maps": {"revoke": "soon"}}', '{" ": true}']) consents;
SELECT test.code($$SELECT tracardi.consent('ann', '{"maps": true}', expires_at => 'infinity')$$), test.code($$SELECT tracardi.consent(NULL, '{"maps": true}')$$);
SELECT test.error($$SELECT tracardi.consent('ann', (SELECT jsonb_object_agg(n, true) FROM generate_series(1, 100) n))$$);
-- A type that is switched off is none.
UPDATE tracardi.consent_type SET enabled = false WHERE name IN ('newsletter', 'operation');
SELECT tracardi.has_consent('{}', 'operation') AS by_default, test.code($$SELECT tracardi.consent('ann', '{"operation": false}')$$);
SELECT * FROM test.told(tracardi.consent('ann', '{"newsletter": true}'));
UPDATE tracardi.consent_type SET enabled = true;

-- Said by an event: true and false become what is kept of them, by its time; other forms stay.
SELECT tracardi.track('consent-update', '{"consents": {"newsletter": true, "maps": false, "statistics": false, "third": {"revoke": null}}}', profile_id => 'ben', "time" => '2024-01-01Z') IS NOT NULL AS tracked;
SELECT consents FROM tracardi.profile WHERE external_id = 'ben';
SELECT tracardi.create_event_mapping('newsletter-ordered', 'consents.newsletter', value => 'true'), tracardi.create_event_mapping('newsletter-left', 'consents.newsletter', value => 'false');
SELECT tracardi.track('newsletter-ordered', '{}', profile_id => 'ben', "time" => '2024-02-01Z') IS NOT NULL AS tracked;
SELECT consents -> 'newsletter' AS newsletter, consents ? 'third' AS others FROM tracardi.profile WHERE external_id = 'ben';
SELECT tracardi.track('newsletter-left', '{}', profile_id => 'ben') IS NOT NULL AS tracked;
SELECT consents ? 'newsletter' AS newsletter, consents ? 'third' AS others FROM tracardi.profile WHERE external_id = 'ben';
SELECT a #>> '{errors,0,message}' AS error FROM tracardi.track('consent-update', jsonb_build_object('consents', (SELECT jsonb_object_agg(n, repeat('x', 100)) FROM generate_series(1, 900) n)), profile_id => 'ben') a;

-- What is over is tidied up, unless the default would come back with that.
UPDATE tracardi.profile SET consents = '{"newsletter": {"revoke": "2024-01-01T00:00:00Z"}, "statistics": {"revoke": "2024-01-01T00:00:00Z"}, "maps": {"revoke": "2124-01-01T00:00:00Z"}, "third": {"revoke": null}, "odd": {"revoke": "soon"}, "plain": true}' WHERE external_id = 'ann';
UPDATE tracardi.profile SET consents = '{"maps": {"revoke": "2024-01-01T00:00:00Z"}}' WHERE external_id = 'ben';
CALL tracardi.maintain();
SELECT external_id, consents FROM tracardi.profile ORDER BY 1;
SELECT tracardi.tidy_consents();

-- Workflows that need consents: all of them, as they are at that moment; nobody's events have none.
SELECT test.reset();
SELECT tracardi.create_consent_type('statistics', default_value => 'grant');
CREATE FUNCTION test.say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond(jsonb_build_object(TG_NAME, NEW.kind)); RETURN NULL; END $$;
SELECT tracardi.create_workflow('both', 'test.say', event_type => 'bought', consents => '{maps,newsletter}'), tracardi.create_workflow('statistics', 'test.say', event_type => 'bought', consents => '{statistics}'),
       tracardi.create_workflow('free', 'test.say', event_type => 'bought'), tracardi.create_workflow('consented', 'test.say', event_type => 'consent-changed', consents => '{maps}');
SELECT name, consents FROM tracardi.workflow ORDER BY name;
SELECT test.code($$SELECT tracardi.create_workflow('bad', 'test.say', consents => '{NULL}')$$), test.code($$SELECT tracardi.create_workflow('bad', 'test.say', consents => '{""}')$$);
CREATE FUNCTION test.bought(profile text, options jsonb DEFAULT '{}', session text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
  SELECT tracardi.track('bought', '{}', profile_id => profile, session_id => session, options => options) -> 'response' $$;
SELECT test.bought('ann');
SELECT tracardi.consent('ann', '{"maps": true}') IS NOT NULL AS said;
SELECT test.bought('ann');
SELECT tracardi.consent('ann', '{"newsletter": true}', '2124-01-01Z') IS NOT NULL AS said;
SELECT test.bought('ann');
SELECT test.bought('ann', '{"saveEvent": false}') AS ephemeral, test.bought('ann', '{"saveProfile": false}') AS read_only, test.bought(NULL) AS nobody;
UPDATE tracardi.profile SET consents = jsonb_set(consents, '{newsletter,revoke}', '"2024-01-01T00:00:00Z"');
SELECT test.bought('ann') AS expired;
-- What the call itself says counts.
SELECT tracardi.track('{"source": {"id": "sql"}, "profile": {"id": "ann"}, "events": [{"type": "bought"}, {"type": "consent-update", "properties": {"consents": {"maps": true, "newsletter": true, "statistics": false}}}]}') -> 'response' AS response;
SELECT tracardi.drop_consent_type('statistics');

-- By HTTP: also as a text, and all at once.
SELECT test.reset();
SELECT tracardi.create_consent_type('newsletter', auto_revoke => '30 days'), tracardi.create_consent_type('maps');
SELECT status FROM test.http('track(json)', '{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000001"}, "events": [{"type": "a"}]}');
CREATE FUNCTION test.says(call text, more text, headers json DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT r.status FROM tracardi.session s, test.http(call, format('{"source": {"id": "web"}, "session": {"id": "0190e0a1-0000-7000-8000-000000000001"}, "profile": {"id": "%s"}, %s}', s.profile_id, more), headers) r
$$;
SELECT test.says('consent(text)', '"consents": {"maps": {"revoke": "2031-05-01T00:00:00Z"}}');
SELECT told.* FROM tracardi.profile, test.told(consents) told;
SELECT test.says('consent(json)', '"all": true, "consents": {"maps": false}');
SELECT told.* FROM tracardi.profile, test.told(consents) told;
SELECT test.says('consent(text)', '"x": 1', '{"x-tracardi-query": "?all=true"}'), test.says('consent(text)', '"x": 1', '{"x-tracardi-query": "all=no"}'), test.says('consent(json)', '"all": "true"');
SELECT told.* FROM tracardi.profile, test.told(consents) told;
SELECT properties, test.profile(profile_id) AS profile FROM tracardi.event WHERE type = 'consent-changed' ORDER BY time, id;
DROP FUNCTION test.told(jsonb), test.bought(text, jsonb, text), test.say(), test.says(text, text, json);
