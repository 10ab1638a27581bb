\echo Use "ALTER EXTENSION tracardi UPDATE TO '0.2.0'" to load this file. \quit

-- What is done here is no news for system events.
SET LOCAL tracardi.silent = on;

-- Limits of a source.
ALTER TABLE tracardi.event_source
  ADD COLUMN payload_size_limit int
    CONSTRAINT event_source_payload_size_limit_check CHECK (payload_size_limit OPERATOR(pg_catalog.>) 0),
  ADD COLUMN event_limit int
    CONSTRAINT event_source_event_limit_check CHECK (event_limit OPERATOR(pg_catalog.>) 0),
  ADD COLUMN rate_limit int
    CONSTRAINT event_source_rate_limit_check CHECK (rate_limit OPERATOR(pg_catalog.>) 0);
COMMENT ON COLUMN tracardi.event_source.payload_size_limit IS 'bytes that a payload may have: of the body over HTTP, of jsonb from SQL; more is refused (54000, 413); null: any number';
COMMENT ON COLUMN tracardi.event_source.event_limit IS 'events that a payload may have; more are refused (54000, 413); null: any number';
COMMENT ON COLUMN tracardi.event_source.rate_limit IS 'events a second, with a burst of one second''s; more are refused (53400, 429); null: any number';

-- @FUNCTIONS@

REVOKE ALL ON FUNCTION tracardi.tell_fields(), tracardi.switch_fields(), tracardi.switch_profile_triggers(),
  tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text, int, int, int) FROM PUBLIC;

-- create_source() has three more arguments. Whoever may call the old one may call the new one.
DO $$
DECLARE
  granted record;
BEGIN
  FOR granted IN
    SELECT a.grantee::pg_catalog.regrole AS role, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
    FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a
    WHERE p.oid OPERATOR(pg_catalog.=) 'tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text)'::pg_catalog.regprocedure
      AND a.grantee OPERATOR(pg_catalog.<>) p.proowner
  LOOP
    EXECUTE pg_catalog.format(
      'GRANT EXECUTE ON FUNCTION tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text, int, int, int) TO %s%s',
      granted.role, granted.option);
  END LOOP;
END
$$;
DROP FUNCTION tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text);

-- profile-updated tells of every change.
CREATE TRIGGER switch_fields
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.system_event
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.switch_fields();
ALTER TABLE tracardi.system_event ENABLE ALWAYS TRIGGER switch_fields;
