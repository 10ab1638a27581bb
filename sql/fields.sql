-- profile-updated: what changes of profiles is told, whoever changes it, while that system event is switched on.

CREATE FUNCTION tracardi.tell_fields() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_tell_fields';
COMMENT ON FUNCTION tracardi.tell_fields() IS
  'row trigger of tracardi.profile: makes the system event profile-updated; enabled while that is switched on';

-- With the rights of the extension's owner, for whoever tends system events need not own the profiles.
CREATE FUNCTION tracardi.switch_fields() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET tracardi.silent = on
AS $$
DECLARE
  wanted CONSTANT boolean := EXISTS (SELECT FROM tracardi.system_event WHERE type = 'profile-updated' AND enabled);
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_trigger t
             WHERE t.tgrelid = pg_catalog.to_regclass('tracardi.profile') AND t.tgname = 'tell_fields'
               AND (t.tgenabled <> 'D') <> wanted) THEN
    EXECUTE pg_catalog.format('ALTER TABLE tracardi.profile %s TRIGGER tell_fields', CASE WHEN wanted THEN 'ENABLE' ELSE 'DISABLE' END);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tracardi.switch_fields() IS
  'statement trigger of tracardi.system_event: profiles have their trigger tell_fields switched on while profile-updated is';

CREATE TRIGGER switch_fields
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.system_event
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.switch_fields();
ALTER TABLE tracardi.system_event ENABLE ALWAYS TRIGGER switch_fields;
