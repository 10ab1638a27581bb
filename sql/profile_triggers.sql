-- The triggers of tracardi.profile: each is there while it has something to do. One that is switched off still costs: for a
-- table with such triggers PostgreSQL locks each row before it changes it, and reads it again after.

-- With the rights of the extension's owner, for whoever tends segments and system events need not own the profiles.
CREATE FUNCTION tracardi.switch_profile_triggers() RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET tracardi.silent = on
AS $$
DECLARE
  profile CONSTANT regclass := pg_catalog.to_regclass('tracardi.profile');
  wanted record;
BEGIN
  -- Before setup(), and while a dump is restored: it makes its triggers after its primary keys.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indrelid = profile AND indisprimary) THEN
    RETURN;
  END IF;
  FOR wanted IN
    SELECT w.name, w.definition, t.tgenabled AS fires,
           CASE WHEN w.name = 'tell_fields' THEN EXISTS (SELECT FROM tracardi.system_event WHERE type = 'profile-updated' AND enabled)
                ELSE EXISTS (SELECT FROM tracardi.segment) END AS at_work
    FROM (VALUES
      -- After those of users; seen-times alone change no segment.
      ('~~keep_segments',
       'BEFORE INSERT OR UPDATE OF external_id, primary_id, data, traits, interests, consents, segments, visit_count ON tracardi.profile'
       ' FOR EACH ROW EXECUTE FUNCTION tracardi.keep_segments()'),
      ('tell_segments', 'AFTER INSERT OR UPDATE ON tracardi.profile FOR EACH ROW EXECUTE FUNCTION tracardi.tell_segments()'),
      ('tell_fields',
       'AFTER UPDATE ON tracardi.profile FOR EACH ROW'
       ' WHEN (OLD.primary_id IS DISTINCT FROM NEW.primary_id OR OLD.data IS DISTINCT FROM NEW.data'
       ' OR OLD.traits IS DISTINCT FROM NEW.traits OR OLD.interests IS DISTINCT FROM NEW.interests'
       ' OR OLD.consents IS DISTINCT FROM NEW.consents)'
       ' EXECUTE FUNCTION tracardi.tell_fields()')) AS w (name, definition)
    LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = profile AND t.tgname = w.name
  LOOP
    IF wanted.at_work AND wanted.fires IS NULL THEN
      EXECUTE pg_catalog.format('CREATE TRIGGER %I %s', wanted.name, wanted.definition);
    ELSIF wanted.at_work AND wanted.fires <> 'O' THEN
      EXECUTE pg_catalog.format('ALTER TABLE tracardi.profile ENABLE TRIGGER %I', wanted.name);
    ELSIF NOT wanted.at_work AND wanted.fires <> 'D' THEN
      -- Nobody who reads profiles is waited for: setup() takes it away.
      EXECUTE pg_catalog.format('ALTER TABLE tracardi.profile DISABLE TRIGGER %I', wanted.name);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.switch_profile_triggers() IS
  'gives tracardi.profile the triggers that segments and profile-updated need, and disables those that have nothing to do';
