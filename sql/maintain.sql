-- What time does: for servers without the background worker, from cron or pg_cron.

CREATE FUNCTION tracardi.check_setup() RETURNS void
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_check_setup';
COMMENT ON FUNCTION tracardi.check_setup() IS
  'returns if the data tables are there; else 55000, with the statement that makes them';

CREATE FUNCTION tracardi.run_upkeep() RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  caller_role CONSTANT text := pg_catalog.current_setting('role');
  data_owner CONSTANT name := (SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class
                               WHERE oid = pg_catalog.to_regclass('tracardi.event'));
  trigger_path text;
  system_id bigint;
  database_oid oid;
BEGIN
  IF pg_catalog.pg_is_in_recovery() THEN
    RETURN;  -- the same cron line may run on a standby
  END IF;
  PERFORM tracardi.check_setup();
  -- One round at a time; whoever comes second has nothing to do.
  IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtext('tracardi'), pg_catalog.hashtext('maintain')) THEN
    RETURN;
  END IF;
  PERFORM tracardi.make_partitions();
  IF NOT (SELECT convalidated FROM pg_catalog.pg_constraint
          WHERE conrelid OPERATOR(pg_catalog.=) 'tracardi.event'::regclass AND conname OPERATOR(pg_catalog.=) 'event_kind_check') THEN
    ALTER TABLE tracardi.event VALIDATE CONSTRAINT event_kind_check;
  END IF;
  PERFORM tracardi.move_history(1000000);
  PERFORM tracardi.tidy_consents();
  -- Rows are written as the tables' owner and under its path, as track() does: its triggers run, not with the caller's rights.
  trigger_path := (SELECT search_path FROM tracardi.instance);
  system_id := (SELECT system_identifier FROM pg_catalog.pg_control_system());
  database_oid := (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database());
  IF data_owner OPERATOR(pg_catalog.<>) current_user THEN
    PERFORM pg_catalog.set_config('role', data_owner, true);
  END IF;
  PERFORM pg_catalog.set_config('search_path', trigger_path, true);
  UPDATE tracardi.instance i
  SET system_identifier = system_id, database = database_oid, activated_at = pg_catalog.now()
  WHERE i.system_identifier OPERATOR(pg_catalog.<>) system_id OR i.database OPERATOR(pg_catalog.<>) database_oid;
  IF FOUND THEN
    PERFORM tracardi.prepare_delivery(false);
  END IF;
  DELETE FROM tracardi.event_key
  WHERE received_at OPERATOR(pg_catalog.<)
    (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.current_setting('tracardi.event_key_retention')::interval);
  DELETE FROM tracardi.event_rejected
  WHERE received_at OPERATOR(pg_catalog.<)
    (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.current_setting('tracardi.event_rejected_retention')::interval);
  DELETE FROM tracardi.workflow_failure
  WHERE status OPERATOR(pg_catalog.=) 'dead' AND last_failed_at OPERATOR(pg_catalog.<)
    (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.current_setting('tracardi.workflow_failure_retention')::interval);
  PERFORM pg_catalog.set_config('role', caller_role, true);
END
$$;
COMMENT ON FUNCTION tracardi.run_upkeep() IS
  'adopts a restored copy, makes partitions ahead, moves the history of merged profiles, removes consents that are over, forgets old event keys, rejected events and workflow failures; part of tracardi.maintain()';

-- In C, for such a procedure can tell whether it may commit.
CREATE PROCEDURE tracardi.maintain()
  LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_maintain';
COMMENT ON PROCEDURE tracardi.maintain() IS
  'one round of upkeep (tracardi.run_upkeep), and asynchronous workflows until nothing is due, committing in steps unless it is called in a transaction block; for the owner of the data tables';
