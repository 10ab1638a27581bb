# Nobody can tell tracardi.writer = auto from insert: after each change to the tables below, the same 500 payloads sent both
# ways leave the same tables, trigger logs, SQLSTATEs and logical decoding. And auto writes directly where it says so.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"

server=$WORKDIR/server
files=$TRACARDI_ROOT/tests/cluster/writer

# Each change: its name; how auto writes events after it (direct, sql, or - where it can't be asked); and what is done.
# THIS stands for this month's partition, HISTORY for that of all before, MONTH and MONTH_AFTER for its bounds.
changes() {
  cat <<'END'
nothing                 | direct | SELECT 1
column with a constant  | direct | ALTER TABLE tracardi.event ADD shop text NOT NULL DEFAULT 'north', ADD rank int DEFAULT 1 + 1
column with a function  | direct | ALTER TABLE tracardi.event ADD noise uuid NOT NULL DEFAULT gen_random_uuid(), ADD stored_on date DEFAULT current_date
column that may be null | direct | ALTER TABLE tracardi.event ADD remark text
column that is dropped  | direct | ALTER TABLE tracardi.event ADD gone text DEFAULT 'x'; ALTER TABLE tracardi.event DROP gone, ADD more int DEFAULT 7
default of a user's     | sql    | CREATE FUNCTION public.seven() RETURNS int LANGUAGE sql AS 'SELECT 7'; ALTER TABLE tracardi.event ADD n int DEFAULT public.seven()
default from a sequence | sql    | CREATE SEQUENCE public.s; GRANT USAGE ON SEQUENCE public.s TO events; ALTER TABLE tracardi.event ADD n bigint DEFAULT nextval('public.s')
generated column        | sql    | ALTER TABLE tracardi.event ADD number int GENERATED ALWAYS AS ((properties ->> 'number')::int) STORED
domain that checks      | sql    | CREATE DOMAIN public.small AS int CHECK (VALUE < 10); ALTER TABLE tracardi.event ADD n public.small DEFAULT 3
check that fails        | direct | ALTER TABLE tracardi.event ADD CHECK (type <> 'type-3' OR (properties ->> 'number')::int % 4 <> 0)
check of a user's       | sql    | CREATE FUNCTION public.fine(jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN ($1 ->> ''number'')::int % 7 <> 0 OR $1 = ''{}''; END'; GRANT EXECUTE ON FUNCTION public.fine TO events; ALTER TABLE tracardi.event ADD CHECK (public.fine(properties))
check in one partition  | direct | ALTER TABLE tracardi.THIS ADD CHECK (type <> 'type-1')
not null that fails     | direct | ALTER TABLE tracardi.event ALTER session_id SET NOT NULL
before row trigger      | sql    | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.type = ''type-2'' THEN RETURN NULL; END IF; NEW.properties := NEW.properties || ''{"seen": true}''; RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION public.t()
after row trigger       | sql    | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (NEW.type); RETURN NEW; END'; CREATE TRIGGER t AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION public.t()
statement trigger       | sql    | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log SELECT count(*) FROM stored; RETURN NULL; END'; CREATE TRIGGER t AFTER INSERT ON tracardi.event REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION public.t()
trigger in one partition| sql    | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (TG_TABLE_NAME); RETURN NEW; END'; CREATE TRIGGER t AFTER INSERT ON tracardi.THIS FOR EACH ROW EXECUTE FUNCTION public.t()
forced row security     | sql    | ALTER TABLE tracardi.event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON tracardi.event USING (true) WITH CHECK (type <> 'type-4')
row security            | direct | ALTER TABLE tracardi.event ENABLE ROW LEVEL SECURITY
rule                    | sql    | CREATE RULE r AS ON INSERT TO tracardi.event DO ALSO INSERT INTO public.log VALUES ('rule')
more indexes            | direct | CREATE INDEX ON tracardi.event (source_id, kind) INCLUDE (type); CREATE INDEX ON tracardi.event (external_id) WHERE external_id IS NOT NULL; CREATE INDEX ON tracardi.event USING hash (session_id)
gin and brin            | direct | CREATE INDEX ON tracardi.event USING gin (properties); CREATE INDEX ON tracardi.event USING brin (time)
expression index        | sql    | CREATE INDEX ON tracardi.event ((properties ->> 'number'))
other partial index     | sql    | CREATE INDEX ON tracardi.event (profile_id) WHERE kind = 'profile'
unique index            | direct | CREATE UNIQUE INDEX ON tracardi.event (time, type)
unique in one partition | direct | CREATE UNIQUE INDEX ON tracardi.HISTORY (profile_id, type)
invalid index           | sql    | INSERT INTO tracardi.event (id, type, kind, time) SELECT gen_random_uuid(), 'x', 'profileless', 'MONTH' FROM generate_series(1, 2); CREATE UNIQUE INDEX CONCURRENTLY broken ON tracardi.THIS (type)
foreign key             | sql    | ALTER TABLE tracardi.event ADD FOREIGN KEY (source_id) REFERENCES tracardi.event_source
foreign key to it       | sql    | CREATE TABLE public.about (id uuid, time timestamptz, FOREIGN KEY (id, time) REFERENCES tracardi.event)
new partition           | direct | CREATE TABLE tracardi.event_far PARTITION OF tracardi.event FOR VALUES FROM ('2099-01-01') TO ('2100-01-01')
missing partition       | direct | DROP TABLE tracardi.HISTORY
default partition       | sql    | CREATE TABLE tracardi.event_rest PARTITION OF tracardi.event DEFAULT
another column order    | direct | ALTER TABLE tracardi.event DETACH PARTITION tracardi.THIS; CREATE TABLE tracardi.turned (xact xid8 NOT NULL DEFAULT '1', gone int, errors jsonb NOT NULL, session_id uuid, kind text NOT NULL, properties jsonb NOT NULL, context jsonb NOT NULL, tags text[] NOT NULL, journey_state text, valid boolean NOT NULL, received_at timestamptz NOT NULL, id uuid NOT NULL, profile_id uuid, type text NOT NULL, time timestamptz NOT NULL, source_id text, external_id text); ALTER TABLE tracardi.turned DROP gone; DO $x$ BEGIN EXECUTE (SELECT string_agg(format('ALTER TABLE tracardi.turned ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), ';') FROM pg_constraint WHERE conrelid = 'tracardi.event'::regclass AND contype = 'c'); END $x$; ALTER TABLE tracardi.event ATTACH PARTITION tracardi.turned FOR VALUES FROM ('MONTH') TO ('MONTH_AFTER')
partitioned partition   | sql    | ALTER TABLE tracardi.event DETACH PARTITION tracardi.THIS; CREATE TABLE tracardi.parts PARTITION OF tracardi.event FOR VALUES FROM ('MONTH') TO ('MONTH_AFTER') PARTITION BY RANGE (time); CREATE TABLE tracardi.parts_all PARTITION OF tracardi.parts DEFAULT
tablespace              | direct | ALTER TABLE tracardi.THIS SET TABLESPACE elsewhere
unlogged partition      | direct | ALTER TABLE tracardi.HISTORY SET UNLOGGED
replica identity        | direct | ALTER TABLE tracardi.event REPLICA IDENTITY FULL; ALTER TABLE tracardi.session REPLICA IDENTITY FULL
rights taken away       | -      | REVOKE INSERT ON tracardi.event FROM events
another type            | sql    | DROP VIEW tracardi.person_event; ALTER TABLE tracardi.event ALTER source_id TYPE varchar(200)
sessions: column, check | direct | ALTER TABLE tracardi.session ADD n int DEFAULT 3, ADD CHECK (last_seen_at < 'MONTH'), ADD noted text
sessions: trigger       | direct | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (TG_TABLE_NAME || TG_OP); RETURN NEW; END'; CREATE TRIGGER t AFTER INSERT OR UPDATE ON tracardi.session FOR EACH ROW EXECUTE FUNCTION public.t()
sessions: row security  | direct | ALTER TABLE tracardi.session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON tracardi.session USING (external_id LIKE '%1%') WITH CHECK (true)
sessions: an heir       | direct | CREATE TABLE public.more () INHERITS (tracardi.session); ALTER TABLE public.more OWNER TO events
sessions: partial index | direct | CREATE INDEX seen ON tracardi.session (last_seen_at) WHERE status <> 'ended' AND started_at < 'MONTH'; CREATE INDEX none ON tracardi.session (last_seen_at) WHERE source_id = 'none'
sessions: a user's test | direct | CREATE FUNCTION public.late(timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > ''2001-01-01Z'''; GRANT EXECUTE ON FUNCTION public.late TO events; CREATE INDEX ON tracardi.session (last_seen_at) WHERE public.late(last_seen_at)
profiles: indexes       | direct | CREATE INDEX ON tracardi.profile (last_seen_at); CREATE UNIQUE INDEX ON tracardi.profile (first_seen_at, id)
profiles: generated     | direct | ALTER TABLE tracardi.profile ADD seen_on date GENERATED ALWAYS AS ((last_seen_at AT TIME ZONE 'UTC')::date) STORED
keys: trigger           | direct | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (TG_TABLE_NAME); RETURN NEW; END'; CREATE TRIGGER t AFTER INSERT ON tracardi.event_key FOR EACH ROW EXECUTE FUNCTION public.t()
keys forgotten          | direct | CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CALL public.send(); TRUNCATE tracardi.event_key, public.answer
END
}

query() { "$PG_BINDIR/psql" -XAtq -v ON_ERROR_STOP=1 "$@"; }

plugin=test_decoding options= settings=()
if [ "$PGMAJOR" = 15 ] && command -v apt-get dpkg-deb >/dev/null; then
  # Debian's package, only unpacked.
  kept=$TRACARDI_ROOT/target/packages
  mkdir -p "$kept" "$WORKDIR/debian"
  ls "$kept"/postgresql-15-wal2json_*.deb >/dev/null 2>&1 ||
    (cd "$kept" && apt-get -o APT::Sandbox::User=root download -q postgresql-15-wal2json) || true
  if dpkg-deb -x "$(ls "$kept"/postgresql-15-wal2json_*.deb | tail -n 1)" "$WORKDIR/debian"; then
    chmod -R a+rX "$WORKDIR/debian"
    plugin=wal2json options=", 'format-version', '2'"
    settings+=("dynamic_library_path = '\$libdir:$(realpath "$WORKDIR/debian")/usr/lib/postgresql/15/lib'")
    # Newer minor versions have a list of those that may be used.
    if as_server "$PG_BINDIR/postgres" --describe-config | grep '^output_plugin_libraries' >/dev/null; then
      settings+=("output_plugin_libraries = 'wal2json'")
    fi
  fi
fi

cluster_start "$server" 'max_replication_slots = 10' 'max_locks_per_transaction = 256' "${settings[@]}"
cluster_env "$server"
cluster_dir "$WORKDIR/tablespace"
query -d postgres -c 'CREATE ROLE events NOLOGIN' -c "CREATE TABLESPACE elsewhere LOCATION '$(realpath "$WORKDIR/tablespace")'" \
  -c 'GRANT CREATE ON TABLESPACE elsewhere TO events' -c 'CREATE DATABASE base'
query -d base -f "$files/base.sql" >/dev/null 2>&1
IFS='|' read -r month after this < <(query -d base -c "SELECT date_trunc('month', now() AT TIME ZONE 'UTC'),
  date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', to_char(now() AT TIME ZONE 'UTC', '\"event_\"YYYY_MM')")

# What differs from run to run is struck out.
masked() {
  sed -E 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/ID/g; s/("xid8","value":|xact\[xid8\]:)[^ }]*/\1XACT/g;
          s/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]+(\+00(:00)?)?/TIME/g'
}

passed=0
while IFS='|' read -r name way change; do
  name=$(sed 's/ *$//' <<<"$name") way=${way// /}
  change=${change//MONTH_AFTER/$after}
  change=${change//MONTH/$month} change=${change//THIS/$this} change=${change//HISTORY/event_history}
  for writer in auto insert; do
    # Each statement by itself: some can't be run in a transaction block.
    query -d postgres -c "DROP DATABASE IF EXISTS w_$writer" -c "CREATE DATABASE w_$writer TEMPLATE base" >/dev/null 2>&1
    query -d "w_$writer" -c "SET client_min_messages = error" -c "ALTER DATABASE w_$writer SET tracardi.writer = $writer" >/dev/null
    perl -e 'print "SET ROLE NONE;\n"; print join(";\n", split /; (?=[A-Z]{2,})(?!END)/, shift), ";\n"' "$change" |
      "$PG_BINDIR/psql" -XAtq -d "w_$writer" >"$WORKDIR/change.$writer" 2>&1
    query -d "w_$writer" -c "SELECT pg_create_logical_replication_slot('w_$writer', '$plugin')" >/dev/null
    query -d "w_$writer" -c 'LOAD $$tracardi$$' -c 'SET tracardi.last_seen_lag = 0' -c 'CALL public.send()' 2>"$WORKDIR/errors.$writer" || true
    # Generated ids are of version 7; those made of a client's texts, of version 5.
    query -d "w_$writer" -f "$files/result.sql" |
      sed -E 's/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/ID/g' >"$WORKDIR/result.$writer"
    query -d "w_$writer" -c "SELECT data FROM pg_logical_slot_get_changes('w_$writer', NULL, NULL$options)" |
      grep -vE '^(BEGIN|COMMIT)|tracardi.instance|"instance"' | masked >"$WORKDIR/decoded.$writer" || true
    query -d "w_$writer" -c "SELECT pg_drop_replication_slot('w_$writer')" >/dev/null
  done
  for part in change errors result decoded; do
    if ! diff "$WORKDIR/$part.insert" "$WORKDIR/$part.auto" >"$WORKDIR/diff"; then
      echo "$name: auto and insert differ in $part"
      head -n 20 "$WORKDIR/diff"
      exit 1
    fi
  done
  [ "$(grep -c . "$WORKDIR/result.auto")" -gt 500 ] || { echo "$name: hardly anything was compared"; exit 1; }
  [ -s "$WORKDIR/decoded.auto" ] || { echo "$name: nothing was decoded"; exit 1; }
  if grep -q ERROR "$WORKDIR/change.auto" && [ "$name" != 'invalid index' ]; then
    echo "$name: the change failed"
    cat "$WORKDIR/change.auto"
    exit 1
  fi
  # Which way it was: an INSERT goes through the executor, which auto_explain watches.
  took=$("$PG_BINDIR/psql" -XAtq -d w_auto -c "LOAD 'auto_explain'" -c 'SET auto_explain.log_min_duration = 0' \
    -c 'SET auto_explain.log_nested_statements = on' -c 'SET client_min_messages = log' \
    -c "SELECT tracardi.track('asked', '{}', session_id => 'visit-1', source_id => 'shop', profile_id => 'person-1')" 2>&1 |
    grep 'INSERT INTO tracardi.event ' >/dev/null && echo sql || echo direct)
  [ "$way" = - ] || [ "$took" = "$way" ] || { echo "$name: events are written $took, not $way"; exit 1; }
  passed=$((passed + 1))
done < <(changes)
echo "$passed changes, compared by $plugin"
[ "$passed" -ge 25 ]

# With no change but a later moment, the rows of a session and a profile are not the executor's, either.
touched=$("$PG_BINDIR/psql" -XAtq -d base -c "LOAD 'auto_explain'" -c 'SET auto_explain.log_min_duration = 0' \
  -c 'SET auto_explain.log_nested_statements = on' -c 'SET client_min_messages = log' -c 'SET tracardi.last_seen_lag = 0' \
  -c "SELECT count(tracardi.track('asked', '{}', session_id => 'visit-1', source_id => 'shop', profile_id => 'person-1')) FROM generate_series(1, 3)" 2>&1)
if grep -A 1 'Query Text: *UPDATE tracardi' <<<"$touched"; then
  echo 'what was seen is written by SQL'
  exit 1
fi

# Stopped in the middle of 10,000 events: nothing is left, either way.
query -d base -c "CREATE TABLE public.many AS SELECT jsonb_build_object('source', '{\"id\": \"shop\"}'::jsonb, 'profile', '{\"id\": \"p\"}'::jsonb,
  'events', (SELECT jsonb_agg(jsonb_build_object('type', 'many', 'properties', jsonb_build_object('n', n))) FROM generate_series(1, 10000) n)) AS payload"
for writer in auto insert; do
  for delay in 1 5 20 40; do
    said=$("$PG_BINDIR/psql" -XAtq -d base -v VERBOSITY=sqlstate -c 'LOAD $$tracardi$$' -c "SET tracardi.writer = $writer" \
      -c "SET statement_timeout = $delay" -c 'SELECT 1 FROM tracardi.track((SELECT payload FROM public.many))' 2>&1 || true)
    left=$(query -d base -c "SELECT count(*) FROM tracardi.event WHERE type = 'many'")
    case $said:$left in
      *57014*:0) ;;
      1:10000) query -d base -c "DELETE FROM tracardi.event WHERE type = 'many'" ;;
      *) echo "stopped after $delay ms by $writer: $said, $left events are left"; exit 1 ;;
    esac
  done
done
