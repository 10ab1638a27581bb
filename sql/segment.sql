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
  'row trigger of tracardi.profile: makes the system events segment-entered and segment-left; there while there are segments';

CREATE FUNCTION tracardi.switch_segments() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.switch_profile_triggers();
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tracardi.switch_segments() IS
  'statement trigger of tracardi.segment: profiles have the triggers of segments while there are any';

CREATE TRIGGER switch_segments
  AFTER INSERT OR DELETE OR TRUNCATE ON tracardi.segment
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.switch_segments();
ALTER TABLE tracardi.segment ENABLE ALWAYS TRIGGER switch_segments;

SELECT pg_catalog.pg_extension_config_dump('tracardi.segment', '');

CREATE FUNCTION tracardi.create_segment(name text, condition jsonpath, description text DEFAULT NULL) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
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
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a segment can''t be null', broken
      USING ERRCODE = 'null_value_not_allowed', HINT = 'SELECT tracardi.create_segment(''buyers'', ''$.traits.orders >= 1'');';
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
  IF seen OPERATOR(pg_catalog.=) 0 THEN
    RAISE NOTICE 'segment "%": there are no profiles', name;
  END IF;
END
$$;
COMMENT ON PROCEDURE tracardi.refresh_segment(text, int) IS
  'lets all profiles enter or leave a segment as its condition says now; commits after each step of so many profiles and tells how far it is, so not within a transaction; 42704 if there is none';
