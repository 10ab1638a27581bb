# The views of status with counters: what they show is what happened; and the queries of docs/examples/prometheus.yml run, as an
# analyst, and give a column for each metric that they name.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

cluster_start "$server" "shared_preload_libraries = 'tracardi'"
cluster_env "$server"
expect 'no database is named: no process' 0 "$(query -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'tracardi%'")"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(), tracardi.create_source('web'), tracardi.create_source('gone', enabled => false);
CREATE ROLE exporter LOGIN;
SELECT tracardi.grant_analyst('exporter');
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.properties ? 'fail' THEN RAISE EXCEPTION 'no'; END IF;
  PERFORM pg_sleep(0.01);
  RETURN NULL;
END $$;
SELECT tracardi.create_workflow('slow', 'slow', event_type => 'slow');
SELECT tracardi.create_event_type('priced', schema => '{"required": ["price"]}');
SQL
web() { query -c "SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"s\"}, \"events\": [$1]}') IS NOT NULL" >/dev/null; }
web '{"type": "a", "id": "one"}, {"type": 7}, {"type": "priced"}, {"type": "e", "options": {"saveEvent": false}}'
web '{"type": "a", "id": "one"}'
query -c "SELECT tracardi.track('plain', '{}')" >/dev/null
query -c BEGIN -c "SELECT tracardi.track('undone', '{}')" -c ROLLBACK >/dev/null
query -c BEGIN -c 'SAVEPOINT a' -c "SELECT tracardi.track('undone', '{}')" -c 'ROLLBACK TO a' -c "SELECT tracardi.track('done', '{}')" -c COMMIT >/dev/null
! query -c BEGIN -c "SELECT tracardi.track('undone', '{}', source_id => 'web')" -c 'SELECT 1/0' >/dev/null 2>&1
! query -c "SELECT tracardi.track('a', '{}', source_id => 'gone')" >/dev/null 2>&1
for _ in 1 2 3; do query -c "SELECT tracardi.track('slow', '{}')" >/dev/null; done
query -c "SELECT tracardi.track('slow', '{\"fail\": 1}')" >/dev/null
# calls, profile, profileless, ephemeral, system (profile, session, visit, the failure, and two GRANTs), invalid, rejected, duplicate, refused, failed
expect 'ingest' '8|2|6|1|6|1|1|1|1|1|f' "$(query -c 'SELECT calls, profile, profileless, ephemeral, system, invalid, rejected, duplicate, refused, failed, worker FROM tracardi.ingest_status')"
expect 'sources' 'gone|0|0|1|0
sql|6|0|0|0
web|2|1|0|1' "$(query -c 'SELECT id, calls, rejected, refused, failed FROM tracardi.source_status')"
expect 'workflows' '4|1|t|t|1|0' "$(query -c "SELECT runs, failures, p50 >= '10 ms', p50 <= p99, recorded_failures, lag_events FROM tracardi.workflow_status WHERE name = 'slow'")"
expect 'of tables' '14|t|t|1|1|1' "$(query -c "SELECT partitions, event_bytes > 0, partitions_end > now() + interval '11 months', open_sessions, kept_rejected, workflow_failures FROM tracardi.ingest_status")"

# What waits for an asynchronous workflow, until maintain() runs it.
query -c "SELECT tracardi.create_workflow('later', 'slow', event_type => 'later', mode => 'async')" >/dev/null
lag="SELECT lag_events, lag > '0', (SELECT oldest_unprocessed IS NOT NULL FROM tracardi.ingest_status) FROM tracardi.workflow_status WHERE name = 'later'"
expect 'nothing waits' '0|f|f' "$(query -c "$lag")"
for _ in 1 2 3; do query -c "SELECT tracardi.track('later', '{}'), tracardi.track('other', '{}')" >/dev/null; done
expect 'three wait' '3|t|t' "$(query -c "$lag")"
query -c 'CALL tracardi.maintain()'
expect 'none waits' '0|f|f' "$(query -c "$lag")"
expect 'and it ran' '3|0|t|t' "$(query -c "SELECT runs, failures, p50 >= '10 ms', p50 <= p99 FROM tracardi.workflow_status WHERE name = 'later'")"
query -c "SELECT tracardi.track('later', '{\"fail\": 1}')" >/dev/null
query -c 'CALL tracardi.maintain()'
expect 'and failed' '1|1' "$(query -c "SELECT failures, recorded_failures FROM tracardi.workflow_status WHERE name = 'later'")"

# One run of twenty takes long: that is the time of 99 of 100, and of half of them it is not.
query >/dev/null <<'SQL'
CREATE FUNCTION mostly_quick() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep(0.5) WHERE NEW.properties ->> 'n' = '20';
  RETURN NULL;
END $$;
SELECT tracardi.create_workflow('mostly-quick', 'mostly_quick', event_type => 'mostly-quick');
SELECT tracardi.track('mostly-quick', jsonb_build_object('n', n)) FROM generate_series(1, 20) n;
SQL
expect 'the slowest of twenty' '20|t|t' "$(query -c "SELECT runs, p99 >= '500 ms', p50 < p99 FROM tracardi.workflow_status WHERE name = 'mostly-quick'")"

# Reports of what failed wait for maintain() where there is no worker: for that of their own database.
query -c 'CALL tracardi.maintain()'
expect 'track-failed by maintain()' '22012|web' "$(query -c "SELECT properties ->> 'code', source_id FROM tracardi.event WHERE type = 'track-failed'")"
query -c 'CREATE DATABASE other'
query -d other -c 'CREATE EXTENSION tracardi' -c 'SELECT tracardi.setup()' >/dev/null 2>&1
! query -c BEGIN -c "SELECT tracardi.track('undone', '{}')" -c "SELECT 'x'::int" >/dev/null 2>&1
query -d other -c 'CALL tracardi.maintain()'
for _ in $(seq 100); do
  query -c 'CALL tracardi.maintain()'
  [ -z "$(query -c "SELECT 1 FROM tracardi.event WHERE type = 'track-failed' AND source_id = 'sql'")" ] || break
  sleep 0.1
done
expect 'in its own database' 22P02 "$(query -c "SELECT properties ->> 'code' FROM tracardi.event WHERE type = 'track-failed' AND source_id = 'sql'")"
expect 'and in no other' 0 "$(query -d other -c "SELECT count(*) FROM tracardi.event WHERE type = 'track-failed'")"

# The queries, each with the names of its metrics.
python3 - "$TRACARDI_ROOT/docs/examples/prometheus.yml" "$WORKDIR" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
blocks = re.findall(r'^(\w+):\n  query: \|\n((?:    .*\n)+)  metrics:\n((?:    - .*\n?)+)', text, re.M)
assert len(blocks) == len(re.findall(r'^\w+:', text, re.M)) > 0
for name, query, metrics in blocks:
    open(f'{sys.argv[2]}/{name}.sql', 'w').write(query)
    open(f'{sys.argv[2]}/{name}.metrics', 'w').write('|'.join(re.findall(r'^    - (\w+):', metrics, re.M)) + '\n')
PYTHON
for metrics in "$WORKDIR"/*.metrics; do
  name=$(basename "$metrics" .metrics)
  "$PG_BINDIR/psql" -XA -q -v ON_ERROR_STOP=1 -U exporter -d postgres -f "$WORKDIR/$name.sql" >"$WORKDIR/$name.out"
  expect "$name: columns" "$(cat "$metrics")" "$(head -n 1 "$WORKDIR/$name.out")"
  [ "$(wc -l <"$WORKDIR/$name.out")" -gt 2 ] || { echo "$name gives nothing"; cat "$WORKDIR/$name.out"; exit 1; }
done
