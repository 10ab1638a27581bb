# PgBouncer in transaction mode: many clients share two connections. Each event is stored once, an answer is its caller's, what one
# transaction sets or breaks off is nothing to the next one, and a change of the configuration counts for all at once.
. "$TRACARDI_ROOT/tests/lib/need.sh"
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server pool=$WORKDIR/pool database=shop
cd "$TRACARDI_ROOT"
need_pgbouncer >"$WORKDIR/parts"
read -r program library < <(tail -n 1 "$WORKDIR/parts")
cluster_dir "$pool"
pool=$(realpath "$pool")
# Where the server's user can reach them.
install -m 755 "$program" "$pool/pgbouncer"
install -m 644 "$library" "$pool/libcares.so.2"
cluster_start "$server" "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'"
cluster_env "$server"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE app LOGIN' -c 'CREATE ROLE tracardi_owner NOLOGIN'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner'), tracardi.grant_tracker('app'), tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true);
CREATE TABLE ran (event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (NEW.id); RETURN NULL; END $$;
CREATE FUNCTION answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond(NEW.properties); RETURN NULL; END $$;
SELECT tracardi.create_workflow('note', 'note', event_type => 'click', mode => 'async'), tracardi.create_workflow('answer', 'answer', event_type => 'ask');
SQL

# start_pool [LINE…]: one that resets nothing between transactions, as is usual in this mode, and ends with this script.
start_pool() {
  local listed
  port=$((PGPORT % 10000 + 40000))
  printf '%s\n' '[databases]' "shop = host=$PGHOST port=$PGPORT dbname=shop user=app" '[pgbouncer]' 'pool_mode = transaction' 'auth_type = any' \
    'listen_addr =' "listen_port = $port" "unix_socket_dir = $pool" 'default_pool_size = 2' 'max_client_conn = 100' 'ignore_startup_parameters = extra_float_digits' \
    'logfile =' 'server_reset_query = DISCARD ALL' "$@" >"$pool/pgbouncer.ini"
  if [ "$(id -u)" = 0 ]; then chown -R nobody: "$pool"; fi
  ( cd / && exec "${server_command[@]}" "${cluster_tie[@]}" env LD_LIBRARY_PATH="$pool" "$pool/pgbouncer" "$pool/pgbouncer.ini" >"$pool/log" 2>&1 ) &
  bouncer_pid=$!
  for _ in $(seq 100); do
    listed=$(pooled -c 'SELECT 1' 2>&1) && return 0
    sleep 0.1
  done
  cat "$pool/log"
  expect 'PgBouncer' 1 "$listed"
}
stop_pool() { kill "$bouncer_pid"; wait "$bouncer_pid" || true; }
pooled() { "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -h "$pool" -p "$port" -U app -d shop "$@"; }

for reset in 0 1; do
  start_pool "server_reset_query_always = $reset"
  # Eight clients with ids of their own; each call is in the middle of others' on the same connection.
  cat >"$WORKDIR/calls" <<SQL
\\set person random(1, 20)
SELECT tracardi.track('click', '{"n": 1}', source_id => 'web', profile_id => 'person-:person', session_id => 'visit-$reset-:client_id', event_id => 'once-$reset-' || nextval('number'));
BEGIN;
SET LOCAL work_mem = '1MB';
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "other-$reset-:client_id"}, "events": [{"type": "page-view"}, {"type": "click"}]}');
ROLLBACK;
SELECT tracardi.track('move', '{}', source_id => 'mouse', session_id => 'visit-$reset-:client_id');
SQL
  query -o /dev/null -c 'CREATE SEQUENCE IF NOT EXISTS number' -c "SELECT setval('number', 1, false)" -c 'GRANT USAGE ON SEQUENCE number TO app'
  "$PG_BINDIR/pgbench" -n -M simple -c 8 -j 2 -t 50 -h "$pool" -p "$port" -U app -f "$WORKDIR/calls" shop >"$WORKDIR/pgbench" 2>&1 || { cat "$WORKDIR/pgbench"; exit 1; }
  expect 'connections to PostgreSQL' t "$(query -c "SELECT count(*) BETWEEN 1 AND 2 FROM pg_stat_activity WHERE usename = 'app'")"
  expect 'events of pgbench' '400|400' "$(query -c "SELECT count(*), count(DISTINCT external_id) FROM tracardi.event WHERE external_id LIKE 'once-$reset-%'")"
  expect 'what was rolled back' 0 "$(query -c "SELECT count(*) FROM tracardi.session WHERE external_id LIKE 'other-$reset-%'")"
  expect 'sessions' 8 "$(query -c "SELECT count(*) FROM tracardi.session WHERE external_id LIKE 'visit-$reset-%'")"
  expect 'sent again' 'event was stored before; it is stored once' \
    "$(pooled -c "SELECT tracardi.track('click', '{}', source_id => 'web', event_id => 'once-$reset-1') #>> '{warnings,0,message}'")"

  # What a workflow answers is its caller's.
  asked=()
  for n in 1 2 3 4 5 6; do
    for i in $(seq 50); do
      echo "SELECT tracardi.track('ask', '{\"i\": $i, \"who\": $n}', source_id => 'web') -> 'response' = '{\"i\": $i, \"who\": $n}';"
    done | pooled >"$WORKDIR/answers.$n" 2>&1 &
    asked+=($!)
  done
  for pid in "${asked[@]}"; do wait "$pid"; done
  expect 'answers' '300 t' "$(cat "$WORKDIR"/answers.* | sort | uniq -c | sed 's/^ *//')"

  # A client that is gone in the middle of a transaction takes it along.
  exec 3> >(exec "$PG_BINDIR/psql" -XAtq -h "$pool" -p "$port" -U app -d shop >"$WORKDIR/cut" 2>&1)
  cut=$!
  echo "BEGIN; SELECT tracardi.track('click', '{}', source_id => 'web', session_id => 'cut-$reset', event_id => 'cut-$reset');" >&3
  until_it_is 'it is within its transaction' 1 "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state = 'idle in transaction'"
  kill -KILL $cut
  exec 3>&-
  until_it_is 'its transaction is over' 0 "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state = 'idle in transaction'"
  expect 'what it left' 0 "$(query -c "SELECT count(*) FROM tracardi.session WHERE external_id = 'cut-$reset'")"
  expect 'after it' 1 "$(pooled -c "SELECT jsonb_array_length(tracardi.track('click', '{}', source_id => 'web', session_id => 'cut-$reset', event_id => 'cut-$reset') -> 'events')")"

  # A change of the configuration, between two transactions of whatever connection.
  query -o /dev/null -c "SELECT tracardi.create_source('late-$reset')" -c "UPDATE tracardi.event_source SET enabled = false WHERE id = 'web'"
  for n in 1 2 3 4; do
    expect 'a source that has come' 1 "$(pooled -c "SELECT jsonb_array_length(tracardi.track('click', '{}', source_id => 'late-$reset') -> 'events')")"
    expect 'a source that is disabled' 28000 "$(pooled -v VERBOSITY=sqlstate -c "SELECT tracardi.track('click', '{}', source_id => 'web')" 2>&1 | sed 's/ERROR: *//')"
  done
  query -o /dev/null -c "UPDATE tracardi.event_source SET enabled = true WHERE id = 'web'"
  stop_pool
done

clicks=$(query -c "SELECT count(*) FROM tracardi.event WHERE type = 'click'")
until_it_is 'the asynchronous workflow' "$clicks|$clicks" 'SELECT count(*), count(DISTINCT event) FROM ran'
expect 'what holds' '' "$(query -f "$TRACARDI_ROOT/tests/lib/invariants.sql")"
