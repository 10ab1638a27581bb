# Out of locks, of patience, and of connections: with years of monthly partitions and hardly any lock a transaction, an error is
# PostgreSQL's own, nothing half is left, and the next call works; while nobody can connect, whoever is connected tracks, and the worker works.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

database=shop
state() { query -v VERBOSITY=sqlstate "$@" 2>&1 | sed -n 's/^ERROR: *//p'; }
track="SELECT tracardi.track('a', '{}', profile_id => 'ann', session_id => 'visit', event_id => "
sound() { expect "$1: what holds" '' "$(query -f "$TRACARDI_ROOT/tests/lib/invariants.sql")"; }

cluster_start "$server" 'max_locks_per_transaction = 10' 'max_connections = 8' 'superuser_reserved_connections = 1' 'max_prepared_transactions = 0' \
  "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'max_wal_senders = 0' 'autovacuum = off'
cluster_env "$server"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SQL
# Ten more years of months: made one by one, for each takes locks of its own.
for year in 2028 2029 2030 2031 2032 2033 2034 2035 2036 2037; do
  for month in 01 02 03 04 05 06 07 08 09 10 11 12; do echo "SELECT tracardi.make_partition('$year-$month-15');"; done
done | query -o /dev/null

# One transaction takes every lock there is.
query -o /dev/null -c "$track'first')"
holder() {
  {
    echo "BEGIN; DO \$\$ BEGIN FOR i IN 1 .. 100000 LOOP BEGIN PERFORM pg_advisory_xact_lock(i); EXCEPTION WHEN out_of_memory THEN EXIT; END; END LOOP; END \$\$;"
    echo "\\! touch $WORKDIR/held"
    for _ in $(seq 600); do [ ! -e "$WORKDIR/free" ] || break; sleep 0.1; done
  } | "$PG_BINDIR/psql" -XAtq -d shop >"$WORKDIR/holder.log" 2>&1
}
# A payload for many months, and one event: PostgreSQL's error with its hint. Their connection stands before, for a new one would need locks, too.
months="SELECT tracardi.track(jsonb_build_object('source', '{\"id\": \"sql\"}'::jsonb, 'profile', '{\"id\": \"ann\"}'::jsonb, 'session', '{\"id\": \"visit\"}'::jsonb,
  'events', jsonb_agg(jsonb_build_object('type', 'many', 'time', jsonb_build_object('create', timestamptz '2028-01-01' + n * interval '3 days'))))) FROM generate_series(1, 1000) n"
calls=("$track'second')" "$months" 'CALL tracardi.maintain()' 'SELECT tracardi.setup()')
{
  echo 'SELECT 1;'
  echo "\\! touch $WORKDIR/connected; until [ -e $WORKDIR/held ] || [ -e $WORKDIR/free ]; do sleep 0.1; done"
  printf '%s;\n' "${calls[@]}"
} | "$PG_BINDIR/psql" -XAtq -v VERBOSITY=verbose -d shop >"$WORKDIR/calls" 2>&1 &
caller=$!
for _ in $(seq 300); do [ ! -e "$WORKDIR/connected" ] || break; sleep 0.1; done
holder &
holder=$!
for _ in $(seq 300); do [ ! -e "$WORKDIR/held" ] || break; sleep 0.1; done
[ -e "$WORKDIR/held" ] || { echo 'nobody took the locks'; cat "$WORKDIR/holder.log"; exit 1; }
wait $caller || true
expect 'errors without locks' ${#calls[@]} "$(grep -c 'ERROR:  53200: out of shared memory' "$WORKDIR/calls")"
expect 'their hints' ${#calls[@]} "$(grep -c '^HINT:.*max_locks_per_transaction' "$WORKDIR/calls")"
touch "$WORKDIR/free"
wait $holder || true
query -o /dev/null -c "$track'second')"
# What looks at all partitions needs more locks.
cluster_stop "$server"
cluster_start "$server"
cluster_env "$server"
expect 'nothing of it was stored' 2 "$(query -c "SELECT count(*) FROM tracardi.event WHERE type IN ('a', 'many')")"
expect 'each event once' 'first 1, second 1' "$(query -c "SELECT string_agg(external_id || ' ' || n, ', ' ORDER BY external_id) FROM (SELECT external_id, count(*) n FROM tracardi.event WHERE external_id IS NOT NULL GROUP BY 1) e")"
query -c 'SELECT tracardi.setup()' >/dev/null
sound 'out of locks'

# The caller's own timeouts, while somebody holds what track() needs.
blocked() {
  query -c "BEGIN; $1; SELECT pg_sleep(60)" >/dev/null 2>&1 &
  blocker=$!
  for _ in $(seq 300); do
    [ "$(query -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 0 ] || return 0
    sleep 0.1
  done
  echo 'nobody holds the lock'
  exit 1
}
release() { query -o /dev/null -c "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"; wait $blocker || true; }
for held in 'LOCK TABLE tracardi.event IN ACCESS EXCLUSIVE MODE' 'LOCK TABLE tracardi.profile IN ACCESS EXCLUSIVE MODE'; do
  blocked "$held"
  expect "lock_timeout: $held" 55P03 "$(state -c "SET lock_timeout = '200ms'" -c "$track'third')")"
  expect "statement_timeout: $held" 57014 "$(state -c "SET statement_timeout = '200ms'" -c "$track'third')")"
  release
done
expect 'nothing of it was stored' 0 "$(query -c "
  SELECT (SELECT count(*) FROM tracardi.event WHERE external_id = 'third') + (SELECT count(*) FROM tracardi.event_key WHERE id = tracardi.event_id('sql', 'third'))")"
query -o /dev/null -c "$track'third')"
expect 'the next call works' 1 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id = 'third'")"
sound 'timeouts'

# Somebody holds the profile's row: another call for it waits, but not for longer than its caller wants. The person's next event of the
# same session does not wait.
query -o /dev/null -c "SELECT tracardi.create_source('web')" \
  -c "SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"of the web\"}, \"events\": [{\"type\": \"a\"}]}')"
new="SELECT tracardi.track('a', '{}', profile_id => 'ann', session_id => 'another visit', event_id => 'fourth')"
blocked 'SELECT FROM tracardi.profile FOR UPDATE'
expect 'lock_timeout: a row of profile' 55P03 "$(state -c "SET lock_timeout = '200ms'" -c "$new")"
expect 'statement_timeout: a row of profile' 57014 "$(state -c "SET statement_timeout = '200ms'" -c "$new")"
expect 'the same session' 1 "$(query -c "SET lock_timeout = '200ms'" -c "SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'ann', session_id => 'visit', event_id => 'fifth') -> 'events')")"
release
expect 'nothing of it was stored' 0 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id = 'fourth'")"
query -o /dev/null -c "$new"
expect 'the next call works' 1 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id = 'fourth'")"
# Over HTTP, too, the timeout is the statement's: PostgREST answers with its own status, and the transaction is gone.
http="SELECT tracardi_api.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"of the web\"}, \"events\": [{\"type\": \"a\", \"id\": \"sixth\"}]}'::json)"
blocked 'LOCK TABLE tracardi.event IN ACCESS EXCLUSIVE MODE'
expect 'HTTP: lock_timeout' 55P03 "$(state -c "SET lock_timeout = '200ms'" -c "$http")"
expect 'HTTP: statement_timeout' 57014 "$(state -c "SET statement_timeout = '200ms'" -c "$http")"
release
query -o /dev/null -c "$http"
expect 'HTTP: the next call' 1 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id = 'sixth'")"
sound 'a row that is held, and HTTP'

# Nobody can connect any more.
query >/dev/null 2>&1 <<'SQL'
CREATE ROLE app LOGIN;
CREATE TABLE ran (event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (NEW.id); RETURN NULL; END $$;
SELECT tracardi.grant_tracker('app'), tracardi.create_workflow('note', 'note', event_type => 'last', mode => 'async');
SQL
cluster_stop "$server"
cluster_start "$server" 'max_connections = 8' 'superuser_reserved_connections = 1' "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'"
cluster_env "$server"
holders=()
for i in 1 2 3 4 5 6 7; do
  eval "exec $((i + 10))> >(exec \"$PG_BINDIR/psql\" -XAtq -U app -d shop >\"$WORKDIR/of.$i\" 2>&1)"
  holders+=($!)
  echo "\\! touch $WORKDIR/up.$i" >&$((i + 10))
done
# Whoever looks at them needs a place, too.
for i in 1 2 3 4 5 6 7; do
  for _ in $(seq 300); do [ ! -e "$WORKDIR/up.$i" ] || break; sleep 0.1; done
done
until_it_is 'seven are connected' 7 "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"
refused=$("$PG_BINDIR/psql" -X -U app -d shop -c 'SELECT 1' 2>&1) || true
[[ $refused == *'slots'* ]] || { echo "not refused: $refused"; exit 1; }
for i in 1 2 3 4 5 6 7; do echo "SELECT jsonb_array_length(tracardi.track('last', '{}', event_id => 'last-$i') -> 'events');" >&$((i + 10)); done
until_it_is 'whoever is connected tracks, and the worker works' 7 'SELECT count(DISTINCT event) FROM ran'
[[ $("$PG_BINDIR/psql" -X -U app -d shop -c 'SELECT 1' 2>&1 || true) == *'slots'* ]] || { echo 'there was room meanwhile'; exit 1; }
for i in 1 2 3 4 5 6 7; do eval "exec $((i + 10))>&-"; done
for holder in "${holders[@]}"; do wait "$holder"; done
expect 'their answers' '7 1' "$(cat "$WORKDIR"/of.* | sort | uniq -c | sed 's/^ *//')"
expect 'room again' 1 "$("$PG_BINDIR/psql" -XAt -U app -d shop -c 'SELECT 1')"
sound 'out of connections'
