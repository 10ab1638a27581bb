# A connection that tracks all the time, and keeps its plans, while another one alters, removes and remakes what they use:
# its next call works, or says that tracardi is not set up.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

cluster_start "$server"
cluster_env "$server"
query 2>/dev/null <<'SQL'
CREATE ROLE first NOLOGIN;
CREATE ROLE second NOLOGIN;
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'first');
SQL

# The connection under test: ask STATEMENT gives the rows and errors of it.
coproc TRACKER { exec "$PG_BINDIR/psql" -XAtq -d postgres -v VERBOSITY=sqlstate 2>&1; }
ask() {
  local line all=
  echo "$1; \\echo done" >&"${TRACKER[1]}"
  while read -r -t 60 line <&"${TRACKER[0]}"; do
    [ "$line" != done ] || { echo "${all# }"; return; }
    all+=" $line"
  done
  echo "no answer after: $all"
}

# Calls that use every plan: of a known session, of a new visitor with an event id, of many events, an ephemeral one, and
# one that is rejected.
n=0
works() {
  n=$((n + 1))
  expect "$1: known session" 1 "$(ask "SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'x', session_id => 'v') -> 'events')")"
  expect "$1: new visitor" '["k'$n'"] []' "$(ask "SELECT concat_ws(' ', r -> 'events', r -> 'warnings') FROM tracardi.track('b', '{}', profile_id => 'p$n', session_id => 's$n', event_id => 'k$n') r")"
  expect "$1: the same event" 1 "$(ask "SELECT jsonb_array_length(tracardi.track('b', '{}', profile_id => 'p$n', event_id => 'k$n') -> 'warnings')")"
  expect "$1: many, one of them bad" '3 1' "$(ask "SELECT concat_ws(' ', jsonb_array_length(r -> 'events'), jsonb_array_length(r -> 'errors'))
    FROM tracardi.track('{\"source\": {\"id\": \"sql\"}, \"profile\": {\"id\": \"x\"}, \"events\": [{\"type\": \"c\"}, {\"type\": 7}, {\"type\": \"d\"}]}') r")"
  expect "$1: sign-in" 1 "$(ask "SELECT jsonb_array_length(tracardi.track('sign-in', '{\"email\": \"x$n@example.com\"}', profile_id => 'p$n') -> 'events')")"
  expect "$1: sign-in of another, who is the same" 't []' "$(ask "SELECT concat_ws(' ', r #>> '{profile,id}' = 'p$n', r -> 'errors') FROM tracardi.track('sign-in', '{\"email\": \"x$n@example.com\"}', profile_id => 'q$n', session_id => 't$n') r")"
  expect "$1: consent" t "$(ask "SELECT tracardi.consent('x', '{\"a$n\": true}') ? 'a$n'")"
  expect "$1: forgotten" '1 1' "$(ask "SELECT concat_ws(' ', jsonb_array_length(tracardi.track('a', '{}', profile_id => 'f$n') -> 'events'), tracardi.forget('f$n') -> 'profiles')")"
  expect "$1: ephemeral" 1 "$(ask "SELECT jsonb_array_length(tracardi.track('e', '{}', profile_id => 'x', options => '{\"saveEvent\": false}') -> 'events')")"
}
stored() { query -c "SELECT $1 FROM tracardi.event WHERE external_id = 'k$n'"; }

point="SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}')"
query -c "$point" >/dev/null
works 'at first'

query -c "ALTER TABLE tracardi.event ADD COLUMN tenant text NOT NULL DEFAULT 'acme'" -c 'ALTER TABLE tracardi.profile ADD COLUMN score int DEFAULT 7'
works 'a column was added'
expect 'a column was added: its default' acme "$(stored tenant)"
query -c 'ALTER TABLE tracardi.event DROP COLUMN tenant' -c 'ALTER TABLE tracardi.event ADD COLUMN place text GENERATED ALWAYS AS (type || kind) STORED'
works 'a column was dropped, a generated one added'
expect 'a generated column' bprofile "$(stored place)"

query >/dev/null <<'SQL'
CREATE TABLE audit (by name, path text);
GRANT INSERT ON audit TO PUBLIC;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO audit VALUES (current_user, current_setting('search_path')); RETURN NULL; END $$;
CREATE TRIGGER audit AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'b') EXECUTE FUNCTION audit();
SQL
works 'a trigger was added'
expect 'whose rights it has' 'first|"$user", public, pg_temp' "$(query -c 'SELECT * FROM audit' -c 'TRUNCATE audit')"
query -c "SET search_path = public, pg_catalog; SELECT tracardi.setup(owner => 'second')" >/dev/null
works 'the data tables have another owner, and another path'
expect 'whose rights it has then' 'second|public, pg_catalog, pg_temp' "$(query -c 'SELECT * FROM audit' -c 'TRUNCATE audit')"
query -c 'DROP TRIGGER audit ON tracardi.event'

query -c 'CREATE INDEX ON tracardi.event (source_id)' -c 'VACUUM FULL tracardi.session' -c 'CLUSTER tracardi.profile USING profile_pkey' \
  -c 'REINDEX TABLE tracardi.event_key' -c 'ANALYZE'
works 'tables were rewritten'
month="tracardi.event_$(query -c "SELECT to_char(now(), 'YYYY_MM')")"
query -c "ALTER TABLE tracardi.event DETACH PARTITION $month" -c "DROP TABLE $month" -c 'SELECT tracardi.setup()' >/dev/null
works 'the partition of this month was dropped and made again'
query -c 'ALTER TABLE tracardi.event_source ADD COLUMN colour text' -c "ALTER TABLE tracardi.event_source ALTER COLUMN name SET DEFAULT 'a source'"
works 'a configuration table was altered'

# Within a transaction of the tracker's own.
expect 'its own transaction' '1 1 1' "$(ask "BEGIN; SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'x') -> 'events');
  ALTER TABLE tracardi.event ADD COLUMN gone int DEFAULT 1; SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'x') -> 'events');
  ROLLBACK; SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'x') -> 'events')")"
works 'a column was added and rolled back'

# What is not there is named, in a clean error, and comes back with setup().
track="SELECT jsonb_array_length(tracardi.track('a', '{}', profile_id => 'x', session_id => 'v', event_id => 'k') -> 'events')"
for table in session profile profile_alias merge_key merge_salt event_key event_rejected workflow_failure ephemeral_event event; do
  query -c 'SET client_min_messages = warning' -c "DROP TABLE tracardi.$table CASCADE"
  expect "no table $table" 'ERROR:  55000' "$(ask "$track")"
  query -c 'SELECT tracardi.setup()' >/dev/null
  # Without the exactly-once memory, what was stored before is known by its id and time only.
  works "table $table was dropped and made again"
done
query -c 'DROP TABLE tracardi.instance'
expect 'no table instance' 'ERROR:  55000' "$(ask "$track")"
query -c 'SET search_path = public; SELECT tracardi.setup()' >/dev/null
works 'table instance was dropped and made again'
query -c 'TRUNCATE tracardi.instance'
expect 'an empty table instance' 'ERROR:  55000' "$(ask "$track")"
query -c 'SET search_path = public; SELECT tracardi.setup()' >/dev/null
works 'table instance was filled again'

# The extension goes and comes back.
ask "PREPARE kept AS $track; EXECUTE kept" >/dev/null
query -c 'SET client_min_messages = error' -c 'DROP EXTENSION tracardi CASCADE'
expect 'no extension' 'ERROR:  42883' "$(ask "$track")"
query -c 'CREATE EXTENSION tracardi'
expect 'not set up' 'ERROR:  55000' "$(ask "$track")"
query -c 'SET search_path = public; SELECT tracardi.setup()' -c "$point" >/dev/null
works 'the extension was made again'
expect 'a prepared statement' 1 "$(ask 'EXECUTE kept')"
query -c 'BEGIN' -c 'SET LOCAL client_min_messages = error' -c 'DROP EXTENSION tracardi CASCADE' -c 'CREATE EXTENSION tracardi' \
  -c 'SELECT tracardi.setup()' -c "$point" -c 'COMMIT' >/dev/null
works 'the extension was made again at once'
expect 'a prepared statement' 1 "$(ask 'EXECUTE kept')"

# Everything.
query -c 'SET client_min_messages = error' -c 'DROP EXTENSION tracardi CASCADE' -c 'DROP SCHEMA tracardi CASCADE' \
  -c 'CREATE EXTENSION tracardi' -c 'SELECT tracardi.setup()' -c "$point" >/dev/null
works 'all was made again'
