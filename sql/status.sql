-- How it goes: views over what is counted in shared memory (with tracardi in shared_preload_libraries, since the server
-- started) and over the tables.

CREATE FUNCTION tracardi.counters(counted text, name text) RETURNS jsonb
  VOLATILE PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_counters';
COMMENT ON FUNCTION tracardi.counters(text, text) IS
  'what was counted since the server started: of a ''source'' or a ''workflow'' by its name, or of all sources together (name null); null unless tracardi is in shared_preload_libraries; the views of status show it';

CREATE FUNCTION tracardi.read_workflow_status(
  OUT name text, OUT mode text, OUT enabled boolean, OUT status text, OUT since timestamptz, OUT runs bigint, OUT failures bigint,
  OUT p50 interval, OUT p99 interval, OUT last_run_at timestamptz, OUT recorded_failures bigint, OUT lag_events bigint, OUT lag interval
) RETURNS SETOF record
  -- What waits is found by event_xact_time_id_idx: nothing tells the planner that it is the end of the log, and not a third of it.
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  -- A workflow in the transaction of track() never lags. What waits for another one is counted up to a bound.
  RETURN QUERY
  SELECT w.name, w.mode, w.enabled, w.status, (c.of ->> 'since')::timestamptz, (c.of ->> 'runs')::bigint, (c.of ->> 'failures')::bigint,
         (c.of ->> 'p50')::bigint * '1 microsecond'::interval, (c.of ->> 'p99')::bigint * '1 microsecond'::interval,
         (c.of ->> 'last')::timestamptz, (SELECT pg_catalog.count(*) FROM tracardi.workflow_failure f WHERE f.workflow = w.name),
         waits.events, COALESCE(pg_catalog.now() - waits.since, '0')
  FROM tracardi.workflow w CROSS JOIN LATERAL (SELECT tracardi.counters('workflow', w.name)) AS c (of)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS events, pg_catalog.min(e.received_at) AS since
    FROM (SELECT e.received_at
          FROM (SELECT COALESCE(u.after, w.starts) AS after, u.xact, u.time, u.id, u.shards
                FROM (SELECT) AS one LEFT JOIN tracardi.workflow_cursor u ON u.workflow = w.name AND u.shard = 0) AS u
          JOIN tracardi.event e ON e.xact >= pg_catalog.pg_snapshot_xmin(u.after) AND NOT pg_catalog.pg_visible_in_snapshot(e.xact, u.after)
            AND (u.shards > 1 OR (e.xact, e.time, e.id) > (u.xact, u.time, u.id)) IS NOT FALSE
          WHERE w.mode = 'async' AND e.valid AND (w.event_type IS NULL OR e.type = w.event_type)
            AND (w.source_id IS NULL OR e.source_id = w.source_id) AND (w.kinds IS NULL OR e.kind = ANY (w.kinds))
          LIMIT 100000) AS e) AS waits
  ORDER BY w.name COLLATE "C";
END
$$;
COMMENT ON FUNCTION tracardi.read_workflow_status() IS 'the rows of tracardi.workflow_status';

CREATE VIEW tracardi.workflow_status AS SELECT s.* FROM tracardi.read_workflow_status() s;
COMMENT ON VIEW tracardi.workflow_status IS 'how each workflow goes';
COMMENT ON COLUMN tracardi.workflow_status.name IS 'the workflow''s name';
COMMENT ON COLUMN tracardi.workflow_status.mode IS 'sync: in the transaction of track(); async: after it';
COMMENT ON COLUMN tracardi.workflow_status.enabled IS 'false: it is not called';
COMMENT ON COLUMN tracardi.workflow_status.status IS 'ready, or broken: its function is gone or changed its owner';
COMMENT ON COLUMN tracardi.workflow_status.since IS 'since when runs, failures and times are counted; null, as those: tracardi is not in shared_preload_libraries';
COMMENT ON COLUMN tracardi.workflow_status.runs IS 'for how many events it ran, those of transactions that were rolled back included';
COMMENT ON COLUMN tracardi.workflow_status.failures IS 'for how many events it failed, likewise';
COMMENT ON COLUMN tracardi.workflow_status.p50 IS 'the time that half of the runs did not exceed, up to a quarter too long; null: it never ran';
COMMENT ON COLUMN tracardi.workflow_status.p99 IS 'the same for 99 of 100 runs';
COMMENT ON COLUMN tracardi.workflow_status.last_run_at IS 'when it ran last';
COMMENT ON COLUMN tracardi.workflow_status.recorded_failures IS 'its rows in tracardi.workflow_failure';
COMMENT ON COLUMN tracardi.workflow_status.lag_events IS 'events that wait for it, counted up to 100,000; 0 for a workflow in the transaction of track()';
COMMENT ON COLUMN tracardi.workflow_status.lag IS 'how long ago the oldest of them arrived';

CREATE FUNCTION tracardi.read_source_status(
  OUT id text, OUT enabled boolean, OUT since timestamptz, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint,
  OUT invalid bigint, OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT last_call_at timestamptz,
  OUT kept_rejected bigint
) RETURNS SETOF record
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  RETURN QUERY
  SELECT s.id, s.enabled, (c.of ->> 'since')::timestamptz, (c.of ->> 'calls')::bigint, (c.of ->> 'profile')::bigint,
         (c.of ->> 'profileless')::bigint, (c.of ->> 'ephemeral')::bigint, (c.of ->> 'invalid')::bigint, (c.of ->> 'rejected')::bigint,
         (c.of ->> 'duplicate')::bigint, (c.of ->> 'refused')::bigint, (c.of ->> 'failed')::bigint, (c.of ->> 'last')::timestamptz,
         (SELECT pg_catalog.count(*) FROM tracardi.event_rejected r WHERE r.source_id = s.id)
  FROM tracardi.event_source s CROSS JOIN LATERAL (SELECT tracardi.counters('source', s.id)) AS c (of)
  ORDER BY s.id COLLATE "C";
END
$$;
COMMENT ON FUNCTION tracardi.read_source_status() IS 'the rows of tracardi.source_status';

CREATE VIEW tracardi.source_status AS SELECT s.* FROM tracardi.read_source_status() s;
COMMENT ON VIEW tracardi.source_status IS 'what came from each source since the server started, and what became of it';
COMMENT ON COLUMN tracardi.source_status.id IS 'the source''s id';
COMMENT ON COLUMN tracardi.source_status.enabled IS 'false: its events are refused';
COMMENT ON COLUMN tracardi.source_status.since IS 'since when it is counted; null, as the counts: tracardi is not in shared_preload_libraries';
COMMENT ON COLUMN tracardi.source_status.calls IS 'calls that were committed';
COMMENT ON COLUMN tracardi.source_status.profile IS 'events of kind profile';
COMMENT ON COLUMN tracardi.source_status.profileless IS 'events of kind profileless';
COMMENT ON COLUMN tracardi.source_status.ephemeral IS 'events of kind ephemeral';
COMMENT ON COLUMN tracardi.source_status.invalid IS 'those of them that failed a check of their type';
COMMENT ON COLUMN tracardi.source_status.rejected IS 'events that could not be accepted';
COMMENT ON COLUMN tracardi.source_status.duplicate IS 'events that had been stored before';
COMMENT ON COLUMN tracardi.source_status.refused IS 'calls that were refused: the source is disabled, has not this door, or a bot came';
COMMENT ON COLUMN tracardi.source_status.failed IS 'calls whose transaction failed';
COMMENT ON COLUMN tracardi.source_status.last_call_at IS 'when something was counted last';
COMMENT ON COLUMN tracardi.source_status.kept_rejected IS 'its rows in tracardi.event_rejected';

CREATE FUNCTION tracardi.read_ingest_status(
  OUT since timestamptz, OUT calls bigint, OUT profile bigint, OUT profileless bigint, OUT ephemeral bigint, OUT system bigint, OUT invalid bigint,
  OUT rejected bigint, OUT duplicate bigint, OUT refused bigint, OUT failed bigint, OUT lost_reports bigint, OUT worker boolean,
  OUT event_bytes bigint, OUT profile_bytes bigint, OUT session_bytes bigint, OUT event_key_bytes bigint, OUT kept_rejected bigint,
  OUT workflow_failures bigint, OUT open_sessions bigint, OUT oldest_open_session timestamptz, OUT unsettled_profiles bigint,
  OUT oldest_unsettled timestamptz, OUT partitions bigint, OUT history_ends timestamptz, OUT partitions_end timestamptz,
  OUT oldest_unprocessed timestamptz
) RETURNS record
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  counted CONSTANT jsonb := tracardi.counters('source', NULL);
BEGIN
  PERFORM tracardi.check_setup();
  since := (counted ->> 'since')::timestamptz;
  calls := (counted ->> 'calls')::bigint;
  profile := (counted ->> 'profile')::bigint;
  profileless := (counted ->> 'profileless')::bigint;
  ephemeral := (counted ->> 'ephemeral')::bigint;
  system := (counted ->> 'system')::bigint;
  invalid := (counted ->> 'invalid')::bigint;
  rejected := (counted ->> 'rejected')::bigint;
  duplicate := (counted ->> 'duplicate')::bigint;
  refused := (counted ->> 'refused')::bigint;
  failed := (counted ->> 'failed')::bigint;
  lost_reports := (counted ->> 'lost_reports')::bigint;
  worker := COALESCE((counted ->> 'worker')::boolean, false);
  SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)), pg_catalog.count(*),
         pg_catalog.max(pg_catalog.substring(b.bound, 'TO \(''([^'']+)''\)')::timestamptz) FILTER (WHERE c.relname = 'event_history'),
         pg_catalog.max(pg_catalog.substring(b.bound, 'TO \(''([^'']+)''\)')::timestamptz)
  INTO event_bytes, partitions, history_ends, partitions_end
  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
  CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS b (bound)
  WHERE i.inhparent = 'tracardi.event'::regclass;
  profile_bytes := pg_catalog.pg_total_relation_size('tracardi.profile');
  session_bytes := pg_catalog.pg_total_relation_size('tracardi.session');
  event_key_bytes := pg_catalog.pg_total_relation_size('tracardi.event_key');
  kept_rejected := (SELECT pg_catalog.count(*) FROM tracardi.event_rejected);
  workflow_failures := (SELECT pg_catalog.count(*) FROM tracardi.workflow_failure);
  SELECT pg_catalog.count(*), pg_catalog.min(s.last_seen_at) INTO open_sessions, oldest_open_session
  FROM tracardi.session s WHERE s.status <> 'ended';
  SELECT pg_catalog.count(*), pg_catalog.min(a.created_at) INTO unsettled_profiles, oldest_unsettled
  FROM tracardi.profile_alias a WHERE NOT a.settled;
  oldest_unprocessed := (SELECT pg_catalog.now() - pg_catalog.max(s.lag) FROM tracardi.read_workflow_status() s WHERE s.lag_events > 0);
END
$$;
COMMENT ON FUNCTION tracardi.read_ingest_status() IS 'the row of tracardi.ingest_status';

CREATE VIEW tracardi.ingest_status AS SELECT s.* FROM tracardi.read_ingest_status() s;
COMMENT ON VIEW tracardi.ingest_status IS 'one row: what came in since the server started, and how the tables stand';
COMMENT ON COLUMN tracardi.ingest_status.since IS 'since when it is counted; null, as the counts: tracardi is not in shared_preload_libraries';
COMMENT ON COLUMN tracardi.ingest_status.calls IS 'calls that were committed';
COMMENT ON COLUMN tracardi.ingest_status.profile IS 'events of kind profile';
COMMENT ON COLUMN tracardi.ingest_status.profileless IS 'events of kind profileless';
COMMENT ON COLUMN tracardi.ingest_status.ephemeral IS 'events of kind ephemeral';
COMMENT ON COLUMN tracardi.ingest_status.system IS 'events that tracardi made itself';
COMMENT ON COLUMN tracardi.ingest_status.invalid IS 'events that failed a check of their type; they are of one of the kinds, too';
COMMENT ON COLUMN tracardi.ingest_status.rejected IS 'events that could not be accepted';
COMMENT ON COLUMN tracardi.ingest_status.duplicate IS 'events that had been stored before';
COMMENT ON COLUMN tracardi.ingest_status.refused IS 'calls that were refused';
COMMENT ON COLUMN tracardi.ingest_status.failed IS 'calls whose transaction failed';
COMMENT ON COLUMN tracardi.ingest_status.lost_reports IS 'failures and refusals that were not told by a system event, for too many came at once';
COMMENT ON COLUMN tracardi.ingest_status.worker IS 'whether a background worker is at work in this database';
COMMENT ON COLUMN tracardi.ingest_status.event_bytes IS 'size of tracardi.event with its indexes';
COMMENT ON COLUMN tracardi.ingest_status.profile_bytes IS 'the same of tracardi.profile';
COMMENT ON COLUMN tracardi.ingest_status.session_bytes IS 'the same of tracardi.session';
COMMENT ON COLUMN tracardi.ingest_status.event_key_bytes IS 'the same of tracardi.event_key';
COMMENT ON COLUMN tracardi.ingest_status.kept_rejected IS 'rows in tracardi.event_rejected';
COMMENT ON COLUMN tracardi.ingest_status.workflow_failures IS 'rows in tracardi.workflow_failure';
COMMENT ON COLUMN tracardi.ingest_status.open_sessions IS 'sessions that have not ended';
COMMENT ON COLUMN tracardi.ingest_status.oldest_open_session IS 'when the one of them was seen of which nothing was heard for the longest time';
COMMENT ON COLUMN tracardi.ingest_status.unsettled_profiles IS 'merged profiles whose history may not be moved yet';
COMMENT ON COLUMN tracardi.ingest_status.oldest_unsettled IS 'when the first of them was merged';
COMMENT ON COLUMN tracardi.ingest_status.partitions IS 'partitions of tracardi.event';
COMMENT ON COLUMN tracardi.ingest_status.history_ends IS 'where the partition for history ends and the months begin';
COMMENT ON COLUMN tracardi.ingest_status.partitions_end IS 'from when on events have no partition: this should lie months ahead';
COMMENT ON COLUMN tracardi.ingest_status.oldest_unprocessed IS 'when the oldest event arrived that waits for a workflow; null: none does';
