# What a source may send in a second, with the library preloaded: one bucket for all database sessions, one for each source of
# each database, counted and not told. Without it each session has its own.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

# track DATABASE SOURCE [EVENTS]: in a session of its own; gives how many events were taken, or the SQLSTATE. A thousand at
# once at one a second hold up what follows for a thousand seconds, however slow this machine is.
track() {
  query -v VERBOSITY=sqlstate -d "$1" -c "SELECT jsonb_array_length(tracardi.track(jsonb_build_object('source', '{\"id\": \"$2\"}'::jsonb, 'events',
    (SELECT jsonb_agg('{\"type\": \"a\"}'::jsonb) FROM generate_series(1, ${3:-1})))) -> 'events')" 2>&1 | sed 's/^ERROR:  //'
}

prepare() {
  query -d "$1" >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(), tracardi.create_source('slow', rate_limit => 1), tracardi.create_source('slow too', rate_limit => 1),
       tracardi.create_source('few', event_limit => 1), tracardi.create_source('free');
UPDATE tracardi.system_event SET enabled = true WHERE type = 'source-refused';
SQL
}

cluster_start "$server" "shared_preload_libraries = 'tracardi'"
cluster_env "$server"
query -d postgres -c 'CREATE DATABASE other'
prepare postgres
prepare other
expect 'the first session' 1000 "$(track postgres slow 1000)"
expect 'the second one' 53400 "$(track postgres slow)"
expect 'a source of its own' 1000 "$(track postgres 'slow too' 1000)"
expect 'no limit' 1000 "$(track postgres free 1000)"
expect 'the same name in another database' 1 "$(track other slow)"
expect 'too many events' 54000 "$(track postgres few 2)"
expect 'the other one, too' 53400 "$(track postgres 'slow too')"
expect 'refused calls are counted' 'few|0|1
free|1|0
slow|1|1
slow too|1|1' "$(query -d postgres -c "SELECT id, calls, refused FROM tracardi.source_status WHERE id <> 'sql' ORDER BY id")"
expect 'and in all' 3 "$(query -d postgres -c 'SELECT refused FROM tracardi.ingest_status')"
query -d postgres -c 'CALL tracardi.maintain()'
expect 'no event tells of them' 0 "$(query -d postgres -c "SELECT count(*) FROM tracardi.event WHERE type = 'source-refused'")"
# The model: for other reasons one does.
expect 'a source that is not there' 28000 "$(track postgres nobody)"
query -d postgres -c 'CALL tracardi.maintain()'
expect 'which an event tells' 1 "$(query -d postgres -c "SELECT count(*) FROM tracardi.event WHERE type = 'source-refused'")"

# After a crash everything begins anew, and works.
cluster_stop "$server" KILL
cluster_start "$server" "shared_preload_libraries = 'tracardi'"
cluster_env "$server"
expect 'after a crash' 1000 "$(track postgres slow 1000)"
expect 'and then' 53400 "$(track postgres slow)"

# Not preloaded: each session by itself.
cluster_stop "$server"
cluster_start "$server"
cluster_env "$server"
expect 'a session' 1000 "$(track postgres slow 1000)"
expect 'another one' 1000 "$(track postgres slow 1000)"
expect 'twice in one' '1000
53400' "$(query -v VERBOSITY=sqlstate -v ON_ERROR_STOP=0 2>&1 <<'SQL' | sed 's/^ERROR:  //'
SELECT jsonb_array_length(tracardi.track(jsonb_build_object('source', '{"id": "slow"}'::jsonb, 'events', (SELECT jsonb_agg('{"type": "a"}'::jsonb) FROM generate_series(1, 1000)))) -> 'events');
SELECT tracardi.track('a', '{}', 'slow');
SQL
)"
