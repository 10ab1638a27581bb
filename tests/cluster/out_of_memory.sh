# Out of memory in a workflow is no failure of the workflow: the call fails with 53200, whether the memory was PostgreSQL's
# or Rust's; the server and the session go on.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"

cluster=$WORKDIR/server

query() { "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -d postgres "$@"; }

expect() {
  [ "$2" = "$3" ] || { printf '%s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"; exit 1; }
}

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
SELECT tracardi.create_workflow('eats', 'eats', event_type => 'eat'), tracardi.create_workflow('answers', 'answers', event_type => 'answer'),
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
