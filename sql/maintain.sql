-- What time does: by the background worker, or for servers without it, from cron or pg_cron.

CREATE FUNCTION tracardi.check_setup() RETURNS void
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_setup';
COMMENT ON FUNCTION tracardi.check_setup() IS
  'returns if the data tables are there; else 55000, with the statement that makes them';

CREATE FUNCTION tracardi.drop_partitions(before timestamptz) RETURNS int
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
  -- Events wait while a partition is dropped: rather try again later than have them wait for whoever reads it.
  SET lock_timeout = '1s'
AS $$
DECLARE
  months CONSTANT regclass[] := ARRAY(
    SELECT c.oid FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'tracardi.event'::regclass AND c.relname <> 'event_history'
      AND pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)')::timestamptz <= before
    ORDER BY c.relname);
  history CONSTANT regclass := pg_catalog.to_regclass('tracardi.event_history');
  history_ends timestamptz;
BEGIN
  IF pg_catalog.cardinality(months) = 0 THEN
    RETURN 0;
  END IF;
  LOCK TABLE tracardi.event IN ACCESS EXCLUSIVE MODE;
  FOR i IN 1 .. pg_catalog.cardinality(months) LOOP
    EXECUTE pg_catalog.format('DROP TABLE %s', months[i]);
  END LOOP;
  -- What is before the first month that is left goes to the history, so that a late event is not refused. All that is
  -- there now is older than what was dropped.
  IF history IS NOT NULL THEN
    history_ends := (SELECT pg_catalog.min(pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)')::timestamptz)
                     FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = 'tracardi.event'::regclass AND c.oid <> history);
    TRUNCATE tracardi.event_history;
    ALTER TABLE tracardi.event DETACH PARTITION tracardi.event_history;
    EXECUTE pg_catalog.format('ALTER TABLE tracardi.event ATTACH PARTITION tracardi.event_history FOR VALUES FROM (MINVALUE) TO (%s)',
                              COALESCE(pg_catalog.quote_literal(history_ends), 'MAXVALUE'));
  END IF;
  RETURN pg_catalog.cardinality(months);
END
$$;
COMMENT ON FUNCTION tracardi.drop_partitions(timestamptz) IS
  'drops the monthly partitions of tracardi.event that ended before this moment, with their events, and returns how many; 55P03 if somebody is reading them';

CREATE PROCEDURE tracardi.maintain()
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_maintain';
COMMENT ON PROCEDURE tracardi.maintain() IS
  'one round of what the background worker does, in steps that commit unless it is called in a transaction block: adopts a restored copy, makes partitions ahead, ends visits, runs asynchronous workflows, moves the history of merged profiles, removes consents that are over and what is older than its retention; for the owner of the data tables';
