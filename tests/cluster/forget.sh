# Eight connections visit, sign in and merge, while people are forgotten and anonymized, rejected events are tried again and
# maintain() runs, for FORGET_SECONDS (10): no call fails, and nothing is left of anybody who is gone. Somebody is forgotten while
# a transaction that tracked goes on: others go by. Then somebody with a million events is forgotten in one call, while events of
# that person and of others go on coming in.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server clients=8 seconds=${FORGET_SECONDS:-10}

# What leads to nobody: of events, sessions, aliases and keys.
strays() {
  query -c "
    WITH person AS (SELECT id FROM tracardi.profile UNION ALL SELECT a.id FROM tracardi.profile_alias a JOIN tracardi.profile p ON p.id = a.profile_id)
    SELECT (SELECT count(*) FROM tracardi.event WHERE profile_id IS NOT NULL AND profile_id NOT IN (TABLE person)),
           (SELECT count(*) FROM tracardi.session WHERE profile_id IS NOT NULL AND profile_id NOT IN (TABLE person)),
           (SELECT count(*) FROM tracardi.profile_alias WHERE profile_id NOT IN (SELECT id FROM tracardi.profile)),
           (SELECT count(*) FROM tracardi.merge_key WHERE profile_id NOT IN (TABLE person))"
}

cluster_start "$server" 'deadlock_timeout = 100ms' 'max_wal_size = 4GB'
cluster_env "$server"
query >/dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web'), tracardi.create_identification_point('signed-in', 'signed-in', '{key}'),
       tracardi.create_event_mapping('signed-in', 'data.key', 'properties.key');
ALTER DATABASE postgres SET tracardi.last_seen_lag = 0;
CREATE TABLE called (what text);

-- One call.
CREATE FUNCTION call() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kind CONSTANT float := random() * 100;
  client CONSTANT text := 'c' || floor(random() * 20);
  session CONSTANT text := 's' || floor(random() * 40);
  what text;
BEGIN
  IF kind < 40 THEN
    PERFORM tracardi.track('page-view', '{}', profile_id => client, session_id => session);
  ELSIF kind < 60 THEN
    PERFORM tracardi.track('signed-in', jsonb_build_object('key', 'k' || floor(random() * 20)), profile_id => client, session_id => session);
  ELSIF kind < 70 THEN
    PERFORM tracardi.track('order', '{}', profile_id => client, event_id => 'order' || floor(random() * 100));
  ELSIF kind < 80 THEN
    PERFORM tracardi.track('visit-ended', '{}', profile_id => client, session_id => session);
  ELSIF kind < 85 THEN
    PERFORM tracardi.track(('{"source": {"id": "sql"}, "events": [{"type": 1}], "profile": {"id": "' || client || '"}}')::jsonb);
  ELSIF kind < 90 THEN
    BEGIN
      PERFORM tracardi.retry_rejected(id) FROM (SELECT id FROM tracardi.event_rejected ORDER BY random() LIMIT 1) r;
    EXCEPTION WHEN no_data_found THEN NULL;  -- another was quicker
    END;
  ELSIF kind < 98 THEN
    what := 'forget';
    PERFORM tracardi.forget(client);
  ELSE
    what := 'anonymize';
    PERFORM tracardi.anonymize(client);
  END IF;
  INSERT INTO called SELECT what WHERE what IS NOT NULL;
END
$$;
SQL
echo 'SELECT call()' >"$WORKDIR/call.bench"
echo 'CALL tracardi.maintain()' >"$WORKDIR/maintain.bench"
if ! "$PG_BINDIR/pgbench" -n -M prepared -c $clients -j 2 -T "$seconds" -f "$WORKDIR/call.bench@300" -f "$WORKDIR/maintain.bench@1" postgres \
  >"$WORKDIR/load.log" 2>&1 || ! grep '^number of failed transactions: 0 ' "$WORKDIR/load.log" >/dev/null; then
  cat "$WORKDIR/load.log"
  tail -n 50 "$server.log"
  exit 1
fi
echo "$(query -c 'SELECT count(*) FROM tracardi.event') events, $(query -c "SELECT string_agg(what || ' ' || n, ', ') FROM (SELECT what, count(*) AS n FROM called GROUP BY what) w")"
expect 'some were forgotten, and some anonymized' t "$(query -c "SELECT count(DISTINCT what) = 2 FROM called")"
expect 'strays' '0|0|0|0' "$(strays)"
query -c "SELECT tracardi.forget('c' || n) FROM generate_series(0, 19) n" >/dev/null
expect 'all are forgotten' '0|0|0|0' "$(query -c "
  SELECT (SELECT count(*) FROM tracardi.profile WHERE external_id IS NOT NULL), (SELECT count(*) FROM tracardi.profile_alias),
         (SELECT count(*) FROM tracardi.event_rejected), (SELECT count(*) FROM tracardi.event WHERE external_id IS NOT NULL)")"

# A transaction that tracked and goes on: forgetting waits for it, and others don't wait for either.
coproc LONG { exec "$PG_BINDIR/psql" -XAtq -d postgres 2>&1; }
echo "BEGIN; SELECT tracardi.track('a', '{}', profile_id => 'late', session_id => 'late') IS NOT NULL;" >&"${LONG[1]}"
read -r -t 60 tracked <&"${LONG[0]}"
expect 'tracked in a transaction that goes on' t "$tracked"
query -c "SELECT tracardi.forget('late') -> 'profiles'" >"$WORKDIR/late" &
forgets=$!
waiting="SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%forget(''late'')%' AND pid <> pg_backend_pid()"
until [ "$(query -c "$waiting")" = 1 ]; do sleep 0.1; done
for n in 1 2 3; do
  expect 'another one goes by' 1 "$(PGOPTIONS='-c statement_timeout=60s' query -c "SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'early') -> 'events')")"
done
expect 'forgetting still waits' 1 "$(query -c "$waiting")"
expect 'who has a limit gives up' 'ERROR:  55P03' "$(query -v VERBOSITY=sqlstate -c "SET lock_timeout = '500ms'" -c "SELECT tracardi.forget('early')" 2>&1)"
echo 'COMMIT; \q' >&"${LONG[1]}"
wait $forgets
expect 'then it takes all along' '1 0' "$(cat "$WORKDIR/late") $(query -c "SELECT count(*) FROM tracardi.event WHERE profile_id = tracardi.id('late')")"

# A million events, a third of them with an id of the client's; half of them under an id that was merged.
query >/dev/null <<'SQL'
SELECT tracardi.track('signed-in', '{"key": "great"}', profile_id => p, session_id => p) FROM unnest('{big,bigger}'::text[]) p;
INSERT INTO tracardi.event (id, external_id, type, kind, time, profile_id, properties)
SELECT CASE WHEN n % 3 = 0 THEN tracardi.event_id('sql', 'e' || n) ELSE gen_random_uuid() END, CASE WHEN n % 3 = 0 THEN 'e' || n END,
       'page-view', 'profile', now() - n * interval '1 second', tracardi.id(CASE WHEN n % 2 = 0 THEN 'big' ELSE 'bigger' END), '{"secret": true}'
FROM generate_series(1, 1000000) n;
INSERT INTO tracardi.event_key (id) SELECT id FROM tracardi.event WHERE external_id LIKE 'e%';
SQL
"$PG_BINDIR/psql" -XAtq -d postgres >"$WORKDIR/others" 2>&1 <<'SQL' &
SELECT count(tracardi.track('page-view', '{}', profile_id => p, session_id => p)) FROM unnest('{big,bigger,small}'::text[]) p
\watch 0.05
SQL
others=$!
sleep 0.3
started=$(date +%s%3N)
expect 'a million are forgotten' t "$(query -c "SELECT (c -> 'events')::int >= 1000004 AND (c -> 'event_keys')::int = 333333 FROM tracardi.forget('bigger') c")"
echo "a million events were forgotten in $(($(date +%s%3N) - started)) ms"
kill $others
wait $others || true
expect 'no other call failed' '' "$(grep -v '^[0-9]*$' "$WORKDIR/others" || true)"
expect 'strays' '0|0|0|0' "$(strays)"
expect 'nothing is left of it' 0 "$(query -c "SELECT count(*) FROM tracardi.event WHERE properties = '{\"secret\": true}'")"
expect 'the other one is whole' t "$(query -c "SELECT count(*) > 3 FROM tracardi.event WHERE profile_id = tracardi.id('small')")"
