# Asynchronous workflows that do harm: one that fills memory fails as others do, and the worker lives; one that ends its worker, or
# takes the whole server down, is broken after the third time. The others go on.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server database=shop

ulimit -v 600000
cluster_start "$server" 'shared_buffers = 16MB' "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'restart_after_crash = on'
cluster_env "$server"
database=postgres query -c 'CREATE DATABASE shop'
query >/dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
CREATE TABLE ran (event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (NEW.id); RETURN NULL; END $$;
-- Much at once, and little by little.
CREATE FUNCTION eats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM array_agg(repeat(md5(i::text), (NEW.properties ->> 'bite')::int)) FROM generate_series(1, 10000000) i;
  RETURN NULL;
END $$;
CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
-- The shell's parent is the worker.
CREATE FUNCTION crashes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN COPY (SELECT 1) TO PROGRAM 'kill -KILL $PPID'; RETURN NULL; END $$;
SELECT tracardi.create_workflow('note', 'note', event_type => 'noted', mode => 'async'),
       tracardi.create_workflow('eats', 'eats', event_type => 'eaten', mode => 'async', timeout => '0', retry_delay => '100 ms', retry_limit => 1),
       tracardi.create_workflow('crashes', 'crashes', event_type => 'crashes', mode => 'async'),
       tracardi.create_workflow('ends', 'ends', event_type => 'ends', mode => 'async');
SQL
worker="SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE backend_type = 'tracardi worker'"
until_it_is 'a worker' t "SELECT ($worker) IS NOT NULL"
n=0
others_go_on() {
  n=$((n + 1))
  query -c "SELECT tracardi.track('noted', '{}')" >/dev/null
  until_it_is "$1: others go on" $n 'SELECT count(*) FROM ran'
}

pid=$(query -c "$worker")
query -c "SELECT tracardi.track('eaten', '{\"bite\": 1000000}'), tracardi.track('eaten', '{\"bite\": 10}')" >/dev/null
until_it_is 'out of memory, twice for each event' '53200|2|dead|2' "SELECT code, attempts, status, count(*) FROM tracardi.workflow_failure WHERE workflow = 'eats' GROUP BY 1, 2, 3"
expect 'the worker is the same' "$pid" "$(query -c "$worker")"
others_go_on 'out of memory'

failure="SELECT code, event_id IS NULL, (SELECT status FROM tracardi.workflow w WHERE w.name = f.workflow) FROM tracardi.workflow_failure f WHERE workflow"
for workflow in ends crashes; do
  # What the worker runs at once may end this connection, too.
  query -c "SELECT tracardi.track('$workflow', '{}')" >/dev/null 2>&1 || true
  until_it_is "$workflow: broken" '57P02|t|broken' "$failure = '$workflow'"
  others_go_on "$workflow"
done
expect 'so often the server went down' 3 "$(grep -c 'all server processes terminated; reinitializing' "$server.log")"

# A worker that is killed while something else runs was no crime of that: of whatever runs, it is the third in a row that counts.
query >/dev/null <<'SQL'
CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep((NEW.properties ->> 's')::float8); RETURN NULL; END $$;
SELECT tracardi.create_workflow('waits', 'waits', event_type => 'waited', mode => 'async', timeout => '0', retry_limit => 0);
SQL
for _ in 1 2 3; do
  query -c "SELECT tracardi.track('waited', '{\"s\": 1}')" >/dev/null
  until_it_is 'it waits' t "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'tracardi worker' AND wait_event = 'PgSleep')"
  query -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'" >/dev/null
  until_it_is 'it has waited' 0 "SELECT lag_events FROM tracardi.workflow_status WHERE name = 'waits'"
done
expect 'not broken' ready "$(query -c "SELECT status FROM tracardi.workflow WHERE name = 'waits'")"
others_go_on 'in the end'
! grep -E 'PANIC|TRAP|signal (6|11)' "$server.log"
