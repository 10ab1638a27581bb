# What is asked again and again costs no more when much is stored: the views of status, the worker each time that an event wakes it, what
# keeps rejected events within their limits, the end of visits, retention, and a workflow's cursor while a snapshot holds its old versions. By
# how much was read.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server database=shop
cluster_start "$server" "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'autovacuum = off'
cluster_env "$server"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(), tracardi.create_source('web');
CREATE TABLE ran (event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (NEW.id); RETURN NULL; END $$;
SELECT tracardi.create_workflow('note', 'note', event_type => 'seldom', mode => 'async');
-- 5,000 visits that go on, 30,000 events, 5,000 rejected ones.
DO $$
BEGIN
  FOR n IN 1 .. 5000 LOOP
    PERFORM tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', 'visit-' || n), 'profile', '{"id": null}'::jsonb,
      'events', '[{"type": "a"}, {"type": "a"}, {"type": "a"}, {"type": 7}]'::jsonb));
  END LOOP;
END $$;
-- Of events nothing is known: then nothing tells that their transactions come in order, as after merges and deletions.
ANALYZE tracardi.session, tracardi.event_rejected;
SQL
until_it_is 'the worker is done' 0 "SELECT lag_events FROM tracardi.workflow_status"

# read RELATIONS: rows of them that scans of whole tables have read, once the statistics rest.
read_so_far() {
  local was='' is
  for _ in $(seq 100); do
    is=$(query -c "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE schemaname = 'tracardi' AND relname ~ '$1'")
    [ "$is" != "$was" ] || break
    was=$is
    sleep 1.2
  done
  echo "$is"
}
# few WHAT RELATIONS BEFORE MOST
few() {
  local now
  now=$(read_so_far "$2")
  [ $((now - $3)) -le "$4" ] || { echo "$1 read $((now - $3)) rows"; exit 1; }
}
# looked_at RELATIONS: rows of them that were read in whatever way
looked_at() { query -c "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE schemaname = 'tracardi' AND relname ~ '$1'"; }
tables='^event_20'
before=$(read_so_far "$tables")
for _ in 1 2 3 4 5; do query -o /dev/null -c 'SELECT s.* FROM tracardi.workflow_status s' -c 'SELECT s.* FROM tracardi.ingest_status s' -c 'SELECT s.* FROM tracardi.source_status s'; done
few 'the views of status' "$tables" "$before" 0

visits=$(read_so_far '^session$') rejected=$(read_so_far '^event_rejected$')
for n in $(seq 300); do echo "SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"visit-$n\"}, \"events\": [{\"type\": \"seldom\"}, {\"type\": 7}]}');"; done | query -o /dev/null
until_it_is 'the workflow ran' 300 'SELECT count(*) FROM ran'
# Each time all of them would be 3,000,000 of one, and 1,500,000 of the other.
few 'the worker' '^session$' "$visits" 100000
few 'rejecting' '^event_rejected$' "$rejected" 500000

# Visits that have gone on for long, of which one ends at any moment.
query <<'SQL'
UPDATE tracardi.session SET started_at = now() - interval '2 hours',
  last_seen_at = now() - interval '30 minutes' - current_setting('tracardi.last_seen_lag')::interval
    + CASE WHEN random() < 0.1 THEN random() * interval '3 seconds' ELSE interval '10 minutes' END;
DELETE FROM ran;
SQL
sleep 1.2
visits=$(looked_at '^session$')
for n in $(seq 300); do echo "SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"events\": [{\"type\": \"seldom\"}]}'); SELECT pg_sleep(0.01);"; done | query -o /dev/null
until_it_is 'the workflow ran' 300 'SELECT count(*) FROM ran'
sleep 1.2
visits=$(($(looked_at '^session$') - visits))
# Each time all of them would be 3,000,000.
[ $visits -lt 500000 ] || { echo "ending visits read $visits rows"; exit 1; }
query -o /dev/null -c 'CALL tracardi.maintain()'
expect 'visits ended' t "$(query -c "SELECT count(*) > 300 FROM tracardi.session WHERE status = 'ended'")"

# Of a type that is kept for a time few events are old, and many others may be there.
query -o /dev/null -c "SELECT tracardi.create_event_type('b', retention => '1 second'), tracardi.track('b', '{}')" -c 'ANALYZE tracardi.event'
sleep 1.2
events=$(looked_at "$tables")
query -o /dev/null -c 'CALL tracardi.maintain()'
sleep 1.2
events=$(($(looked_at "$tables") - events))
expect 'what is old' 0 "$(query -c "SELECT count(*) FROM tracardi.event WHERE type = 'b'")"
# All of them are 30,000.
[ $events -lt 2000 ] || { echo "removing what is old read $events events"; exit 1; }

# Each step leaves a version of the cursor's row, and nobody may remove it: later steps don't walk through them.
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE held'
database=held
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SELECT tracardi.create_workflow('nothing', 'nothing', event_type => 'a', mode => 'async');
CREATE PROCEDURE steps(n int) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. n LOOP
    PERFORM tracardi.track('a', '{}');
    COMMIT;
    PERFORM tracardi.run_workflows();
    COMMIT;
  END LOOP;
END $$;
CALL steps(1);
-- One page: whoever plans now finds that reading all of it is cheapest.
VACUUM tracardi.workflow_cursor;
SQL
query -c 'BEGIN ISOLATION LEVEL REPEATABLE READ' -c 'SELECT count(*) FROM tracardi.workflow_cursor' -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
holder=$!
until_it_is 'somebody holds a snapshot' 1 "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
query -c 'CALL steps(3000)'
sleep 1.2
blocks=$(query -c "SELECT heap_blks_hit FROM pg_statio_user_tables WHERE relname = 'workflow_cursor'")
query -o /dev/null -c "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
wait $holder || true
expect 'old versions' t "$(query -c "SELECT n_dead_tup >= 3000 FROM pg_stat_user_tables WHERE relname = 'workflow_cursor'")"
# Walking through them took 178,000, by an index, and so it does when the whole table is read.
[ "$blocks" -lt 60000 ] || { echo "3,000 steps read $blocks blocks of the cursor"; exit 1; }
