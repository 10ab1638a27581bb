# A standby is promoted while clients write: they send again what was not acknowledged, with the same ids. Each event is there once, each
# asynchronous workflow ran once for each, the worker, which rested there, works, and meanwhile the standby answered readers and ephemeral events.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

# The standby's receiver loads libpq: that of this PostgreSQL, not the system's.
export LD_LIBRARY_PATH=${PG_BINDIR%/bin}/lib

primary=$WORKDIR/primary standby=$WORKDIR/standby database=shop
settings=("shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'tracardi.workers = 2' 'hot_standby_feedback = on')

cluster_start "$primary" "${settings[@]}"
cluster_env "$primary"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN'
query -o /dev/null -f "$TRACARDI_ROOT/tests/lib/noted.sql" -c "SELECT tracardi.create_source('mouse', ephemeral => true)" 2>/dev/null
cluster_standby "$standby" "${settings[@]}"
# From here on what is acknowledged is there, too.
query -c "ALTER SYSTEM SET synchronous_standby_names = '*'" -c 'SELECT pg_reload_conf()' -o /dev/null
until_it_is 'the standby follows' sync 'SELECT sync_state FROM pg_stat_replication'

echo "$primary" >"$WORKDIR/where"
here() {
  local dir
  dir=$(<"$WORKDIR/where")
  cluster_env "$dir" 2>/dev/null && query "$@" 2>/dev/null
}
# A client sends fifty events in fifty transactions, and all of them again until all of them were acknowledged.
client() {
  local run=0 n
  while [ ! -e "$WORKDIR/stop" ]; do
    run=$((run + 1))
    for ((n = 1; n <= 50; n++)); do
      echo "SELECT tracardi.track('kept', '{\"n\": $n}', profile_id => 'person-$1', session_id => 'visit-$1-$run', event_id => '$1-$run-$n') -> 'errors';"
    done >"$WORKDIR/run.$1"
    until here -o /dev/null -f "$WORKDIR/run.$1"; do
      echo again >>"$WORKDIR/again.$1"
      sleep 0.1
    done
    echo "$run" >"$WORKDIR/runs.$1"
  done
}
reader() {
  cluster_env "$standby"
  while [ ! -e "$WORKDIR/stop" ]; do
    query -c "SELECT count(*) FROM tracardi.event JOIN tracardi.profile p ON p.id = profile_id WHERE type = 'kept'" \
      -c "SELECT 'ephemeral ' || jsonb_array_length(tracardi.track('move', '{}', source_id => 'mouse', profile_id => 'person-1') -> 'events')" >>"$WORKDIR/read" 2>>"$WORKDIR/read.errors" || true
    sleep 0.02
  done
}
others=()
for i in 1 2 3; do
  client $i & others+=($!)
done
reader & others+=($!)
sleep 3
cluster_env "$standby"
expect 'the worker rests' 0 "$(query -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'")"
cluster_stop "$primary" KILL
query -o /dev/null -c 'SELECT pg_promote()'
echo "$standby" >"$WORKDIR/where"
sleep 2
touch "$WORKDIR/stop"
for pid in "${others[@]}"; do wait "$pid"; done

sent=0
for i in 1 2 3; do sent=$((sent + 50 * $(<"$WORKDIR/runs.$i"))); done
[ $sent -gt 500 ] || { echo "only $sent events were sent"; exit 1; }
[ -s "$WORKDIR/again.1" ] || { echo 'the promotion interrupted nobody'; exit 1; }
expect 'events that were acknowledged' "$sent|$sent" "$(query -c "SELECT count(*), count(DISTINCT external_id) FROM tracardi.event WHERE type = 'kept'")"
until_it_is 'both workflows ran for all' "$sent|$sent" "SELECT count(DISTINCT event) FILTER (WHERE workflow = 'one'), count(DISTINCT event) FILTER (WHERE workflow = 'two') FROM ran"
expect 'each ran once for each event' $((2 * sent)) "$(query -c 'SELECT count(*) FROM ran')"
expect 'the worker' t "$(query -c "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'tracardi worker'")"
expect 'errors of readers' '' "$(cat "$WORKDIR/read.errors")"
grep -qx 'ephemeral 1' "$WORKDIR/read" || { echo 'no ephemeral event was answered'; exit 1; }
expect 'what a reader saw only grew' '' "$(grep -v ephemeral "$WORKDIR/read" | sort -n | diff - <(grep -v ephemeral "$WORKDIR/read"))"
expect 'what holds' '' "$(query -f "$TRACARDI_ROOT/tests/lib/invariants.sql")"
query -o /dev/null -f "$TRACARDI_ROOT/tests/lib/indexes.sql"
