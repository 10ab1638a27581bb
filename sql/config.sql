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
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  payload_size_limit int
    CONSTRAINT event_source_payload_size_limit_check CHECK (payload_size_limit OPERATOR(pg_catalog.>) 0),
  event_limit int
    CONSTRAINT event_source_event_limit_check CHECK (event_limit OPERATOR(pg_catalog.>) 0),
  rate_limit int
    CONSTRAINT event_source_rate_limit_check CHECK (rate_limit OPERATOR(pg_catalog.>) 0)
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
COMMENT ON COLUMN tracardi.event_source.payload_size_limit IS 'bytes that a payload may have: of the body over HTTP, of jsonb from SQL; more is refused (54000, 413); null: any number';
COMMENT ON COLUMN tracardi.event_source.event_limit IS 'events that a payload may have; more are refused (54000, 413); null: any number';
COMMENT ON COLUMN tracardi.event_source.rate_limit IS 'events a second, with a burst of one second''s; more are refused (53400, 429); null: any number';

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
  bots text DEFAULT 'refuse',
  payload_size_limit int DEFAULT NULL,
  event_limit int DEFAULT NULL,
  rate_limit int DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  INSERT INTO tracardi.event_source (id, name, description, bridges, enabled, ephemeral, static_profile_id, channel, bots,
                                     payload_size_limit, event_limit, rate_limit)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);
  RETURN $1;
EXCEPTION
  WHEN unique_violation THEN
    RAISE EXCEPTION 'source "%" already exists', $1
      USING ERRCODE = 'duplicate_object',
            HINT = pg_catalog.format('UPDATE tracardi.event_source SET … WHERE id = %L;', $1);
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a source can''t be null', broken
      USING ERRCODE = 'null_value_not_allowed', HINT = 'SELECT tracardi.create_source(''shop-web'');';
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'event_source_bridges_check' THEN
      RAISE EXCEPTION 'bridges % of source "%" are not known', $4, $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'The bridges are rest, webhook and sql.';
    ELSIF broken = 'event_source_id_check' THEN
      RAISE EXCEPTION '"%" can''t be the id of a source', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'An id has no blanks around it, no @ before it, and up to 255 characters.';
    ELSIF broken LIKE '%\_limit\_check' THEN
      RAISE EXCEPTION 'a limit of source "%" is less than 1', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'Without a limit it is null. To let nothing in: enabled => false.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text, int, int, int) IS
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
