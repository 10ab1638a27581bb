-- Data tables of what is delivered after the event's transaction: to asynchronous workflows and to subscriptions.
-- As all data tables they use no type, function or operator of the extension. Part of setup().

CREATE FUNCTION tracardi.setup_delivery() RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.instance'::regclass AND attname = 'xact_offset' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.instance ADD COLUMN xact_offset bigint NOT NULL DEFAULT 0;
  END IF;
  COMMENT ON COLUMN tracardi.instance.xact_offset IS 'what event.xact adds to the cluster''s transaction ids: more than 0 in a copy whose cluster counts from less than the original''s';

  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'tracardi.workflow_failure'::regclass AND attname = 'status' AND NOT attisdropped) THEN
    ALTER TABLE tracardi.workflow_failure
      ADD COLUMN event_time timestamptz,
      ADD COLUMN status text NOT NULL DEFAULT 'dead'
        CONSTRAINT workflow_failure_status_check CHECK (status IN ('waiting', 'dead')),
      ADD COLUMN next_attempt_at timestamptz;
  END IF;
  COMMENT ON COLUMN tracardi.workflow_failure.event_time IS 'the event''s time, with its id the key of tracardi.event; null for an ephemeral one';
  COMMENT ON COLUMN tracardi.workflow_failure.status IS 'waiting: it is tried again at next_attempt_at; dead: it is not, until tracardi.retry_failure';
  COMMENT ON COLUMN tracardi.workflow_failure.next_attempt_at IS 'when it is tried again; null: never by itself';

  IF pg_catalog.to_regclass('tracardi.workflow_cursor') IS NULL THEN
    CREATE TABLE tracardi.workflow_cursor (
      workflow text NOT NULL,
      shard int NOT NULL DEFAULT 0,
      shards int NOT NULL DEFAULT 1,
      starts pg_snapshot NOT NULL,
      after pg_snapshot NOT NULL,
      upto pg_snapshot,
      xact xid8,
      time timestamptz,
      id uuid,
      done boolean NOT NULL DEFAULT false,
      CONSTRAINT workflow_cursor_pkey PRIMARY KEY (workflow, shard)
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_cursor IS 'how far asynchronous workflows have come: a window of events, and a position in it';
  COMMENT ON COLUMN tracardi.workflow_cursor.workflow IS 'the workflow (tracardi.workflow.name)';
  COMMENT ON COLUMN tracardi.workflow_cursor.shard IS 'which part of the window''s profiles, from 0';
  COMMENT ON COLUMN tracardi.workflow_cursor.shards IS 'into how many parts the window is divided';
  COMMENT ON COLUMN tracardi.workflow_cursor.starts IS 'what was stored when the workflow was registered, as in tracardi.workflow';
  COMMENT ON COLUMN tracardi.workflow_cursor.after IS 'events that this snapshot sees are done';
  COMMENT ON COLUMN tracardi.workflow_cursor.upto IS 'the window ends with the events that this snapshot sees; null: no window is open';
  COMMENT ON COLUMN tracardi.workflow_cursor.xact IS 'the transaction of the last event that is done in the window; null: none is';
  COMMENT ON COLUMN tracardi.workflow_cursor.time IS 'the time of that event';
  COMMENT ON COLUMN tracardi.workflow_cursor.id IS 'the id of that event';
  COMMENT ON COLUMN tracardi.workflow_cursor.done IS 'whether this part of the window is done';

  IF pg_catalog.to_regclass('tracardi.workflow_tick') IS NULL THEN
    CREATE TABLE tracardi.workflow_tick (
      workflow text NOT NULL,
      at timestamptz NOT NULL,
      due_at timestamptz NOT NULL,
      upto pg_snapshot NOT NULL,
      CONSTRAINT workflow_tick_pkey PRIMARY KEY (workflow, at)
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_tick IS 'what was stored at which moment, for workflows with a delay: some hundred rows for each';
  COMMENT ON COLUMN tracardi.workflow_tick.workflow IS 'the workflow (tracardi.workflow.name)';
  COMMENT ON COLUMN tracardi.workflow_tick.at IS 'the moment';
  COMMENT ON COLUMN tracardi.workflow_tick.due_at IS 'the moment and the delay: then the workflow runs for what was stored by then';
  COMMENT ON COLUMN tracardi.workflow_tick.upto IS 'what was stored by then';

  IF pg_catalog.to_regclass('tracardi.workflow_replay') IS NULL THEN
    CREATE TABLE tracardi.workflow_replay (
      id uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid() CONSTRAINT workflow_replay_pkey PRIMARY KEY,
      workflow text NOT NULL,
      "from" timestamptz NOT NULL,
      "to" timestamptz NOT NULL,
      upto pg_snapshot NOT NULL,
      time timestamptz,
      event_id uuid,
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.workflow_replay IS 'events for which workflows are to run once more: a row is gone when its replay is done';
  COMMENT ON COLUMN tracardi.workflow_replay.id IS 'the replay''s id';
  COMMENT ON COLUMN tracardi.workflow_replay.workflow IS 'the workflow (tracardi.workflow.name)';
  COMMENT ON COLUMN tracardi.workflow_replay."from" IS 'events from this time on';
  COMMENT ON COLUMN tracardi.workflow_replay."to" IS 'events before this time';
  COMMENT ON COLUMN tracardi.workflow_replay.upto IS 'events that were stored when it was asked for';
  COMMENT ON COLUMN tracardi.workflow_replay.time IS 'the time of the last event that is done; null: none is';
  COMMENT ON COLUMN tracardi.workflow_replay.event_id IS 'the id of that event';
  COMMENT ON COLUMN tracardi.workflow_replay.created_at IS 'when it was asked for';

  IF pg_catalog.to_regclass('tracardi.subscription') IS NULL THEN
    CREATE TABLE tracardi.subscription (
      name text NOT NULL CONSTRAINT subscription_pkey PRIMARY KEY
        CONSTRAINT subscription_name_check
        CHECK (name = pg_catalog.btrim(name) AND name <> '' AND pg_catalog.char_length(name) <= 255),
      description text,
      event_type text,
      source_id text,
      kinds text[] CONSTRAINT subscription_kinds_check CHECK (kinds <@ '{profile,profileless,system}'::text[]),
      condition jsonpath,
      after pg_snapshot NOT NULL,
      upto pg_snapshot,
      batch bigint NOT NULL DEFAULT 0,
      xact xid8,
      time timestamptz,
      id uuid,
      told pg_snapshot NOT NULL,
      told_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
      created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
    );
  END IF;
  COMMENT ON TABLE tracardi.subscription IS 'consumers outside of the database, and how far each has come: see tracardi.poll';
  COMMENT ON COLUMN tracardi.subscription.name IS 'the subscription''s name: what NOTIFY carries';
  COMMENT ON COLUMN tracardi.subscription.description IS 'a description for people';
  COMMENT ON COLUMN tracardi.subscription.event_type IS 'only events of this type; null: of all types';
  COMMENT ON COLUMN tracardi.subscription.source_id IS 'only events from this source; null: from all sources';
  COMMENT ON COLUMN tracardi.subscription.kinds IS 'only events of these kinds; null: of all that are stored';
  COMMENT ON COLUMN tracardi.subscription.condition IS 'only events for which this holds, as for a workflow';
  COMMENT ON COLUMN tracardi.subscription.after IS 'events that this snapshot sees are done';
  COMMENT ON COLUMN tracardi.subscription.upto IS 'the batch ends with the events that this snapshot sees; null: none is open';
  COMMENT ON COLUMN tracardi.subscription.batch IS 'the batch''s number';
  COMMENT ON COLUMN tracardi.subscription.xact IS 'the transaction of the last event that is done in the batch; null: none is';
  COMMENT ON COLUMN tracardi.subscription.time IS 'the time of that event';
  COMMENT ON COLUMN tracardi.subscription.id IS 'the id of that event';
  COMMENT ON COLUMN tracardi.subscription.told IS 'of events that this snapshot sees, NOTIFY has told';
  COMMENT ON COLUMN tracardi.subscription.told_at IS 'when NOTIFY told last';
  COMMENT ON COLUMN tracardi.subscription.created_at IS 'when it was made';

  -- run_workflows(): what is to be tried again
  IF pg_catalog.to_regclass('tracardi.workflow_failure_next_attempt_at_idx') IS NULL THEN
    CREATE INDEX workflow_failure_next_attempt_at_idx ON tracardi.workflow_failure (next_attempt_at) WHERE status = 'waiting';
  END IF;
END
$$;
COMMENT ON FUNCTION tracardi.setup_delivery() IS
  'makes the data tables of asynchronous workflows and subscriptions, or brings them up to date; part of tracardi.setup()';

CREATE FUNCTION tracardi.continue_transactions(make boolean, at_least bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = 'warning'
AS $$
DECLARE
  added bigint;
  highest bigint;
  -- What this transaction stored stands beyond its own snapshot.
  next_xid CONSTANT bigint := GREATEST(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint,
                                       pg_catalog.pg_current_xact_id_if_assigned()::text::bigint + 1);
BEGIN
  IF pg_catalog.to_regclass('tracardi.event_xact_idx') IS NULL THEN
    IF NOT make THEN
      RETURN;
    END IF;
    CREATE INDEX event_xact_idx ON tracardi.event (xact, time, id);
  END IF;
  added := (SELECT xact_offset FROM tracardi.instance);
  highest := GREATEST(
    at_least,
    (SELECT xact::text::bigint FROM tracardi.event ORDER BY xact DESC, time DESC, id DESC LIMIT 1),
    (SELECT pg_catalog.max(pg_catalog.pg_snapshot_xmax(s)::text::bigint) - 1
     FROM (SELECT pg_catalog.unnest(ARRAY[starts, after, upto]) FROM tracardi.workflow_cursor
           UNION ALL SELECT upto FROM tracardi.workflow_tick
           UNION ALL SELECT upto FROM tracardi.workflow_replay
           UNION ALL SELECT pg_catalog.unnest(ARRAY[after, upto, told]) FROM tracardi.subscription) AS v (s)));
  -- Transactions that are under way already are below next_xid; what they will store is not in question.
  IF highest < next_xid + added OR highest IS NULL THEN
    RETURN;
  END IF;
  -- This cluster counts from less than the one that the data come from. From here on its ids are made higher than all that
  -- are stored: then one order holds for all events, and every snapshot that was kept says what it said.
  LOCK TABLE tracardi.event IN ACCESS EXCLUSIVE MODE;
  added := highest + 1 - pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint;
  EXECUTE pg_catalog.format('ALTER TABLE tracardi.event ALTER COLUMN xact '
    'SET DEFAULT (pg_catalog.pg_current_xact_id()::text::bigint + %s)::text::xid8', added);
  UPDATE tracardi.instance SET xact_offset = added;
END
$$;
COMMENT ON FUNCTION tracardi.continue_transactions(boolean, bigint) IS
  'sees to it that event.xact grows from cluster to cluster, in a copy whose cluster counts from less; make: also makes the index that asynchronous delivery reads by; part of tracardi.prepare_delivery()';
