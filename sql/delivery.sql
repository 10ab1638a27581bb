-- Delivery after the event's transaction: to asynchronous workflows, and to consumers outside of the database.

CREATE FUNCTION tracardi.prepare_delivery(make boolean) RETURNS void
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_prepare_delivery';
COMMENT ON FUNCTION tracardi.prepare_delivery(boolean) IS
  'sees to it that event.xact grows, also in a restored copy; make: also makes the index event_xact_idx, during which nobody stores events';

CREATE FUNCTION tracardi.event_snapshot() RETURNS pg_snapshot
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_event_snapshot';
COMMENT ON FUNCTION tracardi.event_snapshot() IS
  'which events are stored at this moment, by event.xact: pg_current_snapshot(), moved by tracardi.instance.xact_offset';

CREATE FUNCTION tracardi.run_workflows(max_events int DEFAULT 1000, shard int DEFAULT NULL, shards int DEFAULT NULL) RETURNS bigint
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_run_workflows';
COMMENT ON FUNCTION tracardi.run_workflows(int, int, int) IS
  'one step of asynchronous workflows, retries, replays and notifications: looks at up to max_events events for each workflow and returns how many it looked at; 0: nothing is due. Where there is more than that, worker "shard" of "shards" (from 0) takes its part of the profiles; null: all';

CREATE FUNCTION tracardi.next_due() RETURNS timestamptz
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_next_due';
COMMENT ON FUNCTION tracardi.next_due() IS
  'when tracardi.run_workflows() is to be called, even if no event comes: for the next retry, delayed run or notification; null: nothing waits';

CREATE FUNCTION tracardi.retry_failure(id uuid) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  failure record;
BEGIN
  SELECT f.workflow, f.event_time INTO failure FROM tracardi.workflow_failure f WHERE f.id = $1 FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no workflow failure "%"', $1
      USING ERRCODE = 'no_data_found', HINT = 'SELECT id, workflow, message FROM tracardi.workflow_failure;';
  END IF;
  IF failure.event_time IS NULL THEN
    RAISE EXCEPTION 'an ephemeral event can''t be tried again'
      USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'It was not stored.';
  END IF;
  IF NOT EXISTS (SELECT FROM tracardi.workflow w WHERE w.name = failure.workflow) THEN
    RAISE EXCEPTION 'workflow "%" does not exist', failure.workflow
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.workflow;';
  END IF;
  UPDATE tracardi.workflow_failure f SET status = 'waiting', attempts = 0, next_attempt_at = clock_timestamp() WHERE f.id = $1;
END
$$;
COMMENT ON FUNCTION tracardi.retry_failure(uuid) IS
  'has a workflow run again for an event for which it failed, in the background, with as many further retries as at first; P0002 if there is no such failure, 55000 for an ephemeral event';

CREATE FUNCTION tracardi.replay_workflow(name text, "from" timestamptz DEFAULT NULL, "to" timestamptz DEFAULT NULL) RETURNS uuid
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  replay uuid;
BEGIN
  IF NOT EXISTS (SELECT FROM tracardi.workflow w WHERE w.name = $1) THEN
    RAISE EXCEPTION 'workflow "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.workflow;';
  END IF;
  IF $2 >= $3 THEN
    RAISE EXCEPTION 'a replay ends after it begins' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM tracardi.prepare_delivery(true);
  INSERT INTO tracardi.workflow_replay (workflow, "from", "to", upto)
  VALUES ($1, COALESCE($2, '-infinity'), COALESCE($3, 'infinity'), tracardi.event_snapshot()) RETURNING id INTO replay;
  RETURN replay;
END
$$;
COMMENT ON FUNCTION tracardi.replay_workflow(text, timestamptz, timestamptz) IS
  'has a workflow run once more, in the background, for all events of a span of time that are stored and that it is for; returns the replay''s id (tracardi.workflow_replay); null: without a bound; 42704 if there is no such workflow';

CREATE FUNCTION tracardi.create_subscription(
  name text,
  event_type text DEFAULT NULL,
  source_id text DEFAULT NULL,
  kinds text[] DEFAULT NULL,
  condition jsonpath DEFAULT NULL,
  description text DEFAULT NULL
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  now_stored pg_snapshot;
  broken text;
BEGIN
  PERFORM tracardi.prepare_delivery(true);
  now_stored := tracardi.event_snapshot();
  INSERT INTO tracardi.subscription (name, event_type, source_id, kinds, condition, description, after, told)
  VALUES ($1, tracardi.normalize_type($2), $3, $4, $5, $6, now_stored, now_stored);
  RETURN $1;
EXCEPTION
  WHEN not_null_violation THEN
    GET STACKED DIAGNOSTICS broken = COLUMN_NAME;
    RAISE EXCEPTION '"%" of a subscription can''t be null', broken
      USING ERRCODE = 'not_null_violation', COLUMN = broken, HINT = 'Give it a value; what has a default may be left out.';
  WHEN unique_violation THEN
    RAISE EXCEPTION 'subscription "%" already exists', $1
      USING ERRCODE = 'duplicate_object', HINT = pg_catalog.format('SELECT tracardi.drop_subscription(%L);', $1);
  WHEN check_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    IF broken = 'subscription_kinds_check' THEN
      RAISE EXCEPTION 'kinds % of a subscription are not known', $4
        USING ERRCODE = 'check_violation', CONSTRAINT = broken,
              HINT = 'The kinds are profile, profileless and system; ephemeral events are not stored.';
    END IF;
    RAISE;
END
$$;
COMMENT ON FUNCTION tracardi.create_subscription(text, text, text, text[], jsonpath, text) IS
  'makes a subscription, which begins with the events that are stored from now on, and returns its name; the first one makes an index of tracardi.event; 42710 if the name is taken';

CREATE FUNCTION tracardi.drop_subscription(name text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM tracardi.subscription s WHERE s.name = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'subscription "%" does not exist', $1
      USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM tracardi.subscription;';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.drop_subscription(text) IS 'removes a subscription; 42704 if there is none';

CREATE FUNCTION tracardi.poll_batch(name text, "limit" int) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_poll_batch';
COMMENT ON FUNCTION tracardi.poll_batch(text, int) IS 'what tracardi.poll gives, as a JSON array of {"position", "event"}';

CREATE FUNCTION tracardi.poll(name text, "limit" int DEFAULT 100) RETURNS TABLE ("position" text, event jsonb)
  LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
  SELECT b.value ->> 'position', b.value -> 'event'
  FROM pg_catalog.jsonb_array_elements(tracardi.poll_batch($1, $2)) AS b (value);
$$;
COMMENT ON FUNCTION tracardi.poll(text, int) IS
  'the next events of a subscription, each as its row in JSON, and its position: the same ones again until tracardi.advance; 42704 if there is no such subscription';

CREATE FUNCTION tracardi.advance(name text, "position" text) RETURNS boolean
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_advance';
COMMENT ON FUNCTION tracardi.advance(text, text) IS
  'moves a subscription past the event at a position that tracardi.poll gave, and all before it; false: it is past it already; 42704 if there is no such subscription, 22023 for what is no position of it';
