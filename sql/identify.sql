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
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of an identification point can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
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
