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
  broken text;
BEGIN
  INSERT INTO tracardi.event_type (type, description, schema, on_invalid, reshape, tags, journey_state, ephemeral, retention)
  VALUES (normal, $2, $3, $4, $5, $6, $7, $8, $9);
  RETURN normal;
EXCEPTION
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of an event type can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
  WHEN unique_violation THEN
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
