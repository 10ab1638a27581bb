-- The predefined event types: what they mean, how their events are labelled, and what they tell of the profile.

CREATE FUNCTION tracardi.make_predefined_types() RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- The fields of a profile's data: {where: {type: [names]}}.
  fields CONSTANT jsonb := '{
    "data.pii":                 {"text": ["firstname", "lastname", "display_name", "gender"], "time": ["birthday"]},
    "data.pii.language":        {"text": ["native"], "list": ["spoken"]},
    "data.pii.education":       {"text": ["level"]},
    "data.pii.civil":           {"text": ["status"]},
    "data.pii.attributes":      {"number": ["height", "weight", "shoe_number"]},
    "data.contact":             {"list": ["confirmations"]},
    "data.contact.email":       {"text": ["main", "private", "business"]},
    "data.contact.phone":       {"text": ["main", "mobile", "business", "whatsapp"]},
    "data.contact.app":         {"text": ["whatsapp", "discord", "slack", "twitter", "telegram", "wechat", "viber", "signal"], "object": ["other"]},
    "data.contact.address":     {"text": ["town", "county", "country", "postcode", "street", "other"]},
    "data.identifier":          {"text": ["id", "pk", "badge", "passport", "credit_card", "token"], "list": ["coupons"]},
    "data.media":               {"text": ["image", "webpage"]},
    "data.media.social":        {"text": ["twitter", "facebook", "youtube", "instagram", "tiktok", "linkedin", "reddit"], "object": ["other"]},
    "data.preferences":         {"list": ["purchases", "colors", "sizes", "devices", "channels", "payments", "brands", "fragrances", "services", "other"]},
    "data.job":                 {"text": ["position", "type", "department"], "number": ["salary"]},
    "data.job.company":         {"text": ["name", "country"], "number": ["size"], "list": ["segment"]},
    "data.devices":             {"list": ["push", "other"]},
    "data.devices.last.geo":    {"text": ["county", "city", "postal"], "number": ["latitude", "longitude"], "object": ["country"]},
    "data.metrics":             {"number": ["ltv", "ltcosc", "ltcocc", "ltcop", "ltcosv", "ltcocv"], "time": ["next"], "object": ["custom"]},
    "data.loyalty":             {"list": ["codes"]},
    "data.loyalty.card":        {"text": ["id", "name", "issuer"], "time": ["expires"], "number": ["points"]}
  }';
BEGIN
  INSERT INTO tracardi.profile_field (path, type)
  SELECT place.key || '.' || name, of_type.key
  FROM jsonb_each(fields) AS place, jsonb_each(place.value) AS of_type, jsonb_array_elements_text(of_type.value) AS name
  ON CONFLICT DO NOTHING;

  INSERT INTO tracardi.event_type (type, journey_state, tags, description) VALUES
    -- Who it is
    ('sign-in', 'consideration', '{event:behavioral}', 'a person signed in'),
    ('sign-up', 'consideration', '{event:behavioral}', 'a person made an account'),
    ('identification', 'consideration', '{event:operational}', 'a person was recognized by an id, a card, a phone, …'),
    ('account-deleted', 'retention', '{event:behavioral}', 'a person gave up the account'),
    -- What is known of the person
    ('profile-update', 'awareness', '{event:operational}', 'fields of the profile, by their names'),
    ('consent-update', 'awareness', '{activity:consent}', 'all consents of the person anew'),
    ('increase-interest', NULL, '{event:behavioral}', 'an interest grew by value, or by 1'),
    ('decrease-interest', NULL, '{event:behavioral}', 'an interest shrank by value, or by 1'),
    ('reset-interest', NULL, '{event:behavioral}', 'an interest became value, or 0'),
    ('add-color-preference', NULL, '{event:behavioral}', 'a color that the person likes'),
    ('add-size-preference', NULL, '{event:behavioral}', 'a size that fits the person'),
    ('add-brand-preference', NULL, '{event:behavioral}', 'a brand that the person likes'),
    ('add-channel-preference', NULL, '{event:behavioral}', 'a channel by which the person wants to be reached'),
    ('add-payment-preference', NULL, '{event:behavioral}', 'a way in which the person likes to pay'),
    -- The shop
    ('product-clicked', 'awareness', '{activity:browsing,event:behavioral}', 'a product was clicked in a list'),
    ('product-details-page-view', 'awareness', '{activity:browsing,event:behavioral}', 'a product''s page was seen'),
    ('basket-viewed', 'consideration', '{}', 'the basket was seen'),
    ('product-added-to-basket', 'consideration', '{}', 'a product was put into the basket'),
    ('product-removed-from-basket', 'consideration', '{}', 'a product was taken out of the basket'),
    ('checkout-started', 'purchase', '{}', 'a checkout began, over value'),
    ('checkout-completed', 'purchase', '{}', 'a checkout was completed, over value'),
    ('checkout-status', 'purchase', '{}', 'a checkout''s status changed'),
    ('delivery-info-entered', 'purchase', '{}', 'where to deliver'),
    ('payment-info-entered', 'purchase', '{}', 'how to pay'),
    ('order-started', 'purchase', '{event:operational}', 'an order was placed'),
    ('order-completed', 'purchase', '{event:operational}', 'an order was completed'),
    ('order-delivered', 'purchase', '{event:operational}', 'an order was delivered'),
    ('order-waiting-for-dispatch', 'purchase', '{event:operational}', 'an order waits to be sent'),
    ('order-dispatched', 'purchase', '{event:operational}', 'an order was sent'),
    ('order-dispatch-in-transit', 'purchase', '{event:operational}', 'an order is on its way'),
    ('order-awaiting-pickup', 'purchase', '{event:operational}', 'an order can be picked up'),
    ('order-status-change', 'purchase', '{}', 'an order''s status changed'),
    ('product-shared', 'advocacy', '{}', 'a product was recommended to others'),
    ('product-reviewed', 'retention', '{}', 'a product was reviewed or rated'),
    ('product-returned', 'retention', '{}', 'a product was sent back'),
    ('sale-completed', 'purchase', '{}', 'a sale was completed'),
    -- Money
    ('account-payable', 'purchase', '{event:operational,entity:payment}', 'something is to be paid'),
    ('payable-overdue', 'purchase', '{event:operational,entity:payment}', 'what was to be paid is overdue'),
    ('account-receivable', 'purchase', '{event:operational,entity:payment}', 'a payment is to be received'),
    ('receivable-overdue', 'purchase', '{event:operational,entity:payment}', 'a payment to be received is overdue'),
    ('payment-sent', 'purchase', '{event:operational,entity:payment}', 'a payment was sent'),
    ('payment-received', 'purchase', '{event:operational,entity:payment}', 'a payment was received'),
    -- Loyalty and marketing
    ('loyalty-card-added', 'retention', '{}', 'the person has a loyalty card'),
    ('loyalty-card-removed', 'retention', '{}', 'the person has no loyalty card any more'),
    ('promotion-viewed', 'awareness', '{}', 'a promotion was seen'),
    ('promotion-clicked', 'awareness', '{}', 'a promotion was clicked'),
    ('rating', 'retention', '{}', 'the person rated a part of the journey'),
    -- Messages
    ('messaging-started', NULL, '{}', 'a conversation began'),
    ('message-sent', NULL, '{}', 'a message was sent to the person'),
    ('message-received', NULL, '{}', 'a message of the person arrived'),
    ('message-opened', NULL, '{}', 'the person opened a message'),
    ('message-status', NULL, '{}', 'a message''s status changed'),
    ('messaging-ended', NULL, '{}', 'a conversation ended'),
    -- Where people go
    ('page-view', 'awareness', '{activity:browsing,event:behavioral}', 'a page was seen'),
    ('screen-view', NULL, '{}', 'a screen of an app was seen'),
    ('page-print', NULL, '{}', 'a page was printed'),
    ('search', NULL, '{}', 'something was searched for'),
    ('product-search-result', NULL, '{}', 'products were found'),
    ('location', NULL, '{activity:locating,event:system}', 'where the person is: [longitude, latitude]')
  ON CONFLICT DO NOTHING;
  UPDATE tracardi.event_type SET returning_journey_state = 'consideration'
  WHERE type = 'page-view' AND journey_state = 'awareness' AND returning_journey_state IS NULL;

  -- Many fields of one place: types, where to, where from, which names, how.
  INSERT INTO tracardi.event_mapping (event_type, profile_path, source, operation)
  SELECT event_type, target || '.' || name, origin || '.' || name, how
  FROM (VALUES
    ('{sign-in,sign-up,identification}', 'data.contact.email', 'properties.email', '{main,private,business}', 'equals'),
    ('{sign-in,identification}', 'data.contact.phone', 'properties.phone', '{main,mobile,business,whatsapp}', 'equals'),
    ('{sign-in,identification}', 'data.identifier', 'properties', '{pk}', 'equals'),
    ('{sign-up,identification}', 'data.pii', 'properties', '{firstname,lastname}', 'equals'),
    ('{identification}', 'data.identifier', 'properties', '{id,passport,credit_card,badge}', 'equals'),
    ('{identification}', 'data.contact.app', 'properties', '{twitter,whatsapp,discord,slack,telegram,wechat,viber,signal}', 'equals'),
    ('{delivery-info-entered}', 'data.contact.address', 'properties.delivery', '{town,county,country,postcode,street}', 'equals'),
    ('{loyalty-card-added}', 'data.loyalty.card', 'properties', '{id,name,issuer,expires}', 'equals'),
    ('{messaging-started,message-sent,message-received,message-opened,messaging-ended}',
     'data.contact.email', 'properties.identity.email', '{main,private,business}', 'equals_if_not_exists'),
    ('{messaging-started,message-sent,message-received,message-opened,messaging-ended}',
     'data.contact.phone', 'properties.identity.phone', '{main,mobile,business,whatsapp}', 'equals_if_not_exists')
  ) AS v (types, target, origin, names, how), unnest(types::text[]) AS event_type, unnest(names::text[]) AS name
  ON CONFLICT DO NOTHING;

  -- profile-update: every field of these places under its own name; only pk is left to sign-in and identification.
  INSERT INTO tracardi.event_mapping (event_type, profile_path, source)
  SELECT 'profile-update', path, replace(path, 'data.', 'properties.')
  FROM jsonb_each(fields) AS place, jsonb_each(place.value) AS of_type, jsonb_array_elements_text(of_type.value) AS name,
       concat(place.key, '.', name) AS path
  WHERE path ~ '^data\.(pii|identifier|contact|media|job|preferences|loyalty)\.' AND path <> 'data.identifier.pk'
  ON CONFLICT DO NOTHING;

  INSERT INTO tracardi.event_mapping (event_type, profile_path, operation, source, value, ordinal) VALUES
    ('sign-in', 'primary_id', 'equals', 'properties.pk', NULL, 0),
    ('sign-in', 'data.identifier.token', 'equals', 'properties.login', NULL, 0),
    ('sign-up', 'data.identifier.token', 'equals', 'properties.login', NULL, 0),
    ('identification', 'primary_id', 'equals', 'properties.pk', NULL, 0),
    ('identification', 'data.identifier.token', 'equals', 'properties.login', NULL, 0),
    ('identification', 'data.identifier.coupons', 'append', 'properties.coupon', NULL, 0),
    ('consent-update', 'consents', 'equals', 'properties.consents', NULL, 0),
    ('increase-interest', 'interests.{properties.interest}', 'add', 'properties.value', '1', 0),
    ('decrease-interest', 'interests.{properties.interest}', 'subtract', 'properties.value', '1', 0),
    ('reset-interest', 'interests.{properties.interest}', 'equals', 'properties.value', '0', 0),
    ('add-color-preference', 'data.preferences.colors', 'append', 'properties.color', NULL, 0),
    ('add-size-preference', 'data.preferences.sizes', 'append', 'properties.size', NULL, 0),
    ('add-brand-preference', 'data.preferences.brands', 'append', 'properties.brand', NULL, 0),
    ('add-channel-preference', 'data.preferences.channels', 'append', 'properties.channel', NULL, 0),
    ('add-payment-preference', 'data.preferences.payments', 'append', 'properties.payment', NULL, 0),
    -- Lifetime: checkouts started and completed, by count and by value, and how many were started for each completed.
    ('checkout-started', 'data.metrics.ltcosv', 'add', 'properties.value', NULL, 0),
    ('checkout-started', 'data.metrics.ltcosc', 'increment', NULL, NULL, 0),
    ('checkout-started', 'data.metrics.ltcop', 'ratio', NULL, '["data.metrics.ltcosc", "data.metrics.ltcocc"]', 1),
    ('checkout-completed', 'data.metrics.ltcocv', 'add', 'properties.value', NULL, 0),
    ('checkout-completed', 'data.metrics.ltcocc', 'increment', NULL, NULL, 0),
    ('checkout-completed', 'data.metrics.ltcop', 'ratio', NULL, '["data.metrics.ltcosc", "data.metrics.ltcocc"]', 1),
    ('loyalty-card-removed', 'data.loyalty.card', 'delete', NULL, NULL, 0),
    ('location', 'data.devices.last.geo.longitude', 'equals', 'properties.location.0', NULL, 0),
    ('location', 'data.devices.last.geo.latitude', 'equals', 'properties.location.1', NULL, 0),
    ('location', 'data.devices.last.geo.location', 'equals', 'properties.location', NULL, 0)
  ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION tracardi.make_predefined_types() IS
  'lists the predefined event types, their mappings and the fields of a profile, as far as they are not listed: a part of setup()';
