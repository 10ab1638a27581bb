-- profile-updated: what changes of profiles is told, whoever changes it, while that system event is switched on.

CREATE FUNCTION tracardi.tell_fields() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_tell_fields';
COMMENT ON FUNCTION tracardi.tell_fields() IS
  'row trigger of tracardi.profile: makes the system event profile-updated; there while that is switched on';

CREATE FUNCTION tracardi.switch_fields() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.switch_profile_triggers();
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tracardi.switch_fields() IS
  'statement trigger of tracardi.system_event: profiles have their trigger tell_fields while profile-updated is switched on';

CREATE TRIGGER switch_fields
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.system_event
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.switch_fields();
ALTER TABLE tracardi.system_event ENABLE ALWAYS TRIGGER switch_fields;
