# The clock: it steps back an hour under a running server, and it passes into the next month. (Debian's libfaketime shifts it for the
# whole server, by a file that may be rewritten at any time.)
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"
. "$TRACARDI_ROOT/tests/lib/need.sh"

server=$WORKDIR/server database=shop

whole() { expect "$1: invariants" '' "$(query -f "$TRACARDI_ROOT/tests/lib/invariants.sql")"; }

library=$(need_faketime)
clock=$WORKDIR/clock
cp "$library" "$WORKDIR/libfaketime.so.1"
chmod a+rx "$WORKDIR/libfaketime.so.1"
# shift SECONDS: the server's clock against ours.
shift_clock() {
  echo "$(printf '%+d' "$1")" >"$clock.new"
  chmod a+r "$clock.new"
  mv "$clock.new" "$clock"
}
server_command+=(LD_PRELOAD="$WORKDIR/libfaketime.so.1" FAKETIME_TIMESTAMP_FILE="$clock" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1)

settings=("shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'tracardi.last_seen_lag = 0')
shift_clock 0
cluster_start "$server" "${settings[@]}" "tracardi.session_timeout = '30min'"
cluster_env "$server"
database=postgres query -c 'CREATE DATABASE shop'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web');
CREATE TABLE ran (workflow text, event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (TG_NAME, NEW.id); RETURN NULL; END $$;
SELECT tracardi.create_workflow('soon', 'note', event_type => 'kept', mode => 'async'),
       tracardi.create_workflow('later', 'note', event_type => 'kept', mode => 'async', delay => '2 s');
SQL

# One connection goes on through both.
exec 3> >(exec "$PG_BINDIR/psql" -XAtq -d shop >"$WORKDIR/answers" 2>&1)
client=$!
said() {
  echo "$1" >&3
  echo "SELECT '$2';" >&3
  for _ in $(seq 300); do ! grep -qsx "$2" "$WORKDIR/answers" || return 0; sleep 0.1; done
  cat "$WORKDIR/answers"
  exit 1
}
track() { echo "SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"stay\"}, \"events\": [{\"type\": \"kept\"}]}') #>> '{events,0}';"; }
said "$(track; track; track)" before
until_it_is 'run before' 3 "SELECT count(*) FROM ran WHERE workflow = 'soon'"
session="SELECT count(*), min(status), bool_and(last_seen_at >= started_at) FROM tracardi.session"
seen=$(query -c 'SELECT last_seen_at FROM tracardi.session')
expect 'the clock is ours' t "$(query -c "SELECT abs(extract(epoch FROM clock_timestamp()) - $(date +%s)) < 60")"

shift_clock -3600
expect 'the clock is an hour behind' t "$(query -c "SELECT abs(extract(epoch FROM clock_timestamp()) - $(date +%s) + 3600) < 60")"
said "$(track; track; track)" behind
expect 'the session goes on' '1|active|t' "$(query -c "$session")"
expect 'it was last seen when it was' t "$(query -c "SELECT last_seen_at >= '$seen' FROM tracardi.session")"
expect 'one visit' '1|1' "$(query -c "SELECT visit_count, (SELECT count(*) FROM tracardi.event WHERE type = 'visit-started') FROM tracardi.profile")"
# The worker does not sleep for an hour.
until_it_is 'run behind' 6 "SELECT count(*) FROM ran WHERE workflow = 'soon'"
until_it_is 'run behind, after the delay' 6 "SELECT count(*) FROM ran WHERE workflow = 'later'"
expect 'each once' 12 "$(query -c 'SELECT count(DISTINCT (workflow, event)) FROM ran')"
query -c "SELECT tracardi.track('kept', '{}', event_id => 'known')" >/dev/null
shift_clock 0
query -c "SELECT tracardi.track('kept', '{}', event_id => 'known')" >/dev/null
expect 'known before, and after' 1 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id = 'known'")"
query -c 'CALL tracardi.maintain()'
expect 'no visit ended' '1|active|t' "$(query -c "$session")"
said "$(track)" again
exec 3>&-
wait $client || true
grep -E '^[0-9a-f]{8}-' "$WORKDIR/answers" >"$WORKDIR/ids"
expect 'seven ids' 7 "$(wc -l <"$WORKDIR/ids")"
expect 'they grow' '' "$(diff "$WORKDIR/ids" <(LC_ALL=C sort -u "$WORKDIR/ids"))"
whole 'an hour back'

# Midnight at the end of a month (UTC), and nobody makes partitions: the last month that there is, too. No event is lost.
to() { shift_clock $(($(date -ud "$1" +%s) - $(date +%s))); }
next=$(date -ud "$(date -u +%Y-%m-01) +1 month" +%Y-%m-%d)
partition() { query -c "SELECT string_agg(DISTINCT tableoid::regclass::text, ' ' ORDER BY tableoid::regclass::text) FROM tracardi.event WHERE type = '$1'"; }
to "$next -2 seconds"
for n in $(seq 40); do
  echo "SELECT tracardi.track('midnight', '{\"n\": $n}', profile_id => 'owl', session_id => 'night', event_id => 'midnight-$n') #>> '{events,0}' \\g /dev/null"
  echo 'SELECT pg_sleep(0.1) \g /dev/null'
done | query
expect 'through midnight: all are there' 40 "$(query -c "SELECT count(*) FROM tracardi.event WHERE type = 'midnight'")"
expect 'through midnight: where' "tracardi.event_$(date -ud "$next -1 day" +%Y_%m) tracardi.event_$(date -ud "$next" +%Y_%m)" "$(partition midnight)"
expect 'through midnight: one visit' 1 "$(query -c "SELECT visit_count FROM tracardi.profile WHERE external_id = 'owl'")"
whole midnight
cluster_stop "$server"
# Without a worker.
cluster_start "$server"
cluster_env "$server"
last=$(query -c "SELECT max(substring(pg_get_expr(relpartbound, oid), 'TO \(''([^'']+)''\)')::timestamptz) FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'tracardi'::regnamespace")
to "$last +10 days"
# Nobody made partitions for a year: the first event of a month makes its own; again where that was rolled back, and also for eight connections at once.
late="SELECT jsonb_array_length(tracardi.track('exhausted', '{}') -> 'events')"
expect 'rolled back, and again' "$(printf '%s\n' 1 1 1 1)" "$(query -c BEGIN -c "$late" -c "$late" -c ROLLBACK -c BEGIN -c 'SAVEPOINT s' -c "$late" -c 'ROLLBACK TO s' -c COMMIT -c "BEGIN; $late; ROLLBACK" | sed -n '/./p')"
expect 'and stored in the same session' "$(printf '%s\n' 1 1)" "$(query -c BEGIN -c "$late" -c ROLLBACK -c "$late")"
query -c "DROP TABLE tracardi.event_$(query -c "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')")"
clients=()
for i in 1 2 3 4 5 6 7 8; do
  query -c "SELECT tracardi.track('exhausted', '{}', event_id => 'exhausted-$i')" >/dev/null &
  clients+=($!)
done
wait "${clients[@]}"
expect 'stored' 8 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id LIKE 'exhausted-%'")"
expect 'by SQL' 1 "$(query -c 'SET tracardi.writer = insert' -c "SELECT jsonb_array_length(tracardi.track('exhausted', '{}') -> 'events')")"
