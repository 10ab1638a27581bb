-- The data tables. They belong to the user, not to the extension: a dump holds them whole, DROP EXTENSION leaves
-- them alone. So they use no type, function or operator of the extension. setup() may be called at any time again.

CREATE FUNCTION tracardi.make_partition(month timestamptz) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  starts timestamptz := pg_catalog.date_trunc('month', month);
  ends timestamptz := starts + '1 month'::interval;
  partition text := 'event_' || pg_catalog.to_char(starts, 'YYYY_MM');
  event_owner name := (SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class
                       WHERE oid = 'tracardi.event'::regclass);
BEGIN
  IF pg_catalog.to_regclass('tracardi.' || pg_catalog.quote_ident(partition)) IS NOT NULL THEN
    RETURN;
  END IF;
  -- Others may be making it. A look into the catalog: what to_regclass() knows may be from before the wait.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('make_partition'));
  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = 'tracardi'::regnamespace AND relname = partition) THEN
    RETURN;
  END IF;
  -- LIKE, CHECK and ATTACH instead of PARTITION OF: events go on while the partition is made.
  EXECUTE pg_catalog.format('CREATE TABLE tracardi.%I (LIKE tracardi.event INCLUDING ALL)', partition);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.%I ADD CONSTRAINT month CHECK (time >= %L AND time < %L)',
                            partition, starts, ends);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.%I OWNER TO %I', partition, event_owner);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.event ATTACH PARTITION tracardi.%I FOR VALUES FROM (%L) TO (%L)',
                            partition, starts, ends);
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.%I DROP CONSTRAINT month', partition);
  EXECUTE pg_catalog.format('COMMENT ON TABLE tracardi.%I IS %L', partition,
                            pg_catalog.format('events of %s (UTC)', pg_catalog.to_char(starts, 'YYYY-MM')));
END
$$;
COMMENT ON FUNCTION tracardi.make_partition(timestamptz) IS
  'makes the monthly partition of tracardi.event that holds this moment (UTC), if it is not there';

CREATE FUNCTION tracardi.make_partitions() RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  this_month timestamptz := pg_catalog.date_trunc('month', pg_catalog.clock_timestamp());
  history_ends timestamptz;
BEGIN
  -- Where the partition from MINVALUE ends, the months begin.
  history_ends := (SELECT pg_catalog.substring(pg_catalog.pg_get_expr(relpartbound, oid), 'TO \(''([^'']+)''\)')::timestamptz
                   FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('tracardi.event_history'));
  FOR ahead IN 0 .. 12 LOOP
    IF history_ends IS NULL OR this_month + pg_catalog.make_interval(months => ahead) >= history_ends THEN
      PERFORM tracardi.make_partition(this_month + pg_catalog.make_interval(months => ahead));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.make_partitions() IS
  'makes the monthly partitions of tracardi.event for this month and twelve months ahead, those that are not there';

CREATE FUNCTION tracardi.setup(
  owner regrole DEFAULT NULL,
  search_path text DEFAULT pg_catalog.current_setting('search_path')
) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  data_tables CONSTANT text[] := '{event,ephemeral_event,event_key,profile,profile_alias,merge_key,merge_salt,session,event_rejected,workflow_failure,instance,workflow_cursor,workflow_tick,workflow_replay,subscription,person_event}';
  data_owner regrole;
  grantee regrole;
  former_owner regrole := (SELECT relowner::regrole FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass('tracardi.event'));
  known_types text[];
  new_types text[];
  column_name name;
  statement text;
  column_comment text;
  relation regclass;
  caller_role CONSTANT text := pg_catalog.current_setting('role');
  caller_messages CONSTANT text := pg_catalog.current_setting('client_min_messages');
  caller_silence CONSTANT text := pg_catalog.current_setting('tracardi.silent', true);
BEGIN
  -- One setup at a time in a database.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('setup'));
  data_owner := COALESCE(setup.owner,
                         (SELECT relowner::regrole FROM pg_catalog.pg_class
                          WHERE oid IN (SELECT pg_catalog.to_regclass('tracardi.' || t) FROM pg_catalog.unnest(data_tables) AS t)
                          ORDER BY oid LIMIT 1),
                         current_user::regrole);
  PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
  -- What it makes here is not told by system events.
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    PERFORM pg_catalog.set_config('tracardi.silent', 'on', true);
  END IF;

  IF pg_catalog.to_regclass('tracardi.event') IS NULL THEN
    CREATE TABLE tracardi.event (
      id uuid NOT NULL,
      external_id text,
      type text NOT NULL,
      kind text NOT NULL,
      time timestamptz NOT NULL DEFAULT pg_catalog.now(),
      received_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      source_id text,
      session_id uuid,
      profile_id uuid,
      properties jsonb NOT NULL DEFAULT '{}',
      context jsonb NOT NULL DEFAULT '{}',
      tags text[] NOT NULL DEFAULT '{}',
      valid boolean NOT NULL DEFAULT true,
      errors jsonb NOT NULL DEFAULT '{}',
      xact xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
      CONSTRAINT event_pkey PRIMARY KEY (id, time),
      CONSTRAINT event_type_check CHECK (pg_catalog.char_length(type) BETWEEN 1 AND 255)
    ) PARTITION BY RANGE (time);
  END IF;
  -- What came later: with a default that is a constant, or none, rows that are there stay as they are.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.event'::regclass AND attname = 'journey_state' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.event ADD COLUMN journey_state text;
  END IF;
  COMMENT ON TABLE tracardi.event IS 'what happened: one row an event, partitioned by month (UTC) of time';
  COMMENT ON COLUMN tracardi.event.id IS 'the event''s id: the client''s UUID, or made from its text (tracardi.event_id), or a UUIDv7';
  COMMENT ON COLUMN tracardi.event.external_id IS 'the id as the client wrote it, when that was not a UUID';
  COMMENT ON COLUMN tracardi.event.type IS 'what happened: page-view, purchase, ... (trimmed, lower case, each blank a hyphen)';
  COMMENT ON COLUMN tracardi.event.kind IS 'profile (belongs to a profile), profileless (belongs to nobody) or system (made by tracardi); ephemeral events are never stored';
  COMMENT ON COLUMN tracardi.event.time IS 'when it happened';
  COMMENT ON COLUMN tracardi.event.received_at IS 'when it arrived here';
  COMMENT ON COLUMN tracardi.event.source_id IS 'the source it came from (tracardi.event_source)';
  COMMENT ON COLUMN tracardi.event.session_id IS 'the session it happened in (tracardi.session), if any';
  COMMENT ON COLUMN tracardi.event.profile_id IS 'whom it belongs to (tracardi.profile); never null for kind profile, always null for kind profileless';
  COMMENT ON COLUMN tracardi.event.properties IS 'what the client says of the event: a JSON object';
  COMMENT ON COLUMN tracardi.event.context IS 'where it happened (page, screen, ...): a JSON object';
  COMMENT ON COLUMN tracardi.event.tags IS 'labels';
  COMMENT ON COLUMN tracardi.event.valid IS 'false: it failed a check of its type; see errors';
  COMMENT ON COLUMN tracardi.event.errors IS 'what was wrong with it: {"schema": [{"path", "message", "schema"}]}; and what could not be mapped to its profile: {"mapping": [{"path", "message"}]}; empty when nothing was';
  COMMENT ON COLUMN tracardi.event.xact IS 'the transaction that stored it';
  COMMENT ON COLUMN tracardi.event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';

  IF pg_catalog.to_regclass('tracardi.instance') IS NULL THEN
    CREATE TABLE tracardi.instance (
      singleton boolean NOT NULL DEFAULT true CONSTRAINT instance_pkey PRIMARY KEY CONSTRAINT instance_check CHECK (singleton),
      system_identifier bigint NOT NULL,
      database oid NOT NULL,
      activated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      search_path text NOT NULL,
      system_types text[] NOT NULL DEFAULT '{}'
    );
  END IF;
  COMMENT ON TABLE tracardi.instance IS 'one row: for which database tracardi was set up, so that a restored copy is told from the original';
  COMMENT ON COLUMN tracardi.instance.singleton IS 'true: there is one row';
  COMMENT ON COLUMN tracardi.instance.system_identifier IS 'the cluster (pg_control_system)';
  COMMENT ON COLUMN tracardi.instance.database IS 'the database (pg_database.oid)';
  COMMENT ON COLUMN tracardi.instance.activated_at IS 'when this cluster and database became the instance';
  COMMENT ON COLUMN tracardi.instance.search_path IS 'the path under which events are stored and triggers of the data tables run: that of setup()''s caller';
  COMMENT ON COLUMN tracardi.instance.system_types IS 'the types that a stored system event may have';

  IF pg_catalog.to_regclass('tracardi.event_key') IS NULL THEN
    CREATE TABLE tracardi.event_key (
      id uuid NOT NULL CONSTRAINT event_key_pkey PRIMARY KEY,
      received_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.event_key IS 'the exactly-once memory: ids of events that a client chose, kept for tracardi.event_key_retention';
  COMMENT ON COLUMN tracardi.event_key.id IS 'the event''s id';
  COMMENT ON COLUMN tracardi.event_key.received_at IS 'when it arrived here';

  IF pg_catalog.to_regclass('tracardi.profile') IS NULL THEN
    CREATE TABLE tracardi.profile (
      id uuid NOT NULL CONSTRAINT profile_pkey PRIMARY KEY,
      external_id text CONSTRAINT profile_external_id_check CHECK (pg_catalog.char_length(external_id) <= 255),
      primary_id text CONSTRAINT profile_primary_id_check CHECK (pg_catalog.char_length(primary_id) <= 255),
      data jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_data_check CHECK (pg_catalog.jsonb_typeof(data) = 'object'),
      traits jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_traits_check CHECK (pg_catalog.jsonb_typeof(traits) = 'object'),
      interests jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_interests_check CHECK (pg_catalog.jsonb_typeof(interests) = 'object'),
      consents jsonb NOT NULL DEFAULT '{}' CONSTRAINT profile_consents_check CHECK (pg_catalog.jsonb_typeof(consents) = 'object'),
      segments text[] NOT NULL DEFAULT '{}',
      visit_count int NOT NULL DEFAULT 0 CONSTRAINT profile_visit_count_check CHECK (visit_count >= 0),
      first_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      last_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.profile'::regclass AND attname = 'fields' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.profile ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';
  END IF;
  COMMENT ON TABLE tracardi.profile IS 'who did it: one row a person';
  COMMENT ON COLUMN tracardi.profile.id IS 'the profile''s id: a UUIDv7, or from a trusted source the client''s UUID or tracardi.id of its text';
  COMMENT ON COLUMN tracardi.profile.external_id IS 'the id as the client wrote it, when that was not a UUID';
  COMMENT ON COLUMN tracardi.profile.primary_id IS 'the id of this person in the customer''s own system';
  COMMENT ON COLUMN tracardi.profile.data IS 'what is known of the person, by Tracardi''s paths: pii, contact, identifier, ...';
  COMMENT ON COLUMN tracardi.profile.traits IS 'what the customer wants to know of the person: any JSON object';
  COMMENT ON COLUMN tracardi.profile.interests IS 'interests and their weight: {name: number}';
  COMMENT ON COLUMN tracardi.profile.consents IS 'what the person agreed to: {name: {"revoke": until when}}; null: for good (tracardi.has_consent)';
  COMMENT ON COLUMN tracardi.profile.segments IS 'the segments that the person is in';
  COMMENT ON COLUMN tracardi.profile.visit_count IS 'how many sessions the person opened';
  COMMENT ON COLUMN tracardi.profile.first_seen_at IS 'time of the first event';
  COMMENT ON COLUMN tracardi.profile.last_seen_at IS 'time of the last event; may lag by tracardi.last_seen_lag';
  COMMENT ON COLUMN tracardi.profile.created_at IS 'when the row was made';
  COMMENT ON COLUMN tracardi.profile.fields IS 'which event last set which field: {path: [the event''s time, its id]}';
  COMMENT ON COLUMN tracardi.profile.updated_at IS 'when the row was changed for more than last_seen_at';

  IF pg_catalog.to_regclass('tracardi.profile_alias') IS NULL THEN
    CREATE TABLE tracardi.profile_alias (
      id uuid NOT NULL CONSTRAINT profile_alias_pkey PRIMARY KEY,
      profile_id uuid NOT NULL,
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.profile_alias'::regclass AND attname = 'settled' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.profile_alias ADD COLUMN settled boolean NOT NULL DEFAULT false;
  END IF;
  COMMENT ON TABLE tracardi.profile_alias IS 'every other id of a profile: an old id resolves for ever';
  COMMENT ON COLUMN tracardi.profile_alias.id IS 'the other id';
  COMMENT ON COLUMN tracardi.profile_alias.profile_id IS 'the profile that it stands for (tracardi.profile.id)';
  COMMENT ON COLUMN tracardi.profile_alias.created_at IS 'when the alias was made';
  COMMENT ON COLUMN tracardi.profile_alias.settled IS 'false: maintain() still looks for events and sessions under the other id';

  IF pg_catalog.to_regclass('tracardi.merge_key') IS NULL THEN
    CREATE TABLE tracardi.merge_key (
      id uuid NOT NULL CONSTRAINT merge_key_pkey PRIMARY KEY,
      profile_id uuid NOT NULL,
      profiles int NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.merge_key IS 'values by which profiles are known as one person''s (tracardi.identification_point), as salted hashes';
  COMMENT ON COLUMN tracardi.merge_key.id IS 'the salted hash of the property''s path and value';
  COMMENT ON COLUMN tracardi.merge_key.profile_id IS 'whose value it is (tracardi.profile.id, or an id that the profile had before)';
  COMMENT ON COLUMN tracardi.merge_key.profiles IS 'how many profiles had this value; from tracardi.merge_limit on it joins no more';
  COMMENT ON COLUMN tracardi.merge_key.created_at IS 'when the value came first';

  -- Not a setting: those can be read by everybody, and are not in a dump, after which no value would be known again.
  IF pg_catalog.to_regclass('tracardi.merge_salt') IS NULL THEN
    CREATE TABLE tracardi.merge_salt (
      singleton boolean NOT NULL DEFAULT true CONSTRAINT merge_salt_pkey PRIMARY KEY CONSTRAINT merge_salt_check CHECK (singleton),
      salt bytea NOT NULL
    );
    -- Default privileges may have given rights to others.
    FOR grantee IN
      SELECT DISTINCT a.grantee::regrole FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) a
      WHERE oid = 'tracardi.merge_salt'::regclass AND a.grantee <> relowner AND a.grantee <> 0
    LOOP
      EXECUTE pg_catalog.format('REVOKE ALL ON tracardi.merge_salt FROM %s', grantee);
    END LOOP;
    REVOKE ALL ON tracardi.merge_salt FROM PUBLIC;
  END IF;
  COMMENT ON TABLE tracardi.merge_salt IS 'one row: what makes the hashes of tracardi.merge_key unguessable; only the owner may read it';
  COMMENT ON COLUMN tracardi.merge_salt.singleton IS 'true: there is one row';
  COMMENT ON COLUMN tracardi.merge_salt.salt IS 'random; should it change, no value is known again';

  IF pg_catalog.to_regclass('tracardi.session') IS NULL THEN
    CREATE TABLE tracardi.session (
      id uuid NOT NULL CONSTRAINT session_pkey PRIMARY KEY,
      external_id text CONSTRAINT session_external_id_check CHECK (pg_catalog.char_length(external_id) <= 255),
      profile_id uuid,
      source_id text CONSTRAINT session_source_id_check CHECK (pg_catalog.char_length(source_id) <= 255),
      status text NOT NULL DEFAULT 'started' CONSTRAINT session_status_check CHECK (status IN ('started', 'active', 'ended')),
      started_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      last_seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      ended_at timestamptz,
      device jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_device_check CHECK (pg_catalog.jsonb_typeof(device) = 'object'),
      os jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_os_check CHECK (pg_catalog.jsonb_typeof(os) = 'object'),
      app jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_app_check CHECK (pg_catalog.jsonb_typeof(app) = 'object'),
      utm jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_utm_check CHECK (pg_catalog.jsonb_typeof(utm) = 'object'),
      context jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_context_check CHECK (pg_catalog.jsonb_typeof(context) = 'object'),
      properties jsonb NOT NULL DEFAULT '{}' CONSTRAINT session_properties_check CHECK (pg_catalog.jsonb_typeof(properties) = 'object')
    );
  END IF;
  COMMENT ON TABLE tracardi.session IS 'a stay of a visitor: one row a session';
  COMMENT ON COLUMN tracardi.session.id IS 'the session''s id: the client''s UUID, or tracardi.id of its text, or a UUIDv7';
  COMMENT ON COLUMN tracardi.session.external_id IS 'the id as the client wrote it, when that was not a UUID';
  COMMENT ON COLUMN tracardi.session.profile_id IS 'whose session it is (tracardi.profile); null while only profileless events came';
  COMMENT ON COLUMN tracardi.session.source_id IS 'the source that opened it (tracardi.event_source)';
  COMMENT ON COLUMN tracardi.session.status IS 'started, active or ended';
  COMMENT ON COLUMN tracardi.session.started_at IS 'time of its first event';
  COMMENT ON COLUMN tracardi.session.last_seen_at IS 'what counts for inactivity; may lag by tracardi.last_seen_lag';
  COMMENT ON COLUMN tracardi.session.ended_at IS 'when the visit ended: when its client said so, or tracardi.session_timeout after last_seen_at; null while it goes on';
  COMMENT ON COLUMN tracardi.session.device IS 'the device, a JSON object';
  COMMENT ON COLUMN tracardi.session.os IS 'the operating system, a JSON object';
  COMMENT ON COLUMN tracardi.session.app IS 'the browser or app, a JSON object';
  COMMENT ON COLUMN tracardi.session.utm IS 'the campaign that the visitor came by, a JSON object';
  COMMENT ON COLUMN tracardi.session.context IS 'what the client tells of itself (screen, browser, time zone, ...), a JSON object';
  COMMENT ON COLUMN tracardi.session.properties IS 'what the client says of the session, a JSON object';

  IF pg_catalog.to_regclass('tracardi.event_rejected') IS NULL THEN
    CREATE TABLE tracardi.event_rejected (
      id uuid NOT NULL CONSTRAINT event_rejected_pkey PRIMARY KEY,
      received_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      source_id text,
      session_id text,
      profile_id text,
      options jsonb NOT NULL DEFAULT '{}',
      skew bigint NOT NULL DEFAULT 0,
      event text NOT NULL,
      code text NOT NULL,
      message text NOT NULL,
      path text
    );
  END IF;
  COMMENT ON TABLE tracardi.event_rejected IS 'what could not be accepted as an event, whole; see tracardi.retry_rejected';
  COMMENT ON COLUMN tracardi.event_rejected.id IS 'what tracardi.retry_rejected takes';
  COMMENT ON COLUMN tracardi.event_rejected.received_at IS 'when it arrived here';
  COMMENT ON COLUMN tracardi.event_rejected.source_id IS 'the source it came from';
  COMMENT ON COLUMN tracardi.event_rejected.session_id IS 'the session it came in';
  COMMENT ON COLUMN tracardi.event_rejected.profile_id IS 'the profile it came for';
  COMMENT ON COLUMN tracardi.event_rejected.options IS 'what its payload asked for: {"profileLess", "saveProfile", "saveSession"}';
  COMMENT ON COLUMN tracardi.event_rejected.skew IS 'by how many microseconds the client''s clock was behind';
  COMMENT ON COLUMN tracardi.event_rejected.event IS 'the event as it came: text, for jsonb can''t hold everything';
  COMMENT ON COLUMN tracardi.event_rejected.code IS 'the SQLSTATE of the reason';
  COMMENT ON COLUMN tracardi.event_rejected.message IS 'the reason';
  COMMENT ON COLUMN tracardi.event_rejected.path IS 'where in the payload the reason stands, as a JSON path';

  IF pg_catalog.to_regclass('tracardi.workflow_failure') IS NULL THEN
    CREATE TABLE tracardi.workflow_failure (
      id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() CONSTRAINT workflow_failure_pkey PRIMARY KEY,
      workflow text NOT NULL,
      event_id uuid,
      event jsonb,
      code text NOT NULL,
      message text NOT NULL,
      attempts int NOT NULL DEFAULT 1,
      first_failed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      last_failed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_failure IS 'workflows that failed for an event';
  COMMENT ON COLUMN tracardi.workflow_failure.id IS 'the failure''s id';
  COMMENT ON COLUMN tracardi.workflow_failure.workflow IS 'the workflow''s name';
  COMMENT ON COLUMN tracardi.workflow_failure.event_id IS 'the event''s id';
  COMMENT ON COLUMN tracardi.workflow_failure.event IS 'the event; null for an ephemeral one';
  COMMENT ON COLUMN tracardi.workflow_failure.code IS 'the SQLSTATE';
  COMMENT ON COLUMN tracardi.workflow_failure.message IS 'the error''s message; for an ephemeral event only that it failed';
  COMMENT ON COLUMN tracardi.workflow_failure.attempts IS 'how often it was tried';
  COMMENT ON COLUMN tracardi.workflow_failure.first_failed_at IS 'when it failed first';
  COMMENT ON COLUMN tracardi.workflow_failure.last_failed_at IS 'when it failed last';

  PERFORM tracardi.setup_delivery();

  -- For triggers on ephemeral events: track() inserts here if there are any, and nothing is ever stored.
  IF pg_catalog.to_regclass('tracardi.ephemeral_event') IS NULL THEN
    CREATE TABLE tracardi.ephemeral_event (
      LIKE tracardi.event INCLUDING COMMENTS,
      CONSTRAINT ephemeral_event_never_stored CHECK (false)
    );
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.ephemeral_event'::regclass AND attname = 'journey_state' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.ephemeral_event ADD COLUMN journey_state text;
  END IF;
  COMMENT ON COLUMN tracardi.ephemeral_event.journey_state IS 'where on the customer''s journey its type stands (tracardi.event_type)';
  COMMENT ON TABLE tracardi.ephemeral_event IS
    'empty for ever: BEFORE triggers on it are called for ephemeral events; its columns are those of tracardi.event';
  IF pg_catalog.to_regprocedure('tracardi.never_stored()') IS NULL THEN
    CREATE FUNCTION tracardi.never_stored() RETURNS trigger
      LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END';
  END IF;
  COMMENT ON FUNCTION tracardi.never_stored() IS 'the last BEFORE trigger of tracardi.ephemeral_event: no row gets past it';
  REVOKE ALL ON FUNCTION tracardi.never_stored() FROM PUBLIC;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger
                 WHERE tgrelid = 'tracardi.ephemeral_event'::regclass AND tgname = '~~never_stored') THEN
    -- Triggers run in the order of their names, bytewise.
    CREATE TRIGGER "~~never_stored" BEFORE INSERT ON tracardi.ephemeral_event
      FOR EACH ROW EXECUTE FUNCTION tracardi.never_stored();
  END IF;

  -- What logical replication brings was told of where it happened: no cursor comes to a transaction 0, so asynchronous workflows and subscriptions
  -- here pass by, as those in the transaction do. Also when such a row is changed, which brings the other server's number again.
  IF pg_catalog.to_regprocedure('tracardi.mark_replicated()') IS NULL THEN
    CREATE FUNCTION tracardi.mark_replicated() RETURNS trigger
      LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $mark$
    BEGIN
      -- It fires for everybody once somebody has said ENABLE TRIGGER ALL.
      IF pg_catalog.current_setting('session_replication_role') = 'replica' THEN
        NEW.xact := '0';
      END IF;
      RETURN NEW;
    END
    $mark$;
  END IF;
  COMMENT ON FUNCTION tracardi.mark_replicated() IS
    'row trigger of tracardi.event for what logical replication brings: its transaction is 0, so no workflow runs for it here';
  REVOKE ALL ON FUNCTION tracardi.mark_replicated() FROM PUBLIC;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = 'tracardi.event'::regclass AND tgname = 'mark_replicated') THEN
    CREATE TRIGGER mark_replicated BEFORE INSERT OR UPDATE ON tracardi.event
      FOR EACH ROW EXECUTE FUNCTION tracardi.mark_replicated();
  END IF;

  -- Whoever changes a profile need not know the segments, so it runs with its owner's rights: those of the owner of the data
  -- tables, for a row as JSON may call functions of that owner (casts to json). Hence it is no member of the extension.
  -- 0.1.0 made one that failed where it may not read the segments.
  IF NOT (SELECT p.prosrc ~ 'has_table_privilege' FROM pg_catalog.pg_proc p WHERE p.oid = pg_catalog.to_regprocedure('tracardi.keep_segments()')) THEN
    DROP TRIGGER IF EXISTS "~~keep_segments" ON tracardi.profile;
    DROP FUNCTION tracardi.keep_segments();
  END IF;
  IF pg_catalog.to_regprocedure('tracardi.keep_segments()') IS NULL THEN
    CREATE FUNCTION tracardi.keep_segments() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $keep$
    DECLARE
      profile CONSTANT jsonb := pg_catalog.to_jsonb(NEW);
    BEGIN
      -- The extension was dropped, or made again and not set up yet: null, or false.
      IF pg_catalog.has_table_privilege(pg_catalog.to_regclass('tracardi.segment'), 'SELECT') IS NOT TRUE THEN
        RETURN NEW;
      END IF;
      NEW.segments := ARRAY(
        SELECT s.name FROM tracardi.segment s WHERE s.enabled AND tracardi.holds(profile, s.condition)
        UNION
        SELECT other FROM pg_catalog.unnest(NEW.segments) AS other
        WHERE NOT EXISTS (SELECT FROM tracardi.segment s WHERE s.enabled AND s.name = other)
        ORDER BY 1);
      RETURN NEW;
    END
    $keep$;
  END IF;
  COMMENT ON FUNCTION tracardi.keep_segments() IS
    'row trigger of tracardi.profile: the segments whose conditions the profile meets; there while there are segments';
  REVOKE ALL ON FUNCTION tracardi.keep_segments() FROM PUBLIC;
  -- Triggers of profiles that have nothing to do are not there.
  PERFORM tracardi.switch_profile_triggers();
  FOR statement IN
    SELECT pg_catalog.format('DROP TRIGGER %I ON tracardi.profile', tgname) FROM pg_catalog.pg_trigger
    WHERE tgrelid = 'tracardi.profile'::regclass AND tgname IN ('~~keep_segments', 'tell_segments', 'tell_fields') AND tgenabled = 'D'
  LOOP
    EXECUTE statement;
  END LOOP;

  -- When each of the others fires, also after ENABLE TRIGGER ALL, which loads of data alone end with.
  FOR statement IN
    SELECT pg_catalog.format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.tgrelid::regclass,
      CASE wanted.fires WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END, t.tgname)
    FROM (VALUES ('~~never_stored', 'A'), ('mark_replicated', 'R')) AS wanted (name, fires)
    JOIN pg_catalog.pg_trigger t ON t.tgname = wanted.name AND t.tgenabled <> wanted.fires::"char"
    WHERE t.tgrelid = 'tracardi.ephemeral_event'::regclass
       OR t.tgrelid IN (SELECT tree.relid FROM pg_catalog.pg_partition_tree('tracardi.event') AS tree)
  LOOP
    EXECUTE statement;
  END LOOP;

  -- Rows that are changed again and again: a fifth of them need not be dead before somebody cleans up.
  FOR relation IN
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.oid IN ('tracardi.profile'::regclass, 'tracardi.session'::regclass)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'autovacuum_vacuum_scale_factor')
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.05)', relation);
  END LOOP;

  -- Each index and the query that it serves; the primary keys serve look-ups by id.
  -- the newest events: ORDER BY time DESC LIMIT n, and any span of time
  IF pg_catalog.to_regclass('tracardi.event_time_idx') IS NULL THEN
    CREATE INDEX event_time_idx ON tracardi.event (time);
  END IF;
  -- the events of one type in a span of time
  IF pg_catalog.to_regclass('tracardi.event_type_time_idx') IS NULL THEN
    CREATE INDEX event_type_time_idx ON tracardi.event (type, time);
  END IF;
  -- the history of one person
  IF pg_catalog.to_regclass('tracardi.event_profile_id_time_idx') IS NULL THEN
    CREATE INDEX event_profile_id_time_idx ON tracardi.event (profile_id, time) WHERE profile_id IS NOT NULL;
  END IF;
  -- the sessions of one person
  IF pg_catalog.to_regclass('tracardi.session_profile_id_started_at_idx') IS NULL THEN
    CREATE INDEX session_profile_id_started_at_idx ON tracardi.session (profile_id, started_at);
  END IF;
  -- visits that may be over; by a column that hardly ever changes, so that touching a session leaves the index alone
  IF pg_catalog.to_regclass('tracardi.session_open_idx') IS NULL THEN
    CREATE INDEX session_open_idx ON tracardi.session (started_at) WHERE status <> 'ended';
  END IF;
  -- a person by the customer's own id
  IF pg_catalog.to_regclass('tracardi.profile_external_id_idx') IS NULL THEN
    CREATE INDEX profile_external_id_idx ON tracardi.profile (external_id) WHERE external_id IS NOT NULL;
  END IF;
  -- a person by the id in the customer's own system
  IF pg_catalog.to_regclass('tracardi.profile_primary_id_idx') IS NULL THEN
    CREATE INDEX profile_primary_id_idx ON tracardi.profile (primary_id) WHERE primary_id IS NOT NULL;
  END IF;
  -- the other ids of one person
  IF pg_catalog.to_regclass('tracardi.profile_alias_profile_id_idx') IS NULL THEN
    CREATE INDEX profile_alias_profile_id_idx ON tracardi.profile_alias (profile_id);
  END IF;
  -- the values by which one person is known
  IF pg_catalog.to_regclass('tracardi.merge_key_profile_id_idx') IS NULL THEN
    CREATE INDEX merge_key_profile_id_idx ON tracardi.merge_key (profile_id);
  END IF;
  -- maintain(): merged profiles whose history may not be moved yet
  IF pg_catalog.to_regclass('tracardi.profile_alias_unsettled_idx') IS NULL THEN
    CREATE INDEX profile_alias_unsettled_idx ON tracardi.profile_alias (created_at) WHERE NOT settled;
  END IF;
  -- maintain(): what is old; rows come in the order of time
  IF pg_catalog.to_regclass('tracardi.event_key_received_at_idx') IS NULL THEN
    CREATE INDEX event_key_received_at_idx ON tracardi.event_key USING brin (received_at);
  END IF;
  IF pg_catalog.to_regclass('tracardi.event_rejected_received_at_idx') IS NULL THEN
    CREATE INDEX event_rejected_received_at_idx ON tracardi.event_rejected (received_at);
  END IF;
  IF pg_catalog.to_regclass('tracardi.workflow_failure_last_failed_at_idx') IS NULL THEN
    CREATE INDEX workflow_failure_last_failed_at_idx ON tracardi.workflow_failure (last_failed_at);
  END IF;

  IF pg_catalog.to_regclass('tracardi.event_history') IS NULL THEN
    EXECUTE pg_catalog.format('CREATE TABLE tracardi.event_history PARTITION OF tracardi.event FOR VALUES FROM (MINVALUE) TO (%L)',
                              pg_catalog.date_trunc('month', pg_catalog.clock_timestamp()));
    COMMENT ON TABLE tracardi.event_history IS 'events from before the first month of tracardi in this database';
  END IF;
  PERFORM tracardi.make_partitions();

  -- Two parts, so that one person's events are found by index in both. Columns by name: those of users come and go.
  IF pg_catalog.to_regclass('tracardi.person_event') IS NULL THEN
    CREATE VIEW tracardi.person_event WITH (security_invoker = true) AS
    SELECT e.profile_id AS person_id, e.id, e.external_id, e.type, e.kind, e.time, e.received_at, e.source_id, e.session_id,
           e.profile_id, e.properties, e.context, e.tags, e.valid, e.errors, e.xact, e.journey_state
    FROM tracardi.event e
    WHERE e.profile_id IS NOT NULL AND NOT EXISTS (SELECT FROM tracardi.profile_alias a WHERE a.id = e.profile_id)
    UNION ALL
    SELECT a.profile_id, e.id, e.external_id, e.type, e.kind, e.time, e.received_at, e.source_id, e.session_id,
           e.profile_id, e.properties, e.context, e.tags, e.valid, e.errors, e.xact, e.journey_state
    FROM tracardi.profile_alias a JOIN tracardi.event e ON e.profile_id = a.id;
  END IF;
  COMMENT ON VIEW tracardi.person_event IS 'the events of people, also where an event still stands under an id that its person had before: exact at every moment';
  COMMENT ON COLUMN tracardi.person_event.person_id IS 'whom it belongs to now (tracardi.profile.id)';
  FOR column_name, column_comment IN
    SELECT v.attname, pg_catalog.col_description(e.attrelid, e.attnum)
    FROM pg_catalog.pg_attribute v JOIN pg_catalog.pg_attribute e ON e.attname = v.attname
    WHERE v.attrelid = 'tracardi.person_event'::regclass AND e.attrelid = 'tracardi.event'::regclass AND e.attnum > 0
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN tracardi.person_event.%I IS %L', column_name, column_comment);
  END LOOP;

  -- All data tables have one owner: its rights are those under which events are stored.
  FOR relation IN
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.relowner <> data_owner::oid AND c.relkind IN ('r', 'p', 'v')
      AND (c.oid IN (SELECT pg_catalog.to_regclass('tracardi.' || t) FROM pg_catalog.unnest(data_tables) AS t)
           OR c.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'tracardi.event'::regclass))
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %s', relation, data_owner);
  END LOOP;
  IF data_owner::oid <> (SELECT proowner FROM pg_catalog.pg_proc WHERE oid = 'tracardi.keep_segments()'::regprocedure) THEN
    EXECUTE pg_catalog.format('ALTER FUNCTION tracardi.keep_segments() OWNER TO %s', data_owner);
  END IF;
  IF data_owner::oid <> (SELECT proowner FROM pg_catalog.pg_proc WHERE oid = 'tracardi.mark_replicated()'::regprocedure) THEN
    EXECUTE pg_catalog.format('ALTER FUNCTION tracardi.mark_replicated() OWNER TO %s', data_owner);
  END IF;
  IF data_owner::oid <> (SELECT proowner FROM pg_catalog.pg_proc WHERE oid = 'tracardi.never_stored()'::regprocedure) THEN
    EXECUTE pg_catalog.format('ALTER FUNCTION tracardi.never_stored() OWNER TO %s', data_owner);
  END IF;

  -- So that a cron line need not run as a superuser.
  IF data_owner <> current_user::regrole AND (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    EXECUTE pg_catalog.format('GRANT CREATE ON SCHEMA tracardi TO %s', data_owner);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.check_setup(), tracardi.make_partitions(), '
      'tracardi.make_partition(timestamptz), tracardi.move_history(bigint), tracardi.drop_partitions(timestamptz), '
      'tracardi.tidy_consents(), tracardi.holds(jsonb, jsonpath), tracardi.tell_segments(), tracardi.tell_fields(), '
      'tracardi.prepare_delivery(boolean), tracardi.continue_transactions(boolean, bigint), '
      'tracardi.run_workflows(int, int, int), tracardi.next_due() TO %s', data_owner);
    EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.segment TO %s', data_owner);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON PROCEDURE tracardi.maintain() TO %s', data_owner);
    IF former_owner <> data_owner AND former_owner <> current_user::regrole THEN
      EXECUTE pg_catalog.format('REVOKE CREATE ON SCHEMA tracardi FROM %s', former_owner);
      EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION tracardi.check_setup(), tracardi.make_partitions(), '
        'tracardi.make_partition(timestamptz), tracardi.move_history(bigint), tracardi.drop_partitions(timestamptz), '
      'tracardi.tidy_consents(), tracardi.holds(jsonb, jsonpath), tracardi.tell_segments(), tracardi.tell_fields(), '
        'tracardi.prepare_delivery(boolean), tracardi.continue_transactions(boolean, bigint), '
        'tracardi.run_workflows(int, int, int), tracardi.next_due() FROM %s', former_owner);
      EXECUTE pg_catalog.format('REVOKE SELECT ON tracardi.segment FROM %s', former_owner);
      EXECUTE pg_catalog.format('REVOKE EXECUTE ON PROCEDURE tracardi.maintain() FROM %s', former_owner);
    END IF;
  END IF;

  -- Those that are rare, or that the contract names, are made unless they are switched off; the others have to be switched on.
  INSERT INTO tracardi.system_event (type, enabled, description) VALUES
    ('profile-created', true, 'a profile was made'),
    ('profile-updated', false, 'fields of a profile changed; properties: fields, by their paths. One more event for each call of track() that does so, and for each row of another statement'),
    ('profile-merged', true, 'profiles turned out to be one person''s and became one'),
    ('session-opened', true, 'a session was made'),
    ('session-closed', false, 'a session ended for lack of events; with visit-ended, which says the same of the visit'),
    ('visit-started', true, 'a session was made, or came back after it had ended'),
    ('visit-ended', true, 'nothing was heard of a session for tracardi.session_timeout'),
    ('event-invalid', false, 'an event was stored that failed a check of its type'),
    ('event-rejected', false, 'an event could not be accepted'),
    ('workflow-failed', true, 'a workflow failed for an event'),
    ('source-refused', false, 'a call was refused: its source is not there, disabled, or without this door, or a bot came; with the background worker, as anybody may cause it'),
    ('track-failed', true, 'the transaction of a track() failed; with the background worker'),
    ('configuration-changed', false, 'a statement changed a configuration table; one event a statement'),
    ('schema-changed', true, 'a command made, changed, emptied or dropped something of schema tracardi; with tracardi in shared_preload_libraries'),
    ('segment-entered', true, 'a profile came to meet the condition of a segment'),
    ('segment-left', true, 'a profile meets the condition of a segment no more'),
    ('consent-changed', true, 'a person gave or took back consents by consent()'),
    ('profile-forgotten', true, 'a person was forgotten (tracardi.forget): how many rows of what')
  ON CONFLICT DO NOTHING;
  -- 0.1.0 described it otherwise, and its dumps do.
  UPDATE tracardi.system_event
  SET description = 'fields of a profile changed; properties: fields, by their paths. One more event for each call of track() that does so, and for each row of another statement'
  WHERE type = 'profile-updated'
    AND description = 'events set fields of their profile; properties: fields, by their paths. One more event for each call that does so';
  -- The default source of track(type, properties): static, so that an application's own ids are kept; not for HTTP.
  INSERT INTO tracardi.event_source (id, name, description, bridges, static_profile_id) VALUES
    ('sql', 'SQL', 'events that SQL tracks: the default of tracardi.track(event_type, properties)', '{sql}', true)
  ON CONFLICT DO NOTHING;

  PERFORM tracardi.make_predefined_types();

  -- From here on rows of data tables are written: as their owner, for its triggers must not run with the caller's rights.
  known_types := COALESCE((SELECT system_types FROM tracardi.instance), '{}');
  new_types := ARRAY(SELECT type FROM tracardi.system_event UNION SELECT pg_catalog.unnest(known_types) ORDER BY 1);
  IF data_owner <> current_user::regrole THEN
    PERFORM pg_catalog.set_config('role', pg_catalog.pg_get_userbyid(data_owner), true);
  END IF;
  INSERT INTO tracardi.instance (system_identifier, database, search_path)
  -- Temporary objects come last, so that those of a caller shadow nothing.
  SELECT s.system_identifier, d.oid,
         CASE WHEN setup.search_path ~ '\mpg_temp\M' THEN setup.search_path
              WHEN pg_catalog.btrim(setup.search_path) = '' THEN 'pg_temp'
              ELSE setup.search_path || ', pg_temp' END
  FROM pg_catalog.pg_control_system() s, pg_catalog.pg_database d
  WHERE d.datname = pg_catalog.current_database()
  ON CONFLICT (singleton) DO UPDATE
  SET system_identifier = EXCLUDED.system_identifier, database = EXCLUDED.database, search_path = EXCLUDED.search_path,
      activated_at = CASE WHEN (instance.system_identifier, instance.database) = (EXCLUDED.system_identifier, EXCLUDED.database)
                          THEN instance.activated_at ELSE EXCLUDED.activated_at END;
  INSERT INTO tracardi.merge_salt (salt)
  SELECT pg_catalog.decode(pg_catalog.replace(pg_catalog.concat(pg_catalog.gen_random_uuid(), pg_catalog.gen_random_uuid()), '-', ''), 'hex')
  ON CONFLICT DO NOTHING;

  -- The list of system types only ever widens: an event that is stored stays valid. Rows that are there already are
  -- checked by maintain(), whose VALIDATE lets writers go on.
  IF new_types <> known_types THEN
    ALTER TABLE tracardi.event DROP CONSTRAINT IF EXISTS event_kind_check;
    -- One constraint, and short: PostgreSQL reads each of them anew for every INSERT.
    EXECUTE pg_catalog.format(
      'ALTER TABLE tracardi.event ADD CONSTRAINT event_kind_check CHECK (CASE kind'
      ' WHEN ''profile'' THEN profile_id IS NOT NULL'
      ' WHEN ''profileless'' THEN profile_id IS NULL'
      ' WHEN ''system'' THEN type = ANY (%L::text[])'
      ' ELSE false END) NOT VALID', new_types);
    IF known_types = '{}' THEN
      ALTER TABLE tracardi.event VALIDATE CONSTRAINT event_kind_check;
    END IF;
    UPDATE tracardi.instance SET system_types = new_types;
  END IF;
  PERFORM pg_catalog.set_config('role', caller_role, true);
  PERFORM tracardi.prepare_delivery(false);
  -- After ALTER EXTENSION UPDATE there may be functions that PostgREST does not know yet.
  PERFORM pg_catalog.pg_notify('pgrst', 'reload schema');

  PERFORM pg_catalog.set_config('client_min_messages', caller_messages, true);
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    PERFORM pg_catalog.set_config('tracardi.silent', COALESCE(caller_silence, 'off'), true);
  END IF;
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid = data_owner::oid) THEN
    RAISE NOTICE 'triggers on the data tables run with the rights of the superuser %', data_owner
      USING HINT = 'For production: CREATE ROLE tracardi_owner NOLOGIN; SELECT tracardi.setup(owner => ''tracardi_owner'');';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.setup(regrole, text) IS
  'makes the data tables or brings them up to date, seeds the configuration, and adopts a restored copy; owner: who shall own the data tables (default: as it is, at first the caller); search_path: the path for triggers on the data tables';
