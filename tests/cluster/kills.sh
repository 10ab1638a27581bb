# Under load with synchronous_commit on, random processes are killed: backends in track(), workers, their coordinator, the postmaster.
# Afterwards each event that was acknowledged is there once, each asynchronous workflow ran once for each event, and the indexes are
# whole. KILLS: how often (default: 5; `KILLS=20 tests/cluster/run kills` is the long form).
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server database=shop
settings=("shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'tracardi.workers = 2' 'restart_after_crash = on'
  'synchronous_commit = on')

cluster_start "$server" "${settings[@]}"
cluster_env "$server"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN'
query -o /dev/null -f "$TRACARDI_ROOT/tests/lib/noted.sql" 2>/dev/null

# A client sends event after event, and writes down what was acknowledged. Its connection may break at any moment.
client() {
  local run=0 n
  while [ ! -e "$WORKDIR/stop" ]; do
    run=$((run + 1))
    for ((n = 1; n <= 200; n++)); do
      echo "SELECT tracardi.track('kept', '{\"n\": $n}', profile_id => 'person-$1', session_id => 'visit-$1-$run', event_id => '$1-$run-$n') #>> '{events,0}';"
    done | "$PG_BINDIR/psql" -XAtq -d shop >>"$WORKDIR/acknowledged.$1" 2>/dev/null || true
    sleep 0.05
  done
}
clients=()
for i in 1 2 3; do
  client $i &
  clients+=($!)
done

pid_of() { query -c "SELECT pid FROM pg_stat_activity WHERE $1 ORDER BY random() LIMIT 1" 2>/dev/null || true; }
for ((kill = 0; kill < ${KILLS:-5}; kill++)); do
  sleep 1
  case $((kill % 5)) in
    0 | 2) victim=$(pid_of "backend_type = 'client backend' AND query LIKE '%track(%' AND pid <> pg_backend_pid()") ;;
    1) victim=$(pid_of "backend_type = 'tracardi worker'") ;;
    3) victim=$(pid_of "backend_type = 'tracardi coordinator'") ;;
    4)
      cluster_stop "$server" KILL
      cluster_start "$server" "${settings[@]}"
      victim=
      echo 'killed the postmaster'
      ;;
  esac
  if [ -n "$victim" ]; then
    as_server kill -KILL "$victim" && echo "killed $victim"
  fi
  until_it_is 'the server is back' 1 'SELECT 1'
done >"$WORKDIR/kills"
[ "$(grep -c killed "$WORKDIR/kills")" -ge $((${KILLS:-5} * 3 / 5)) ] || { echo 'hardly anything was killed'; cat "$WORKDIR/kills"; exit 1; }
touch "$WORKDIR/stop"
wait "${clients[@]}" || true

stored=$(query -c "SELECT count(*) FROM tracardi.event WHERE type = 'kept'")
[ "$stored" -gt 200 ] || { echo "only $stored events were stored"; exit 1; }
until_it_is 'both workflows ran for all' "$stored|$stored" "SELECT count(DISTINCT event) FILTER (WHERE workflow = 'one'), count(DISTINCT event) FILTER (WHERE workflow = 'two') FROM ran"
expect 'each ran once for each event' $((2 * stored)) "$(query -c 'SELECT count(*) FROM ran')"
cat "$WORKDIR"/acknowledged.* | query -c 'CREATE TABLE acknowledged (id text)' -c '\copy acknowledged FROM pstdin'
expect 'acknowledged, and not there once' 0 "$(query -c "
  SELECT count(*) FROM acknowledged a WHERE 1 <> (SELECT count(*) FROM tracardi.event e WHERE e.external_id = a.id)")"
[ "$(query -c 'SELECT count(*) FROM acknowledged')" -gt 100 ] || { echo 'hardly anything was acknowledged'; exit 1; }
expect 'events twice' 0 "$(query -c "SELECT count(*) - count(DISTINCT external_id) FROM tracardi.event WHERE type = 'kept'")"
expect 'invariants' '' "$(query -f "$TRACARDI_ROOT/tests/lib/invariants.sql")"
expect 'failures' 0 "$(query -c 'SELECT count(*) FROM tracardi.workflow_failure')"
query -o /dev/null -f "$TRACARDI_ROOT/tests/lib/indexes.sql"
