-- The predefined event types: each from its event to its profile.
SELECT test.reset();

-- A profile's fields and their values, a line each.
CREATE FUNCTION test.leaves(place text, value jsonb) RETURNS TABLE (path text, leaf jsonb) LANGUAGE sql AS $$
  WITH RECURSIVE tree AS (
    SELECT place AS path, value AS leaf
    UNION ALL
    SELECT tree.path || '.' || e.key, e.value FROM tree, jsonb_each(CASE jsonb_typeof(leaf) WHEN 'object' THEN leaf ELSE '{}' END) e
  )
  SELECT * FROM tree WHERE jsonb_typeof(leaf) <> 'object'
$$;
CREATE FUNCTION test.profile(profile text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_object_agg(l.path, l.leaf) FROM tracardi.profile p,
    LATERAL (SELECT * FROM test.leaves('data', data) UNION ALL SELECT * FROM test.leaves('traits', traits)
             UNION ALL SELECT * FROM test.leaves('interests', interests) UNION ALL SELECT * FROM test.leaves('consents', consents)
             UNION ALL SELECT 'primary_id', to_jsonb(primary_id) WHERE primary_id IS NOT NULL) l
  WHERE p.id = tracardi.id(profile)
$$;

CREATE TABLE test.predefined (n int GENERATED ALWAYS AS IDENTITY, type text, properties jsonb, before text, profile jsonb);
INSERT INTO test.predefined (type, properties, profile) VALUES
  ('sign-in', '{"pk": "c-7", "login": "ann", "email": {"main": "a@x.org", "private": "a@home.org", "business": "a@work.org"}, "phone": {"main": "1", "mobile": "2", "business": "3", "whatsapp": 4}}',
   '{"primary_id": "c-7", "data.identifier.pk": "c-7", "data.identifier.token": "ann", "data.contact.email.main": "a@x.org", "data.contact.email.private": "a@home.org", "data.contact.email.business": "a@work.org", "data.contact.phone.main": "1", "data.contact.phone.mobile": "2", "data.contact.phone.business": "3", "data.contact.phone.whatsapp": "4"}'),
  ('sign-up', '{"login": "ann", "firstname": "Ann", "lastname": "", "email": {"main": "a@x.org", "private": null, "business": "a@work.org"}, "other": 1}',
   '{"data.identifier.token": "ann", "data.pii.firstname": "Ann", "data.pii.lastname": "", "data.contact.email.main": "a@x.org", "data.contact.email.business": "a@work.org"}'),
  ('sign-up', '{"email": {"private": "a@home.org"}}', '{"data.contact.email.private": "a@home.org"}'),
  ('identification', '{"pk": 7, "id": "i", "login": "ann", "passport": "p", "credit_card": "4", "badge": "b", "coupon": "ten", "firstname": "Ann", "lastname": "Lee",
    "email": {"main": "a@x.org", "private": "a@home.org", "business": "a@work.org"}, "phone": {"main": "1", "mobile": "2", "business": "3", "whatsapp": "4"},
    "twitter": "@t", "whatsapp": "w", "discord": "d", "slack": "s", "telegram": "te", "wechat": "we", "viber": "v", "signal": "si"}',
   '{"primary_id": "7", "data.identifier.pk": "7", "data.identifier.id": "i", "data.identifier.token": "ann", "data.identifier.passport": "p", "data.identifier.credit_card": "4", "data.identifier.badge": "b", "data.identifier.coupons": ["ten"], "data.pii.firstname": "Ann", "data.pii.lastname": "Lee",
     "data.contact.email.main": "a@x.org", "data.contact.email.private": "a@home.org", "data.contact.email.business": "a@work.org", "data.contact.phone.main": "1", "data.contact.phone.mobile": "2", "data.contact.phone.business": "3", "data.contact.phone.whatsapp": "4",
     "data.contact.app.twitter": "@t", "data.contact.app.whatsapp": "w", "data.contact.app.discord": "d", "data.contact.app.slack": "s", "data.contact.app.telegram": "te", "data.contact.app.wechat": "we", "data.contact.app.viber": "v", "data.contact.app.signal": "si"}'),
  ('account-deleted', '{"pk": "c-7"}', NULL),
  ('consent-update', '{"consents": {"marketing": {"revoke": null}, "profiling": {"revoke": "2030-01-01T00:00:00Z"}}}', '{"consents.marketing.revoke": null, "consents.profiling.revoke": "2030-01-01T00:00:00Z"}'),
  ('increase-interest', '{"interest": "chess", "value": 2.5}', '{"interests.chess": 2.5}'),
  ('increase-interest', '{"interest": "chess"}', '{"interests.chess": 1}'),
  ('increase-interest', '{"value": 2}', NULL),
  ('decrease-interest', '{"interest": "a.b c", "value": 2}', '{"interests.a.b c": -2}'),
  ('reset-interest', '{"interest": "chess", "value": 7}', '{"interests.chess": 7}'),
  ('reset-interest', '{"interest": "chess"}', '{"interests.chess": 0}'),
  ('add-color-preference', '{"color": "red"}', '{"data.preferences.colors": ["red"]}'),
  ('add-size-preference', '{"size": 0}', '{"data.preferences.sizes": [0]}'),
  ('add-brand-preference', '{"brand": ["a", "b", "a"]}', '{"data.preferences.brands": ["a", "b"]}'),
  ('add-channel-preference', '{"channel": "email"}', '{"data.preferences.channels": ["email"]}'),
  ('add-payment-preference', '{"payment": "card"}', '{"data.preferences.payments": ["card"]}'),
  ('checkout-started', '{"order_id": "o", "value": 10.5, "currency": "EUR"}', '{"data.metrics.ltcosv": 10.5, "data.metrics.ltcosc": 1, "data.metrics.ltcop": 0}'),
  ('checkout-completed', '{"id": "o", "value": 4}', '{"data.metrics.ltcocv": 4, "data.metrics.ltcocc": 1, "data.metrics.ltcop": 0}'),
  ('delivery-info-entered', '{"order_id": "o", "delivery": {"town": "Oslo", "county": "Oslo", "country": "NO", "postcode": 1234, "street": "Gate 1"}}',
   '{"data.contact.address.town": "Oslo", "data.contact.address.county": "Oslo", "data.contact.address.country": "NO", "data.contact.address.postcode": "1234", "data.contact.address.street": "Gate 1"}'),
  ('loyalty-card-added', '{"id": "l", "name": "Gold", "issuer": "shop", "expires": "2030-12-31"}', '{"data.loyalty.card.id": "l", "data.loyalty.card.name": "Gold", "data.loyalty.card.issuer": "shop", "data.loyalty.card.expires": "2030-12-31"}'),
  ('loyalty-card-removed', '{"id": "l"}', NULL),
  ('location', '{"location": [10.75, 59.9]}', '{"data.devices.last.geo.longitude": 10.75, "data.devices.last.geo.latitude": 59.9, "data.devices.last.geo.location": [10.75, 59.9]}');
INSERT INTO test.predefined (type, properties, profile)
SELECT type, '{"id": "m", "message": "hi", "identity": {"email": {"main": "a@x.org", "private": "p", "business": "b"}, "phone": {"main": "1", "mobile": "2", "business": "3", "whatsapp": "4"}}}',
  '{"data.contact.email.main": "a@x.org", "data.contact.email.private": "p", "data.contact.email.business": "b", "data.contact.phone.main": "1", "data.contact.phone.mobile": "2", "data.contact.phone.business": "3", "data.contact.phone.whatsapp": "4"}'
FROM unnest('{messaging-started,message-sent,message-received,message-opened,messaging-ended}'::text[]) AS type;
-- profile-update: each field of its places, with a value of its type.
WITH field AS (
  SELECT path, CASE type WHEN 'text' THEN '"t"' WHEN 'number' THEN '0' WHEN 'time' THEN '"1990-02-28"' WHEN 'list' THEN '["l"]' ELSE '{"k": false}' END::jsonb AS value
  FROM tracardi.profile_field WHERE path ~ '^data\.(pii|identifier|contact|media|job|preferences|loyalty)\.' AND path <> 'data.identifier.pk'
)
INSERT INTO test.predefined (type, properties, profile)
SELECT 'profile-update', (SELECT jsonb_object_agg(k, v) FROM (VALUES
    ('pii', '{"firstname": "t", "lastname": "t", "display_name": "t", "gender": "t", "birthday": "1990-02-28", "language": {"native": "t", "spoken": "l"}, "education": {"level": "t"}, "civil": {"status": "t"}, "attributes": {"height": 0, "weight": 0, "shoe_number": "0"}}'::jsonb),
    ('contact', '{"confirmations": "l", "email": {"main": "t", "private": "t", "business": "t"}, "phone": {"main": "t", "mobile": "t", "business": "t", "whatsapp": "t"}, "app": {"whatsapp": "t", "discord": "t", "slack": "t", "twitter": "t", "telegram": "t", "wechat": "t", "viber": "t", "signal": "t", "other": {"k": false}}, "address": {"town": "t", "county": "t", "country": "t", "postcode": "t", "street": "t", "other": "t"}}'),
    ('identifier', '{"id": "t", "pk": "not by this", "badge": "t", "passport": "t", "credit_card": "t", "token": "t", "coupons": "l"}'),
    ('media', '{"image": "t", "webpage": "t", "social": {"twitter": "t", "facebook": "t", "youtube": "t", "instagram": "t", "tiktok": "t", "linkedin": "t", "reddit": "t", "other": {"k": false}}}'),
    ('preferences', '{"purchases": ["l"], "colors": ["l"], "sizes": ["l"], "devices": ["l"], "channels": ["l"], "payments": ["l"], "brands": ["l"], "fragrances": ["l"], "services": ["l"], "other": ["l"]}'),
    ('job', '{"position": "t", "type": "t", "department": "t", "salary": 0, "company": {"name": "t", "country": "t", "size": 0, "segment": ["l"]}}'),
    ('loyalty', '{"codes": ["l"], "card": {"id": "t", "name": "t", "issuer": "t", "expires": "1990-02-28", "points": 0}}')) AS v (k, v)),
  (SELECT jsonb_object_agg(CASE WHEN value ? 'k' THEN path || '.k' ELSE path END, coalesce(value -> 'k', value)) FROM field);
-- The others tell nothing of the profile, whatever they hold.
INSERT INTO test.predefined (type, properties)
SELECT type, '{"id": "x", "name": "x", "value": 1, "email": {"main": "x"}, "status": "x"}' FROM tracardi.event_type t
WHERE NOT EXISTS (SELECT FROM tracardi.event_mapping m WHERE m.event_type = t.type)
  AND NOT EXISTS (SELECT FROM test.predefined p WHERE p.type = t.type);

-- A person for each of them. Nothing is wrong, and the profile is what it should be; with labels and state of each type.
SELECT count(*) AS tracked, count(*) FILTER (WHERE answer -> 'errors' <> '[]') AS with_errors
FROM (SELECT tracardi.track(type, properties, profile_id => 'p' || n, event_id => 'e' || n) AS answer FROM test.predefined ORDER BY n) t;
SELECT n, type, test.profile('p' || n) AS became, profile AS wanted FROM test.predefined WHERE test.profile('p' || n) IS DISTINCT FROM profile ORDER BY n;
SELECT DISTINCT e.type COLLATE "C" AS type, e.tags, e.journey_state, e.valid, e.errors FROM tracardi.event e WHERE e.kind = 'profile' ORDER BY 1;
-- All types were there, and every mapping was applied; the events are as they came.
SELECT type AS without_test FROM tracardi.event_type WHERE type NOT IN (SELECT type FROM test.predefined);
SELECT event_type, profile_path AS not_applied FROM tracardi.event_mapping m
WHERE NOT EXISTS (SELECT FROM test.predefined t JOIN tracardi.profile p ON p.id = tracardi.id('p' || t.n), jsonb_object_keys(p.fields) AS path
                  WHERE t.type = m.event_type AND path LIKE regexp_replace(m.profile_path, '{.*}', '%'));
SELECT count(*) AS changed FROM test.predefined t JOIN tracardi.event e ON e.external_id = 'e' || t.n WHERE e.properties <> t.properties;

-- One after the other.
CREATE FUNCTION test.after(profile text, VARIADIC events text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  event text;
BEGIN
  FOREACH event IN ARRAY events LOOP
    PERFORM tracardi.track(split_part(event, ' ', 1), substr(event, strpos(event, ' ') + 1)::jsonb, profile_id => profile);
  END LOOP;
  RETURN test.profile(profile);
END
$$;
SELECT test.after('i', 'increase-interest {"interest": "chess", "value": 3}', 'decrease-interest {"interest": "chess"}', 'increase-interest {"interest": "go"}', 'reset-interest {"interest": "go"}', 'increase-interest {"interest": " "}', 'increase-interest {"interest": null}');
SELECT test.after('c', 'add-color-preference {"color": "red"}', 'add-color-preference {"color": ["blue", "red"]}', 'add-size-preference {"size": 1}', 'add-size-preference {"size": 1.0}', 'add-size-preference {"size": "1"}');
SELECT test.after('m', 'checkout-started {"value": 10}', 'checkout-started {"value": 0.5}', 'checkout-started {}', 'checkout-completed {"value": 0.1}', 'checkout-completed {"value": 0.2}');
SELECT test.after('l', 'loyalty-card-added {"id": "a", "name": "Gold"}', 'profile-update {"loyalty": {"codes": ["x"], "card": {"points": 5}}}', 'loyalty-card-removed {"id": "a"}');
SELECT test.after('x', 'message-sent {"identity": {"email": {"main": "first"}}}', 'message-opened {"identity": {"email": {"main": "second", "private": "p"}}}', 'sign-in {"email": {"main": "third"}}');
SELECT test.after('o', 'consent-update {"consents": {"a": {"revoke": null}}}', 'consent-update {"consents": {"b": {"revoke": null}}}');

-- The journey of a page-view: who comes again stands elsewhere on it.
SELECT tracardi.track('page-view', '{}', profile_id => 'v', session_id => 's' || n) IS NOT NULL FROM generate_series(1, 3) n;
SELECT tracardi.track('page-view', '{}') IS NOT NULL AS profileless;
SELECT s.external_id AS session, e.kind, e.journey_state FROM tracardi.event e LEFT JOIN tracardi.session s ON s.id = e.session_id WHERE e.type = 'page-view' AND e.external_id IS NULL ORDER BY e.time;

-- What was switched off stays so, and what was deleted comes back.
UPDATE tracardi.event_mapping SET enabled = false WHERE event_type = 'sign-up' AND profile_path = 'data.pii.firstname';
SELECT tracardi.drop_event_mapping('Sign Up', 'data.pii.lastname');
SELECT tracardi.setup(search_path => '"$user", public');
SELECT test.after('s', 'sign-up {"firstname": "Ann", "lastname": "Lee"}');

DROP TABLE test.predefined;
DROP FUNCTION test.after(text, text[]);
