# What concerns more than a workflow passes through it, as it really comes: out of memory, whether it was PostgreSQL's memory
# or Rust's, fails the call and nothing else (53200); the end of a backend, or of the server, ends it. Nothing of the call
# stays, no failure is recorded.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

cluster=$WORKDIR/server

ulimit -v 1200000
cluster_start "$cluster" 'shared_buffers = 32MB'
cluster_env "$cluster"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
CREATE FUNCTION eats() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  eaten text[] := '{}';
BEGIN
  FOR i IN 1 .. 40 LOOP eaten := eaten || repeat(md5(i::text), 1000000); END LOOP;
  RETURN NULL;
END
$$;
-- What is given to respond() is kept by the extension; while it is on its way PostgreSQL holds it several times, and frees it.
CREATE FUNCTION answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 20 LOOP PERFORM tracardi.respond(jsonb_build_object('a', repeat('x', 100000000))); END LOOP;
  RETURN NULL;
END
$$;
CREATE FUNCTION works() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond('{"works": true}'); RETURN NULL; END $$;
CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    PERFORM pg_sleep(60);
  EXCEPTION WHEN OTHERS OR query_canceled THEN NULL;
  END;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('waits', 'waits', event_type => 'wait', timeout => '0');
SELECT tracardi.create_workflow('eats', 'eats', event_type => 'eat', timeout => '0'), tracardi.create_workflow('answers', 'answers', event_type => 'answer', timeout => '0'),
       tracardi.create_workflow('works', 'works', event_type => 'work');
SQL

expect 'one session' 'ERROR:  53200 {"works": true} ERROR:  53200 {"works": true}' "$(query -v VERBOSITY=sqlstate 2>&1 <<'SQL' | tr '\n' ' ' | sed 's/ $//'
\set ON_ERROR_STOP off
SELECT tracardi.track('eat', '{}');
SELECT tracardi.track('work', '{}') -> 'response';
SELECT tracardi.track('answer', '{}');
SELECT tracardi.track('work', '{}') -> 'response';
SQL
)"
expect 'what is stored' '2|0' "$(query -c 'SELECT count(*), (SELECT count(*) FROM tracardi.workflow_failure) FROM tracardi.event')"
expect 'crashes' '' "$(grep -a 'terminated by signal' "$cluster.log" || true)"

# waiting: a client in a workflow that waits, and would catch whatever can be caught.
waiting() {
  PGAPPNAME=waiting "$PG_BINDIR/psql" -XAtq -v VERBOSITY=sqlstate -d postgres -c "SELECT tracardi.track('wait', '{}')" >"$WORKDIR/waiting" 2>&1 &
  client=$!
  for _ in $(seq 200); do
    pid=$(query -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'waiting' AND wait_event = 'PgSleep'")
    [ -z "$pid" ] || return 0
    sleep 0.05
  done
  cat "$WORKDIR/waiting"
  exit 1
}
ended() {
  ! wait $client || { echo "$1: the call succeeded"; exit 1; }
  expect "$1" 57P01 "$(sed -n 's/^FATAL: *//p' "$WORKDIR/waiting")"
}

waiting
query -c "SELECT pg_terminate_backend($pid)" >/dev/null
ended 'the backend is ended'
waiting
cluster_stop "$cluster"
ended 'the server is stopped'
cluster_start "$cluster" 'shared_buffers = 32MB'
cluster_env "$cluster"
expect 'what is stored then' '2|0' "$(query -c 'SELECT count(*), (SELECT count(*) FROM tracardi.workflow_failure) FROM tracardi.event')"
