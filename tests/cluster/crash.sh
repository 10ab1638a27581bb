# Crashes: whatever was acknowledged is there, once; what was not left nothing half done; and sending all of it again
# changes nothing but what is missing.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server writers=4 each=4000

# Every event's session and profile are there, each profile has a session, each key an event and the other way round.
whole() {
  expect "$1: invariants" '0|0|0|0' "$(query -c "
    SELECT (SELECT count(*) FROM tracardi.event e LEFT JOIN tracardi.session s ON s.id = e.session_id LEFT JOIN tracardi.profile p ON p.id = e.profile_id
            WHERE s.id IS NULL OR p.id IS NULL OR s.profile_id <> e.profile_id),
           (SELECT count(*) FROM tracardi.profile p
            WHERE p.visit_count <> (SELECT count(*) FROM tracardi.session s WHERE s.profile_id = p.id)),
           (SELECT count(*) FROM tracardi.event_key k WHERE NOT EXISTS (SELECT FROM tracardi.event e WHERE e.id = k.id)),
           (SELECT count(*) FROM tracardi.event e WHERE e.external_id IS NOT NULL AND NOT EXISTS (SELECT FROM tracardi.event_key k WHERE e.id = k.id))")"
}

ready() {
  for _ in $(seq 300); do
    ! query -c 'SELECT 1' >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  echo 'the server does not come back'
  exit 1
}

cluster_start "$server" 'restart_after_crash = on' 'checkpoint_timeout = 30s'
cluster_env "$server"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web');
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "first"}, "events": [{"type": "a", "id": "first"}]}');
SQL

# A backend dies in the middle of a batch: of one long payload, and of many.
payload="jsonb_build_object('source', '{\"id\": \"web\"}'::jsonb, 'session', jsonb_build_object('id', 's' || n),
  'events', (SELECT jsonb_agg(jsonb_build_object('type', 'batch', 'id', 'n' || n || 'e' || e)) FROM generate_series(1, %s) e))"
for size in 20000 20; do
  statement="SELECT count(tracardi.track($(printf "$payload" $size))) FROM generate_series(1, $((200000 / size))) n"
  PGAPPNAME=victim "$PG_BINDIR/psql" -XAtq -d postgres -c "$statement" >"$WORKDIR/victim" 2>&1 &
  victim=$!
  # It is in the middle when its rows are on their way to the disk.
  for _ in $(seq 200); do
    pid=$(query -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active' AND query_start < clock_timestamp() - interval '300 ms'")
    [ -z "$pid" ] || break
    sleep 0.05
  done
  [ -n "$pid" ] || { echo "the batch of $size was over too soon"; cat "$WORKDIR/victim"; exit 1; }
  as_server kill -KILL "$pid"
  wait $victim && { echo "the batch of $size survived"; exit 1; }
  ready
  expect "a batch of $size: nothing of it" '1|1|1|1' "$(query -c "
    SELECT (SELECT count(*) FROM tracardi.event WHERE kind <> 'system'), (SELECT count(*) FROM tracardi.event_key),
           (SELECT count(*) FROM tracardi.session), (SELECT count(*) FROM tracardi.profile)")"
  expect "a batch of $size: known as before" 1 "$(query -c "
    SELECT jsonb_array_length(tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"first\"}, \"events\": [{\"type\": \"a\", \"id\": \"first\"}]}') -> 'warnings')")"
done

# Writers whose ids, sessions and profiles overlap, and which write down what was acknowledged: the server dies under them.
for ((w = 0; w < writers; w++)); do
  for ((i = 0; i < each; i++)); do
    echo "SELECT tracardi.track('a', '{\"n\": $i}', profile_id => 'p$((i / 20))', session_id => 's$((i / 5))', event_id => 'e$((i * 2 + w % 2))') #>> '{events,0}';"
  done >"$WORKDIR/writer.$w"
done
touch "$WORKDIR/acknowledged"
round=0
for signal in QUIT KILL KILL backend; do
  pids=() round=$((round + 1))
  for ((w = 0; w < writers; w++)); do
    PGAPPNAME=writer "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -d postgres -f "$WORKDIR/writer.$w" >"$WORKDIR/told.$w" 2>"$WORKDIR/error.$w" &
    pids+=($!)
  done
  # Looked up before: when it is time, they may be done before one is found.
  until_it_is 'writers are there' t "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'writer'"
  victim=$(query -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'writer' LIMIT 1")
  # Each time they come further.
  for _ in $(seq 600); do
    [ "$(wc -l <"$WORKDIR/told.0")" -lt $((round * 400)) ] || break
    sleep 0.05
  done
  if [ $signal = backend ]; then
    as_server kill -KILL "$victim"
  else
    cluster_stop "$server" $signal
  fi
  survivors=0
  for pid in "${pids[@]}"; do ! wait "$pid" || survivors=$((survivors + 1)); done
  [ $survivors = 0 ] || { echo "$signal: the writers were done before"; exit 1; }
  if [ $signal != backend ]; then
    cluster_start "$server" 'restart_after_crash = on' 'checkpoint_timeout = 30s'
    cluster_env "$server"
  fi
  ready
  # A last line without its end was not read.
  for ((w = 0; w < writers; w++)); do sed -n '/^e[0-9]*$/p' "$WORKDIR/told.$w"; done >>"$WORKDIR/acknowledged"
  sort -u "$WORKDIR/acknowledged" -o "$WORKDIR/acknowledged"
  query -c "SELECT external_id FROM tracardi.event WHERE external_id ~ '^e[0-9]+\$'" | sort >"$WORKDIR/stored"
  expect "$signal: stored twice" '' "$(uniq -d "$WORKDIR/stored")"
  expect "$signal: acknowledged and lost" '' "$(comm -23 "$WORKDIR/acknowledged" "$WORKDIR/stored")"
  whole "$signal"
  echo "$signal: $(wc -l <"$WORKDIR/acknowledged") acknowledged, $(wc -l <"$WORKDIR/stored") stored"
done

# All of it again.
for w in 0 1; do query -f "$WORKDIR/writer.$w" >/dev/null; done
expect 'all again: each event once' "$((each * 2))|$((each * 2))" "$(query -c "
  SELECT count(*), count(DISTINCT external_id) FROM tracardi.event WHERE external_id ~ '^e[0-9]+\$'")"
expect 'all again: sessions and profiles' "$((each / 5 + 1))|$((each / 20 + 1))" "$(query -c '
  SELECT (SELECT count(*) FROM tracardi.session), (SELECT count(*) FROM tracardi.profile)')"
whole 'all again'
