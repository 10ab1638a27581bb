# A set-up database with data survives pg_dump and restore: plain, by parallel jobs, the schema alone and the data afterwards, a copy of a copy,
# by its owner who is no superuser; and goes on as a copy of its own. And its data survive DROP EXTENSION CASCADE.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server
tables='event event_key profile profile_alias merge_key merge_salt session event_rejected workflow_failure instance workflow_cursor workflow_tick workflow_replay subscription'
configuration='event_source event_type event_schema event_mapping profile_field system_event workflow identification_point'

query() { "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 "$@"; }

same() {
  diff "$WORKDIR/$2" "$WORKDIR/$3" >"$WORKDIR/diff" || { echo "$1"; head -n 40 "$WORKDIR/diff"; exit 1; }
}

# rows DATABASE TABLE…: every row, byte for byte.
rows() {
  local database=$1 table
  shift
  for table; do
    echo "$table"
    query -d "$database" -c "COPY (SELECT t.* FROM tracardi.$table t ORDER BY t::text COLLATE \"C\") TO STDOUT"
  done
}

# The dump as text, without the keys that differ from dump to dump, and the names that PostgreSQL gives to NOT NULL.
text() { "$PG_BINDIR/pg_dump" -d "$@" | sed -E '/^\\(un)?restrict /d; s/CONSTRAINT [a-z_]+_not_null[0-9]* //'; }

fill() { query -d "$1" -v owner="$2" -f "$TRACARDI_ROOT/tests/lib/filled.sql"; }

track() { query -d "$1" -c "SELECT tracardi.track('purchase', '{}', profile_id => '$2', event_id => '$3') -> 'warnings' -> 0 ->> 'message'"; }

# goes_on NAME DATABASE: a restored copy works, remembers, and becomes an instance of its own.
goes_on() {
  local before=$(query -d "$2" -c 'SELECT count(*) FROM tracardi.event')
  local instance='SELECT database = (SELECT oid FROM pg_database WHERE datname = current_database()) FROM tracardi.instance'
  expect "$1: the copy's instance" f "$(query -d "$2" -c "$instance")"
  expect "$1: an ephemeral event" 1 "$(query -d "$2" -c "SELECT jsonb_array_length(tracardi.track('mouse-move', '{}') -> 'events')")"
  expect "$1: a workflow's answer" '{"Answer \"all\"": "dump_reader"}' "$(query -d "$2" -c "SELECT tracardi.track('mouse-move', '{}') -> 'response'")"
  expect "$1: the copy's instance after an ephemeral event" f "$(query -d "$2" -c "$instance")"
  expect "$1: an event that was sent before" 'event was stored before; it is stored once' "$(track "$2" customer-42 order-1)"
  expect "$1: the copy's instance after track()" t "$(query -d "$2" -c "$instance")"
  expect "$1: the same instance's owner" "$4" "$(query -d "$2" -c "SELECT relowner::regrole FROM pg_class WHERE oid = 'tracardi.instance'::regclass")"
  expect "$1: nothing stored twice" "$before" "$(query -d "$2" -c 'SELECT count(*) FROM tracardi.event')"
  expect "$1: a new event" '' "$(track "$2" old-42 order-new)"
  expect "$1: its profile, tenant and trigger" "customer-42|acme|$4" "$(query -d "$2" -c "
    SELECT p.external_id, e.tenant, a.by FROM tracardi.event e JOIN tracardi.profile p ON p.id = e.profile_id
    JOIN audit a ON a.event = e.id WHERE e.external_id = 'order-new'")"
  # The salt came along: a value that was known is known, and brings a third device to the same person.
  expect "$1: a value that was known" 't|t' "$(query -d "$2" -c "
    SELECT a #>> '{profile,id}' = (SELECT profile_id::text FROM tracardi.session WHERE external_id = 'phone'), EXISTS (SELECT FROM tracardi.person_event WHERE person_id::text = a #>> '{profile,id}')
    FROM tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"tablet\"}, \"events\": [{\"type\": \"sign-in\", \"properties\": {\"email\": {\"main\": \"ANN@example.com\"}}}]}') a")"
  expect "$1: an event that fails a schema" '{"tags": [], "valid": false, "errors": {"schema": [{"path": "$.properties", "schema": "no jokes", "message": "value meets the schema in \"not\""}]}, "context": {}, "rejected": true, "properties": {"joke": "haha"}, "journey_state": null}' \
    "$(query -d "$2" -c "SELECT tracardi.check_event('purchase', '{\"joke\": \"haha\"}')")"
  expect "$1: an event of a type" '13.45|purchase|{"price": 13.45}|{sale,"a, b"}' "$(query -d "$2" -c "
    SELECT price, journey_state, context, tags FROM purchase WHERE price IS NOT NULL ORDER BY time LIMIT 1")"
  expect "$1: a disabled source" 28000 "$(query -d "$2" -v VERBOSITY=sqlstate -c "SELECT tracardi.track('a', '{}', source_id => 'gone')" 2>&1 | sed 's/ERROR: *//')"
  expect "$1: the reader's rights" t "$(query -d "$2" -c "
    SELECT has_table_privilege('dump_reader', 'tracardi.event', 'SELECT WITH GRANT OPTION')
      AND has_function_privilege('dump_reader', 'tracardi.track(jsonb)', 'EXECUTE')")"
  query -d "$2" -c 'SET search_path = public; SELECT tracardi.setup(); CALL tracardi.maintain()'
  # maintain() removes the purchase of 2020: its type's retention is a year.
  expect "$1: data after setup() and maintain()" $((before + 2)) "$(query -d "$2" -c 'SELECT count(*) FROM tracardi.event')"
  query -d "$2" -c "SELECT tracardi.track('purchase', '{\"price\": 5}', profile_id => 'buyer')"
  expect "$1: a segment" '{buyers}|1' "$(query -d "$2" -c "
    SELECT segments, (SELECT count(*) FROM tracardi.event e WHERE e.profile_id = p.id AND e.type = 'segment-entered')
    FROM tracardi.profile p WHERE external_id = 'buyer'")"
}

cluster_start "$server"
cluster_env "$server"
query -d postgres -c 'CREATE ROLE dump_reader NOLOGIN' -c 'CREATE ROLE dump_owner NOLOGIN'

for owner in postgres dump_owner; do
  for database in original plain jobs again; do
    query -d postgres -c "CREATE DATABASE $database TEMPLATE template0"
  done
  fill original $owner >/dev/null 2>"$WORKDIR/fill.log" || { cat "$WORKDIR/fill.log"; exit 1; }
  expect 'events of several partitions' t "$(query -d original -c 'SELECT count(DISTINCT tableoid) >= 4 FROM tracardi.event')"
  rows original $tables $configuration >"$WORKDIR/original.rows"
  text original >"$WORKDIR/original.sql"

  "$PG_BINDIR/pg_dump" -d original >"$WORKDIR/dump.sql"
  "$PG_BINDIR/psql" -X -1 -v ON_ERROR_STOP=1 -d plain <"$WORKDIR/dump.sql" >/dev/null
  rows plain $tables $configuration >"$WORKDIR/plain.rows"
  same "plain dump, $owner: rows" original.rows plain.rows
  text plain >"$WORKDIR/plain.sql"
  same "plain dump, $owner: the dump of the restored database" original.sql plain.sql

  "$PG_BINDIR/pg_dump" -Fc -d original -f "$WORKDIR/dump.custom"
  "$PG_BINDIR/pg_restore" -e -j 2 -d jobs "$WORKDIR/dump.custom"
  rows jobs $tables $configuration >"$WORKDIR/jobs.rows"
  same "parallel restore, $owner: rows" original.rows jobs.rows

  # By a directory of parallel dumps.
  "$PG_BINDIR/pg_dump" -Fd -j 2 -d original -f "$WORKDIR/dump.d"
  "$PG_BINDIR/pg_restore" -e -j 2 -d again "$WORKDIR/dump.d"
  rows again $tables $configuration >"$WORKDIR/again.rows"
  same "parallel dump, $owner: rows" original.rows again.rows

  # The schema alone: an empty database that works as it is, and that a configuration comes into, or the data.
  "$PG_BINDIR/pg_dump" -s -d original >"$WORKDIR/schema.sql"
  for database in empty filled_later; do
    query -d postgres -c "CREATE DATABASE $database TEMPLATE template0"
    "$PG_BINDIR/psql" -X -1 -v ON_ERROR_STOP=1 -d $database <"$WORKDIR/schema.sql" >/dev/null
  done
  text original -s >"$WORKDIR/original.schema.sql"
  text empty -s >"$WORKDIR/empty.schema.sql"
  same "schema alone, $owner" original.schema.sql empty.schema.sql
  expect "schema alone, $owner: rows" '0|0' "$(query -d empty -c 'SELECT (SELECT count(*) FROM tracardi.event), (SELECT count(*) FROM tracardi.instance)')"
  query -d empty -c 'SET search_path = public; SELECT tracardi.setup()'
  query -d original -c 'SELECT tracardi.export_configuration()' >"$WORKDIR/configuration.json"
  query -d empty -o /dev/null -v configuration="$(<"$WORKDIR/configuration.json")" <<<"SELECT tracardi.import_configuration(:'configuration')"
  query -d empty -c 'SELECT tracardi.export_configuration()' >"$WORKDIR/empty.json"
  same "schema alone, $owner: configuration" configuration.json empty.json
  expect "schema alone, $owner: a workflow's answer" '{"Answer \"all\"": "dump_reader"}' "$(query -d empty -c "SELECT tracardi.track('mouse-move', '{}') -> 'response'")"
  expect "schema alone, $owner: an event" '' "$(track empty customer-42 order-1)"
  # ENABLE TRIGGER ALL, with which the data end, says more than it should: nobody's events are taken for replicated ones, and setup() mends it.
  "$PG_BINDIR/pg_dump" -a --disable-triggers -d original >"$WORKDIR/data.sql"
  "$PG_BINDIR/psql" -X -1 -v ON_ERROR_STOP=1 -d filled_later <"$WORKDIR/data.sql" >/dev/null
  rows filled_later $tables $configuration >"$WORKDIR/filled_later.rows"
  same "schema, then data, $owner: rows" original.rows filled_later.rows
  expect "schema, then data, $owner: an event is of its transaction" t "$(query -d filled_later -c BEGIN \
    -c "SELECT tracardi.track('purchase', '{}', profile_id => 'x', event_id => 'own-1')" -c "SELECT xact <> '0' FROM tracardi.event WHERE external_id = 'own-1'" -c ROLLBACK | tail -n 1)"
  query -d filled_later -c 'SET search_path = public; SELECT tracardi.setup()'
  text filled_later -s >"$WORKDIR/filled_later.schema.sql"
  same "schema, then data, $owner: after setup()" original.schema.sql filled_later.schema.sql

  # A copy of a copy, by way of one that has gone on.
  for database in plain jobs; do goes_on "$database, $owner" $database - $owner; done
  rows jobs $tables $configuration >"$WORKDIR/jobs.rows"
  "$PG_BINDIR/pg_dump" -Fc -d jobs -f "$WORKDIR/dump.custom"
  query -d postgres -c 'CREATE DATABASE second TEMPLATE template0'
  "$PG_BINDIR/pg_restore" -e -1 -d second "$WORKDIR/dump.custom"
  rows second $tables $configuration >"$WORKDIR/second.rows"
  same "restored twice, $owner: rows" jobs.rows second.rows
  expect "restored twice, $owner: an event that was sent before" 'event was stored before; it is stored once' "$(track second customer-42 order-1)"
  expect "restored twice, $owner: one that was sent to the first copy" 'event was stored before; it is stored once' "$(track second old-42 order-new)"
  expect "restored twice, $owner: an instance of its own" t "$(query -d second -c "SELECT database = (SELECT oid FROM pg_database WHERE datname = 'second') FROM tracardi.instance")"
  for database in empty filled_later second; do query -d postgres -c "DROP DATABASE $database"; done

  # Data tables belong to the user: the extension can go and come back.
  # The view, which goes, too, would be in the way: pg_dump's order follows what it depends on.
  query -d original -c 'DROP VIEW purchase'
  # So do the two triggers that keep segments, until setup().
  definitions() { text original -s "${definitions[@]}" | grep -vE '^(--.*)?$|(_segments|tell_fields)"?( |;)'; }
  definitions=()
  for table in $tables; do definitions+=(-t "tracardi.$table"); done
  definitions+=(-t tracardi.person_event -t 'tracardi.event_*' -T tracardi.event_source -T tracardi.event_type -T tracardi.event_schema -T tracardi.event_mapping -T tracardi.workflow)
  definitions >"$WORKDIR/before.definitions"
  rows original $tables >"$WORKDIR/before.rows"
  query -d original -c 'SET client_min_messages = warning; DROP EXTENSION tracardi CASCADE'
  rows original $tables >"$WORKDIR/without.rows"
  same "dropped, $owner: rows" before.rows without.rows
  definitions >"$WORKDIR/without.definitions"
  same "dropped, $owner: definitions" before.definitions without.definitions
  query -d original -c 'SET search_path = public; CREATE EXTENSION tracardi; SELECT tracardi.setup()' >/dev/null 2>&1
  rows original $tables >"$WORKDIR/after.rows"
  same "back again, $owner: rows" before.rows after.rows
  definitions >"$WORKDIR/after.definitions"
  same "back again, $owner: definitions" before.definitions after.definitions
  expect 'back again: an event that was sent before' 'event was stored before; it is stored once' "$(track original customer-42 order-2)"
  expect 'back again: a new event' '' "$(track original customer-42 order-new)"
  expect 'back again: its trigger' $owner "$(query -d original -c "
    SELECT a.by FROM tracardi.event e JOIN audit a ON a.event = e.id WHERE e.external_id = 'order-new'")"

  for database in original plain jobs again; do query -d postgres -c "DROP DATABASE $database"; done
  rm -rf "$WORKDIR"/*.rows "$WORKDIR"/*.sql "$WORKDIR"/dump.*
done

# Workflows whose functions are lost, or have another owner since, and that were not called in the meantime: the dump restores
# nevertheless, and they come in broken.
query -d postgres -c 'CREATE DATABASE original TEMPLATE template0' -c 'CREATE DATABASE plain TEMPLATE template0'
query -d original >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'dump_owner');
CREATE FUNCTION lost() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION there() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SELECT tracardi.create_workflow(name, name::regproc) FROM unnest('{lost,moved,there}'::text[]) name;
DROP FUNCTION lost();
ALTER FUNCTION moved() OWNER TO dump_owner;
SQL
expect 'before' 'lost ready postgres, moved ready postgres, there ready postgres' \
  "$(query -d original -c "SELECT string_agg(concat_ws(' ', name, status, owner), ', ' ORDER BY name) FROM tracardi.workflow")"
"$PG_BINDIR/pg_dump" -d original >"$WORKDIR/dump.sql"
"$PG_BINDIR/psql" -X -1 -v ON_ERROR_STOP=1 -d plain <"$WORKDIR/dump.sql" >/dev/null
expect 'restored' 'lost broken postgres, moved broken postgres, there ready postgres' \
  "$(query -d plain -c "SELECT string_agg(concat_ws(' ', name, status, owner), ', ' ORDER BY name) FROM tracardi.workflow")"

# By somebody who is no superuser: the owner of the database and of the data tables, with grant_admin. A superuser makes the extension in the new
# database, and lends rights, by a role of their own, until all is restored; the grants of others, which are not the owner's to give, are given anew.
query -d postgres -c 'DROP DATABASE original' -c 'DROP DATABASE plain' -c 'CREATE ROLE shop_owner LOGIN' -c 'GRANT dump_reader TO shop_owner' \
  -c 'CREATE DATABASE original OWNER shop_owner TEMPLATE template0' -c 'CREATE DATABASE plain OWNER shop_owner TEMPLATE template0' \
  -c 'CREATE DATABASE jobs OWNER shop_owner TEMPLATE template0'
fill original shop_owner >/dev/null 2>"$WORKDIR/fill.log" || { cat "$WORKDIR/fill.log"; exit 1; }
query -d original -c 'ALTER TABLE audit OWNER TO shop_owner' -c 'ALTER FUNCTION audit() OWNER TO shop_owner' -c 'ALTER VIEW purchase OWNER TO shop_owner' \
  -c 'GRANT CREATE ON SCHEMA public TO dump_reader' -c "SELECT tracardi.grant_admin('shop_owner')"
"$PG_BINDIR/pg_dump" -U shop_owner -d original >"$WORKDIR/dump.sql"
"$PG_BINDIR/pg_dump" -U shop_owner -Fc -d original -f "$WORKDIR/dump.custom"
# A superuser may restore it as ever.
"$PG_BINDIR/psql" -X -1 -v ON_ERROR_STOP=1 -d jobs <"$WORKDIR/dump.sql" >/dev/null
text original >"$WORKDIR/original.sql"
text jobs >"$WORKDIR/jobs.sql"
same 'dump of the owner: restored by a superuser' original.sql jobs.sql
goes_on 'dump of the owner' jobs - shop_owner

query -d plain -c 'CREATE EXTENSION tracardi' -c 'CREATE ROLE restores; GRANT restores TO shop_owner' \
  -c 'GRANT ALL ON SCHEMA tracardi TO restores; GRANT ALL ON ALL TABLES IN SCHEMA tracardi TO restores; GRANT ALL ON ALL FUNCTIONS IN SCHEMA tracardi TO restores'
query -d plain -U shop_owner -c 'GRANT CREATE ON SCHEMA public TO dump_reader'
"$PG_BINDIR/pg_restore" -l "$WORKDIR/dump.custom" | grep -vE ' (SCHEMA|EXTENSION) (- )?tracardi( |$)| ACL ' >"$WORKDIR/list"
"$PG_BINDIR/pg_restore" -U shop_owner -e -1 -L "$WORKDIR/list" -d plain "$WORKDIR/dump.custom"
query -d plain -c 'DROP OWNED BY restores; DROP ROLE restores' \
  -c 'SET search_path = public; SELECT tracardi.setup()' -c "SELECT tracardi.grant_admin('shop_owner'), tracardi.grant_analyst('dump_reader'), tracardi.grant_tracker('dump_reader')" \
  -c 'GRANT SELECT ON tracardi.event TO dump_reader WITH GRANT OPTION' -c 'GRANT INSERT ON audit TO PUBLIC'
# But for whose instance it is, and the order in which rights were granted.
for database in original plain; do text $database | grep -vP '^t\t\d{19}\t' | sort >"$WORKDIR/$database.sql"; done
same 'restored by the owner' original.sql plain.sql
expect 'restored by the owner: an event that was sent before' 'event was stored before; it is stored once' "$(track plain customer-42 order-1)"
expect 'restored by the owner: a new event' '' "$(track plain customer-42 order-new)"
expect 'restored by the owner: its trigger' shop_owner "$(query -d plain -c "SELECT a.by FROM tracardi.event e JOIN audit a ON a.event = e.id WHERE e.external_id = 'order-new'")"
expect "restored by the owner: a workflow's answer" '{"Answer \"all\"": "dump_reader"}' "$(query -d plain -c "SELECT tracardi.track('mouse-move', '{}') -> 'response'")"
