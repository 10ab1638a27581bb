-- Workflows: trigger functions that are called for events, in the transaction of track() or after it.

CREATE TABLE tracardi.workflow (
  name text PRIMARY KEY
    CONSTRAINT workflow_name_check
    CHECK (name OPERATOR(pg_catalog.=) pg_catalog.btrim(name) AND name OPERATOR(pg_catalog.<>) ''
           AND pg_catalog.char_length(name) OPERATOR(pg_catalog.<=) 255),
  description text,
  function text NOT NULL,
  owner text NOT NULL,
  search_path text NOT NULL DEFAULT pg_catalog.current_setting('search_path'),
  event_type text
    CONSTRAINT workflow_event_type_check
    CHECK (event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(event_type)
           AND event_type OPERATOR(pg_catalog.<>) ''),
  source_id text,
  kinds text[]
    CONSTRAINT workflow_kinds_check
    CHECK (kinds OPERATOR(pg_catalog.<@) '{profile,profileless,ephemeral,system}'::text[]),
  condition jsonpath,
  consents text[] NOT NULL DEFAULT '{}'
    CONSTRAINT workflow_consents_check
    CHECK (pg_catalog.array_position(consents, NULL) IS NULL AND pg_catalog.array_position(consents, '') IS NULL
           AND pg_catalog.cardinality(consents) OPERATOR(pg_catalog.<=) 100),
  mode text NOT NULL DEFAULT 'sync'
    CONSTRAINT workflow_mode_check CHECK (mode OPERATOR(pg_catalog.=) ANY ('{sync,async}'::text[])),
  timeout interval
    CONSTRAINT workflow_timeout_check
    CHECK (timeout OPERATOR(pg_catalog.>=) '0'::interval AND timeout OPERATOR(pg_catalog.<=) '24 days'::interval),
  delay interval
    CONSTRAINT workflow_delay_check
    CHECK (delay OPERATOR(pg_catalog.>) '0'::interval AND delay OPERATOR(pg_catalog.<=) '10 years'::interval),
  unless_event_type text
    CONSTRAINT workflow_unless_event_type_check
    CHECK (unless_event_type OPERATOR(pg_catalog.=) tracardi.normalize_type(unless_event_type)
           AND unless_event_type OPERATOR(pg_catalog.<>) ''),
  retry_limit int
    CONSTRAINT workflow_retry_limit_check CHECK (retry_limit OPERATOR(pg_catalog.>=) 0),
  retry_delay interval
    CONSTRAINT workflow_retry_delay_check
    CHECK (retry_delay OPERATOR(pg_catalog.>=) '0'::interval AND retry_delay OPERATOR(pg_catalog.<=) '10 years'::interval),
  starts pg_snapshot,
  enabled boolean NOT NULL DEFAULT true,
  status text NOT NULL DEFAULT 'ready'
    CONSTRAINT workflow_status_check CHECK (status OPERATOR(pg_catalog.=) ANY ('{ready,broken}'::text[])),
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT workflow_async_check
    CHECK (mode OPERATOR(pg_catalog.=) 'async'
           OR (delay IS NULL AND unless_event_type IS NULL AND retry_limit IS NULL AND retry_delay IS NULL)),
  CONSTRAINT workflow_ephemeral_check
    CHECK (mode OPERATOR(pg_catalog.<>) 'async' OR NOT kinds OPERATOR(pg_catalog.<@) '{ephemeral}'::text[])
);
COMMENT ON TABLE tracardi.workflow IS 'which trigger functions are called for which events, in the order of their names (bytewise)';
COMMENT ON COLUMN tracardi.workflow.name IS 'the workflow''s name: TG_NAME in the function';
COMMENT ON COLUMN tracardi.workflow.description IS 'a description for people';
COMMENT ON COLUMN tracardi.workflow.function IS 'a function without arguments that returns trigger, by its qualified name';
COMMENT ON COLUMN tracardi.workflow.owner IS 'the function''s owner when it was registered: it runs with this role''s rights, or not at all';
COMMENT ON COLUMN tracardi.workflow.search_path IS 'the path under which the function runs: that of whoever registered it';
COMMENT ON COLUMN tracardi.workflow.event_type IS 'only events of this type; null: of all types';
COMMENT ON COLUMN tracardi.workflow.source_id IS 'only events from this source; null: from all sources';
COMMENT ON COLUMN tracardi.workflow.kinds IS 'only events of these kinds; null: of all kinds';
COMMENT ON COLUMN tracardi.workflow.condition IS 'only events for which this holds, over {type, kind, time, source, properties, context, tags, session, profile}: its first item if that is a boolean, else whether there is one that is not null';
COMMENT ON COLUMN tracardi.workflow.consents IS 'only events whose profile gives all these consents at that moment (tracardi.has_consent); an event that belongs to nobody gives none; empty: all events';
COMMENT ON COLUMN tracardi.workflow.mode IS 'sync: in the transaction of track(); async: after it, by the background worker or tracardi.maintain()';
COMMENT ON COLUMN tracardi.workflow.timeout IS 'how long it may take for one event; null: tracardi.workflow_timeout; 0: for ever';
COMMENT ON COLUMN tracardi.workflow.delay IS 'async: so long after the event; null: at once';
COMMENT ON COLUMN tracardi.workflow.unless_event_type IS 'async: not for an event if one of this type came for the same profile since; null: for all';
COMMENT ON COLUMN tracardi.workflow.retry_limit IS 'async: how often an event for which it failed is tried again; null: tracardi.retry_limit';
COMMENT ON COLUMN tracardi.workflow.retry_delay IS 'async: how long after the first failure, doubled after each further one; null: tracardi.retry_delay';
COMMENT ON COLUMN tracardi.workflow.starts IS 'async: what was stored when it was registered, for which it does not run';
COMMENT ON COLUMN tracardi.workflow.enabled IS 'false: it is not called; an asynchronous one catches up when it is true again';
COMMENT ON COLUMN tracardi.workflow.status IS 'broken: its function is gone or changed its owner, so it is not called until the row is set to ready again';
COMMENT ON COLUMN tracardi.workflow.created_at IS 'when it was registered';

CREATE FUNCTION tracardi.check_workflow() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  called record;
  -- A row that comes with its owner was registered before and comes from a dump, which must restore whatever became of the
  -- function since: what can't be called comes in broken.
  restored CONSTANT boolean := TG_OP = 'INSERT' AND NEW.owner <> '';
BEGIN
  IF NEW.status = 'broken' THEN
    RETURN NEW;  -- it is not called; setting it to ready checks it again
  END IF;
  IF NEW.mode = 'sync' THEN
    NEW.starts := NULL;
  ELSIF TG_OP = 'UPDATE' AND OLD.mode = 'async' THEN
    NEW.starts := OLD.starts;
  ELSIF NOT restored THEN
    PERFORM tracardi.prepare_delivery(true);
    NEW.starts := tracardi.event_snapshot();
  END IF;
  IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - '{enabled,description,created_at}'::text[])
                        = (to_jsonb(OLD) - '{enabled,description,created_at}'::text[]) THEN
    RETURN NEW;  -- who may tend the table may switch a workflow, also one that runs with another's rights
  END IF;
  SELECT p.oid, p.proowner, p.prorettype, p.pronargs, n.nspname, p.proname, l.lanpltrusted, l.lanname INTO called
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE p.oid = pg_catalog.to_regprocedure(
    pg_catalog.regexp_replace(NEW.function, '\(\s*\)\s*$', '') || '()');
  IF restored AND (called.oid IS NULL OR called.prorettype <> 'trigger'::regtype) THEN
    NEW.status := 'broken';
    RETURN NEW;
  END IF;
  IF called.oid IS NULL THEN
    RAISE EXCEPTION 'function %() does not exist', NEW.function
      USING ERRCODE = 'undefined_function',
            HINT = 'Name a function without arguments by its qualified name: schema.function.';
  END IF;
  IF called.prorettype <> 'trigger'::regtype THEN
    RAISE EXCEPTION 'function %.%() does not return trigger', pg_catalog.quote_ident(called.nspname), pg_catalog.quote_ident(called.proname)
      USING ERRCODE = 'invalid_object_definition', HINT = 'CREATE FUNCTION … RETURNS trigger …';
  END IF;
  -- From 16 on a membership may come without the right to act as that role.
  IF NOT pg_catalog.pg_has_role(current_user, called.proowner,
       CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
    RAISE EXCEPTION 'must be a member of role "%" to register a workflow that runs with its rights',
      pg_catalog.pg_get_userbyid(called.proowner) USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF called.lanname IN ('c', 'internal') AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'must be superuser to register a function in language % as a workflow', called.lanname
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.function := pg_catalog.format('%I.%I', called.nspname, called.proname);
  IF restored AND NEW.owner <> pg_catalog.pg_get_userbyid(called.proowner) THEN
    NEW.status := 'broken';
  ELSE
    NEW.owner := pg_catalog.pg_get_userbyid(called.proowner);
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tracardi.check_workflow() IS
  'row trigger of tracardi.workflow: the function exists and returns trigger, and whoever registers it may act as its owner';

CREATE TRIGGER check_workflow BEFORE INSERT OR UPDATE ON tracardi.workflow
  FOR EACH ROW EXECUTE FUNCTION tracardi.check_workflow();
ALTER TABLE tracardi.workflow ENABLE ALWAYS TRIGGER check_workflow;
CREATE TRIGGER configuration_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tracardi.workflow
  FOR EACH STATEMENT EXECUTE FUNCTION tracardi.configuration_changed();
ALTER TABLE tracardi.workflow ENABLE ALWAYS TRIGGER configuration_changed;

SELECT pg_catalog.pg_extension_config_dump('tracardi.workflow', '');

CREATE FUNCTION tracardi.create_workflow(
  name text,
  function regproc,
  event_type text DEFAULT NULL,
  source_id text DEFAULT NULL,
  kinds text[] DEFAULT NULL,
  condition jsonpath DEFAULT NULL,
  mode text DEFAULT 'sync',
  timeout interval DEFAULT NULL,
  description text DEFAULT NULL,
  search_path text DEFAULT pg_catalog.current_setting('search_path'),
  consents text[] DEFAULT '{}',
  delay interval DEFAULT NULL,
  unless_event_type text DEFAULT NULL,
  retry_limit int DEFAULT NULL,
  retry_delay interval DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  broken text;
BEGIN
  IF $7 IS NULL OR NOT $7 = ANY ('{sync,async}') THEN
    RAISE EXCEPTION 'mode "%" of a workflow is not known', $7
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The modes are sync and async.';
  END IF;
  INSERT INTO tracardi.workflow (name, function, owner, event_type, source_id, kinds, condition, mode, timeout, description,
                                 search_path, consents, delay, unless_event_type, retry_limit, retry_delay)
  SELECT $1, pg_catalog.format('%I.%I', n.nspname, p.proname), '', tracardi.normalize_type($3), $4, $5, $6, $7, $8, $9, $10,
         COALESCE($11, '{}'), $12, tracardi.normalize_type($13), $14, $15
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.oid = $2;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'workflow "%" has no function', $1
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name a function: schema.function.';
  END IF;
  IF $7 = 'async' AND ('ephemeral' = ANY ($5)
                       OR EXISTS (SELECT FROM tracardi.event_type t WHERE t.type = tracardi.normalize_type($3) AND t.ephemeral)
                       OR EXISTS (SELECT FROM tracardi.event_source s WHERE s.id = $4 AND s.ephemeral)) THEN
    RAISE NOTICE 'workflow "%" is not called for ephemeral events', $1
      USING DETAIL = 'They are not stored, so an asynchronous workflow never sees them.';
  END IF;
  RETURN $1;
EXCEPTION
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a workflow can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
  WHEN unique_violation THEN
    RAISE EXCEPTION 'workflow "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_workflow(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'workflow_kinds_check' THEN
      RAISE EXCEPTION 'kinds % of a workflow are not known', $5
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'The kinds are profile, profileless, ephemeral and system.';
    ELSIF broken = 'workflow_ephemeral_check' THEN
      RAISE EXCEPTION 'workflow "%" would never be called', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              DETAIL = 'Ephemeral events are not stored, so an asynchronous workflow never sees them.',
              HINT = 'Name another kind, or mode => ''sync''.';
    ELSIF broken = 'workflow_async_check' THEN
      RAISE EXCEPTION 'workflow "%" has a delay, a condition on later events or retries, which only asynchronous ones have', $1
        USING ERRCODE = 'check_violation', CONSTRAINT = broken, HINT = 'mode => ''async''';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_workflow(text, regproc, text, text, text[], jsonpath, text, interval, text, text, text[], interval, text, int, interval) IS
  'registers a trigger function as a workflow and returns its name; consents: without which it is not called; the first asynchronous one makes an index of tracardi.event; 42710 if the name is taken, 42501 without membership in the function''s owner';

CREATE FUNCTION tracardi.drop_workflow(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.workflow w WHERE w.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'workflow "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.workflow;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_workflow(text) IS 'removes a workflow; its function stays; 42704 if there is none';

CREATE FUNCTION tracardi.respond(jsonb) RETURNS void
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_respond';
COMMENT ON FUNCTION tracardi.respond(jsonb) IS
  'called by a workflow: merges an object into "response" of the answer, later keys win; undone if the workflow fails; 55000 outside of a workflow';

CREATE FUNCTION tracardi.add_ux(jsonb) RETURNS void
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_add_ux';
COMMENT ON FUNCTION tracardi.add_ux(jsonb) IS
  'called by a workflow: appends an object, or an array of them, to "ux" of the answer; undone if the workflow fails; 55000 outside of a workflow';
