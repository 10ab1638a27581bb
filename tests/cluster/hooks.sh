# System events from PostgreSQL's hooks: schema-changed, configuration-changed, track-failed, source-refused. They never block
# what they tell of, a restore and a bulk load add no unexpected row, and nothing goes in circles.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server database=shop

# told TYPE: what was told since it was asked last, a line each.
told() {
  query -c "WITH t AS (DELETE FROM tracardi.event WHERE type = '$1' RETURNING id, kind, source_id, properties) SELECT kind, source_id, properties FROM t ORDER BY id"
}

cluster_start "$server" "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'"
cluster_env "$server"
database=postgres query -c 'CREATE DATABASE shop' -c 'CREATE ROLE admin' -c 'CREATE ROLE shop_owner NOLOGIN'
query -c 'CREATE EXTENSION tracardi' -c "SELECT tracardi.setup(owner => 'shop_owner')" >/dev/null
query -c "SELECT tracardi.create_source('web'), tracardi.create_source('gone', enabled => false)" -c 'SELECT tracardi.setup()' -c 'CALL tracardi.maintain()' >/dev/null
expect 'setup and upkeep are not told' '' "$(told schema-changed)"

# schema-changed: tag, objects and role; never the text.
query -c "ALTER TABLE tracardi.profile ADD COLUMN secret text DEFAULT 'hidden'"
expect 'ALTER TABLE' 'system||{"role": "postgres", "command": "ALTER TABLE", "objects": ["tracardi.profile"]}' "$(told schema-changed)"
query -c 'CREATE TABLE tracardi.mine (n int)' -c 'CREATE INDEX mine_idx ON tracardi.mine (n)' -c "COMMENT ON TABLE tracardi.mine IS 'hidden'" \
  -c 'TRUNCATE tracardi.mine, tracardi.session' -c 'DROP TABLE tracardi.mine'
expect 'CREATE, TRUNCATE, DROP' 'system||{"role": "postgres", "command": "CREATE TABLE", "objects": ["tracardi.mine"]}
system||{"role": "postgres", "command": "CREATE INDEX", "objects": ["tracardi.mine_idx"]}
system||{"role": "postgres", "command": "COMMENT", "objects": ["tracardi.mine"]}
system||{"role": "postgres", "command": "TRUNCATE TABLE", "objects": ["tracardi.mine", "tracardi.session"]}
system||{"role": "postgres", "command": "DROP TABLE", "objects": ["tracardi.mine", "tracardi.mine_idx"]}' "$(told schema-changed)"
query >/dev/null <<'SQL'
CREATE FUNCTION public.noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER noop AFTER INSERT ON tracardi.profile FOR EACH ROW EXECUTE FUNCTION noop();
DO $$ BEGIN EXECUTE 'DROP TRIGGER noop ON tracardi.profile'; END $$;
CREATE TABLE public.other (n int);
DROP TABLE public.other;
BEGIN;
ALTER TABLE tracardi.profile DROP COLUMN secret;
ROLLBACK;
CREATE INDEX CONCURRENTLY score_idx ON tracardi.profile (visit_count);
DROP INDEX CONCURRENTLY tracardi.score_idx;
VACUUM FULL tracardi.profile;
REINDEX TABLE tracardi.profile;
REINDEX TABLE CONCURRENTLY tracardi.profile;
CLUSTER tracardi.profile USING profile_pkey;
SET tracardi.silent = on;
ALTER TABLE tracardi.profile DROP COLUMN secret;
SQL
expect 'triggers, other schemas, rollback, concurrently' 'system||{"role": "postgres", "command": "CREATE TRIGGER", "objects": ["noop on tracardi.profile"]}
system||{"role": "postgres", "command": "DROP TRIGGER", "objects": ["noop on tracardi.profile"]}' "$(told schema-changed | grep -v score_idx)"

# Rights and descriptions: on which objects, not whose, and not what.
query >/dev/null <<'SQL'
GRANT SELECT ON tracardi.event TO admin;
GRANT UPDATE (traits), SELECT (id) ON tracardi.profile TO admin;
GRANT EXECUTE ON FUNCTION tracardi.poll(text, int), tracardi.id(text) TO admin;
REVOKE ALL ON ALL TABLES IN SCHEMA tracardi, public FROM admin;
GRANT USAGE ON SCHEMA tracardi TO admin;
GRANT USAGE ON SCHEMA public TO admin;
GRANT CREATE ON DATABASE shop TO admin;
ALTER DEFAULT PRIVILEGES IN SCHEMA tracardi GRANT SELECT ON TABLES TO admin;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO admin;
COMMENT ON COLUMN tracardi.profile.traits IS 'hidden';
COMMENT ON TRIGGER mark_replicated ON tracardi.event IS 'hidden';
COMMENT ON EXTENSION tracardi IS 'hidden';
COMMENT ON ROLE admin IS 'hidden';
BEGIN;
REVOKE ALL ON tracardi.session FROM PUBLIC;
ROLLBACK;
SQL
expect 'rights and comments' 'system||{"role": "postgres", "command": "GRANT", "objects": ["tracardi.event"]}
system||{"role": "postgres", "command": "GRANT", "objects": ["tracardi.profile"]}
system||{"role": "postgres", "command": "GRANT", "objects": ["tracardi.id(pg_catalog.text)", "tracardi.poll(pg_catalog.text,integer)"]}
system||{"role": "postgres", "command": "REVOKE", "objects": ["tracardi"]}
system||{"role": "postgres", "command": "GRANT", "objects": ["tracardi"]}
system||{"role": "postgres", "command": "ALTER DEFAULT PRIVILEGES", "objects": ["for role postgres in schema tracardi on tables"]}
system||{"role": "postgres", "command": "COMMENT", "objects": ["tracardi.profile"]}
system||{"role": "postgres", "command": "COMMENT", "objects": ["mark_replicated on tracardi.event"]}' "$(told schema-changed)"
query -c "SELECT tracardi.grant_admin('admin')" >/dev/null
expect 'rights by functions of tracardi' 'GRANT|t' "$(query -c "SELECT DISTINCT properties ->> 'command', count(*) OVER () > 5 FROM tracardi.event WHERE type = 'schema-changed'")"
told schema-changed >/dev/null
query -c "SELECT tracardi.create_segment('all', '\$')" -c "SELECT tracardi.drop_segment('all')" -c "UPDATE tracardi.system_event SET enabled = NOT enabled WHERE type = 'profile-updated'" \
  -c "UPDATE tracardi.system_event SET enabled = NOT enabled WHERE type = 'profile-updated'" >/dev/null
expect 'switching triggers on and off is no change' '' "$(told schema-changed)"

# What can't be told is done nevertheless, with its own errors and no others.
query >/dev/null <<'SQL'
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'schema-changed') EXECUTE FUNCTION refuse();
CREATE TABLE tracardi.mine (n int);
SQL
expect 'done, although it could not be told' 't|' "$(query -c "SELECT to_regclass('tracardi.mine') IS NOT NULL")|$(told schema-changed)"
grep 'a change was not told: error P0001' "$server.log" >/dev/null || { echo 'no word of it in the log'; exit 1; }
query -c 'DROP TRIGGER refuse ON tracardi.event' -c 'DROP TABLE tracardi.mine'
told schema-changed >/dev/null
# Errors of commands keep all their fields.
query >/dev/null <<'SQL'
CREATE TABLE twice AS SELECT 1 AS n FROM generate_series(1, 2);
CREATE TABLE fields (code text, name text, tab text, detail text);
DO $$
DECLARE c text; t text; d text;
BEGIN
  EXECUTE 'ALTER TABLE twice ADD CONSTRAINT unique_here UNIQUE (n)';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, t = TABLE_NAME, d = PG_EXCEPTION_DETAIL;
  INSERT INTO fields VALUES (SQLSTATE, c, t, d);
END $$;
SQL
expect "an error's fields pass" '23505|unique_here|twice|Key (n)=(1) is duplicated.' "$(query -c 'SELECT * FROM fields')"

# configuration-changed: off unless it is switched on; one event a statement; nothing of what was written.
query -c "SELECT tracardi.create_event_type('quiet')" >/dev/null
query -c "UPDATE tracardi.system_event SET enabled = true WHERE type IN ('configuration-changed', 'source-refused')"
told configuration-changed >/dev/null
query -c "SELECT 'type-' || n FROM generate_series(1, 1000) n" >"$WORKDIR/types"
query -c 'SET ROLE admin' -c '\copy tracardi.event_type (type) FROM '"'$WORKDIR/types'" -c "DELETE FROM tracardi.event_type WHERE type LIKE 'type-%'"
expect 'a COPY of 1,000 rows and a DELETE' 'system||{"role": "admin", "table": "event_type", "command": "INSERT"}
system||{"role": "admin", "table": "event_type", "command": "DELETE"}' "$(told configuration-changed)"

# Never in circles: a workflow that changes the configuration whenever it changes.
query >/dev/null <<'SQL'
CREATE FUNCTION reconfigure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.event_type SET description = 'changed' WHERE type = 'quiet';
  RETURN NULL;
END $$;
SELECT tracardi.create_workflow('reconfigure', 'reconfigure', event_type => 'configuration-changed');
SQL
told configuration-changed >/dev/null
query -c "UPDATE tracardi.event_type SET description = 'mine' WHERE type = 'quiet'"
expect 'a workflow that hears of it' 'changed|1' "$(query -c "SELECT description FROM tracardi.event_type WHERE type = 'quiet'")|$(told configuration-changed | wc -l)"
query -c "SELECT tracardi.drop_workflow('reconfigure')" >/dev/null

# track-failed: the failure leaves a trace, its transaction none: code, constraint, source.
query -c 'SET client_min_messages = warning' -c 'CREATE TABLE orders (price int CONSTRAINT price_is_positive CHECK (price > 0))'
! query -c BEGIN -c "SELECT tracardi.track('order', '{\"card\": \"4111\"}')" -c 'INSERT INTO orders VALUES (-1)' -c COMMIT >/dev/null 2>&1
until_it_is 'track-failed' 'system|sql|{"code": "23514", "source": "sql", "constraint": "price_is_positive"}' "SELECT kind, source_id, properties FROM tracardi.event WHERE type = 'track-failed'"
told track-failed >/dev/null

# What can't be stored is kept, and stored when it can be; it holds up no other.
query >/dev/null <<'SQL'
CREATE TRIGGER refuse BEFORE INSERT ON tracardi.event FOR EACH ROW
  WHEN (NEW.type = 'track-failed' AND NEW.properties ->> 'code' = '23514') EXECUTE FUNCTION refuse();
SQL
! query -c BEGIN -c "SELECT tracardi.track('order', '{}')" -c 'INSERT INTO orders VALUES (-1)' -c COMMIT >/dev/null 2>&1
! query -c BEGIN -c "SELECT tracardi.track('order', '{}')" -c 'SELECT 1/0' >/dev/null 2>&1
until_it_is 'the other one is told' 22012 "SELECT string_agg(properties ->> 'code', ' ') FROM tracardi.event WHERE type = 'track-failed'"
grep 'a failure was not told: error P0001' "$server.log" >/dev/null || { echo 'no word of it in the log'; exit 1; }
query -c 'DROP TRIGGER refuse ON tracardi.event'
until_it_is 'told, once it can be' '22012 23514' "SELECT string_agg(properties ->> 'code', ' ' ORDER BY properties ->> 'code') FROM tracardi.event WHERE type = 'track-failed'"
expect 'nothing was lost' 0 "$(query -c 'SELECT lost_reports FROM tracardi.ingest_status')"
# Nor is what a transaction took that is rolled back.
query -c "ALTER SYSTEM SET tracardi.database = ''" -c 'SELECT pg_reload_conf()' >/dev/null
until_it_is 'no worker' 0 "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'"
told track-failed >/dev/null
! query -c BEGIN -c "SELECT tracardi.track('order', '{}')" -c 'SELECT 1/0' >/dev/null 2>&1
query -c BEGIN -c 'SAVEPOINT s' -c 'CALL tracardi.maintain()' -c 'ROLLBACK TO s' -c COMMIT
expect 'undone' '' "$(told track-failed)"
for _ in $(seq 100); do
  query -c 'CALL tracardi.maintain()'
  [ -z "$(query -c "SELECT 1 FROM tracardi.event WHERE type = 'track-failed'")" ] || break
  sleep 0.1
done
expect 'done again' 'system|sql|{"code": "22012", "source": "sql", "constraint": null}' "$(told track-failed)"
query -c 'ALTER SYSTEM RESET tracardi.database' -c 'SELECT pg_reload_conf()' >/dev/null
until_it_is 'a worker' 1 "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'"

query -c BEGIN -c "SELECT tracardi.track('order', '{}')" -c ROLLBACK >/dev/null
query -c BEGIN -c "SELECT tracardi.track('order', '{}')" -c 'SAVEPOINT s' -c 'SELECT 1' -c 'ROLLBACK TO s' -c COMMIT >/dev/null
! query -c 'INSERT INTO orders VALUES (-1)' >/dev/null 2>&1
! query -c "SELECT tracardi.track('order', '{}', source_id => 'gone')" >/dev/null 2>&1
! query -c "SELECT tracardi.track('order', '{}', source_id => 'nowhere')" >/dev/null 2>&1
until_it_is 'source-refused' 'gone|{"code": "28000", "source": "gone"};|{"code": "28000", "source": "nowhere"}' "SELECT string_agg(concat(source_id, '|', properties), ';' ORDER BY id) FROM tracardi.event WHERE type = 'source-refused'"
expect 'a rollback on purpose, other failures and refusals are no failures of track()' '' "$(told track-failed)"
expect 'counted' '4|2' "$(query -c "SELECT failed, refused FROM tracardi.ingest_status")"

# A dump restores without a word of it: also into the database where it was.
told configuration-changed >/dev/null
"$PG_BINDIR/pg_dump" -d shop >"$WORKDIR/dump.sql"
rows=$(query -c 'SELECT count(*) FROM tracardi.event')
database=postgres query -c 'CREATE DATABASE copy'
query -d copy -f "$WORKDIR/dump.sql" >/dev/null
expect 'a restored copy' "$rows" "$(query -d copy -c 'SELECT count(*) FROM tracardi.event')"
query -c 'SET client_min_messages = error' -c 'DROP EXTENSION tracardi CASCADE' -c 'DROP SCHEMA tracardi CASCADE' -c 'DROP SCHEMA public CASCADE' -c 'CREATE SCHEMA public'
query -f "$WORKDIR/dump.sql" >/dev/null
expect 'restored in its place' "$rows" "$(query -c 'SELECT count(*) FROM tracardi.event')"
! grep -E 'PANIC|TRAP|signal (6|11)' "$server.log"
