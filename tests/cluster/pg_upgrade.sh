# pg_upgrade to the newest embedded PostgreSQL that tracardi is installed in: every row, definition, right and workflow comes along,
# setup() finds nothing to do but to adopt the new cluster, and what was remembered still is.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"
database=shop

newest=
for bin in "$TRACARDI_ROOT"/target/postgresql/*/bin; do
  major=$(basename "$(dirname "$bin")")
  [ -e "$("$bin/pg_config" --pkglibdir 2>/dev/null)/tracardi.so" ] && [ "$major" -gt "${newest:-$PGMAJOR}" ] && newest=$major
done
if [ -z "$newest" ]; then
  echo "skipped: no PostgreSQL after $PGMAJOR has tracardi installed"
  exit 0
fi

old=$WORKDIR/old new=$WORKDIR/new old_bin=$PG_BINDIR
new_bin=$(cluster_bindir "$TRACARDI_ROOT/target/postgresql/$newest/bin" "$WORKDIR/postgresql")

cluster_start "$old"
cluster_env "$old"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN' -c 'CREATE ROLE reader NOLOGIN'
query >/dev/null <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner');
SELECT tracardi.create_source('web'), tracardi.grant_analyst('reader');
SELECT tracardi.create_event_type('purchase', schema => '{"properties": {"price": {"type": "number"}}}', tags => '{sale}');
SELECT tracardi.create_event_mapping('purchase', 'traits.spent', 'properties.price', '+');
SELECT tracardi.create_event_view('purchase');
SELECT tracardi.create_segment('buyers', '$.traits.spent > 0');
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');
CREATE FUNCTION answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tracardi.respond('{"thanks": true}'); RETURN NULL; END $$;
SELECT tracardi.create_workflow('thanks', 'answer', event_type => 'purchase');
SELECT tracardi.track('purchase', jsonb_build_object('price', n), profile_id => 'customer-' || n % 7, session_id => 'visit-' || n % 9, event_id => 'order-' || n,
  "time" => now() - n * interval '5 days') FROM generate_series(1, 40) n;
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "phone"}, "events": [{"type": "sign-in", "properties": {"email": "ann@example.com"}}, {"type": 7}]}');
SQL
rows() {
  for table in $("$PG_BINDIR/psql" -XAtq -d shop -c "SELECT oid::regclass FROM pg_class
      WHERE relnamespace = 'tracardi'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'instance' ORDER BY 1"); do
    echo "== $table"
    query -c "SELECT t FROM $table t ORDER BY t::text COLLATE \"C\""
  done
}
rows >"$WORKDIR/before"
[ "$(wc -l <"$WORKDIR/before")" -gt 200 ] || { echo 'hardly anything to upgrade'; exit 1; }
sum="SELECT count(*), sum(price) FROM purchase WHERE price > 0"
before=$(query -c "$sum")
cluster_stop "$old"

PG_BINDIR=$new_bin
cluster_start "$new"
cluster_stop "$new"
(
  cd "$(realpath "$WORKDIR")"
  exec "${server_command[@]}" "$new_bin/pg_upgrade" -b "$old_bin" -B "$new_bin" -d "$(realpath "$old")/data" -D "$(realpath "$new")/data" \
    -s "$(realpath "$WORKDIR")" -U postgres
) >"$WORKDIR/pg_upgrade" 2>&1 || { tail -n 40 "$WORKDIR/pg_upgrade"; find "$(realpath "$new")/data/pg_upgrade_output.d" -name '*.log' -exec tail -n 20 {} +; exit 1; }

cluster_start "$new"
cluster_env "$new"
expect 'version' "$newest" "$(query -c "SELECT current_setting('server_version_num')::int / 10000")"
rows >"$WORKDIR/after"
diff "$WORKDIR/before" "$WORKDIR/after" >"$WORKDIR/diff" || { echo 'rows differ'; head -n 20 "$WORKDIR/diff"; exit 1; }
expect 'the typed view' "$before" "$(query -c "$sum")"
adopted='SELECT i.system_identifier = c.system_identifier AND i.database = d.oid FROM tracardi.instance i, pg_control_system() c, pg_database d WHERE datname = current_database()'
expect 'not adopted yet' f "$(query -c "$adopted")"
expect 'an event that was sent before' 'event was stored before; it is stored once' "$(query -c "
  SELECT tracardi.track('purchase', '{\"price\": 1}', profile_id => 'customer-1', event_id => 'order-1') #>> '{warnings,0,message}'")"
expect 'adopted' t "$(query -c "$adopted")"
expect 'a workflow answers' '{"thanks": true}' "$(query -c "SELECT tracardi.track('purchase', '{\"price\": 2}', profile_id => 'new') -> 'response'")"
expect 'mapped, and in its segment' '2|{buyers}' "$(query -c "SELECT traits ->> 'spent', segments FROM tracardi.profile WHERE external_id = 'new'")"
expect 'a value that was known' t "$(query -c "
  SELECT a #>> '{profile,id}' = (SELECT profile_id::text FROM tracardi.session WHERE external_id = 'phone')
  FROM tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"laptop\"}, \"events\": [{\"type\": \"sign-in\", \"properties\": {\"email\": \"ANN@example.com\"}}]}') a")"
expect 'an analyst reads' t "$(query -c 'SET ROLE reader' -c 'SELECT count(*) > 40 FROM tracardi.event')"
expect 'the owner' tracardi_owner "$(query -c "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'tracardi'::regnamespace AND relispartition AND relkind = 'r'")"
# Visits that ended meanwhile are told.
stored="SELECT count(*) FROM tracardi.event WHERE type <> 'visit-ended'"
count=$(query -c "$stored")
query -c 'SELECT tracardi.setup()' -c 'CALL tracardi.maintain()' >/dev/null
expect 'setup() and maintain()' "$count" "$(query -c "$stored")"
