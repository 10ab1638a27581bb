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
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a consent type can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
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
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a consent rule can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
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
