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
