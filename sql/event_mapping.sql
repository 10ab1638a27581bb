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
  broken text;
BEGIN
  INSERT INTO tracardi.event_mapping (event_type, profile_path, source, operation, value, condition, ordinal, description)
  VALUES (normal, $2, $3, named, $5, $6, $7, $8);
EXCEPTION
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a mapping can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
  WHEN unique_violation THEN
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
