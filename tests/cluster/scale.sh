# What is asked again and again costs no more when much is stored: the views of status, the worker each time that an event wakes it, and what
# keeps rejected events within their limits. By how many rows were read, of many.
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
ANALYZE;
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
