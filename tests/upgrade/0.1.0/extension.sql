\echo Use "CREATE EXTENSION tracardi" to load this file. \quit
-- What must hold before anything is made. Runs first: it pins the path for the whole script.
SET LOCAL search_path TO pg_catalog, pg_temp;

DO $check$
DECLARE
  schema_owner oid := (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'tracardi');
BEGIN
  -- Names of types and ids are compared and cut by character, in UTF-8.
  IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION 'tracardi needs a database with encoding "UTF8"'
      USING ERRCODE = 'feature_not_supported',
            DETAIL = pg_catalog.format('The encoding of this database is "%s".', pg_catalog.getdatabaseencoding()),
            HINT = 'CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0;';
  END IF;
  -- Whoever owns the schema can plant objects in it.
  IF schema_owner <> current_user::pg_catalog.regrole::oid
     AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid = schema_owner) THEN
    RAISE EXCEPTION 'schema "tracardi" belongs to another role'
      USING ERRCODE = 'insufficient_privilege',
            DETAIL = pg_catalog.format('Its owner is "%s".', pg_catalog.pg_get_userbyid(schema_owner)),
            HINT = 'ALTER SCHEMA tracardi OWNER TO CURRENT_USER;';
  END IF;
END
$check$;

COMMENT ON SCHEMA tracardi IS 'event tracking: functions, configuration, events, profiles and sessions';

CREATE SCHEMA tracardi_api;
COMMENT ON SCHEMA tracardi_api IS 'the schema that PostgREST exposes: functions only, for the web role (tracardi.grant_web)';
-- Configuration: tables of the extension, marked for dump, empty until tracardi.setup() seeds them.
-- Plain DML is welcome. A statement trigger tells every backend to drop its cached copy at commit.

CREATE FUNCTION tracardi.normalize_type(text) RETURNS text
  IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_normalize_type';
COMMENT ON FUNCTION tracardi.normalize_type(text) IS
  'the form in which an event type is stored: trimmed, lower case, each blank a hyphen';

CREATE FUNCTION tracardi.configuration_changed() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_configuration_changed';
COMMENT ON FUNCTION tracardi.configuration_changed() IS
  'statement trigger of the configuration tables: drops their cached copies in every backend at commit';

CREATE TABLE tracardi.event_source (
  id text PRIMARY KEY
    CONSTRAINT event_source_id_check
    CHECK (id OPERATOR(pg_catalog.~) '^[^@\s](.*\S)?$' AND pg_catalog.char_length(id) OPERATOR(pg_catalog.<=) 255),
  name text,
  description text,
  bridges text[] NOT NULL DEFAULT '{rest,webhook,sql}'
    CONSTRAINT event_source_bridges_check
    CHECK (bridges OPERATOR(pg_catalog.<@) '{rest,webhook,sql}'::text[]),
  enabled boolean NOT NULL DEFAULT true,
  ephemeral boolean NOT NULL DEFAULT false,
  static_profile_id boolean NOT NULL DEFAULT false,
  channel text,
  bots text NOT NULL DEFAULT 'refuse'
    CONSTRAINT event_source_bots_check CHECK (bots OPERATOR(pg_catalog.=) ANY ('{refuse,mark,accept}'::text[])),
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tracardi.event_source IS 'where events may come from: every event names one of these sources';
COMMENT ON COLUMN tracardi.event_source.id IS 'what a payload carries as source.id: no blanks around it, no @ before it, up to 255 characters';
COMMENT ON COLUMN tracardi.event_source.name IS 'a name for people';
COMMENT ON COLUMN tracardi.event_source.description IS 'a description for people';
COMMENT ON COLUMN tracardi.event_source.bridges IS 'the doors that this source may use: rest (HTTP /track), webhook (collect), sql (tracardi.track)';
COMMENT ON COLUMN tracardi.event_source.enabled IS 'false: its events are refused (28000)';
COMMENT ON COLUMN tracardi.event_source.ephemeral IS 'true: its events are handed to workflows and never stored';
COMMENT ON COLUMN tracardi.event_source.static_profile_id IS 'true: a profile that is not known yet is made with the id that the client sent; such a source must be trusted';
COMMENT ON COLUMN tracardi.event_source.channel IS 'the channel for people and reports: web, mobile, shop, ...';
COMMENT ON COLUMN tracardi.event_source.bots IS 'what is done with bots that come to HTTP /track: refuse (401), mark (app.bot of their sessions is true), accept';
COMMENT ON COLUMN tracardi.event_source.created_at IS 'when the source was made';

CREATE TABLE tracardi.event_type (
  type text PRIMARY KEY
    CONSTRAINT event_type_type_check
    CHECK (type OPERATOR(pg_catalog.=) tracardi.normalize_type(type)
           AND pg_catalog.char_length(type) OPERATOR(pg_catalog.<=) 255
           AND type OPERATOR(pg_catalog.<>) ''),
  description text,
  schema jsonb,
  on_invalid text NOT NULL DEFAULT 'flag'
    CONSTRAINT event_type_on_invalid_check CHECK (on_invalid OPERATOR(pg_catalog.=) ANY ('{flag,reject}'::text[])),
  reshape jsonb,
  tags text[] NOT NULL DEFAULT '{}'
    CONSTRAINT event_type_tags_check
    CHECK (pg_catalog.array_position(tags, NULL) IS NULL AND pg_catalog.cardinality(tags) OPERATOR(pg_catalog.<=) 100
           AND pg_catalog.char_length(pg_catalog.array_to_string(tags, '')) OPERATOR(pg_catalog.<=) 2550),
  journey_state text
    CONSTRAINT event_type_journey_state_check CHECK (pg_catalog.char_length(journey_state) OPERATOR(pg_catalog.<=) 255),
  returning_journey_state text
    CONSTRAINT event_type_returning_journey_state_check
    CHECK (pg_catalog.char_length(returning_journey_state) OPERATOR(pg_catalog.<=) 255),
  ephemeral boolean NOT NULL DEFAULT false,
  retention interval
    CONSTRAINT event_type_retention_check CHECK (retention OPERATOR(pg_catalog.>) '0'::interval)
);
COMMENT ON TABLE tracardi.event_type IS 'what is special about an event type; types that are not listed are welcome';
COMMENT ON COLUMN tracardi.event_type.type IS 'the event type as it is stored: trimmed, lower case, each blank a hyphen (tracardi.normalize_type), up to 255 characters';
COMMENT ON COLUMN tracardi.event_type.description IS 'a description for people';
COMMENT ON COLUMN tracardi.event_type.schema IS 'the JSON Schema of its properties; null: any';
COMMENT ON COLUMN tracardi.event_type.on_invalid IS 'what becomes of an event that fails the schema: flag (stored, valid = false) or reject (kept in tracardi.event_rejected)';
COMMENT ON COLUMN tracardi.event_type.reshape IS 'a template for properties, context or both of its valid events: {"properties": {"total": "$.properties.order.total"}}; strings that begin with $ are jsonpaths over {type, source, properties, context, tags}';
COMMENT ON COLUMN tracardi.event_type.tags IS 'tags that its valid events get, beside their own';
COMMENT ON COLUMN tracardi.event_type.journey_state IS 'where on the customer''s journey its valid events stand: awareness, consideration, purchase, ...';
COMMENT ON COLUMN tracardi.event_type.returning_journey_state IS 'the same for a visitor who came back (visit_count above 1); null: as for all';
COMMENT ON COLUMN tracardi.event_type.retention IS 'how long its events are to be kept; null: for ever';
COMMENT ON COLUMN tracardi.event_type.ephemeral IS 'true: events of this type are handed to workflows and never stored';

CREATE TABLE tracardi.system_event (
  type text PRIMARY KEY
    CONSTRAINT system_event_type_check
    CHECK (type OPERATOR(pg_catalog.=) tracardi.normalize_type(type)
           AND pg_catalog.char_length(type) OPERATOR(pg_catalog.<=) 255
           AND type OPERATOR(pg_catalog.<>) ''),
  enabled boolean NOT NULL DEFAULT true,
  description text
);
COMMENT ON TABLE tracardi.system_event IS 'the events that tracardi makes by itself, and the switch of each; a new type is usable after tracardi.setup()';
COMMENT ON COLUMN tracardi.system_event.type IS 'the event type as it is stored';
COMMENT ON COLUMN tracardi.system_event.enabled IS 'false: this system event is not made';
COMMENT ON COLUMN tracardi.system_event.description IS 'when it is made';

CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.event_source
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.event_type
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.system_event
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
-- Also while logical replication applies changes, and under session_replication_role = replica.
ALTER TABLE tracardi.event_source ENABLE ALWAYS TRIGGER configuration_changed;
ALTER TABLE tracardi.event_type ENABLE ALWAYS TRIGGER configuration_changed;
ALTER TABLE tracardi.system_event ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.event_source', '');
SELECT pg_catalog.pg_extension_config_dump('tracardi.event_type', '');
SELECT pg_catalog.pg_extension_config_dump('tracardi.system_event', '');

CREATE FUNCTION tracardi.create_source(
  id text,
  name text DEFAULT NULL,
  description text DEFAULT NULL,
  bridges text[] DEFAULT '{rest,webhook,sql}',
  enabled boolean DEFAULT true,
  ephemeral boolean DEFAULT false,
  static_profile_id boolean DEFAULT false,
  channel text DEFAULT NULL,
  bots text DEFAULT 'refuse'
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  INSERT INTO tracardi.event_source (id, name, description, bridges, enabled, ephemeral, static_profile_id, channel, bots)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'source "%" already exists', $1
      USING ERRCODE = 'duplicate_object',
            HINT = pg_catalog.format('UPDATE tracardi.event_source SET … WHERE id = %L;', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'event_source_bridges_check' THEN
      RAISE EXCEPTION 'bridges % of source "%" are not known', $4, $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'The bridges are rest, webhook and sql.';
    ELSIF broken = 'event_source_id_check' THEN
      RAISE EXCEPTION '"%" can''t be the id of a source', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'An id has no blanks around it, no @ before it, and up to 255 characters.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text) IS
  'makes a source and returns its id; 42710 if it exists';

CREATE FUNCTION tracardi.drop_source(id text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.event_source s WHERE s.id = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'source "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT id FROM tracardi.event_source;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_source(text) IS 'removes a source; its events stay; 42704 if there is none';
-- Event types: what is valid, and what becomes of it.

CREATE TABLE tracardi.event_schema (
  name text PRIMARY KEY
    CONSTRAINT event_schema_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  description text,
  event_type text NOT NULL
    CONSTRAINT event_schema_event_type_check
    CHECK (event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(event_type)
           AND pg_catalog.char_length(event_type) OPERATOR(pg_catalog.<=) 255
           AND event_type OPERATOR(pg_catalog.<>) ''),
  target text NOT NULL DEFAULT 'properties'
    CONSTRAINT event_schema_target_check CHECK (target OPERATOR(pg_catalog.=) ANY ('{properties,context}'::text[])),
  schema jsonb NOT NULL,
  condition jsonpath,
  on_invalid text NOT NULL DEFAULT 'flag'
    CONSTRAINT event_schema_on_invalid_check CHECK (on_invalid OPERATOR(pg_catalog.=) ANY ('{flag,reject}'::text[])),
  enabled boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE tracardi.event_schema IS 'more schemas for events of a type: for their context, or under a condition; an event is valid if it meets all that are for it';
COMMENT ON COLUMN tracardi.event_schema.name IS 'the schema''s name, as errors tell it';
COMMENT ON COLUMN tracardi.event_schema.description IS 'a description for people';
COMMENT ON COLUMN tracardi.event_schema.event_type IS 'for events of this type, which need not be listed in tracardi.event_type';
COMMENT ON COLUMN tracardi.event_schema.target IS 'what of the event it is for: properties or context';
COMMENT ON COLUMN tracardi.event_schema.schema IS 'the JSON Schema';
COMMENT ON COLUMN tracardi.event_schema.condition IS 'only events for which this holds, over {type, source, properties, context, tags}: its first item if that is a boolean, else whether there is one that is not null; null: all events';
COMMENT ON COLUMN tracardi.event_schema.on_invalid IS 'what becomes of an event that fails it: flag (stored, valid = false) or reject (kept in tracardi.event_rejected)';
COMMENT ON COLUMN tracardi.event_schema.enabled IS 'false: it is not used';

CREATE FUNCTION tracardi.check_event_type() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_event_type';
COMMENT ON FUNCTION tracardi.check_event_type() IS
  'row trigger of tracardi.event_type and tracardi.event_schema: refuses schemas and templates that can''t be used (22023)';

CREATE TRIGGER check_event_type BEFORE INSERT OR UPDATE ON tracardi.event_type
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_event_type();
CREATE TRIGGER check_event_type BEFORE INSERT OR UPDATE ON tracardi.event_schema
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_event_type();
ALTER TABLE tracardi.event_type ENABLE ALWAYS TRIGGER check_event_type;
ALTER TABLE tracardi.event_schema ENABLE ALWAYS TRIGGER check_event_type;
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.event_schema
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.event_schema ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.event_schema', '');

CREATE FUNCTION tracardi.create_event_type(
  type text,
  description text DEFAULT NULL,
  schema jsonb DEFAULT NULL,
  on_invalid text DEFAULT 'flag',
  reshape jsonb DEFAULT NULL,
  tags text[] DEFAULT '{}',
  journey_state text DEFAULT NULL,
  ephemeral boolean DEFAULT false,
  retention interval DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  normal CONSTANT text := tracardi.normalize_type($1);
BEGIN
  INSERT INTO tracardi.event_type (type, description, schema, on_invalid, reshape, tags, journey_state, ephemeral, retention)
  VALUES (normal, $2, $3, $4, $5, $6, $7, $8, $9);
  RETURN normal;
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'event type "%" already exists', normal
    USING ERRCODE = 'duplicate_object',
          HINT = pg_catalog.format('UPDATE tracardi.event_type SET … WHERE type = %L;', normal);
END
$$;
COMMENT ON FUNCTION tracardi.create_event_type(text, text, jsonb, text, jsonb, text[], text, boolean, interval) IS
  'says what is special about an event type and returns it as it is stored; 42710 if it is listed, 22023 for a schema or template that can''t be used';

CREATE FUNCTION tracardi.drop_event_type(type text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.event_type t WHERE t.type = tracardi.normalize_type($1);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'event type "%" is not listed', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT type FROM tracardi.event_type;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_event_type(text) IS
  'forgets what is special about an event type; its events stay, and so do its rows in tracardi.event_schema; 42704 if it is not listed';

CREATE FUNCTION tracardi.check_event(event_type text, properties jsonb, context jsonb DEFAULT '{}') RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_event';
COMMENT ON FUNCTION tracardi.check_event(text, jsonb, jsonb) IS
  'what would become of an event of this type, without storing it: {valid, rejected, errors, properties, context, tags, journey_state}';

CREATE FUNCTION tracardi.parse_time(text) RETURNS timestamptz
  IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_parse_time';
COMMENT ON FUNCTION tracardi.parse_time(text) IS
  'the moment that a text in ISO 8601 with date and time names, without a zone in UTC; null if it names none';
-- From events to profiles: what events of a type tell of their profile, and what a profile's fields are.

CREATE TABLE tracardi.profile_field (
  path text PRIMARY KEY,
  description text,
  type text
    CONSTRAINT profile_field_type_check CHECK (type OPERATOR(pg_catalog.=) ANY ('{text,number,time,list,object}'::text[])),
  event_types text[]
    CONSTRAINT profile_field_event_types_check CHECK (pg_catalog.array_position(event_types, NULL) IS NULL)
);
COMMENT ON TABLE tracardi.profile_field IS 'what is known of a profile''s fields: their types, and which events may set them; fields that are not listed are welcome';
COMMENT ON COLUMN tracardi.profile_field.path IS 'the field: data.contact.email.main; keys with dots or blanks stand in double quotes';
COMMENT ON COLUMN tracardi.profile_field.description IS 'a description for people';
COMMENT ON COLUMN tracardi.profile_field.type IS 'what it takes: text, number, time (ISO 8601, a date or a time), list or object; null: anything';
COMMENT ON COLUMN tracardi.profile_field.event_types IS 'a lock: mappings of these event types alone set the field, and what is beneath it; null: those of all types';

CREATE TABLE tracardi.event_mapping (
  event_type text
    CONSTRAINT event_mapping_event_type_check
    CHECK (event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(event_type)
           AND pg_catalog.char_length(event_type) OPERATOR(pg_catalog.<=) 255
           AND event_type OPERATOR(pg_catalog.<>) ''),
  profile_path text,
  ordinal smallint DEFAULT 0,
  operation text NOT NULL DEFAULT 'equals'
    CONSTRAINT event_mapping_operation_check
    CHECK (operation OPERATOR(pg_catalog.=) ANY
      ('{equals,equals_if_not_exists,append,add,subtract,increment,decrement,delete,ratio}'::text[])),
  source text,
  value jsonb,
  condition jsonpath,
  enabled boolean NOT NULL DEFAULT true,
  description text,
  PRIMARY KEY (event_type, profile_path, ordinal)
);
COMMENT ON TABLE tracardi.event_mapping IS 'what events set of their profile: each row one field, for the valid profile events of a type';
COMMENT ON COLUMN tracardi.event_mapping.event_type IS 'for events of this type, which need not be listed in tracardi.event_type';
COMMENT ON COLUMN tracardi.event_mapping.profile_path IS 'the field: primary_id, data.…, traits.…, interests.…, consents or consents.…; a key in braces is looked up in the event: interests.{properties.interest}';
COMMENT ON COLUMN tracardi.event_mapping.ordinal IS 'a type''s mappings are applied in the order of this, then of profile_path';
COMMENT ON COLUMN tracardi.event_mapping.operation IS 'equals, equals_if_not_exists (null, blank and empty are set), append (to a list, each value once), add, subtract, increment, decrement (by value, or by 1), delete, ratio (of the two profile paths in value)';
COMMENT ON COLUMN tracardi.event_mapping.source IS 'where in the event the value stands: properties.email.main, context.page.url, properties.location.0';
COMMENT ON COLUMN tracardi.event_mapping.value IS 'a constant, taken where there is no source, or where it finds nothing or null';
COMMENT ON COLUMN tracardi.event_mapping.condition IS 'only events for which this holds, over {type, source, properties, context, tags}: its first item if that is a boolean, else whether there is one that is not null; null: all events';
COMMENT ON COLUMN tracardi.event_mapping.enabled IS 'false: it is not applied; so one of the predefined mappings is switched off for good';
COMMENT ON COLUMN tracardi.event_mapping.description IS 'a description for people';

CREATE FUNCTION tracardi.check_event_mapping() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_event_mapping';
COMMENT ON FUNCTION tracardi.check_event_mapping() IS
  'row trigger of tracardi.event_mapping and tracardi.profile_field: refuses paths and values that can''t be used (22023)';

CREATE TRIGGER check_event_mapping BEFORE INSERT OR UPDATE ON tracardi.event_mapping
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_event_mapping();
CREATE TRIGGER check_event_mapping BEFORE INSERT OR UPDATE ON tracardi.profile_field
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_event_mapping();
ALTER TABLE tracardi.event_mapping ENABLE ALWAYS TRIGGER check_event_mapping;
ALTER TABLE tracardi.profile_field ENABLE ALWAYS TRIGGER check_event_mapping;
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.event_mapping
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.profile_field
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.event_mapping ENABLE ALWAYS TRIGGER configuration_changed;
ALTER TABLE tracardi.profile_field ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.event_mapping', '');
SELECT pg_catalog.pg_extension_config_dump('tracardi.profile_field', '');

CREATE FUNCTION tracardi.create_event_mapping(
  event_type text,
  profile_path text,
  source text DEFAULT NULL,
  operation text DEFAULT 'equals',
  value jsonb DEFAULT NULL,
  condition jsonpath DEFAULT NULL,
  ordinal int DEFAULT 0,
  description text DEFAULT NULL
) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  normal CONSTANT text := tracardi.normalize_type($1);
  named CONSTANT text := CASE $4 WHEN '+' THEN 'add' WHEN '-' THEN 'subtract' WHEN 'equal' THEN 'equals' ELSE $4 END;
BEGIN
  INSERT INTO tracardi.event_mapping (event_type, profile_path, source, operation, value, condition, ordinal, description)
  VALUES (normal, $2, $3, named, $5, $6, $7, $8);
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'mapping of event type "%" to "%" already exists', normal, $2
    USING ERRCODE = 'duplicate_object',
          HINT = pg_catalog.format('UPDATE tracardi.event_mapping SET … WHERE event_type = %L AND profile_path = %L;', normal, $2);
END
$$;
COMMENT ON FUNCTION tracardi.create_event_mapping(text, text, text, text, jsonb, jsonpath, int, text) IS
  'lets events of a type set a field of their profile; 42710 if there is such a mapping, 22023 for a path, an operation or a value that can''t be used';

CREATE FUNCTION tracardi.drop_event_mapping(event_type text, profile_path text, ordinal int DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.event_mapping m
  WHERE m.event_type = tracardi.normalize_type($1) AND m.profile_path = $2 AND ($3 IS NULL OR m.ordinal = $3);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'mapping of event type "%" to "%" does not exist', $1, $2
      USING ERRCODE = 'undefined_object', HINT = 'SELECT event_type, profile_path, ordinal FROM tracardi.event_mapping;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_event_mapping(text, text, int) IS
  'removes a mapping, or all of a type to a field; setup() brings a predefined one back, unless it is disabled instead; 42704 if there is none';
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
-- The data tables. They belong to the user, not to the extension: a dump holds them whole, DROP EXTENSION leaves
-- them alone. So they use no type, function or operator of the extension. setup() may be called at any time again.

CREATE FUNCTION tracardi.make_partition(month timestamptz) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  starts timestamptz := pg_catalog.date_trunc('month', month);
  ends timestamptz := starts + '1 month'::interval;
  partition text := 'event_' || pg_catalog.to_char(starts, 'YYYY_MM');
  event_owner name := (SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class
                       WHERE oid = 'tracardi.event'::regclass);
BEGIN
  IF pg_catalog.to_regclass('tracardi.' || pg_catalog.quote_ident(partition)) IS NOT NULL THEN
    RETURN;
  END IF;
  -- LIKE, CHECK and ATTACH instead of PARTITION OF: events go on while the partition is made.
  EXECUTE pg_catalog.format('CREATE TABLE tracardi.%I (LIKE tracardi.event INCLUDING ALL)', partition);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.%I ADD CONSTRAINT month CHECK (time >= %L AND time < %L)',
                            partition, starts, ends);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.%I OWNER TO %I', partition, event_owner);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.event ATTACH PARTITION tracardi.%I FOR VALUES FROM (%L) TO (%L)',
                            partition, starts, ends);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.%I DROP CONSTRAINT month', partition);
  EXECUTE pg_catalog.format('COMMENT ON TABLE tracardi.%I IS %L', partition,
                            pg_catalog.format('events of %s (UTC)', pg_catalog.to_char(starts, 'YYYY-MM')));
END
$$;
COMMENT ON FUNCTION tracardi.make_partition(timestamptz) IS
  'makes the monthly partition of tracardi.event that holds this moment (UTC), if it is not there';

CREATE FUNCTION tracardi.make_partitions() RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  this_month timestamptz := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp());
  history_ends timestamptz;
BEGIN
  -- Where the partition from MINVALUE ends, the months begin.
  history_ends := (SELECT pg_catalog.substring(pg_catalog.pg_get_expr(relpartbound, oid), 'TO \(''([^'']+)''\)')::timestamptz
                   FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('tracardi.event_history'));
  FOR ahead IN 0 .. 12 LOOP
    IF history_ends IS NULL OR this_month + pg_catalog.make_interval(months => ahead) >= history_ends THEN
      PERFORM tracardi.make_partition(this_month + pg_catalog.make_interval(months => ahead));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.make_partitions() IS
  'makes the monthly partitions of tracardi.event for this month and twelve months ahead, those that are not there';

CREATE FUNCTION tracardi.setup(
  owner regrole DEFAULT NULL,
  search_path text DEFAULT pg_catalog.current_setting('search_path')
) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  data_tables CONSTANT text[] := '{event,ephemeral_event,event_key,profile,profile_alias,merge_key,merge_salt,session,event_rejected,workflow_failure,instance,workflow_cursor,workflow_tick,workflow_replay,subscription,person_event}';
  data_owner regrole;
  grantee regrole;
  former_owner regrole := (SELECT relowner::regrole FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('tracardi.event'));
  known_types text[];
  new_types text[];
  column_name name;
  column_comment text;
  relation regclass;
  caller_role CONSTANT text := pg_catalog.current_setting('role');
  caller_messages CONSTANT text := pg_catalog.current_setting('client_min_messages');
  caller_silence CONSTANT text := pg_catalog.current_setting('tracardi.silent', true);
BEGIN
  -- One setup at a time in a database.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('setup'));
  data_owner := COALESCE(setup.owner,
                         (SELECT relowner::regrole FROM pg_catalog.pg_class
                          WHERE oid IN (SELECT pg_catalog.to_regclass('tracardi.' || t) FROM pg_catalog.unnest(data_tables) AS t)
                          ORDER BY oid LIMIT 1),
                         current_user::regrole);
  PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
  -- What it makes here is not told by system events.
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    PERFORM pg_catalog.set_config('tracardi.silent', 'on', true);
  END IF;

  IF pg_catalog.to_regclass('tracardi.event') IS NULL THEN
    CREATE TABLE tracardi.event (
      id uuid NOT NULL,
      external_id text,
      type text NOT NULL,
      kind text NOT NULL,
      time timestamptz NOT NULL DEFAULT pg_catalog.now(),
      received_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      source_id text,
      session_id uuid,
      profile_id uuid,
      properties jsonb NOT NULL DEFAULT '{}',
      context jsonb NOT NULL DEFAULT '{}',
      tags text[] NOT NULL DEFAULT '{}',
      valid boolean NOT NULL DEFAULT true,
      errors jsonb NOT NULL DEFAULT '{}',
      xact xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
      CONSTRAINT event_pkey PRIMARY KEY (id, time),
      CONSTRAINT event_type_check CHECK (pg_catalog.char_length(type) BETWEEN 1 AND 255)
    ) PARTITION BY RANGE (time);
  END IF;
  -- What came later: with a default that is a constant, or none, rows that are there stay as they are.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.event'::regclass AND attname = 'journey_state' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.event ADD COLUMN journey_state text;
  END IF;
  COMMENT ON TABLE tracardi.event IS 'what happened: one row an event, partitioned by month (UTC) of time';
  COMMENT ON COLUMN tracardi.event.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';
  COMMENT ON COLUMN tracardi.event.external_id IS 'the id as the client wrote it, when that was not a UUID';
  COMMENT ON COLUMN tracardi.event.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';
  COMMENT ON COLUMN tracardi.event.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';
  COMMENT ON COLUMN tracardi.event.time IS 'when it happened';
  COMMENT ON COLUMN tracardi.event.received_at IS 'when it arrived here';
  COMMENT ON COLUMN tracardi.event.source_id IS 'the source it came from (tracardi.event_source)';
  COMMENT ON COLUMN tracardi.event.session_id IS 'the session it happened in (tracardi.session), if any';
  COMMENT ON COLUMN tracardi.event.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';
  COMMENT ON COLUMN tracardi.event.properties IS 'what the client says of the event: a JSON object';
  COMMENT ON COLUMN tracardi.event.context IS 'where it happened (page, screen, ...): a JSON object';
  COMMENT ON COLUMN tracardi.event.tags IS 'labels';
  COMMENT ON COLUMN tracardi.event.valid IS 'false: it failed a check of its type; see errors';
  COMMENT ON COLUMN tracardi.event.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';
  COMMENT ON COLUMN tracardi.event.xact IS 'the transaction that stored it';
  COMMENT ON COLUMN tracardi.event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';

  IF pg_catalog.to_regclass('tracardi.instance') IS NULL THEN
    CREATE TABLE tracardi.instance (
      singleton boolean NOT NULL DEFAULT true CONSTRAINT instance_pkey PRIMARY KEY CONSTRAINT instance_check CHECK (singleton),
      system_identifier bigint NOT NULL,
      database oid NOT NULL,
      activated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      search_path text NOT NULL,
      system_types text[] NOT NULL DEFAULT '{}'
    );
  END IF;
  COMMENT ON TABLE tracardi.instance IS 'one row: for which database tracardi was set up, so that a restored copy is told from the original';
  COMMENT ON COLUMN tracardi.instance.singleton IS 'true: there is one row';
  COMMENT ON COLUMN tracardi.instance.system_identifier IS 'the cluster (pg_control_system)';
  COMMENT ON COLUMN tracardi.instance.database IS 'the database (pg_database.oid)';
  COMMENT ON COLUMN tracardi.instance.activated_at IS 'when this cluster and database became the instance';
  COMMENT ON COLUMN tracardi.instance.search_path IS 'the path under which events are stored and triggers of the data tables run: that of setup()''s caller';
  COMMENT ON COLUMN tracardi.instance.system_types IS 'the types that a stored system event may have';

  IF pg_catalog.to_regclass('tracardi.event_key') IS NULL THEN
    CREATE TABLE tracardi.event_key (
      id uuid NOT NULL CONSTRAINT event_key_pkey PRIMARY KEY,
      received_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.event_key IS 'the exactly-once memory: ids of events that a client chose, kept for tracardi.event_key_retention';
  COMMENT ON COLUMN tracardi.event_key.id IS 'the event''s id';
  COMMENT ON COLUMN tracardi.event_key.received_at IS 'when it arrived here';

  IF pg_catalog.to_regclass('tracardi.profile') IS NULL THEN
    CREATE TABLE tracardi.profile (
      id uuid NOT NULL CONSTRAINT profile_pkey PRIMARY KEY,
      external_id text CONSTRAINT profile_external_id_check CHECK (pg_catalog.char_length(external_id) <= 255),
      primary_id text CONSTRAINT profile_primary_id_check CHECK (pg_catalog.char_length(primary_id) <= 255),
      data jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_data_check CHECK (pg_catalog.jsonb_typeof(data) = 'object'),
      traits jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_traits_check CHECK (pg_catalog.jsonb_typeof(traits) = 'object'),
      interests jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_interests_check CHECK (pg_catalog.jsonb_typeof(interests) = 'object'),
      consents jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_consents_check CHECK (pg_catalog.jsonb_typeof(consents) = 'object'),
      segments text[] NOT NULL DEFAULT '{}',
      visit_count int NOT NULL DEFAULT 0 CONSTRAINT profile_visit_count_check CHECK (visit_count >= 0),
      first_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      last_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.profile'::regclass AND attname = 'fields' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.profile ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';
  END IF;
  COMMENT ON TABLE tracardi.profile IS 'who did it: one row a person';
  COMMENT ON COLUMN tracardi.profile.id IS 'the profile''s id: a UUIDv7, or from a trusted source the client''s UUID or tracardi.id of its text';
  COMMENT ON COLUMN tracardi.profile.external_id IS 'the id as the client wrote it, when that was not a UUID';
  COMMENT ON COLUMN tracardi.profile.primary_id IS 'the id of this person in the customer''s own system';
  COMMENT ON COLUMN tracardi.profile.data IS 'what is known of the person, by Tracardi''s paths: pii, contact, identifier, ...';
  COMMENT ON COLUMN tracardi.profile.traits IS 'what the customer wants to know of the person: any JSON object';
  COMMENT ON COLUMN tracardi.profile.interests IS 'interests and their weight: {name: number}';
  COMMENT ON COLUMN tracardi.profile.consents IS 'what the person agreed to: {name: {"revoke": until when}}; null: for good (tracardi.has_consent)';
  COMMENT ON COLUMN tracardi.profile.segments IS 'the segments that the person is in';
  COMMENT ON COLUMN tracardi.profile.visit_count IS 'how many sessions the person opened';
  COMMENT ON COLUMN tracardi.profile.first_seen_at IS 'time of the first event';
  COMMENT ON COLUMN tracardi.profile.last_seen_at IS 'time of the last event; may lag by tracardi.last_seen_lag';
  COMMENT ON COLUMN tracardi.profile.created_at IS 'when the row was made';
  COMMENT ON COLUMN tracardi.profile.fields IS 'which event last set which field: {path: [the event''s time, its id]}';
  COMMENT ON COLUMN tracardi.profile.updated_at IS 'when the row was changed for more than last_seen_at';

  IF pg_catalog.to_regclass('tracardi.profile_alias') IS NULL THEN
    CREATE TABLE tracardi.profile_alias (
      id uuid NOT NULL CONSTRAINT profile_alias_pkey PRIMARY KEY,
      profile_id uuid NOT NULL,
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.profile_alias'::regclass AND attname = 'settled' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.profile_alias ADD COLUMN settled boolean NOT NULL DEFAULT false;
  END IF;
  COMMENT ON TABLE tracardi.profile_alias IS 'every other id of a profile: an old id resolves for ever';
  COMMENT ON COLUMN tracardi.profile_alias.id IS 'the other id';
  COMMENT ON COLUMN tracardi.profile_alias.profile_id IS 'the profile that it stands for (tracardi.profile.id)';
  COMMENT ON COLUMN tracardi.profile_alias.created_at IS 'when the alias was made';
  COMMENT ON COLUMN tracardi.profile_alias.settled IS 'false: maintain() still looks for events and sessions under the other id';

  IF pg_catalog.to_regclass('tracardi.merge_key') IS NULL THEN
    CREATE TABLE tracardi.merge_key (
      id uuid NOT NULL CONSTRAINT merge_key_pkey PRIMARY KEY,
      profile_id uuid NOT NULL,
      profiles int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.merge_key IS 'values by which profiles are known as one person''s (tracardi.identification_point), as salted hashes';
  COMMENT ON COLUMN tracardi.merge_key.id IS 'the salted hash of the property''s path and value';
  COMMENT ON COLUMN tracardi.merge_key.profile_id IS 'whose value it is (tracardi.profile.id, or an id that the profile had before)';
  COMMENT ON COLUMN tracardi.merge_key.profiles IS 'how many profiles had this value; from tracardi.merge_limit on it joins no more';
  COMMENT ON COLUMN tracardi.merge_key.created_at IS 'when the value came first';

  -- Not a setting: those can be read by everybody, and are not in a dump, after which no value would be known again.
  IF pg_catalog.to_regclass('tracardi.merge_salt') IS NULL THEN
    CREATE TABLE tracardi.merge_salt (
      singleton boolean NOT NULL DEFAULT true CONSTRAINT merge_salt_pkey PRIMARY KEY CONSTRAINT merge_salt_check CHECK (singleton),
      salt bytea NOT NULL
    );
    -- Default privileges may have given rights to others.
    FOR grantee IN
      SELECT DISTINCT a.grantee::regrole FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) a
      WHERE oid = 'tracardi.merge_salt'::regclass AND a.grantee <> relowner AND a.grantee <> 0
    LOOP
      EXECUTE pg_catalog.format('REVOKE ALL ON tracardi.merge_salt FROM %s', grantee);
    END LOOP;
    REVOKE ALL ON tracardi.merge_salt FROM PUBLIC;
  END IF;
  COMMENT ON TABLE tracardi.merge_salt IS 'one row: what makes the hashes of tracardi.merge_key unguessable; only the owner may read it';
  COMMENT ON COLUMN tracardi.merge_salt.singleton IS 'true: there is one row';
  COMMENT ON COLUMN tracardi.merge_salt.salt IS 'random; should it change, no value is known again';

  IF pg_catalog.to_regclass('tracardi.session') IS NULL THEN
    CREATE TABLE tracardi.session (
      id uuid NOT NULL CONSTRAINT session_pkey PRIMARY KEY,
      external_id text CONSTRAINT session_external_id_check CHECK (pg_catalog.char_length(external_id) <= 255),
      profile_id uuid,
      source_id text CONSTRAINT session_source_id_check CHECK (pg_catalog.char_length(source_id) <= 255),
      status text NOT NULL DEFAULT 'started' CONSTRAINT session_status_check CHECK (status IN ('started', 'active', 'ended')),
      started_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      last_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      ended_at timestamptz,
      device jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_device_check CHECK (pg_catalog.jsonb_typeof(device) = 'object'),
      os jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_os_check CHECK (pg_catalog.jsonb_typeof(os) = 'object'),
      app jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_app_check CHECK (pg_catalog.jsonb_typeof(app) = 'object'),
      utm jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_utm_check CHECK (pg_catalog.jsonb_typeof(utm) = 'object'),
      context jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_context_check CHECK (pg_catalog.jsonb_typeof(context) = 'object'),
      properties jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_properties_check CHECK (pg_catalog.jsonb_typeof(properties) = 'object')
    );
  END IF;
  COMMENT ON TABLE tracardi.session IS 'a stay of a visitor: one row a session';
  COMMENT ON COLUMN tracardi.session.id IS 'the session''s id: the client''s UUID, or tracardi.id of its text, or a UUIDv7';
  COMMENT ON COLUMN tracardi.session.external_id IS 'the id as the client wrote it, when that was not a UUID';
  COMMENT ON COLUMN tracardi.session.profile_id IS 'whose session it is (tracardi.profile); null while only profileless events came';
  COMMENT ON COLUMN tracardi.session.source_id IS 'the source that opened it (tracardi.event_source)';
  COMMENT ON COLUMN tracardi.session.status IS 'started, active or ended';
  COMMENT ON COLUMN tracardi.session.started_at IS 'time of its first event';
  COMMENT ON COLUMN tracardi.session.last_seen_at IS 'what counts for inactivity; may lag by tracardi.last_seen_lag';
  COMMENT ON COLUMN tracardi.session.ended_at IS 'when the visit ended: when its client said so, or tracardi.session_timeout after last_seen_at; null while it goes on';
  COMMENT ON COLUMN tracardi.session.device IS 'the device, a JSON object';
  COMMENT ON COLUMN tracardi.session.os IS 'the operating system, a JSON object';
  COMMENT ON COLUMN tracardi.session.app IS 'the browser or app, a JSON object';
  COMMENT ON COLUMN tracardi.session.utm IS 'the campaign that the visitor came by, a JSON object';
  COMMENT ON COLUMN tracardi.session.context IS 'what the client tells of itself (screen, browser, time zone, ...), a JSON object';
  COMMENT ON COLUMN tracardi.session.properties IS 'what the client says of the session, a JSON object';

  IF pg_catalog.to_regclass('tracardi.event_rejected') IS NULL THEN
    CREATE TABLE tracardi.event_rejected (
      id uuid NOT NULL CONSTRAINT event_rejected_pkey PRIMARY KEY,
      received_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      source_id text,
      session_id text,
      profile_id text,
      options jsonb NOT NULL DEFAULT '{}',
      skew bigint NOT NULL DEFAULT 0,
      event text NOT NULL,
      code text NOT NULL,
      message text NOT NULL,
      path text
    );
  END IF;
  COMMENT ON TABLE tracardi.event_rejected IS 'what could not be accepted as an event, whole; see tracardi.retry_rejected';
  COMMENT ON COLUMN tracardi.event_rejected.id IS 'what tracardi.retry_rejected takes';
  COMMENT ON COLUMN tracardi.event_rejected.received_at IS 'when it arrived here';
  COMMENT ON COLUMN tracardi.event_rejected.source_id IS 'the source it came from';
  COMMENT ON COLUMN tracardi.event_rejected.session_id IS 'the session it came in';
  COMMENT ON COLUMN tracardi.event_rejected.profile_id IS 'the profile it came for';
  COMMENT ON COLUMN tracardi.event_rejected.options IS 'what its payload asked for: {"profileLess", "saveProfile", "saveSession"}';
  COMMENT ON COLUMN tracardi.event_rejected.skew IS 'by how many microseconds the client''s clock was behind';
  COMMENT ON COLUMN tracardi.event_rejected.event IS 'the event as it came: text, for jsonb can''t hold everything';
  COMMENT ON COLUMN tracardi.event_rejected.code IS 'the SQLSTATE of the reason';
  COMMENT ON COLUMN tracardi.event_rejected.message IS 'the reason';
  COMMENT ON COLUMN tracardi.event_rejected.path IS 'where in the payload the reason stands, as a JSON path';

  IF pg_catalog.to_regclass('tracardi.workflow_failure') IS NULL THEN
    CREATE TABLE tracardi.workflow_failure (
      id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() CONSTRAINT workflow_failure_pkey PRIMARY KEY,
      workflow text NOT NULL,
      event_id uuid,
      event jsonb,
      code text NOT NULL,
      message text NOT NULL,
      attempts int NOT NULL DEFAULT 1,
      first_failed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      last_failed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_failure IS 'workflows that failed for an event';
  COMMENT ON COLUMN tracardi.workflow_failure.id IS 'the failure''s id';
  COMMENT ON COLUMN tracardi.workflow_failure.workflow IS 'the workflow''s name';
  COMMENT ON COLUMN tracardi.workflow_failure.event_id IS 'the event''s id';
  COMMENT ON COLUMN tracardi.workflow_failure.event IS 'the event; null for an ephemeral one';
  COMMENT ON COLUMN tracardi.workflow_failure.code IS 'the SQLSTATE';
  COMMENT ON COLUMN tracardi.workflow_failure.message IS 'the error''s message; for an ephemeral event only that it failed';
  COMMENT ON COLUMN tracardi.workflow_failure.attempts IS 'how often it was tried';
  COMMENT ON COLUMN tracardi.workflow_failure.first_failed_at IS 'when it failed first';
  COMMENT ON COLUMN tracardi.workflow_failure.last_failed_at IS 'when it failed last';

  PERFORM tracardi.setup_delivery();

  -- For triggers on ephemeral events: track() inserts here if there are any, and nothing is ever stored.
  IF pg_catalog.to_regclass('tracardi.ephemeral_event') IS NULL THEN
    CREATE TABLE tracardi.ephemeral_event (
      LIKE tracardi.event INCLUDING COMMENTS,
      CONSTRAINT ephemeral_event_never_stored CHECK (false)
    );
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.ephemeral_event'::regclass AND attname = 'journey_state' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.ephemeral_event ADD COLUMN journey_state text;
  END IF;
  COMMENT ON COLUMN tracardi.ephemeral_event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';
  COMMENT ON TABLE tracardi.ephemeral_event IS
    'empty for ever: BEFORE triggers on it are called for ephemeral events; its columns are those of tracardi.event';
  IF pg_catalog.to_regprocedure('tracardi.never_stored()') IS NULL THEN
    CREATE FUNCTION tracardi.never_stored() RETURNS trigger
      LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END';
  END IF;
  COMMENT ON FUNCTION tracardi.never_stored() IS 'the last BEFORE trigger of tracardi.ephemeral_event: no row gets past it';
  REVOKE ALL ON FUNCTION tracardi.never_stored() FROM PUBLIC;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
                 WHERE tgrelid = 'tracardi.ephemeral_event'::regclass AND tgname = '~~never_stored') THEN
    -- Triggers run in the order of their names, bytewise.
    CREATE TRIGGER "~~never_stored" BEFORE INSERT ON tracardi.ephemeral_event
      FOR EACH ROW EXECUTE FUNCTION tracardi.never_stored();
    ALTER TABLE tracardi.ephemeral_event ENABLE ALWAYS TRIGGER "~~never_stored";
  END IF;

  -- Whoever changes a profile need not know the segments, so it runs with its owner's rights: those of the owner of the data
  -- tables, for a row as JSON may call functions of that owner (casts to json). Hence it is no member of the extension.
  IF pg_catalog.to_regprocedure('tracardi.keep_segments()') IS NULL THEN
    CREATE FUNCTION tracardi.keep_segments() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $keep$
    DECLARE
      profile CONSTANT jsonb := pg_catalog.to_jsonb(NEW);
    BEGIN
      IF pg_catalog.to_regclass('tracardi.segment') IS NULL THEN
        RETURN NEW;  -- the extension was dropped
      END IF;
      NEW.segments := ARRAY(
        SELECT s.name FROM tracardi.segment s WHERE s.enabled AND tracardi.holds(profile, s.condition)
        UNION
        SELECT other FROM pg_catalog.unnest(NEW.segments) AS other
        WHERE NOT EXISTS (SELECT FROM tracardi.segment s WHERE s.enabled AND s.name = other)
        ORDER BY 1);
      RETURN NEW;
    END
    $keep$;
  END IF;
  COMMENT ON FUNCTION tracardi.keep_segments() IS
    'row trigger of tracardi.profile: the segments whose conditions the profile meets; enabled while there are segments';
  REVOKE ALL ON FUNCTION tracardi.keep_segments() FROM PUBLIC;
  -- They run while there are segments (tracardi.switch_segments), after those of users; seen-times alone change none.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass AND tgname = '~~keep_segments') THEN
    CREATE TRIGGER "~~keep_segments"
      BEFORE INSERT OR UPDATE OF external_id, primary_id, data, traits, interests, consents, segments, visit_count ON tracardi.profile
      FOR EACH ROW EXECUTE FUNCTION tracardi.keep_segments();
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass AND tgname = 'tell_segments') THEN
    CREATE TRIGGER tell_segments
      AFTER INSERT OR UPDATE ON tracardi.profile
      FOR EACH ROW EXECUTE FUNCTION tracardi.tell_segments();
  END IF;
  IF NOT EXISTS (SELECT FROM tracardi.segment)
     AND EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass
                 AND tgname IN ('~~keep_segments', 'tell_segments') AND tgenabled <> 'D') THEN
    ALTER TABLE tracardi.profile DISABLE TRIGGER "~~keep_segments";
    ALTER TABLE tracardi.profile DISABLE TRIGGER tell_segments;
  END IF;

  -- Each index and the query that it serves; the primary keys serve look-ups by id.
  -- the newest events: ORDER BY time DESC LIMIT n, and any span of time
  IF pg_catalog.to_regclass('tracardi.event_time_idx') IS NULL THEN
    CREATE INDEX event_time_idx ON tracardi.event (time);
  END IF;
  -- the events of one type in a span of time
  IF pg_catalog.to_regclass('tracardi.event_type_time_idx') IS NULL THEN
    CREATE INDEX event_type_time_idx ON tracardi.event (type, time);
  END IF;
  -- the history of one person
  IF pg_catalog.to_regclass('tracardi.event_profile_id_time_idx') IS NULL THEN
    CREATE INDEX event_profile_id_time_idx ON tracardi.event (profile_id, time) WHERE profile_id IS NOT NULL;
  END IF;
  -- the sessions of one person
  IF pg_catalog.to_regclass('tracardi.session_profile_id_started_at_idx') IS NULL THEN
    CREATE INDEX session_profile_id_started_at_idx ON tracardi.session (profile_id, started_at);
  END IF;
  -- visits that may be over; by a column that hardly ever changes, so that touching a session leaves the index alone
  IF pg_catalog.to_regclass('tracardi.session_open_idx') IS NULL THEN
    CREATE INDEX session_open_idx ON tracardi.session (started_at) WHERE status <> 'ended';
  END IF;
  -- a person by the customer's own id
  IF pg_catalog.to_regclass('tracardi.profile_external_id_idx') IS NULL THEN
    CREATE INDEX profile_external_id_idx ON tracardi.profile (external_id) WHERE external_id IS NOT NULL;
  END IF;
  -- a person by the id in the customer's own system
  IF pg_catalog.to_regclass('tracardi.profile_primary_id_idx') IS NULL THEN
    CREATE INDEX profile_primary_id_idx ON tracardi.profile (primary_id) WHERE primary_id IS NOT NULL;
  END IF;
  -- the other ids of one person
  IF pg_catalog.to_regclass('tracardi.profile_alias_profile_id_idx') IS NULL THEN
    CREATE INDEX profile_alias_profile_id_idx ON tracardi.profile_alias (profile_id);
  END IF;
  -- the values by which one person is known
  IF pg_catalog.to_regclass('tracardi.merge_key_profile_id_idx') IS NULL THEN
    CREATE INDEX merge_key_profile_id_idx ON tracardi.merge_key (profile_id);
  END IF;
  -- maintain(): merged profiles whose history may not be moved yet
  IF pg_catalog.to_regclass('tracardi.profile_alias_unsettled_idx') IS NULL THEN
    CREATE INDEX profile_alias_unsettled_idx ON tracardi.profile_alias (created_at) WHERE NOT settled;
  END IF;
  -- maintain(): what is old; rows come in the order of time
  IF pg_catalog.to_regclass('tracardi.event_key_received_at_idx') IS NULL THEN
    CREATE INDEX event_key_received_at_idx ON tracardi.event_key USING brin (received_at);
  END IF;
  IF pg_catalog.to_regclass('tracardi.event_rejected_received_at_idx') IS NULL THEN
    CREATE INDEX event_rejected_received_at_idx ON tracardi.event_rejected (received_at);
  END IF;
  IF pg_catalog.to_regclass('tracardi.workflow_failure_last_failed_at_idx') IS NULL THEN
    CREATE INDEX workflow_failure_last_failed_at_idx ON tracardi.workflow_failure (last_failed_at);
  END IF;

  IF pg_catalog.to_regclass('tracardi.event_history') IS NULL THEN
    EXECUTE pg_catalog.format('CREATE TABLE tracardi.event_history PARTITION OF tracardi.event FOR VALUES FROM (MINVALUE) TO (%L)',
                              pg_catalog.date_trunc('month', pg_catalog.clock_timestamp()));
    COMMENT ON TABLE tracardi.event_history IS 'events from before the first month of tracardi in this database';
  END IF;
  PERFORM tracardi.make_partitions();

  -- Two parts, so that one person's events are found by index in both. Columns by name: those of users come and go.
  IF pg_catalog.to_regclass('tracardi.person_event') IS NULL THEN
    CREATE VIEW tracardi.person_event WITH (security_invoker = true) AS
    SELECT e.profile_id AS person_id, e.id, e.external_id, e.type, e.kind, e.time, e.received_at, e.source_id, e.session_id,
           e.profile_id, e.properties, e.context, e.tags, e.valid, e.errors, e.xact, e.journey_state
    FROM tracardi.event e
    WHERE e.profile_id IS NOT NULL AND NOT EXISTS (SELECT FROM tracardi.profile_alias a WHERE a.id = e.profile_id)
    UNION ALL
    SELECT a.profile_id, e.id, e.external_id, e.type, e.kind, e.time, e.received_at, e.source_id, e.session_id,
           e.profile_id, e.properties, e.context, e.tags, e.valid, e.errors, e.xact, e.journey_state
    FROM tracardi.profile_alias a JOIN tracardi.event e ON e.profile_id = a.id;
  END IF;
  COMMENT ON VIEW tracardi.person_event IS 'the events of people, also where an event still stands under an id that its person had before: exact at every moment';
  COMMENT ON COLUMN tracardi.person_event.person_id IS 'whom it belongs to now (tracardi.profile.id)';
  FOR column_name, column_comment IN
    SELECT v.attname, pg_catalog.col_description(e.attrelid, e.attnum)
    FROM pg_catalog.pg_attribute v JOIN pg_catalog.pg_attribute e ON e.attname = v.attname
    WHERE v.attrelid = 'tracardi.person_event'::regclass AND e.attrelid = 'tracardi.event'::regclass AND e.attnum > 0
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN tracardi.person_event.%I IS %L', column_name, column_comment);
  END LOOP;

  -- All data tables have one owner: its rights are those under which events are stored.
  FOR relation IN
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.relowner <> data_owner::oid AND c.relkind IN ('r', 'p', 'v')
      AND (c.oid IN (SELECT pg_catalog.to_regclass('tracardi.' || t) FROM pg_catalog.unnest(data_tables) AS t)
           OR c.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'tracardi.event'::regclass))
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %s', relation, data_owner);
  END LOOP;
  IF data_owner::oid <> (SELECT proowner FROM pg_catalog.pg_proc WHERE oid = 'tracardi.keep_segments()'::regprocedure) THEN
    EXECUTE pg_catalog.format('ALTER FUNCTION tracardi.keep_segments() OWNER TO %s', data_owner);
  END IF;
  IF data_owner::oid <> (SELECT proowner FROM pg_catalog.pg_proc WHERE oid = 'tracardi.never_stored()'::regprocedure) THEN
    EXECUTE pg_catalog.format('ALTER FUNCTION tracardi.never_stored() OWNER TO %s', data_owner);
  END IF;

  -- So that a cron line need not run as a superuser.
  IF data_owner <> current_user::regrole AND (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    EXECUTE pg_catalog.format('GRANT CREATE ON SCHEMA tracardi TO %s', data_owner);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.check_setup(), tracardi.make_partitions(), '
      'tracardi.make_partition(timestamptz), tracardi.move_history(bigint), tracardi.drop_partitions(timestamptz), '
      'tracardi.tidy_consents(), tracardi.holds(jsonb, jsonpath), tracardi.tell_segments(), '
      'tracardi.prepare_delivery(boolean), tracardi.continue_transactions(boolean, bigint), '
      'tracardi.run_workflows(int, int, int), tracardi.next_due() TO %s', data_owner);
    EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.segment TO %s', data_owner);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON PROCEDURE tracardi.maintain() TO %s', data_owner);
    IF former_owner <> data_owner AND former_owner <> current_user::regrole THEN
      EXECUTE pg_catalog.format('REVOKE CREATE ON SCHEMA tracardi FROM %s', former_owner);
      EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION tracardi.check_setup(), tracardi.make_partitions(), '
        'tracardi.make_partition(timestamptz), tracardi.move_history(bigint), tracardi.drop_partitions(timestamptz), '
      'tracardi.tidy_consents(), tracardi.holds(jsonb, jsonpath), tracardi.tell_segments(), '
        'tracardi.prepare_delivery(boolean), tracardi.continue_transactions(boolean, bigint), '
        'tracardi.run_workflows(int, int, int), tracardi.next_due() FROM %s', former_owner);
      EXECUTE pg_catalog.format('REVOKE SELECT ON tracardi.segment FROM %s', former_owner);
      EXECUTE pg_catalog.format('REVOKE EXECUTE ON PROCEDURE tracardi.maintain() FROM %s', former_owner);
    END IF;
  END IF;

  -- Those that are rare, or that the contract names, are made unless they are switched off; the others have to be switched on.
  INSERT INTO tracardi.system_event (type, enabled, description) VALUES
    ('profile-created', true, 'a profile was made'),
    ('profile-updated', false, 'events set fields of their profile; properties: fields, by their paths. One more event for each call that does so'),
    ('profile-merged', true, 'profiles turned out to be one person''s and became one'),
    ('session-opened', true, 'a session was made'),
    ('session-closed', false, 'a session ended for lack of events; with visit-ended, which says the same of the visit'),
    ('visit-started', true, 'a session was made, or came back after it had ended'),
    ('visit-ended', true, 'nothing was heard of a session for tracardi.session_timeout'),
    ('event-invalid', false, 'an event was stored that failed a check of its type'),
    ('event-rejected', false, 'an event could not be accepted'),
    ('workflow-failed', true, 'a workflow failed for an event'),
    ('source-refused', false, 'a call was refused: its source is not there, disabled, or without this door, or a bot came; with the background worker, as anybody may cause it'),
    ('track-failed', true, 'the transaction of a track() failed; with the background worker'),
    ('configuration-changed', false, 'a statement changed a configuration table; one event a statement'),
    ('schema-changed', true, 'a command made, changed, emptied or dropped something of schema tracardi; with tracardi in shared_preload_libraries'),
    ('segment-entered', true, 'a profile came to meet the condition of a segment'),
    ('segment-left', true, 'a profile meets the condition of a segment no more'),
    ('consent-changed', true, 'a person gave or took back consents by consent()'),
    ('profile-forgotten', true, 'a person was forgotten (tracardi.forget): how many rows of what')
  ON CONFLICT DO NOTHING;
  -- The default source of track(type, properties): static, so that an application's own ids are kept; not for HTTP.
  INSERT INTO tracardi.event_source (id, name, description, bridges, static_profile_id) VALUES
    ('sql', 'SQL', 'events that SQL tracks: the default of tracardi.track(event_type, properties)', '{sql}', true)
  ON CONFLICT DO NOTHING;

  PERFORM tracardi.make_predefined_types();

  -- From here on rows of data tables are written: as their owner, for its triggers must not run with the caller's rights.
  known_types := COALESCE((SELECT system_types FROM tracardi.instance), '{}');
  new_types := ARRAY(SELECT type FROM tracardi.system_event UNION SELECT pg_catalog.unnest(known_types) ORDER BY 1);
  IF data_owner <> current_user::regrole THEN
    PERFORM pg_catalog.set_config('role', pg_catalog.pg_get_userbyid(data_owner), true);
  END IF;
  INSERT INTO tracardi.instance (system_identifier, database, search_path)
  -- Temporary objects come last, so that those of a caller shadow nothing.
  SELECT s.system_identifier, d.oid,
         CASE WHEN setup.search_path ~ '\mpg_temp\M' THEN setup.search_path
              WHEN pg_catalog.btrim(setup.search_path) = '' THEN 'pg_temp'
              ELSE setup.search_path || ', pg_temp' END
  FROM pg_catalog.pg_control_system() s, pg_catalog.pg_database d
  WHERE d.datname = pg_catalog.current_database()
  ON CONFLICT (singleton) DO UPDATE
  SET system_identifier = EXCLUDED.system_identifier, database = EXCLUDED.database, search_path = EXCLUDED.search_path,
      activated_at = CASE WHEN (instance.system_identifier, instance.database) = (EXCLUDED.system_identifier, EXCLUDED.database)
                          THEN instance.activated_at ELSE EXCLUDED.activated_at END;
  INSERT INTO tracardi.merge_salt (salt)
  SELECT pg_catalog.decode(pg_catalog.replace(pg_catalog.concat(pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid()), '-', ''), 'hex')
  ON CONFLICT DO NOTHING;

  -- The list of system types only ever widens: an event that is stored stays valid. Rows that are there already are
  -- checked by maintain(), whose VALIDATE lets writers go on.
  IF new_types <> known_types THEN
    ALTER TABLE tracardi.event DROP CONSTRAINT IF EXISTS event_kind_check;
    -- One constraint, and short: PostgreSQL reads each of them anew for every INSERT.
    EXECUTE pg_catalog.format(
      'ALTER TABLE tracardi.event ADD CONSTRAINT event_kind_check CHECK (CASE kind'
      ' WHEN ''profile'' THEN profile_id IS NOT NULL'
      ' WHEN ''profileless'' THEN profile_id IS NULL'
      ' WHEN ''system'' THEN type = ANY (%L::text[])'
      ' ELSE false END) NOT VALID', new_types);
    IF known_types = '{}' THEN
      ALTER TABLE tracardi.event VALIDATE CONSTRAINT event_kind_check;
    END IF;
    UPDATE tracardi.instance SET system_types = new_types;
  END IF;
  PERFORM pg_catalog.set_config('role', caller_role, true);
  PERFORM tracardi.prepare_delivery(false);
  -- After ALTER EXTENSION UPDATE there may be functions that PostgREST does not know yet.
  PERFORM pg_catalog.pg_notify('pgrst', 'reload schema');

  PERFORM pg_catalog.set_config('client_min_messages', caller_messages, true);
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    PERFORM pg_catalog.set_config('tracardi.silent', COALESCE(caller_silence, 'off'), true);
  END IF;
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid = data_owner::oid) THEN
    RAISE NOTICE 'triggers on the data tables run with the rights of the superuser %', data_owner
      USING HINT = 'For production: CREATE ROLE tracardi_owner NOLOGIN; SELECT tracardi.setup(owner => ''tracardi_owner'');';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.setup(regrole, text) IS
  'makes the data tables or brings them up to date, seeds the configuration, and adopts a restored copy; owner: who shall own the data tables (default: as it is, at first the caller); search_path: the path for triggers on the data tables';
-- Data tables of what is delivered after the event's transaction: to asynchronous workflows and to subscriptions.
-- As all data tables they use no type, function or operator of the extension. Part of setup().

CREATE FUNCTION tracardi.setup_delivery() RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.instance'::regclass AND attname = 'xact_offset' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.instance ADD COLUMN xact_offset bigint NOT NULL DEFAULT 0;
  END IF;
  COMMENT ON COLUMN tracardi.instance.xact_offset IS 'what event.xact adds to the cluster''s transaction ids: more than 0 in a copy whose cluster counts from less than the original''s';

  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.workflow_failure'::regclass AND attname = 'status' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.workflow_failure
      ADD COLUMN event_time timestamptz,
      ADD COLUMN status text NOT NULL DEFAULT 'dead'
        CONSTRAINT workflow_failure_status_check CHECK (status IN ('waiting', 'dead')),
      ADD COLUMN next_attempt_at timestamptz;
  END IF;
  COMMENT ON COLUMN tracardi.workflow_failure.event_time IS 'the event''s time, with its id the key of tracardi.event; null for an ephemeral one';
  COMMENT ON COLUMN tracardi.workflow_failure.status IS 'waiting: it is tried again at next_attempt_at; dead: it is not, until tracardi.retry_failure';
  COMMENT ON COLUMN tracardi.workflow_failure.next_attempt_at IS 'when it is tried again; null: never by itself';

  IF pg_catalog.to_regclass('tracardi.workflow_cursor') IS NULL THEN
    CREATE TABLE tracardi.workflow_cursor (
      workflow text NOT NULL,
      shard int NOT NULL DEFAULT 0,
      shards int NOT NULL DEFAULT 1,
      starts pg_snapshot NOT NULL,
      after pg_snapshot NOT NULL,
      upto pg_snapshot,
      xact xid8,
      time timestamptz,
      id uuid,
      done boolean NOT NULL DEFAULT false,
      CONSTRAINT workflow_cursor_pkey PRIMARY KEY (workflow, shard)
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_cursor IS 'how far asynchronous workflows have come: a window of events, and a position in it';
  COMMENT ON COLUMN tracardi.workflow_cursor.workflow IS 'the workflow (tracardi.workflow.name)';
  COMMENT ON COLUMN tracardi.workflow_cursor.shard IS 'which part of the window''s profiles, from 0';
  COMMENT ON COLUMN tracardi.workflow_cursor.shards IS 'into how many parts the window is divided';
  COMMENT ON COLUMN tracardi.workflow_cursor.starts IS 'what was stored when the workflow was registered, as in tracardi.workflow';
  COMMENT ON COLUMN tracardi.workflow_cursor.after IS 'events that this snapshot sees are done';
  COMMENT ON COLUMN tracardi.workflow_cursor.upto IS 'the window ends with the events that this snapshot sees; null: no window is open';
  COMMENT ON COLUMN tracardi.workflow_cursor.xact IS 'the transaction of the last event that is done in the window; null: none is';
  COMMENT ON COLUMN tracardi.workflow_cursor.time IS 'the time of that event';
  COMMENT ON COLUMN tracardi.workflow_cursor.id IS 'the id of that event';
  COMMENT ON COLUMN tracardi.workflow_cursor.done IS 'whether this part of the window is done';

  IF pg_catalog.to_regclass('tracardi.workflow_tick') IS NULL THEN
    CREATE TABLE tracardi.workflow_tick (
      workflow text NOT NULL,
      at timestamptz NOT NULL,
      due_at timestamptz NOT NULL,
      upto pg_snapshot NOT NULL,
      CONSTRAINT workflow_tick_pkey PRIMARY KEY (workflow, at)
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_tick IS 'what was stored at which moment, for workflows with a delay: some hundred rows for each';
  COMMENT ON COLUMN tracardi.workflow_tick.workflow IS 'the workflow (tracardi.workflow.name)';
  COMMENT ON COLUMN tracardi.workflow_tick.at IS 'the moment';
  COMMENT ON COLUMN tracardi.workflow_tick.due_at IS 'the moment and the delay: then the workflow runs for what was stored by then';
  COMMENT ON COLUMN tracardi.workflow_tick.upto IS 'what was stored by then';

  IF pg_catalog.to_regclass('tracardi.workflow_replay') IS NULL THEN
    CREATE TABLE tracardi.workflow_replay (
      id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() CONSTRAINT workflow_replay_pkey PRIMARY KEY,
      workflow text NOT NULL,
      "from" timestamptz NOT NULL,
      "to" timestamptz NOT NULL,
      upto pg_snapshot NOT NULL,
      time timestamptz,
      event_id uuid,
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_replay IS 'events for which workflows are to run once more: a row is gone when its replay is done';
  COMMENT ON COLUMN tracardi.workflow_replay.id IS 'the replay''s id';
  COMMENT ON COLUMN tracardi.workflow_replay.workflow IS 'the workflow (tracardi.workflow.name)';
  COMMENT ON COLUMN tracardi.workflow_replay."from" IS 'events from this time on';
  COMMENT ON COLUMN tracardi.workflow_replay."to" IS 'events before this time';
  COMMENT ON COLUMN tracardi.workflow_replay.upto IS 'events that were stored when it was asked for';
  COMMENT ON COLUMN tracardi.workflow_replay.time IS 'the time of the last event that is done; null: none is';
  COMMENT ON COLUMN tracardi.workflow_replay.event_id IS 'the id of that event';
  COMMENT ON COLUMN tracardi.workflow_replay.created_at IS 'when it was asked for';

  IF pg_catalog.to_regclass('tracardi.subscription') IS NULL THEN
    CREATE TABLE tracardi.subscription (
      name text NOT NULL CONSTRAINT subscription_pkey PRIMARY KEY
        CONSTRAINT subscription_name_check
        CHECK (name = pg_catalog.btrim(name) AND name <> '' AND pg_catalog.char_length(name) <= 255),
      description text,
      event_type text,
      source_id text,
      kinds text[] CONSTRAINT subscription_kinds_check CHECK (kinds <@ '{profile,profileless,system}'::text[]),
      condition jsonpath,
      after pg_snapshot NOT NULL,
      upto pg_snapshot,
      batch bigint NOT NULL DEFAULT 0,
      xact xid8,
      time timestamptz,
      id uuid,
      told pg_snapshot NOT NULL,
      told_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.subscription IS 'consumers outside of the database, and how far each has come: see tracardi.poll';
  COMMENT ON COLUMN tracardi.subscription.name IS 'the subscription''s name: what NOTIFY carries';
  COMMENT ON COLUMN tracardi.subscription.description IS 'a description for people';
  COMMENT ON COLUMN tracardi.subscription.event_type IS 'only events of this type; null: of all types';
  COMMENT ON COLUMN tracardi.subscription.source_id IS 'only events from this source; null: from all sources';
  COMMENT ON COLUMN tracardi.subscription.kinds IS 'only events of these kinds; null: of all that are stored';
  COMMENT ON COLUMN tracardi.subscription.condition IS 'only events for which this holds, as for a workflow';
  COMMENT ON COLUMN tracardi.subscription.after IS 'events that this snapshot sees are done';
  COMMENT ON COLUMN tracardi.subscription.upto IS 'the batch ends with the events that this snapshot sees; null: none is open';
  COMMENT ON COLUMN tracardi.subscription.batch IS 'the batch''s number';
  COMMENT ON COLUMN tracardi.subscription.xact IS 'the transaction of the last event that is done in the batch; null: none is';
  COMMENT ON COLUMN tracardi.subscription.time IS 'the time of that event';
  COMMENT ON COLUMN tracardi.subscription.id IS 'the id of that event';
  COMMENT ON COLUMN tracardi.subscription.told IS 'of events that this snapshot sees, NOTIFY has told';
  COMMENT ON COLUMN tracardi.subscription.told_at IS 'when NOTIFY told last';
  COMMENT ON COLUMN tracardi.subscription.created_at IS 'when it was made';

  -- run_workflows(): what is to be tried again
  IF pg_catalog.to_regclass('tracardi.workflow_failure_next_attempt_at_idx') IS NULL THEN
    CREATE INDEX workflow_failure_next_attempt_at_idx ON tracardi.workflow_failure (next_attempt_at) WHERE status = 'waiting';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.setup_delivery() IS
  'makes the data tables of asynchronous workflows and subscriptions, or brings them up to date; part of tracardi.setup()';

CREATE FUNCTION tracardi.continue_transactions(make boolean, at_least bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = 'warning'
AS $$
DECLARE
  added bigint;
  highest bigint;
  -- What this transaction stored stands beyond its own snapshot.
  next_xid CONSTANT bigint := GREATEST(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint,
                                       pg_catalog.pg_current_xact_id_if_assigned()::text::bigint + 1);
BEGIN
  IF pg_catalog.to_regclass('tracardi.event_xact_idx') IS NULL THEN
    IF NOT make THEN
      RETURN;
    END IF;
    CREATE INDEX event_xact_idx ON tracardi.event (xact, time, id);
  END IF;
  added := (SELECT xact_offset FROM tracardi.instance);
  highest := GREATEST(
    at_least,
    (SELECT xact::text::bigint FROM tracardi.event ORDER BY xact DESC, time DESC, id DESC LIMIT 1),
    (SELECT pg_catalog.max(pg_catalog.pg_snapshot_xmax(s)::text::bigint) - 1
     FROM (SELECT pg_catalog.unnest(ARRAY[starts, after, upto]) FROM tracardi.workflow_cursor
           UNION ALL SELECT upto FROM tracardi.workflow_tick
           UNION ALL SELECT upto FROM tracardi.workflow_replay
           UNION ALL SELECT pg_catalog.unnest(ARRAY[after, upto, told]) FROM tracardi.subscription) AS v (s)));
  -- Transactions that are under way already are below next_xid; what they will store is not in question.
  IF highest < next_xid + added OR highest IS NULL THEN
    RETURN;
  END IF;
  -- This cluster counts from less than the one that the data come from. From here on its ids are made higher than all that
  -- are stored: then one order holds for all events, and every snapshot that was kept says what it said.
  LOCK TABLE tracardi.event IN ACCESS EXCLUSIVE MODE;
  added := highest + 1 - pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint;
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.event ALTER COLUMN xact '
    'SET DEFAULT (pg_catalog.pg_current_xact_id()::text::bigint + %s)::text::xid8', added);
  UPDATE tracardi.instance SET xact_offset = added;
END
$$;
COMMENT ON FUNCTION tracardi.continue_transactions(boolean, bigint) IS
  'sees to it that event.xact grows from cluster to cluster, in a copy whose cluster counts from less; make: also makes the index that asynchronous delivery reads by; part of tracardi.prepare_delivery()';
-- What time does: by the background worker, or for servers without it, from cron or pg_cron.

CREATE FUNCTION tracardi.check_setup() RETURNS void
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_setup';
COMMENT ON FUNCTION tracardi.check_setup() IS
  'returns if the data tables are there; else 55000, with the statement that makes them';

CREATE FUNCTION tracardi.drop_partitions(before timestamptz) RETURNS int
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
  -- Events wait while a partition is dropped: rather try again later than have them wait for whoever reads it.
  SET lock_timeout = '1s'
AS $$
DECLARE
  months CONSTANT regclass[] := ARRAY(
    SELECT c.oid FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'tracardi.event'::regclass AND c.relname <> 'event_history'
      AND pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)')::timestamptz <= before
    ORDER BY c.relname);
  history CONSTANT regclass := pg_catalog.to_regclass('tracardi.event_history');
  history_ends timestamptz;
BEGIN
  IF pg_catalog.cardinality(months) = 0 THEN
    RETURN 0;
  END IF;
  LOCK TABLE tracardi.event IN ACCESS EXCLUSIVE MODE;
  FOR i IN 1 .. pg_catalog.cardinality(months) LOOP
    EXECUTE pg_catalog.format('DROP TABLE %s', months[i]);
  END LOOP;
  -- What is before the first month that is left goes to the history, so that a late event is not refused. All that is
  -- there now is older than what was dropped.
  IF history IS NOT NULL THEN
    history_ends := (SELECT pg_catalog.min(pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)')::timestamptz)
                     FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = 'tracardi.event'::regclass AND c.oid <> history);
    TRUNCATE tracardi.event_history;
    ALTER TABLE tracardi.event DETACH PARTITION tracardi.event_history;
    EXECUTE pg_catalog.format('ALTER TABLE tracardi.event ATTACH PARTITION tracardi.event_history FOR VALUES FROM (MINVALUE) TO (%s)',
                              COALESCE(pg_catalog.quote_literal(history_ends), 'MAXVALUE'));
  END IF;
  RETURN pg_catalog.cardinality(months);
END
$$;
COMMENT ON FUNCTION tracardi.drop_partitions(timestamptz) IS
  'drops the monthly partitions of tracardi.event that ended before this moment, with their events, and returns how many; 55P03 if somebody is reading them';

CREATE PROCEDURE tracardi.maintain()
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_maintain';
COMMENT ON PROCEDURE tracardi.maintain() IS
  'one round of what the background worker does, in steps that commit unless it is called in a transaction block: adopts a restored copy, makes partitions ahead, ends visits, runs asynchronous workflows, moves the history of merged profiles, removes consents that are over and what is older than its retention; for the owner of the data tables';
-- The doors for SQL. The C functions run with the caller's rights; EXECUTE on them is the right to track. Inside, they
-- act as the owner of the data tables, as foreign keys do.

CREATE FUNCTION tracardi.id(text) RETURNS uuid
  IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_id';
COMMENT ON FUNCTION tracardi.id(text) IS
  'the uuid of a client''s profile or session id: a canonical UUID as it is, any other text as a UUIDv5 that never changes; null for a blank text; 22001 above 255 characters';

CREATE FUNCTION tracardi.event_id(source_id text, id text) RETURNS uuid
  IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_event_id';
COMMENT ON FUNCTION tracardi.event_id(text, text) IS
  'the uuid of a client''s event id: a canonical UUID as it is, any other text as a UUIDv5 that is scoped by its source; null for a blank text; 22001 above 255 characters';

CREATE FUNCTION tracardi.track(jsonb) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_track_payload';
COMMENT ON FUNCTION tracardi.track(jsonb) IS
  'takes a tracker payload {source, session, profile, context, properties, options, events} and returns {task, events, profile, session, response, ux, errors, warnings}; null without events';

CREATE FUNCTION tracardi.track(
  event_type text,
  properties jsonb,
  source_id text DEFAULT 'sql',
  profile_id text DEFAULT NULL,
  session_id text DEFAULT NULL,
  context jsonb DEFAULT '{}',
  options jsonb DEFAULT '{}',
  event_id text DEFAULT NULL,
  "time" timestamptz DEFAULT NULL
) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_track_event';
COMMENT ON FUNCTION tracardi.track(text, jsonb, text, text, text, jsonb, jsonb, text, timestamptz) IS
  'tracks one event and returns what track(jsonb) returns; without a profile and a session the event is profileless, without a session no session is made';

CREATE FUNCTION tracardi.collect(event_type text, source_id text, properties jsonb, session_id text DEFAULT NULL) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_collect';
COMMENT ON FUNCTION tracardi.collect(text, text, jsonb, text) IS
  'the webhook''s door: tracks one event of a source that has the bridge webhook; profileless without a session';

CREATE FUNCTION tracardi.retry_rejected(id uuid) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_retry_rejected';
COMMENT ON FUNCTION tracardi.retry_rejected(uuid) IS
  'tracks an event of tracardi.event_rejected again, with its session, profile and moment of arrival, and returns what track() returns; the row is gone once the event is accepted; P0002 if there is none';
-- Views for analysts: the events of one type, with a typed column for each property, and session and profile beside.

CREATE FUNCTION tracardi.event_properties(event_type text) RETURNS TABLE (key text, type text, description text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH schemas AS (
    SELECT t.schema, '' AS name FROM tracardi.event_type t
    WHERE t.type = $1 AND pg_catalog.jsonb_typeof(t.schema -> 'properties') = 'object'
    UNION ALL
    SELECT s.schema, s.name FROM tracardi.event_schema s
    WHERE s.event_type = $1 AND s.target = 'properties' AND s.enabled
      AND pg_catalog.jsonb_typeof(s.schema -> 'properties') = 'object'
  ), defined AS (
    -- Where two schemas define a property, the type's own counts, then the first by name.
    SELECT DISTINCT ON (p.key) p.key,
      CASE WHEN pg_catalog.jsonb_typeof(p.value) <> 'object' THEN '{}'::jsonb
           WHEN p.value ->> '$ref' LIKE '#/%' THEN
             COALESCE(s.schema #> ARRAY(
               SELECT pg_catalog.replace(pg_catalog.replace(step, '~1', '/'), '~0', '~')
               FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.substr(p.value ->> '$ref', 3), '/'))
                    WITH ORDINALITY AS steps (step, place)
               ORDER BY place), '{}') || p.value
           ELSE p.value END AS definition
    FROM schemas s, pg_catalog.jsonb_each(s.schema -> 'properties') AS p
    ORDER BY p.key, s.name COLLATE "C"
  ), template AS (
    SELECT t.reshape -> 'properties' AS properties FROM tracardi.event_type t WHERE t.type = $1 AND t.reshape ? 'properties'
  ), stored AS (
    SELECT d.key, d.definition FROM defined d WHERE NOT EXISTS (SELECT FROM template)
    UNION ALL
    -- Reshaped events have the template's properties; one that is taken over as it came keeps its definition.
    SELECT p.key, COALESCE(d.definition, '{}')
    FROM template t CROSS JOIN pg_catalog.jsonb_each(t.properties) AS p
    LEFT JOIN defined d ON p.value #>> '{}' IN ('$.properties.' || d.key, '$.properties."' || d.key || '"')
  ), typed AS (
    SELECT s.key, s.definition,
      CASE pg_catalog.jsonb_typeof(s.definition -> 'type')
        WHEN 'string' THEN s.definition ->> 'type'
        WHEN 'array' THEN (SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.min(t #>> '{}') END
                           FROM pg_catalog.jsonb_array_elements(s.definition -> 'type') AS t WHERE t <> '"null"')
        ELSE CASE WHEN pg_catalog.jsonb_typeof(s.definition -> 'enum') = 'array'
                   AND NOT pg_catalog.jsonb_path_exists(s.definition, '$.enum[*] ? (@.type() != "string")') THEN 'string' END
      END AS type
    FROM stored s
  )
  SELECT t.key,
    CASE WHEN t.type = 'string' AND t.definition ->> 'format' = 'date-time' THEN 'timestamptz'
         WHEN t.type = 'string' THEN 'text'
         WHEN t.type = 'number' THEN 'numeric'
         WHEN t.type = 'integer' THEN 'bigint'
         WHEN t.type = 'boolean' THEN 'boolean'
         ELSE 'jsonb' END,
    COALESCE(t.definition ->> 'description', t.definition ->> 'title')
  FROM typed t ORDER BY t.key COLLATE "C"
$$;
COMMENT ON FUNCTION tracardi.event_properties(text) IS
  'the properties that stored events of a type have by its schemas and its template, and the column types that fit';

CREATE FUNCTION tracardi.snake_case(text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  -- Room is left for a suffix in the 63 bytes that a name may have.
  SELECT COALESCE(NULLIF(pg_catalog.left(pg_catalog.btrim(pg_catalog.regexp_replace(pg_catalog.lower(
    pg_catalog.regexp_replace(pg_catalog.regexp_replace($1, '([a-z0-9])([A-Z])', '\1_\2', 'g'), '([A-Z])([A-Z][a-z])', '\1_\2', 'g')),
    '[^a-z0-9]+', '_', 'g'), '_'), 58), ''), 'x')
$$;
COMMENT ON FUNCTION tracardi.snake_case(text) IS
  'a name for a column or view: lower case, words joined by _, at most 58 letters a to z, digits and _';

CREATE FUNCTION tracardi.event_view_columns(event_type text, existing regclass DEFAULT NULL)
  RETURNS TABLE (name text, expression text, comment text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[] := '{}';
  expressions text[] := '{}';
  comments text[] := '{}';
  reserved text[];
  given record;
  property record;
  wanted text;
  value text;
  n int;
BEGIN
  FOR given IN
    SELECT r.prefix || a.attname AS name, pg_catalog.format('%s.%I', r.alias, a.attname) AS expression,
           pg_catalog.col_description(a.attrelid, a.attnum) AS comment
    FROM (VALUES (1, 'tracardi.event'::regclass, 'e', '', '{xact}'::text[]),
                 (2, 'tracardi.session', 's', 'session_', '{id,profile_id,source_id}'),
                 (3, 'tracardi.profile', 'p', 'profile_', '{id,fields}')) AS r (place, relation, alias, prefix, without)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.relation
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (r.without)
    ORDER BY r.place, a.attnum
  LOOP
    names := names || given.name;
    expressions := expressions || given.expression;
    comments := comments || given.comment;
  END LOOP;
  reserved := names;
  FOR property IN SELECT p.key, p.type, p.description FROM tracardi.event_properties($1) AS p LOOP
    wanted := tracardi.snake_case(property.key);
    IF wanted = ANY (reserved) THEN
      wanted := pg_catalog.left('property_' || wanted, 58);
    END IF;
    n := 2;
    WHILE wanted = ANY (names) LOOP
      wanted := pg_catalog.regexp_replace(wanted, '(_\d+)?$', '_' || n);
      n := n + 1;
    END LOOP;
    value := pg_catalog.format('(e.properties -> %L)', property.key);
    names := names || wanted;
    -- Whatever stands there, the view can be read: what is not of the type is null.
    expressions := expressions || CASE property.type
      WHEN 'jsonb' THEN value
      WHEN 'bigint' THEN pg_catalog.format(
        'CASE WHEN jsonb_typeof(%1$s) = ''number'' THEN CASE WHEN %1$s::numeric = trunc(%1$s::numeric)'
        ' AND %1$s::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN %1$s::bigint END END', value)
      WHEN 'timestamptz' THEN pg_catalog.format(
        'CASE WHEN jsonb_typeof(%1$s) = ''string'' THEN tracardi.parse_time(%1$s #>> ''{}'') END', value)
      WHEN 'text' THEN pg_catalog.format('CASE WHEN jsonb_typeof(%1$s) = ''string'' THEN %1$s #>> ''{}'' END', value)
      ELSE pg_catalog.format('CASE WHEN jsonb_typeof(%1$s) = %2$L THEN %1$s::%3$s END', value,
                             CASE property.type WHEN 'numeric' THEN 'number' ELSE property.type END, property.type)
      END;
    comments := comments || COALESCE(property.description, pg_catalog.format('properties.%s', property.key));
  END LOOP;
  -- Columns that are there keep their place: so a view can be replaced while others depend on it.
  RETURN QUERY
    SELECT c.name, c.expression, c.comment
    FROM ROWS FROM (pg_catalog.unnest(names), pg_catalog.unnest(expressions), pg_catalog.unnest(comments)) WITH ORDINALITY AS c (name, expression, comment, place)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = existing AND a.attname = c.name AND NOT a.attisdropped
    ORDER BY a.attnum NULLS LAST, c.place;
END
$$;
COMMENT ON FUNCTION tracardi.event_view_columns(text, regclass) IS
  'the columns of a view of events of a type; existing: the view that is to be replaced';

CREATE FUNCTION tracardi.make_event_view(event_type text, view text, existing regclass DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given record;
  names text := '';
  expressions text := '';
BEGIN
  SELECT pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ', ' ORDER BY c.place),
         pg_catalog.string_agg(c.expression, ', ' ORDER BY c.place)
  INTO names, expressions
  FROM tracardi.event_view_columns($1, existing) WITH ORDINALITY AS c (name, expression, comment, place);
  -- With the reader's rights: a view opens nothing that the tables don't.
  EXECUTE pg_catalog.format(
    'CREATE %s VIEW %s (%s) WITH (security_invoker = true) AS SELECT %s FROM tracardi.event e'
    ' LEFT JOIN tracardi.session s ON s.id = e.session_id LEFT JOIN tracardi.profile p ON p.id = e.profile_id'
    ' WHERE e.type = %L', CASE WHEN existing IS NULL THEN '' ELSE 'OR REPLACE' END, view, names, expressions, $1);
  EXECUTE pg_catalog.format('COMMENT ON VIEW %s IS %L', view, pg_catalog.format('events of type "%s", by tracardi.create_event_view', $1));
  FOR given IN SELECT c.name, c.comment FROM tracardi.event_view_columns($1, existing) AS c LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', view, given.name, given.comment);
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.make_event_view(text, text, regclass) IS
  'the statements of create_event_view and refresh_event_view; view: its qualified name';

CREATE FUNCTION tracardi.create_event_view(
  event_type text,
  name text DEFAULT NULL,
  schema text DEFAULT pg_catalog.current_schema()
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  normal CONSTANT text := tracardi.normalize_type($1);
  view CONSTANT text := pg_catalog.format('%I.%I', $3, COALESCE($2, tracardi.snake_case(normal)));
BEGIN
  PERFORM tracardi.check_setup();
  PERFORM tracardi.make_event_view(normal, view);
  RETURN view;
EXCEPTION WHEN duplicate_table THEN
  RAISE EXCEPTION '% already exists', view
    USING ERRCODE = 'duplicate_table',
          HINT = pg_catalog.format('SELECT tracardi.refresh_event_view(%L, %L, %L);', normal, COALESCE($2, tracardi.snake_case(normal)), $3);
END
$$;
COMMENT ON FUNCTION tracardi.create_event_view(text, text, text) IS
  'makes a view of the events of a type, with a typed column for each property of its schemas, and returns its qualified name; name: by default the type''s; schema: by default the first of the search_path; 42P07 if it exists';

CREATE FUNCTION tracardi.refresh_event_view(
  event_type text,
  name text DEFAULT NULL,
  schema text DEFAULT pg_catalog.current_schema()
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  normal CONSTANT text := tracardi.normalize_type($1);
  view CONSTANT text := pg_catalog.format('%I.%I', $3, COALESCE($2, tracardi.snake_case(normal)));
  existing CONSTANT regclass := pg_catalog.to_regclass(view);
  former record;
  dependents text;
  given record;
BEGIN
  PERFORM tracardi.check_setup();
  SELECT c.relkind, c.relowner, c.relacl INTO former FROM pg_catalog.pg_class c WHERE c.oid = existing;
  IF existing IS NULL THEN
    RAISE EXCEPTION 'view % does not exist', view
      USING ERRCODE = 'undefined_table',
            HINT = pg_catalog.format('SELECT tracardi.create_event_view(%L, %L, %L);', normal, COALESCE($2, tracardi.snake_case(normal)), $3);
  END IF;
  -- Nothing else of the user's is replaced.
  IF former.relkind <> 'v' OR pg_catalog.strpos(pg_catalog.pg_get_viewdef(existing), pg_catalog.format('(e.type = %L::text)', normal)) = 0 THEN
    RAISE EXCEPTION '% is not a view of events of type "%"', view, normal USING ERRCODE = 'wrong_object_type';
  END IF;
  BEGIN
    PERFORM tracardi.make_event_view(normal, view, existing);
    RETURN view;
  EXCEPTION WHEN invalid_table_definition THEN
    NULL;  -- a column went, or changed its type: PostgreSQL can't replace such a view
  END;
  BEGIN
    EXECUTE pg_catalog.format('DROP VIEW %s', view);
  EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'can''t refresh view %: a column goes or changes its type, and other objects depend on the view', view
      USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependents,
            HINT = 'Drop these objects first, or make a view by another name.';
  END;
  PERFORM tracardi.make_event_view(normal, view);
  FOR given IN
    SELECT a.privilege_type, a.is_grantable, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
    FROM pg_catalog.aclexplode(former.relacl) AS a WHERE a.grantee <> former.relowner
  LOOP
    EXECUTE pg_catalog.format('GRANT %s ON %s TO %s%s', given.privilege_type, view, given.grantee,
                              CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF former.relowner <> current_user::regrole THEN
    EXECUTE pg_catalog.format('ALTER VIEW %s OWNER TO %s', view, former.relowner::regrole);
  END IF;
  RETURN view;
END
$$;
COMMENT ON FUNCTION tracardi.refresh_event_view(text, text, text) IS
  'brings a view that create_event_view made up to date with the schemas of its type; rights on it stay; 42P01 if there is none, 2BP01 if a column goes or changes its type while others depend on the view';
-- Workflows: trigger functions that are called for events, in the transaction of track() or after it.

CREATE TABLE tracardi.workflow (
  name text PRIMARY KEY
    CONSTRAINT workflow_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  description text,
  function text NOT NULL,
  owner text NOT NULL,
  search_path text NOT NULL DEFAULT pg_catalog.current_setting('search_path'),
  event_type text
    CONSTRAINT workflow_event_type_check
    CHECK (event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(event_type)
           AND event_type OPERATOR(pg_catalog.<>) ''),
  source_id text,
  kinds text[]
    CONSTRAINT workflow_kinds_check
    CHECK (kinds OPERATOR(pg_catalog.<@) '{profile,profileless,ephemeral,system}'::text[]),
  condition jsonpath,
  consents text[] NOT NULL DEFAULT '{}'
    CONSTRAINT workflow_consents_check
    CHECK (pg_catalog.array_position(consents, NULL) IS NULL AND pg_catalog.array_position(consents, '') IS NULL
           AND pg_catalog.cardinality(consents) OPERATOR(pg_catalog.<=) 100),
  mode text NOT NULL DEFAULT 'sync'
    CONSTRAINT workflow_mode_check CHECK (mode OPERATOR(pg_catalog.=) ANY ('{sync,async}'::text[])),
  timeout interval
    CONSTRAINT workflow_timeout_check
    CHECK (timeout OPERATOR(pg_catalog.>=) '0'::interval AND timeout OPERATOR(pg_catalog.<=) '24 days'::interval),
  delay interval
    CONSTRAINT workflow_delay_check
    CHECK (delay OPERATOR(pg_catalog.>) '0'::interval AND delay OPERATOR(pg_catalog.<=) '10 years'::interval),
  unless_event_type text
    CONSTRAINT workflow_unless_event_type_check
    CHECK (unless_event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(unless_event_type)
           AND unless_event_type OPERATOR(pg_catalog.<>) ''),
  retry_limit int
    CONSTRAINT workflow_retry_limit_check CHECK (retry_limit OPERATOR(pg_catalog.>=) 0),
  retry_delay interval
    CONSTRAINT workflow_retry_delay_check
    CHECK (retry_delay OPERATOR(pg_catalog.>=) '0'::interval AND retry_delay OPERATOR(pg_catalog.<=) '10 years'::interval),
  starts pg_snapshot,
  enabled boolean NOT NULL DEFAULT true,
  status text NOT NULL DEFAULT 'ready'
    CONSTRAINT workflow_status_check CHECK (status OPERATOR(pg_catalog.=) ANY ('{ready,broken}'::text[])),
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT workflow_async_check
    CHECK (mode OPERATOR(pg_catalog.=) 'async'
           OR (delay IS NULL AND unless_event_type IS NULL AND retry_limit IS NULL AND retry_delay IS NULL)),
  CONSTRAINT workflow_ephemeral_check
    CHECK (mode OPERATOR(pg_catalog.<>) 'async' OR NOT kinds OPERATOR(pg_catalog.<@) '{ephemeral}'::text[])
);
COMMENT ON TABLE tracardi.workflow IS 'which trigger functions are called for which events, in the order of their names (bytewise)';
COMMENT ON COLUMN tracardi.workflow.name IS 'the workflow''s name: TG_NAME in the function';
COMMENT ON COLUMN tracardi.workflow.description IS 'a description for people';
COMMENT ON COLUMN tracardi.workflow.function IS 'a function without arguments that returns trigger, by its qualified name';
COMMENT ON COLUMN tracardi.workflow.owner IS 'the function''s owner when it was registered: it runs with this role''s rights, or not at all';
COMMENT ON COLUMN tracardi.workflow.search_path IS 'the path under which the function runs: that of whoever registered it';
COMMENT ON COLUMN tracardi.workflow.event_type IS 'only events of this type; null: of all types';
COMMENT ON COLUMN tracardi.workflow.source_id IS 'only events from this source; null: from all sources';
COMMENT ON COLUMN tracardi.workflow.kinds IS 'only events of these kinds; null: of all kinds';
COMMENT ON COLUMN tracardi.workflow.condition IS 'only events for which this holds, over {type, kind, time, source, properties, context, tags, session, profile}: its first item if that is a boolean, else whether there is one that is not null';
COMMENT ON COLUMN tracardi.workflow.consents IS 'only events whose profile gives all these consents at that moment (tracardi.has_consent); an event that belongs to nobody gives none; empty: all events';
COMMENT ON COLUMN tracardi.workflow.mode IS 'sync: in the transaction of track(); async: after it, by the background worker or tracardi.maintain()';
COMMENT ON COLUMN tracardi.workflow.timeout IS 'how long it may take for one event; null: tracardi.workflow_timeout; 0: for ever';
COMMENT ON COLUMN tracardi.workflow.delay IS 'async: so long after the event; null: at once';
COMMENT ON COLUMN tracardi.workflow.unless_event_type IS 'async: not for an event if one of this type came for the same profile since; null: for all';
COMMENT ON COLUMN tracardi.workflow.retry_limit IS 'async: how often an event for which it failed is tried again; null: tracardi.retry_limit';
COMMENT ON COLUMN tracardi.workflow.retry_delay IS 'async: how long after the first failure, doubled after each further one; null: tracardi.retry_delay';
COMMENT ON COLUMN tracardi.workflow.starts IS 'async: what was stored when it was registered, for which it does not run';
COMMENT ON COLUMN tracardi.workflow.enabled IS 'false: it is not called; an asynchronous one catches up when it is true again';
COMMENT ON COLUMN tracardi.workflow.status IS 'broken: its function is gone or changed its owner, so it is not called until the row is set to ready again';
COMMENT ON COLUMN tracardi.workflow.created_at IS 'when it was registered';

CREATE FUNCTION tracardi.check_workflow() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  called record;
  -- A row that comes with its owner was registered before and comes from a dump, which must restore whatever became of the
  -- function since: what can't be called comes in broken.
  restored CONSTANT boolean := TG_OP = 'INSERT' AND NEW.owner <> '';
BEGIN
  IF NEW.status = 'broken' THEN
    RETURN NEW;  -- it is not called; setting it to ready checks it again
  END IF;
  IF NEW.mode = 'sync' THEN
    NEW.starts := NULL;
  ELSIF TG_OP = 'UPDATE' AND OLD.mode = 'async' THEN
    NEW.starts := OLD.starts;
  ELSIF NOT restored THEN
    PERFORM tracardi.prepare_delivery(true);
    NEW.starts := tracardi.event_snapshot();
  END IF;
  IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - '{enabled,description,created_at}'::text[])
                        = (to_jsonb(OLD) - '{enabled,description,created_at}'::text[]) THEN
    RETURN NEW;  -- who may tend the table may switch a workflow, also one that runs with another's rights
  END IF;
  SELECT p.oid, p.proowner, p.prorettype, p.pronargs, n.nspname, p.proname, l.lanpltrusted, l.lanname INTO called
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE p.oid = pg_catalog.to_regprocedure(
    pg_catalog.regexp_replace(NEW.function, '\(\s*\)\s*$', '') || '()');
  IF restored AND (called.oid IS NULL OR called.prorettype <> 'trigger'::regtype) THEN
    NEW.status := 'broken';
    RETURN NEW;
  END IF;
  IF called.oid IS NULL THEN
    RAISE EXCEPTION 'function %() does not exist', NEW.function
      USING ERRCODE = 'undefined_function',
            HINT = 'Name a function without arguments by its qualified name: schema.function.';
  END IF;
  IF called.prorettype <> 'trigger'::regtype THEN
    RAISE EXCEPTION 'function %.%() does not return trigger', pg_catalog.quote_ident(called.nspname), pg_catalog.quote_ident(called.proname)
      USING ERRCODE = 'invalid_object_definition', HINT = 'CREATE FUNCTION … RETURNS trigger …';
  END IF;
  -- From 16 on a membership may come without the right to act as that role.
  IF NOT pg_catalog.pg_has_role(current_user, called.proowner,
       CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
    RAISE EXCEPTION 'must be a member of role "%" to register a workflow that runs with its rights',
      pg_catalog.pg_get_userbyid(called.proowner) USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF called.lanname IN ('c', 'internal') AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'must be superuser to register a function in language % as a workflow', called.lanname
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.function := pg_catalog.format('%I.%I', called.nspname, called.proname);
  IF restored AND NEW.owner <> pg_catalog.pg_get_userbyid(called.proowner) THEN
    NEW.status := 'broken';
  ELSE
    NEW.owner := pg_catalog.pg_get_userbyid(called.proowner);
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tracardi.check_workflow() IS
  'row trigger of tracardi.workflow: the function exists and returns trigger, and whoever registers it may act as its owner';

CREATE TRIGGER check_workflow BEFORE INSERT OR UPDATE ON tracardi.workflow
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_workflow();
ALTER TABLE tracardi.workflow ENABLE ALWAYS TRIGGER check_workflow;
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.workflow
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.workflow ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.workflow', '');

CREATE FUNCTION tracardi.create_workflow(
  name text,
  function regproc,
  event_type text DEFAULT NULL,
  source_id text DEFAULT NULL,
  kinds text[] DEFAULT NULL,
  condition jsonpath DEFAULT NULL,
  mode text DEFAULT 'sync',
  timeout interval DEFAULT NULL,
  description text DEFAULT NULL,
  search_path text DEFAULT pg_catalog.current_setting('search_path'),
  consents text[] DEFAULT '{}',
  delay interval DEFAULT NULL,
  unless_event_type text DEFAULT NULL,
  retry_limit int DEFAULT NULL,
  retry_delay interval DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  IF $7 IS NULL OR NOT $7 = ANY ('{sync,async}') THEN
    RAISE EXCEPTION 'mode "%" of a workflow is not known', $7
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The modes are sync and async.';
  END IF;
  INSERT INTO tracardi.workflow (name, function, owner, event_type, source_id, kinds, condition, mode, timeout, description,
                                 search_path, consents, delay, unless_event_type, retry_limit, retry_delay)
  SELECT $1, pg_catalog.format('%I.%I', n.nspname, p.proname), '', tracardi.normalize_type($3), $4, $5, $6, $7, $8, $9, $10,
         COALESCE($11, '{}'), $12, tracardi.normalize_type($13), $14, $15
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.oid = $2;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'workflow "%" has no function', $1
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name a function: schema.function.';
  END IF;
  IF $7 = 'async' AND ('ephemeral' = ANY ($5)
                       OR EXISTS (SELECT FROM tracardi.event_type t WHERE t.type = tracardi.normalize_type($3) AND t.ephemeral)
                       OR EXISTS (SELECT FROM tracardi.event_source s WHERE s.id = $4 AND s.ephemeral)) THEN
    RAISE NOTICE 'workflow "%" is not called for ephemeral events', $1
      USING DETAIL = 'They are not stored, so an asynchronous workflow never sees them.';
  END IF;
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'workflow "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_workflow(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'workflow_kinds_check' THEN
      RAISE EXCEPTION 'kinds % of a workflow are not known', $5
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'The kinds are profile, profileless, ephemeral and system.';
    ELSIF broken = 'workflow_ephemeral_check' THEN
      RAISE EXCEPTION 'workflow "%" would never be called', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              DETAIL = 'Ephemeral events are not stored, so an asynchronous workflow never sees them.',
              HINT = 'Name another kind, or mode => ''sync''.';
    ELSIF broken = 'workflow_async_check' THEN
      RAISE EXCEPTION 'workflow "%" has a delay, a condition on later events or retries, which only asynchronous ones have', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'mode => ''async''';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_workflow(text, regproc, text, text, text[], jsonpath, text, interval, text, text, text[], interval, text, int, interval) IS
  'registers a trigger function as a workflow and returns its name; consents: without which it is not called; the first asynchronous one makes an index of tracardi.event; 42710 if the name is taken, 42501 without membership in the function''s owner';

CREATE FUNCTION tracardi.drop_workflow(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.workflow w WHERE w.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'workflow "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.workflow;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_workflow(text) IS 'removes a workflow; its function stays; 42704 if there is none';

CREATE FUNCTION tracardi.respond(jsonb) RETURNS void
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_respond';
COMMENT ON FUNCTION tracardi.respond(jsonb) IS
  'called by a workflow: merges an object into "response" of the answer, later keys win; undone if the workflow fails; 55000 outside of a workflow';

CREATE FUNCTION tracardi.add_ux(jsonb) RETURNS void
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_add_ux';
COMMENT ON FUNCTION tracardi.add_ux(jsonb) IS
  'called by a workflow: appends an object, or an array of them, to "ux" of the answer; undone if the workflow fails; 55000 outside of a workflow';
-- Delivery after the event's transaction: to asynchronous workflows, and to consumers outside of the database.

CREATE FUNCTION tracardi.prepare_delivery(make boolean) RETURNS void
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_prepare_delivery';
COMMENT ON FUNCTION tracardi.prepare_delivery(boolean) IS
  'sees to it that event.xact grows, also in a restored copy; make: also makes the index event_xact_idx, during which nobody stores events';

CREATE FUNCTION tracardi.event_snapshot() RETURNS pg_snapshot
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_event_snapshot';
COMMENT ON FUNCTION tracardi.event_snapshot() IS
  'which events are stored at this moment, by event.xact: pg_current_snapshot(), moved by tracardi.instance.xact_offset';

CREATE FUNCTION tracardi.run_workflows(max_events int DEFAULT 1000, shard int DEFAULT NULL, shards int DEFAULT NULL) RETURNS bigint
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_run_workflows';
COMMENT ON FUNCTION tracardi.run_workflows(int, int, int) IS
  'one step of asynchronous workflows, retries, replays and notifications: looks at up to max_events events for each workflow and returns how many it looked at; 0: nothing is due. Where there is more than that, worker "shard" of "shards" (from 0) takes its part of the profiles; null: all';

CREATE FUNCTION tracardi.next_due() RETURNS timestamptz
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_next_due';
COMMENT ON FUNCTION tracardi.next_due() IS
  'when tracardi.run_workflows() is to be called, even if no event comes: for the next retry, delayed run or notification; null: nothing waits';

CREATE FUNCTION tracardi.retry_failure(id uuid) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  failure record;
BEGIN
  SELECT f.workflow, f.event_time INTO failure FROM tracardi.workflow_failure f WHERE f.id = $1 FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no workflow failure "%"', $1
      USING ERRCODE = 'no_data_found', HINT = 'SELECT id, workflow, message FROM tracardi.workflow_failure;';
  END IF;
  IF failure.event_time IS NULL THEN
    RAISE EXCEPTION 'an ephemeral event can''t be tried again'
      USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'It was not stored.';
  END IF;
  IF NOT EXISTS (SELECT FROM tracardi.workflow w WHERE w.name = failure.workflow) THEN
    RAISE EXCEPTION 'workflow "%" does not exist', failure.workflow
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.workflow;';
  END IF;
  UPDATE tracardi.workflow_failure f SET status = 'waiting', attempts = 0, next_attempt_at = clock_timestamp() WHERE f.id = $1;
END
$$;
COMMENT ON FUNCTION tracardi.retry_failure(uuid) IS
  'has a workflow run again for an event for which it failed, in the background, with as many further retries as at first; P0002 if there is no such failure, 55000 for an ephemeral event';

CREATE FUNCTION tracardi.replay_workflow(name text, "from" timestamptz DEFAULT NULL, "to" timestamptz DEFAULT NULL) RETURNS uuid
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  replay uuid;
BEGIN
  IF NOT EXISTS (SELECT FROM tracardi.workflow w WHERE w.name = $1) THEN
    RAISE EXCEPTION 'workflow "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.workflow;';
  END IF;
  IF $2 >= $3 THEN
    RAISE EXCEPTION 'a replay ends after it begins' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM tracardi.prepare_delivery(true);
  INSERT INTO tracardi.workflow_replay (workflow, "from", "to", upto)
  VALUES ($1, COALESCE($2, '-infinity'), COALESCE($3, 'infinity'), tracardi.event_snapshot()) RETURNING id INTO replay;
  RETURN replay;
END
$$;
COMMENT ON FUNCTION tracardi.replay_workflow(text, timestamptz, timestamptz) IS
  'has a workflow run once more, in the background, for all events of a span of time that are stored and that it is for; returns the replay''s id (tracardi.workflow_replay); null: without a bound; 42704 if there is no such workflow';

CREATE FUNCTION tracardi.create_subscription(
  name text,
  event_type text DEFAULT NULL,
  source_id text DEFAULT NULL,
  kinds text[] DEFAULT NULL,
  condition jsonpath DEFAULT NULL,
  description text DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  now_stored pg_snapshot;
  broken text;
BEGIN
  PERFORM tracardi.prepare_delivery(true);
  now_stored := tracardi.event_snapshot();
  INSERT INTO tracardi.subscription (name, event_type, source_id, kinds, condition, description, after, told)
  VALUES ($1, tracardi.normalize_type($2), $3, $4, $5, $6, now_stored, now_stored);
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'subscription "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_subscription(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'subscription_kinds_check' THEN
      RAISE EXCEPTION 'kinds % of a subscription are not known', $4
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'The kinds are profile, profileless and system; ephemeral events are not stored.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_subscription(text, text, text, text[], jsonpath, text) IS
  'makes a subscription, which begins with the events that are stored from now on, and returns its name; the first one makes an index of tracardi.event; 42710 if the name is taken';

CREATE FUNCTION tracardi.drop_subscription(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.subscription s WHERE s.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'subscription "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.subscription;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_subscription(text) IS 'removes a subscription; 42704 if there is none';

CREATE FUNCTION tracardi.poll_batch(name text, "limit" int) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_poll_batch';
COMMENT ON FUNCTION tracardi.poll_batch(text, int) IS 'what tracardi.poll gives, as a JSON array of {"position", "event"}';

CREATE FUNCTION tracardi.poll(name text, "limit" int DEFAULT 100) RETURNS TABLE ("position" text, event jsonb)
  LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
  SELECT b.value ->> 'position', b.value -> 'event'
  FROM pg_catalog.jsonb_array_elements(tracardi.poll_batch($1, $2)) AS b (value);
$$;
COMMENT ON FUNCTION tracardi.poll(text, int) IS
  'the next events of a subscription, each as its row in JSON, and its position: the same ones again until tracardi.advance; 42704 if there is no such subscription';

CREATE FUNCTION tracardi.advance(name text, "position" text) RETURNS boolean
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_advance';
COMMENT ON FUNCTION tracardi.advance(text, text) IS
  'moves a subscription past the event at a position that tracardi.poll gave, and all before it; false: it is past it already; 42704 if there is no such subscription, 22023 for what is no position of it';
-- Identification: which properties of which events tell who somebody is, so that profiles of one person become one.

CREATE TABLE tracardi.identification_point (
  name text PRIMARY KEY
    CONSTRAINT identification_point_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  description text,
  event_type text NOT NULL
    CONSTRAINT identification_point_event_type_check
    CHECK (event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(event_type)
           AND event_type OPERATOR(pg_catalog.<>) ''),
  -- Steps have no blanks around them; the paths are checked as lines.
  properties text[] NOT NULL
    CONSTRAINT identification_point_properties_check
    CHECK (pg_catalog.cardinality(properties) OPERATOR(pg_catalog.>=) 1
           AND pg_catalog.cardinality(properties) OPERATOR(pg_catalog.<=) 20
           AND pg_catalog.char_length(pg_catalog.array_to_string(properties, '', '')) OPERATOR(pg_catalog.<=) 1000
           AND pg_catalog.array_to_string(properties, E'\n', '') OPERATOR(pg_catalog.~)
             '^[^.\s]([^.\n]*[^.\s])?([.\n][^.\s]([^.\n]*[^.\s])?)*$'),
  source_id text,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tracardi.identification_point IS 'which properties of which events tell who somebody is: profiles with an equal value become one';
COMMENT ON COLUMN tracardi.identification_point.name IS 'the identification point''s name';
COMMENT ON COLUMN tracardi.identification_point.description IS 'a description for people';
COMMENT ON COLUMN tracardi.identification_point.event_type IS 'only events of this type tell who somebody is';
COMMENT ON COLUMN tracardi.identification_point.properties IS 'paths in the event''s properties, such as email.main, each of which tells by itself; points with the same path share its values; the value of one that ends in pk becomes primary_id of the profile';
COMMENT ON COLUMN tracardi.identification_point.source_id IS 'only events from this source; null: from all sources, whoever may send to them';
COMMENT ON COLUMN tracardi.identification_point.enabled IS 'false: it is not looked at';
COMMENT ON COLUMN tracardi.identification_point.created_at IS 'when it was made';

CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.identification_point
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.identification_point ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.identification_point', '');

CREATE FUNCTION tracardi.create_identification_point(
  name text,
  event_type text,
  properties text[],
  source_id text DEFAULT NULL,
  description text DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  INSERT INTO tracardi.identification_point (name, event_type, properties, source_id, description)
  VALUES ($1, tracardi.normalize_type($2), $3, $4, $5);
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'identification point "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_identification_point(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'identification_point_properties_check' THEN
      RAISE EXCEPTION 'properties % can''t tell who somebody is', $3
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'Name 1 to 20 properties by their paths: email, email.main, …';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_identification_point(text, text, text[], text, text) IS
  'makes an identification point and returns its name: profiles that send an equal value in one of these properties become one; 42710 if the name is taken';

CREATE FUNCTION tracardi.drop_identification_point(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.identification_point p WHERE p.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'identification point "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.identification_point;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_identification_point(text) IS
  'removes an identification point; who became one stays one; 42704 if there is none';

CREATE FUNCTION tracardi.move_history(rows bigint) RETURNS bigint
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_move_history';
COMMENT ON FUNCTION tracardi.move_history(bigint) IS
  'moves events and sessions that were left under the ids of merged profiles to whom they belong, up to about so many events, and returns how many; part of tracardi.maintain()';
-- Consents: what can be agreed to, and saying so. A profile's consents are {name: {"revoke": time}}: given until then; null: for good.

CREATE TABLE tracardi.consent_type (
  name text PRIMARY KEY
    CONSTRAINT consent_type_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  description text,
  default_value text NOT NULL DEFAULT 'deny'
    CONSTRAINT consent_type_default_value_check CHECK (default_value OPERATOR(pg_catalog.=) ANY ('{grant,deny}'::text[])),
  revokable boolean NOT NULL DEFAULT true,
  auto_revoke interval
    CONSTRAINT consent_type_auto_revoke_check
    CHECK (auto_revoke OPERATOR(pg_catalog.>) '0'::interval AND auto_revoke OPERATOR(pg_catalog.<=) '1000 years'::interval),
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tracardi.consent_type IS 'what people can agree to; consents that are not listed are welcome, and are not given by default';
COMMENT ON COLUMN tracardi.consent_type.name IS 'the consent''s name, as profiles and workflows name it';
COMMENT ON COLUMN tracardi.consent_type.description IS 'a description for people';
COMMENT ON COLUMN tracardi.consent_type.default_value IS 'what counts while the person says nothing: grant or deny';
COMMENT ON COLUMN tracardi.consent_type.revokable IS 'false: consent() does not take it back';
COMMENT ON COLUMN tracardi.consent_type.auto_revoke IS 'how long it is given for, from when it is given (a month counts 30 days); null: for good';
COMMENT ON COLUMN tracardi.consent_type.enabled IS 'false: as if it were not listed';
COMMENT ON COLUMN tracardi.consent_type.created_at IS 'when it was made';

CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.consent_type
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.consent_type ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.consent_type', '');

CREATE FUNCTION tracardi.create_consent_type(
  name text,
  description text DEFAULT NULL,
  default_value text DEFAULT 'deny',
  revokable boolean DEFAULT true,
  auto_revoke interval DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  INSERT INTO tracardi.consent_type (name, description, default_value, revokable, auto_revoke) VALUES ($1, $2, $3, $4, $5);
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'consent type "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_consent_type(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'consent_type_default_value_check' THEN
      RAISE EXCEPTION 'default value "%" of consent type "%" is not known', $3, $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'The default values are grant and deny.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_consent_type(text, text, text, boolean, interval) IS
  'makes a consent type and returns its name; 42710 if the name is taken';

CREATE FUNCTION tracardi.drop_consent_type(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.consent_type t WHERE t.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'consent type "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.consent_type;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_consent_type(text) IS 'removes a consent type; what people said of it stays; 42704 if there is none';

CREATE FUNCTION tracardi.consent(
  profile_id text,
  consents jsonb DEFAULT '{}',
  expires_at timestamptz DEFAULT NULL,
  "all" boolean DEFAULT false
) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_consent';
COMMENT ON FUNCTION tracardi.consent(text, jsonb, timestamptz, boolean) IS
  'gives and takes back consents of a profile: {name: boolean} or {name: {"revoke": time}}; those that are given end at expires_at, or as their types say; all: gives all that there are types for; returns the profile''s consents; P0002 if there is no such profile';

CREATE FUNCTION tracardi.has_consent(consents jsonb, name text, "time" timestamptz DEFAULT pg_catalog.now()) RETURNS boolean
  STABLE STRICT PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_has_consent';
COMMENT ON FUNCTION tracardi.has_consent(jsonb, text, timestamptz) IS
  'whether a consent is given at that time by a profile with these consents: by what was said and has not expired, else by the default of its type';

CREATE FUNCTION tracardi.tidy_consents() RETURNS bigint
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_tidy_consents';
COMMENT ON FUNCTION tracardi.tidy_consents() IS
  'removes consents that are over from the profiles, where nothing is lost with them, and returns of how many profiles; part of tracardi.maintain()';

CREATE TABLE tracardi.consent_rule (
  name text PRIMARY KEY
    CONSTRAINT consent_rule_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  description text,
  event_type text
    CONSTRAINT consent_rule_event_type_check
    CHECK (event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(event_type)
           AND event_type OPERATOR(pg_catalog.<>) ''),
  property text NOT NULL,
  consents text[] NOT NULL
    CONSTRAINT consent_rule_consents_check
    CHECK (pg_catalog.array_position(consents, NULL) IS NULL AND pg_catalog.array_position(consents, '') IS NULL
           AND pg_catalog.cardinality(consents) OPERATOR(pg_catalog.>=) 1
           AND pg_catalog.cardinality(consents) OPERATOR(pg_catalog.<=) 100),
  action text NOT NULL DEFAULT 'drop'
    CONSTRAINT consent_rule_action_check CHECK (action OPERATOR(pg_catalog.=) ANY ('{drop,hash}'::text[])),
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tracardi.consent_rule IS 'which properties of events are not taken unless the person agreed';
COMMENT ON COLUMN tracardi.consent_rule.name IS 'the rule''s name';
COMMENT ON COLUMN tracardi.consent_rule.description IS 'a description for people';
COMMENT ON COLUMN tracardi.consent_rule.event_type IS 'only in events of this type; null: of all types';
COMMENT ON COLUMN tracardi.consent_rule.property IS 'where in the event it stands, as the client sends it: properties.email.main, context.page.url; a number is a place in a list';
COMMENT ON COLUMN tracardi.consent_rule.consents IS 'without all of these (tracardi.has_consent), the property is not taken';
COMMENT ON COLUMN tracardi.consent_rule.action IS 'drop, or hash: texts and numbers become a salted hash, trimmed and in lower case, so that equal ones stay equal; all else is dropped';
COMMENT ON COLUMN tracardi.consent_rule.enabled IS 'false: it is not applied';
COMMENT ON COLUMN tracardi.consent_rule.created_at IS 'when it was made';

CREATE FUNCTION tracardi.check_consent_rule() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_consent_rule';
COMMENT ON FUNCTION tracardi.check_consent_rule() IS
  'row trigger of tracardi.consent_rule: refuses a property''s path that can''t be used (22023)';

CREATE TRIGGER check_consent_rule BEFORE INSERT OR UPDATE ON tracardi.consent_rule
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_consent_rule();
ALTER TABLE tracardi.consent_rule ENABLE ALWAYS TRIGGER check_consent_rule;
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.consent_rule
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.consent_rule ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.consent_rule', '');

CREATE FUNCTION tracardi.create_consent_rule(
  name text,
  property text,
  consents text[],
  action text DEFAULT 'drop',
  event_type text DEFAULT NULL,
  description text DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  INSERT INTO tracardi.consent_rule (name, property, consents, action, event_type, description)
  VALUES ($1, $2, $3, $4, tracardi.normalize_type($5), $6);
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'consent rule "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_consent_rule(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'consent_rule_action_check' THEN
      RAISE EXCEPTION 'action "%" of consent rule "%" is not known', $4, $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'The actions are drop and hash.';
    ELSIF broken = 'consent_rule_consents_check' THEN
      RAISE EXCEPTION 'consent rule "%" names no consents', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'Name 1 to 100 consents: {newsletter}.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_consent_rule(text, text, text[], text, text, text) IS
  'makes a consent rule and returns its name: from now on a property of events is dropped, or hashed, unless the profile gives these consents; 42710 if the name is taken, 22023 for a path that can''t be used';

CREATE FUNCTION tracardi.drop_consent_rule(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.consent_rule r WHERE r.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'consent rule "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.consent_rule;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_consent_rule(text) IS 'removes a consent rule; events that are stored stay as they are; 42704 if there is none';
-- What a person may ask for. A person is named by the profile's uuid, by an id that it had before, by the text that the client
-- sent, or by the primary id.

CREATE FUNCTION tracardi.forget(profile_id text) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_forget';
COMMENT ON FUNCTION tracardi.forget(text) IS
  'removes all that is kept of a person, and what rejected events and failures tell, and returns how many rows of what; zeros if there is nobody; calls of track() for that person come before, or make a new one; 21000 if several profiles have that primary id, 40001 in the stricter isolation levels';

CREATE FUNCTION tracardi.anonymize(profile_id text) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_anonymize';
COMMENT ON FUNCTION tracardi.anonymize(text) IS
  'the same, but events and sessions stay to be counted: emptied, with their types, times, sources and tags, under new ids, for a new profile that holds visit_count and the times alone';

CREATE FUNCTION tracardi.export(profile_id text) RETURNS jsonb
  STABLE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_export';
COMMENT ON FUNCTION tracardi.export(text) IS
  'all that is kept of a person: {profile, aliases, sessions, events, rejected, workflow_failures}; null if nothing is; 21000 if several profiles have that primary id';
-- Segments: groups of people by what is known of them, kept current with each change of a profile.

CREATE TABLE tracardi.segment (
  name text PRIMARY KEY
    CONSTRAINT segment_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  condition jsonpath NOT NULL,
  description text,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tracardi.segment IS 'segments: whoever meets the condition is in it (tracardi.profile.segments); names that are not listed here may be given and taken by anybody';
COMMENT ON COLUMN tracardi.segment.name IS 'the segment''s name, as it stands in tracardi.profile.segments';
COMMENT ON COLUMN tracardi.segment.condition IS 'over the profile''s row as JSON {data, traits, interests, consents, visit_count, …}: its first item if that is a boolean, else whether there is one that is not null; a condition that fails is not met';
COMMENT ON COLUMN tracardi.segment.description IS 'a description for people';
COMMENT ON COLUMN tracardi.segment.enabled IS 'false: nobody enters or leaves it';
COMMENT ON COLUMN tracardi.segment.created_at IS 'when it was made';

CREATE FUNCTION tracardi.holds(document jsonb, condition jsonpath) RETURNS boolean
  STABLE PARALLEL SAFE LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(pg_catalog.jsonb_path_query_first_tz($1, $2, '{}', true) <> ALL ('{false,"null"}'::jsonb[]), false)
$$;
COMMENT ON FUNCTION tracardi.holds(jsonb, jsonpath) IS
  'whether a document meets a condition: by its first item if that is a boolean, else by whether there is one that is not null; false for a condition that fails';

CREATE FUNCTION tracardi.tell_segments() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_tell_segments';
COMMENT ON FUNCTION tracardi.tell_segments() IS
  'row trigger of tracardi.profile: makes the system events segment-entered and segment-left; enabled while there are segments';

-- With the rights of the extension's owner, for whoever tends segments need not own the profiles.
CREATE FUNCTION tracardi.switch_segments() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted CONSTANT text := CASE WHEN EXISTS (SELECT FROM tracardi.segment) THEN 'ENABLE' ELSE 'DISABLE' END;
  switched name;
BEGIN
  FOR switched IN
    SELECT t.tgname FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = pg_catalog.to_regclass('tracardi.profile')
      AND t.tgname IN ('~~keep_segments', 'tell_segments')
      AND (t.tgenabled = 'D') = (wanted = 'ENABLE')
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE tracardi.profile %s TRIGGER %I', wanted, switched);
  END LOOP;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tracardi.switch_segments() IS
  'statement trigger of tracardi.segment: profiles have the triggers of segments switched on while there are any';

CREATE TRIGGER switch_segments
  AFTER INSERT OR DELETE OR TRUNCATE ON tracardi.segment
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.switch_segments();
ALTER TABLE tracardi.segment ENABLE ALWAYS TRIGGER switch_segments;

SELECT pg_catalog.pg_extension_config_dump('tracardi.segment', '');

CREATE FUNCTION tracardi.create_segment(name text, condition jsonpath, description text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  INSERT INTO tracardi.segment (name, condition, description) VALUES ($1, $2, $3);
  IF EXISTS (SELECT FROM tracardi.profile) THEN
    RAISE NOTICE 'segment "%" has who changes from now on', $1
      USING HINT = pg_catalog.format('For the profiles that are there: CALL tracardi.refresh_segment(%L);', $1);
  END IF;
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'segment "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_segment(%L);', $1);
  WHEN check_violation THEN
    RAISE EXCEPTION '"%" can''t be the name of a segment', $1
      USING ERRCODE = 'check_violation', CONSTRAINT = 'segment_name_check',
            HINT = 'A name has no blanks around it, and up to 255 characters.';
END
$$;
COMMENT ON FUNCTION tracardi.create_segment(text, jsonpath, text) IS
  'makes a segment of the profiles that meet a condition and returns its name; 42710 if the name is taken';

CREATE FUNCTION tracardi.drop_segment(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.segment s WHERE s.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'segment "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.segment;';
  END IF;
  UPDATE tracardi.profile SET segments = pg_catalog.array_remove(segments, $1) WHERE segments @> ARRAY[$1];
END
$$;
COMMENT ON FUNCTION tracardi.drop_segment(text) IS
  'removes a segment, also from the profiles that are in it, in one transaction; 42704 if there is none';

-- Qualified throughout: a procedure that commits can't have a path of its own.
CREATE PROCEDURE tracardi.refresh_segment(name text, step int DEFAULT 10000)
  LANGUAGE plpgsql
AS $$
DECLARE
  wanted jsonpath;
  total bigint;
  seen bigint := 0;
  changed bigint := 0;
  found_changed bigint;
  found_seen bigint;
  last_id uuid := '00000000-0000-0000-0000-000000000000';
  next_id uuid;
BEGIN
  PERFORM tracardi.check_setup();
  IF step IS NULL OR step OPERATOR(pg_catalog.<) 1 THEN
    RAISE EXCEPTION 'step is the number of profiles between two commits' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  total := (SELECT pg_catalog.count(*) FROM tracardi.profile);
  LOOP
    wanted := (SELECT s.condition FROM tracardi.segment s WHERE s.name OPERATOR(pg_catalog.=) refresh_segment.name AND s.enabled);
    IF wanted IS NULL THEN
      RAISE EXCEPTION 'segment "%" does not exist, or is not enabled', name
        USING ERRCODE = 'undefined_object', HINT = 'SELECT name, enabled FROM tracardi.segment;';
    END IF;
    SELECT pg_catalog.max(p.id::pg_catalog.text)::pg_catalog.uuid, pg_catalog.count(*) INTO next_id, found_seen
    FROM (SELECT p.id FROM tracardi.profile p WHERE p.id OPERATOR(pg_catalog.>) last_id ORDER BY p.id LIMIT step) p;
    EXIT WHEN found_seen OPERATOR(pg_catalog.=) 0;
    -- Writing the row is enough: its trigger looks at all segments.
    UPDATE tracardi.profile p SET segments = p.segments
    WHERE p.id OPERATOR(pg_catalog.>) last_id AND p.id OPERATOR(pg_catalog.<=) next_id
      AND tracardi.holds(pg_catalog.to_jsonb(p), wanted)
          OPERATOR(pg_catalog.<>) (p.segments OPERATOR(pg_catalog.@>) ARRAY[refresh_segment.name]);
    GET DIAGNOSTICS found_changed = ROW_COUNT;
    COMMIT;
    seen := seen OPERATOR(pg_catalog.+) found_seen;
    changed := changed OPERATOR(pg_catalog.+) found_changed;
    last_id := next_id;
    RAISE NOTICE 'segment "%": % of % profiles looked at, % entered or left', name, seen, GREATEST(total, seen), changed;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE tracardi.refresh_segment(text, int) IS
  'lets all profiles enter or leave a segment as its condition says now; commits after each step of so many profiles and tells how far it is, so not within a transaction; 42704 if there is none';
-- The configuration as one document: to keep it beside the code, to carry it to another database, or over DROP EXTENSION, which
-- leaves the data tables and takes the configuration along.

CREATE FUNCTION tracardi.export_configuration() RETURNS jsonb
  STABLE LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation regclass;
  rows jsonb;
  document jsonb := '{}';
BEGIN
  -- What pg_dump takes along is what is configuration.
  FOR relation IN SELECT pg_catalog.unnest(e.extconfig) FROM pg_catalog.pg_extension e WHERE e.extname = 'tracardi' LOOP
    EXECUTE pg_catalog.format(
      'SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t) ORDER BY pg_catalog.to_jsonb(t)::text COLLATE "C") FROM %s t', relation) INTO rows;
    document := document || pg_catalog.jsonb_build_object(
      (SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = relation), COALESCE(rows, '[]'));
  END LOOP;
  RETURN document;
END
$$;
COMMENT ON FUNCTION tracardi.export_configuration() IS
  'all rows of the configuration tables: {table: [row, …]}; for import_configuration';

CREATE FUNCTION tracardi.import_configuration(configuration jsonb) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names CONSTANT name[] := ARRAY(
    SELECT c.relname FROM pg_catalog.pg_extension e, pg_catalog.unnest(e.extconfig) WITH ORDINALITY AS t (oid, place)
    JOIN pg_catalog.pg_class c ON c.oid = t.oid
    WHERE e.extname = 'tracardi' ORDER BY t.place);
  unknown text;
  relation name;
  columns text;
BEGIN
  PERFORM tracardi.check_setup();
  IF pg_catalog.jsonb_typeof(configuration) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'a configuration is a JSON object'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT tracardi.export_configuration();';
  END IF;
  SELECT k INTO unknown FROM pg_catalog.jsonb_object_keys(configuration) k WHERE k <> ALL (names::text[]) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no configuration table "%"', unknown
      USING ERRCODE = 'undefined_table', HINT = pg_catalog.format('The tables are %s.', pg_catalog.array_to_string(names, ', '));
  END IF;
  FOREACH relation IN ARRAY names LOOP
    CONTINUE WHEN NOT configuration ? relation;
    EXECUTE pg_catalog.format('DELETE FROM tracardi.%I', relation);
    -- Columns that no row names, of a later version, have their defaults.
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = pg_catalog.format('tracardi.%I', relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(configuration -> relation) r WHERE r ? a.attname);
    CONTINUE WHEN columns IS NULL;
    EXECUTE pg_catalog.format(
      'INSERT INTO tracardi.%I (%s) SELECT %2$s FROM pg_catalog.jsonb_populate_recordset(NULL::tracardi.%1$I, $1)', relation, columns)
      USING configuration -> relation;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.import_configuration(jsonb) IS
  'makes the configuration tables that the document names hold what it says, and nothing else; the others stay as they are; 42P01 for a table that is none';
-- How it goes: views over what is counted in shared memory (with tracardi in shared_preload_libraries, since the server
-- started) and over the tables.

CREATE FUNCTION tracardi.counters(counted text, name text) RETURNS jsonb
  VOLATILE PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_counters';
COMMENT ON FUNCTION tracardi.counters(text, text) IS
  'what was counted since the server started: of a ''source'' or a ''workflow'' by its name, or of all sources together (name null); null unless tracardi is in shared_preload_libraries; the views of status show it';

CREATE FUNCTION tracardi.read_workflow_status(
  OUT name text, OUT mode text, OUT enabled boolean, OUT status text, OUT since timestamptz, OUT runs bigint, OUT failures bigint,
  OUT p50 interval, OUT p99 interval, OUT last_run_at timestamptz, OUT recorded_failures bigint, OUT lag_events bigint, OUT lag interval
) RETURNS SETOF record
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  -- A workflow in the transaction of track() never lags. What waits for another one is counted up to a bound.
  RETURN QUERY
  SELECT w.name, w.mode, w.enabled, w.status, (c.of ->> 'since')::timestamptz, (c.of ->> 'runs')::bigint, (c.of ->> 'failures')::bigint,
         (c.of ->> 'p50')::bigint * '1 microsecond'::interval, (c.of ->> 'p99')::bigint * '1 microsecond'::interval,
         (c.of ->> 'last')::timestamptz, (SELECT pg_catalog.count(*) FROM tracardi.workflow_failure f WHERE f.workflow = w.name),
         waits.events, COALESCE(pg_catalog.now() - waits.since, '0')
  FROM tracardi.workflow w CROSS JOIN LATERAL (SELECT tracardi.counters('workflow', w.name)) AS c (of)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS events, pg_catalog.min(e.received_at) AS since
    FROM (SELECT e.received_at
          FROM (SELECT COALESCE(u.after, w.starts) AS after, u.xact, u.time, u.id, u.shards
                FROM (SELECT) AS one LEFT JOIN tracardi.workflow_cursor u ON u.workflow = w.name AND u.shard = 0) AS u
          JOIN tracardi.event e ON e.xact >= pg_catalog.pg_snapshot_xmin(u.after) AND NOT pg_catalog.pg_visible_in_snapshot(e.xact, u.after)
            AND (u.shards > 1 OR (e.xact, e.time, e.id) > (u.xact, u.time, u.id)) IS NOT FALSE
          WHERE w.mode = 'async' AND e.valid AND (w.event_type IS NULL OR e.type = w.event_type)
            AND (w.source_id IS NULL OR e.source_id = w.source_id) AND (w.kinds IS NULL OR e.kind = ANY (w.kinds))
          LIMIT 100000) AS e) AS waits
  ORDER BY w.name COLLATE "C";
END
$$;
COMMENT ON FUNCTION tracardi.read_workflow_status() IS 'the rows of tracardi.workflow_status';

CREATE VIEW tracardi.workflow_status AS SELECT s.* FROM tracardi.read_workflow_status() s;
COMMENT ON VIEW tracardi.workflow_status IS 'how each workflow goes';
COMMENT ON COLUMN tracardi.workflow_status.name IS 'the workflow''s name';
COMMENT ON COLUMN tracardi.workflow_status.mode IS 'sync: in the transaction of track(); async: after it';
COMMENT ON COLUMN tracardi.workflow_status.enabled IS 'false: it is not called';
COMMENT ON COLUMN tracardi.workflow_status.status IS 'ready, or broken: its function is gone or changed its owner';
COMMENT ON COLUMN tracardi.workflow_status.since IS 'since when runs, failures and times are counted; null, as those: tracardi is not in shared_preload_libraries';
COMMENT ON COLUMN tracardi.workflow_status.runs IS 'for how many events it ran, those of transactions that were rolled back included';
COMMENT ON COLUMN tracardi.workflow_status.failures IS 'for how many events it failed, likewise';
COMMENT ON COLUMN tracardi.workflow_status.p50 IS 'the time that half of the runs did not exceed, up to a quarter too long; null: it never ran';
COMMENT ON COLUMN tracardi.workflow_status.p99 IS 'the same for 99 of 100 runs';
COMMENT ON COLUMN tracardi.workflow_status.last_run_at IS 'when it ran last';
COMMENT ON COLUMN tracardi.workflow_status.recorded_failures IS 'its rows in tracardi.workflow_failure';
COMMENT ON COLUMN tracardi.workflow_status.lag_events IS 'events that wait for it, counted up to 100,000; 0 for a workflow in the transaction of track()';
COMMENT ON COLUMN tracardi.workflow_status.lag IS 'how long ago the oldest of them arrived';

CREATE FUNCTION tracardi.read_source_status(
  OUT id text, OUT enabled boolean, OUT since timestamptz, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint,
  OUT invalid bigint, OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT last_call_at timestamptz,
  OUT kept_rejected bigint
) RETURNS SETOF record
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  RETURN QUERY
  SELECT s.id, s.enabled, (c.of ->> 'since')::timestamptz, (c.of ->> 'calls')::bigint, (c.of ->> 'profile')::bigint,
         (c.of ->> 'profileless')::bigint, (c.of ->> 'ephemeral')::bigint, (c.of ->> 'invalid')::bigint, (c.of ->> 'rejected')::bigint,
         (c.of ->> 'duplicate')::bigint, (c.of ->> 'refused')::bigint, (c.of ->> 'failed')::bigint, (c.of ->> 'last')::timestamptz,
         (SELECT pg_catalog.count(*) FROM tracardi.event_rejected r WHERE r.source_id = s.id)
  FROM tracardi.event_source s CROSS JOIN LATERAL (SELECT tracardi.counters('source', s.id)) AS c (of)
  ORDER BY s.id COLLATE "C";
END
$$;
COMMENT ON FUNCTION tracardi.read_source_status() IS 'the rows of tracardi.source_status';

CREATE VIEW tracardi.source_status AS SELECT s.* FROM tracardi.read_source_status() s;
COMMENT ON VIEW tracardi.source_status IS 'what came from each source since the server started, and what became of it';
COMMENT ON COLUMN tracardi.source_status.id IS 'the source''s id';
COMMENT ON COLUMN tracardi.source_status.enabled IS 'false: its events are refused';
COMMENT ON COLUMN tracardi.source_status.since IS 'since when it is counted; null, as the counts: tracardi is not in shared_preload_libraries';
COMMENT ON COLUMN tracardi.source_status.calls IS 'calls that were committed';
COMMENT ON COLUMN tracardi.source_status.profile IS 'events of kind profile';
COMMENT ON COLUMN tracardi.source_status.profileless IS 'events of kind profileless';
COMMENT ON COLUMN tracardi.source_status.ephemeral IS 'events of kind ephemeral';
COMMENT ON COLUMN tracardi.source_status.invalid IS 'those of them that failed a check of their type';
COMMENT ON COLUMN tracardi.source_status.rejected IS 'events that could not be accepted';
COMMENT ON COLUMN tracardi.source_status.duplicate IS 'events that had been stored before';
COMMENT ON COLUMN tracardi.source_status.refused IS 'calls that were refused: the source is disabled, has not this door, or a bot came';
COMMENT ON COLUMN tracardi.source_status.failed IS 'calls whose transaction failed';
COMMENT ON COLUMN tracardi.source_status.last_call_at IS 'when something was counted last';
COMMENT ON COLUMN tracardi.source_status.kept_rejected IS 'its rows in tracardi.event_rejected';

CREATE FUNCTION tracardi.read_ingest_status(
  OUT since timestamptz, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint, OUT system bigint, OUT invalid bigint,
  OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT lost_reports bigint, OUT worker boolean,
  OUT event_bytes bigint, OUT profile_bytes bigint, OUT session_bytes bigint, OUT event_key_bytes bigint, OUT kept_rejected bigint,
  OUT workflow_failures bigint, OUT open_sessions bigint, OUT oldest_open_session timestamptz, OUT unsettled_profiles bigint,
  OUT oldest_unsettled timestamptz, OUT partitions bigint, OUT history_ends timestamptz, OUT partitions_end timestamptz,
  OUT oldest_unprocessed timestamptz
) RETURNS record
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  counted CONSTANT jsonb := tracardi.counters('source', NULL);
BEGIN
  PERFORM tracardi.check_setup();
  since := (counted ->> 'since')::timestamptz;
  calls := (counted ->> 'calls')::bigint;
  profile := (counted ->> 'profile')::bigint;
  profileless := (counted ->> 'profileless')::bigint;
  ephemeral := (counted ->> 'ephemeral')::bigint;
  system := (counted ->> 'system')::bigint;
  invalid := (counted ->> 'invalid')::bigint;
  rejected := (counted ->> 'rejected')::bigint;
  duplicate := (counted ->> 'duplicate')::bigint;
  refused := (counted ->> 'refused')::bigint;
  failed := (counted ->> 'failed')::bigint;
  lost_reports := (counted ->> 'lost_reports')::bigint;
  worker := COALESCE((counted ->> 'worker')::boolean, false);
  SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)), pg_catalog.count(*),
         pg_catalog.max(pg_catalog.substring(b.bound, 'TO \(''([^'']+)''\)')::timestamptz) FILTER (WHERE c.relname = 'event_history'),
         pg_catalog.max(pg_catalog.substring(b.bound, 'TO \(''([^'']+)''\)')::timestamptz)
  INTO event_bytes, partitions, history_ends, partitions_end
  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
  CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS b (bound)
  WHERE i.inhparent = 'tracardi.event'::regclass;
  profile_bytes := pg_catalog.pg_total_relation_size('tracardi.profile');
  session_bytes := pg_catalog.pg_total_relation_size('tracardi.session');
  event_key_bytes := pg_catalog.pg_total_relation_size('tracardi.event_key');
  kept_rejected := (SELECT pg_catalog.count(*) FROM tracardi.event_rejected);
  workflow_failures := (SELECT pg_catalog.count(*) FROM tracardi.workflow_failure);
  SELECT pg_catalog.count(*), pg_catalog.min(s.last_seen_at) INTO open_sessions, oldest_open_session
  FROM tracardi.session s WHERE s.status <> 'ended';
  SELECT pg_catalog.count(*), pg_catalog.min(a.created_at) INTO unsettled_profiles, oldest_unsettled
  FROM tracardi.profile_alias a WHERE NOT a.settled;
  oldest_unprocessed := (SELECT pg_catalog.now() - pg_catalog.max(s.lag) FROM tracardi.read_workflow_status() s WHERE s.lag_events > 0);
END
$$;
COMMENT ON FUNCTION tracardi.read_ingest_status() IS 'the row of tracardi.ingest_status';

CREATE VIEW tracardi.ingest_status AS SELECT s.* FROM tracardi.read_ingest_status() s;
COMMENT ON VIEW tracardi.ingest_status IS 'one row: what came in since the server started, and how the tables stand';
COMMENT ON COLUMN tracardi.ingest_status.since IS 'since when it is counted; null, as the counts: tracardi is not in shared_preload_libraries';
COMMENT ON COLUMN tracardi.ingest_status.calls IS 'calls that were committed';
COMMENT ON COLUMN tracardi.ingest_status.profile IS 'events of kind profile';
COMMENT ON COLUMN tracardi.ingest_status.profileless IS 'events of kind profileless';
COMMENT ON COLUMN tracardi.ingest_status.ephemeral IS 'events of kind ephemeral';
COMMENT ON COLUMN tracardi.ingest_status.system IS 'events that tracardi made itself';
COMMENT ON COLUMN tracardi.ingest_status.invalid IS 'events that failed a check of their type; they are of one of the kinds, too';
COMMENT ON COLUMN tracardi.ingest_status.rejected IS 'events that could not be accepted';
COMMENT ON COLUMN tracardi.ingest_status.duplicate IS 'events that had been stored before';
COMMENT ON COLUMN tracardi.ingest_status.refused IS 'calls that were refused';
COMMENT ON COLUMN tracardi.ingest_status.failed IS 'calls whose transaction failed';
COMMENT ON COLUMN tracardi.ingest_status.lost_reports IS 'failures and refusals that were not told by a system event, for too many came at once';
COMMENT ON COLUMN tracardi.ingest_status.worker IS 'whether a background worker is at work in this database';
COMMENT ON COLUMN tracardi.ingest_status.event_bytes IS 'size of tracardi.event with its indexes';
COMMENT ON COLUMN tracardi.ingest_status.profile_bytes IS 'the same of tracardi.profile';
COMMENT ON COLUMN tracardi.ingest_status.session_bytes IS 'the same of tracardi.session';
COMMENT ON COLUMN tracardi.ingest_status.event_key_bytes IS 'the same of tracardi.event_key';
COMMENT ON COLUMN tracardi.ingest_status.kept_rejected IS 'rows in tracardi.event_rejected';
COMMENT ON COLUMN tracardi.ingest_status.workflow_failures IS 'rows in tracardi.workflow_failure';
COMMENT ON COLUMN tracardi.ingest_status.open_sessions IS 'sessions that have not ended';
COMMENT ON COLUMN tracardi.ingest_status.oldest_open_session IS 'when the one of them was seen of which nothing was heard for the longest time';
COMMENT ON COLUMN tracardi.ingest_status.unsettled_profiles IS 'merged profiles whose history may not be moved yet';
COMMENT ON COLUMN tracardi.ingest_status.oldest_unsettled IS 'when the first of them was merged';
COMMENT ON COLUMN tracardi.ingest_status.partitions IS 'partitions of tracardi.event';
COMMENT ON COLUMN tracardi.ingest_status.history_ends IS 'where the partition for history ends and the months begin';
COMMENT ON COLUMN tracardi.ingest_status.partitions_end IS 'from when on events have no partition: this should lie months ahead';
COMMENT ON COLUMN tracardi.ingest_status.oldest_unprocessed IS 'when the oldest event arrived that waits for a workflow; null: none does';
-- The doors for HTTP. Thin functions, no tables: the one schema that PostgREST exposes. A body of application/json comes to the
-- function with one unnamed json, text/plain (sendBeacon) to that with one unnamed text. json, not jsonb: a cast to jsonb would
-- lose the whole batch for one \u0000 in it, before our code runs.

CREATE FUNCTION tracardi_api.track(json) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_track';
COMMENT ON FUNCTION tracardi_api.track(json) IS
  'takes a tracker payload and answers as Tracardi''s POST /track does';

CREATE FUNCTION tracardi_api.track(text) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_track';
COMMENT ON FUNCTION tracardi_api.track(text) IS
  'the same for bodies of text/plain, as navigator.sendBeacon sends them';

CREATE FUNCTION tracardi_api.collect(json) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_collect';
COMMENT ON FUNCTION tracardi_api.collect(json) IS
  'takes a webhook''s event: the body is its properties; the headers x-tracardi-event-type, x-tracardi-source and x-tracardi-session tell its type, source and session, x-tracardi-query a query string';

CREATE FUNCTION tracardi_api.collect(text) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_collect';
COMMENT ON FUNCTION tracardi_api.collect(text) IS
  'the same for bodies of text/plain';

CREATE FUNCTION tracardi_api.collect(event_type text, source_id text, properties json DEFAULT '{}', session_id text DEFAULT NULL) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_collect_event';
COMMENT ON FUNCTION tracardi_api.collect(text, text, json, text) IS
  'the same with names, for those without a proxy';

CREATE FUNCTION tracardi_api.consent(json) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_consent';
COMMENT ON FUNCTION tracardi_api.consent(json) IS
  'takes {source, session, profile, consents: {name: boolean or {"revoke": time}}, all: boolean}: what the visitor agrees to, and takes back; all, also as a query string in x-tracardi-query: everything that there are types for; 403 unless the session is that profile''s';

CREATE FUNCTION tracardi_api.consent(text) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_consent';
COMMENT ON FUNCTION tracardi_api.consent(text) IS
  'the same for bodies of text/plain';

CREATE FUNCTION tracardi_api.health() RETURNS json
  STABLE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_health';
COMMENT ON FUNCTION tracardi_api.health() IS
  'answers {status, version}; 503 where tracardi is not set up';

-- PostgREST answers with this type whatever a browser accepts; the function says what it is.
CREATE DOMAIN tracardi_api."*/*" AS bytea;
COMMENT ON DOMAIN tracardi_api."*/*" IS 'a body whose type the header Content-Type tells';

CREATE FUNCTION tracardi_api.tracker() RETURNS tracardi_api."*/*"
  STABLE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_tracker';
COMMENT ON FUNCTION tracardi_api.tracker() IS
  'the browser tracker, a script';

-- PostgREST keeps what it knows of the schema.
SELECT pg_catalog.pg_notify('pgrst', 'reload schema');
-- Rights. PUBLIC may look names up in schema tracardi, answer from within a workflow, and nothing else; the rest is given by these functions, which
-- whoever owns the extension and the data tables calls. Roles live outside databases: the extension makes none.

CREATE FUNCTION tracardi.grant_tracker(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.track(jsonb), '
    'tracardi.track(text, jsonb, text, text, text, jsonb, jsonb, text, timestamptz), '
    'tracardi.collect(text, text, jsonb, text), tracardi.consent(text, jsonb, timestamptz, boolean), '
    'tracardi.has_consent(jsonb, text, timestamptz) TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_tracker(regrole) IS 'lets a role track events from SQL, and say what people agree to: track, collect, consent, has_consent';

CREATE FUNCTION tracardi.grant_web(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA tracardi_api TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tracardi_api TO %s', role);
  -- PostgREST shows a role the functions that it may call.
  PERFORM pg_catalog.pg_notify('pgrst', 'reload schema');
END
$$;
COMMENT ON FUNCTION tracardi.grant_web(regrole) IS 'lets a role call the functions of tracardi_api, for PostgREST''s anonymous role';

CREATE FUNCTION tracardi.grant_analyst(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.event, tracardi.person_event, tracardi.profile, tracardi.profile_alias, tracardi.session, '
    'tracardi.event_rejected, tracardi.workflow_failure, tracardi.workflow_cursor, tracardi.event_source, tracardi.event_type, '
    'tracardi.event_schema, tracardi.event_mapping, tracardi.profile_field, tracardi.system_event, tracardi.workflow, '
    'tracardi.identification_point, tracardi.segment, tracardi.consent_type, tracardi.consent_rule, '
    'tracardi.workflow_status, tracardi.source_status, tracardi.ingest_status TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.counters(text, text), tracardi.read_workflow_status(), '
    'tracardi.read_source_status(), tracardi.read_ingest_status(), tracardi.id(text), tracardi.event_id(text, text), '
    'tracardi.normalize_type(text), tracardi.parse_time(text), tracardi.holds(jsonb, jsonpath), tracardi.has_consent(jsonb, text, timestamptz), tracardi.check_event(text, jsonb, jsonb), '
    'tracardi.check_setup(), tracardi.snake_case(text), tracardi.event_properties(text), tracardi.event_view_columns(text, regclass), '
    'tracardi.make_event_view(text, text, regclass), tracardi.create_event_view(text, text, text), '
    'tracardi.refresh_event_view(text, text, text) TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_analyst(regrole) IS 'lets a role read events, profiles, sessions and the configuration';

CREATE FUNCTION tracardi.grant_workflow_owner(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.grant_tracker(role);
  EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.event, tracardi.person_event, tracardi.profile_alias TO %s', role);
  EXECUTE pg_catalog.format('GRANT SELECT, UPDATE ON tracardi.profile, tracardi.session TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_workflow_owner(regrole) IS
  'lets a role own workflow functions: read events, read and change profiles and sessions, track';

CREATE FUNCTION tracardi.grant_consumer(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.poll(text, int), tracardi.poll_batch(text, int), '
    'tracardi.advance(text, text) TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_consumer(regrole) IS 'lets a role read the events of every subscription: poll, advance';

CREATE FUNCTION tracardi.grant_admin(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.grant_tracker(role);
  PERFORM tracardi.grant_analyst(role);
  EXECUTE pg_catalog.format('GRANT INSERT, UPDATE, DELETE ON tracardi.event_source, tracardi.event_type, '
    'tracardi.event_schema, tracardi.event_mapping, tracardi.profile_field, tracardi.system_event, tracardi.workflow, '
    'tracardi.identification_point, tracardi.segment, tracardi.consent_type, tracardi.consent_rule TO %s', role);
  EXECUTE pg_catalog.format('GRANT UPDATE, DELETE ON tracardi.event_rejected, tracardi.workflow_failure TO %s', role);
  PERFORM tracardi.grant_consumer(role);
  EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON tracardi.subscription, tracardi.workflow_replay TO %s', role);
  EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.workflow_tick TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.retry_rejected(uuid), tracardi.retry_failure(uuid), '
    'tracardi.forget(text), tracardi.anonymize(text), tracardi.export(text), '
    'tracardi.replay_workflow(text, timestamptz, timestamptz), tracardi.event_snapshot(), tracardi.prepare_delivery(boolean), '
    'tracardi.create_subscription(text, text, text, text[], jsonpath, text), tracardi.drop_subscription(text), '
    'tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text), tracardi.drop_source(text), '
    'tracardi.create_event_type(text, text, jsonb, text, jsonb, text[], text, boolean, interval), tracardi.drop_event_type(text), '
    'tracardi.create_event_mapping(text, text, text, text, jsonb, jsonpath, int, text), tracardi.drop_event_mapping(text, text, int), '
    'tracardi.create_workflow(text, regproc, text, text, text[], jsonpath, text, interval, text, text, text[], interval, text, int, interval), '
    'tracardi.drop_workflow(text), tracardi.create_identification_point(text, text, text[], text, text), '
    'tracardi.drop_identification_point(text), tracardi.create_segment(text, jsonpath, text), tracardi.drop_segment(text), '
    'tracardi.create_consent_type(text, text, text, boolean, interval), '
    'tracardi.drop_consent_type(text), tracardi.create_consent_rule(text, text, text[], text, text, text), '
    'tracardi.drop_consent_rule(text) TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.export_configuration(), tracardi.import_configuration(jsonb) TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON PROCEDURE tracardi.refresh_segment(text, int) TO %s', role);
  EXECUTE pg_catalog.format('GRANT UPDATE (segments) ON tracardi.profile TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_admin(regrole) IS
  'lets a role configure sources, event types, system events, workflows, subscriptions, identification points, segments, consent types and consent rules, tend rejected events and failures, and forget, anonymize and export people';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracardi FROM PUBLIC;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA tracardi FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracardi_api FROM PUBLIC;
REVOKE ALL ON TYPE tracardi_api."*/*" FROM PUBLIC;
-- So that workflow functions can name tracardi's objects; it gives no right on any of them.
GRANT USAGE ON SCHEMA tracardi TO PUBLIC;
-- Whoever owns a workflow's function may answer; outside of a running workflow both refuse.
GRANT EXECUTE ON FUNCTION tracardi.respond(jsonb), tracardi.add_ux(jsonb) TO PUBLIC;
