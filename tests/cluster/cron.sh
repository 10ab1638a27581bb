# pg_cron calls tracardi.maintain() where tracardi is not preloaded: Debian's package, in a copy of the embedded PostgreSQL 15. By a
# connection, as pg_cron does at first, and by its background workers.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/need.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

cd "$TRACARDI_ROOT"
[ "$PGMAJOR" = 15 ] && [ -f "$PG_BINDIR/../version" ] || { echo 'skipped: the pg_cron that is tested is for the embedded PostgreSQL 15'; exit 0; }

cron=$(need_cron)
cluster_dir "$WORKDIR/postgresql"
cp -a "$PG_BINDIR/../." "$WORKDIR/postgresql/"
PG_BINDIR=$(realpath "$WORKDIR/postgresql")/bin
cp "$cron/lib/postgresql/15/lib/pg_cron.so" "$("$PG_BINDIR/pg_config" --pkglibdir)/"
cp "$cron"/share/postgresql/15/extension/pg_cron* "$("$PG_BINDIR/pg_config" --sharedir)/extension/"
chmod -R a+rX "$WORKDIR/postgresql/"
# pg_cron loads libpq: that of this PostgreSQL, not the system's.
export LD_LIBRARY_PATH=${PG_BINDIR%/bin}/lib

server=$WORKDIR/server
start() {
  cluster_start "$server" "shared_preload_libraries = 'pg_cron'" "cron.host = '$(realpath "$server")/socket'" "$@"
  cluster_env "$server"
}
cluster_dir "$server"
start
database=postgres query -c 'CREATE EXTENSION pg_cron' -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN'
database=shop
query >/dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner');
SELECT tracardi.create_source('web');
CREATE TABLE ran (event uuid, at_step xid8 DEFAULT pg_current_xact_id());
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (NEW.id); RETURN NULL; END $$;
SELECT tracardi.create_workflow('note', 'note', event_type => 'noted', mode => 'async');
SQL
# As the manual has it; but now, and not when the next minute begins.
schedule=$(grep -o "SELECT cron.schedule_in_database([^\`]*)" README.md)
database=postgres query -c "$schedule" -c "SELECT cron.alter_job(jobid, schedule => '@reboot') FROM cron.job" >/dev/null

# work NAME: something for each of the tasks that are looked at.
work() {
  query >/dev/null <<SQL
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "$1"}, "events": [{"type": "noted"}]}');
UPDATE tracardi.session SET started_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour' WHERE external_id = '$1';
SELECT format('DROP TABLE tracardi.event_%s', to_char(now() + interval '12 months', 'YYYY_MM')) \gexec
SQL
  expect "$1: to be done" '13|active|0' "$(query -c "SELECT (SELECT partitions FROM tracardi.ingest_status), status, (SELECT count(*) FROM ran) FROM tracardi.session WHERE external_id = '$1'")"
}
# done NAME: it is, each in a transaction of its own, and nothing was said.
done_by_cron() {
  database=postgres until_it_is "$1: the job ran" 'succeeded|CALL' "SELECT status, return_message FROM cron.job_run_details ORDER BY runid DESC LIMIT 1"
  expect "$1: done" '14|ended|1|t' "$(query -c "
    SELECT (SELECT partitions FROM tracardi.ingest_status), status, (SELECT count(*) FROM ran),
           (SELECT at_step FROM ran) > (SELECT max(xact) FROM tracardi.event WHERE type = 'visit-ended')
    FROM tracardi.session WHERE external_id = '$1'")"
  expect "$1: one run" 1 "$(database=postgres query -c 'SELECT count(*) FROM cron.job_run_details')"
  database=postgres query -c 'DELETE FROM cron.job_run_details'
  query -c 'TRUNCATE ran'
}

work connection
cluster_stop "$server"
start
done_by_cron connection

work workers
cluster_stop "$server"
start 'cron.use_background_workers = on'
done_by_cron workers
! grep -E 'NOTICE|WARNING|PANIC|signal (6|11)' "$server.log"
