# Logical replication to a server that has tracardi too, and that has counted fewer transactions: events, profiles and sessions arrive as they
# are, by partitions and by their root, and nothing runs twice: no workflow of either mode, no subscription, no segment, no system event.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

publisher=$WORKDIR/publisher subscriber=$WORKDIR/subscriber
on() {
  (
    cluster_env "$1"
    shift
    "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 -d shop "$@"
  )
}
cluster_start "$publisher"
cluster_start "$subscriber" "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" "tracardi.session_timeout = 0" 'wal_retrieve_retry_interval = 100ms'
for server in "$publisher" "$subscriber"; do
  cluster_psql "$server" -q -d postgres -c 'CREATE ROLE tracardi_owner NOLOGIN' -c 'CREATE DATABASE shop'
  on "$server" >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner');
CREATE TABLE ran (workflow text, event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (TG_NAME, NEW.id); RETURN NULL; END $$;
SELECT tracardi.create_workflow('sync', 'note', event_type => 'a'), tracardi.create_workflow('async', 'note', event_type => 'a', mode => 'async'),
  tracardi.create_subscription('out', 'a'), tracardi.create_segment('all', '$.id != ""');
SQL
done
# Its transactions have higher numbers than those of the subscriber, which will come to them later.
on "$publisher" -c 'DO $$ BEGIN FOR i IN 1 .. 3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$'

track() { on "$1" -o /dev/null -c "SELECT tracardi.track('a', '{}', profile_id => '$2', session_id => 'visit of $2', event_id => '$3')"; }
arrived() {
  local rows="SELECT count(*) || md5(string_agg((to_jsonb(t) - 'xact')::text, ',' ORDER BY id)) FROM tracardi.$1 t WHERE $2" wanted
  wanted=$(on "$publisher" -c "$rows")
  for _ in $(seq 300); do
    [ "$(on "$subscriber" -c "$rows")" != "$wanted" ] || return 0
    sleep 0.1
  done
  expect "$1 arrived" "$wanted" "$(on "$subscriber" -c "$rows")"
}
theirs="external_id LIKE 'e-%'"

cluster_env "$publisher"
source="host=$PGHOST port=$PGPORT user=postgres dbname=shop"
tables='tracardi.event, tracardi.event_key, tracardi.profile, tracardi.profile_alias, tracardi.session'
for root in true false; do
  # The first one is there when it begins: a copy. The others come one by one.
  track "$publisher" ann "e-$root-0"
  on "$publisher" -c "CREATE PUBLICATION p FOR TABLE $tables WITH (publish_via_partition_root = $root)"
  [ $root = true ] || on "$subscriber" -c "TRUNCATE $tables"
  on "$subscriber" -c "CREATE SUBSCRIPTION s CONNECTION '$source' PUBLICATION p" 2>/dev/null
  for n in 1 2 3; do track "$publisher" "ann-$n" "e-$root-$n"; done
  arrived event "kind <> 'system'"
  # The subscriber tells of its own TRUNCATE.
  arrived event "kind = 'system' AND type <> 'schema-changed'"
  for table in event_key profile session; do arrived $table true; done
  # A change of an event comes along, too.
  on "$publisher" -c "UPDATE tracardi.event SET tags = '{changed}' WHERE external_id = 'e-$root-1'"
  arrived event "$theirs"
  expect "by root: $root, its transactions are no ones here" 0 "$(on "$subscriber" -c "SELECT count(*) FROM tracardi.event WHERE $theirs AND xact <> '0'")"
  on "$subscriber" -c 'DROP SUBSCRIPTION s' 2>/dev/null
  on "$publisher" -c 'DROP PUBLICATION p'
done

# The subscriber comes to the publisher's transactions, and tracks for itself.
on "$subscriber" -c 'DO $$ BEGIN FOR i IN 1 .. 6000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$'
track "$subscriber" bob own
own=$(on "$subscriber" -c "SELECT id FROM tracardi.event WHERE external_id = 'own'")
for _ in $(seq 300); do
  [ "$(on "$subscriber" -c "SELECT lag_events FROM tracardi.workflow_status WHERE name = 'async'")" != 0 ] || [ -z "$(on "$subscriber" -c "SELECT 1 FROM ran WHERE workflow = 'async' LIMIT 1")" ] || break
  sleep 0.1
done
sleep 0.5
expect 'what ran on the subscriber' "async $own
sync $own" "$(on "$subscriber" -c "SELECT workflow || ' ' || event FROM ran ORDER BY 1")"
expect 'what the subscription gives' "$own" "$(on "$subscriber" -c "SELECT string_agg(event ->> 'id', ' ') FROM tracardi.poll('out', 1000)")"
expect 'what ran on the publisher' 8 "$(on "$publisher" -c "SELECT count(*) FROM ran WHERE workflow = 'sync'")"
expect 'a repeated id is known' 'event was stored before; it is stored once' "$(on "$subscriber" -c "SELECT tracardi.track('a', '{}', profile_id => 'ann', event_id => 'e-false-1') #>> '{warnings,0,message}'")"
expect 'what the subscriber told of itself' "$(on "$publisher" -c "SELECT count(*) FROM tracardi.event WHERE kind = 'system' AND type <> 'schema-changed'")" \
  "$(on "$subscriber" -c "SELECT count(*) FROM tracardi.event WHERE kind = 'system' AND xact = '0'")"
