# The background worker: woken at commit, else by what is due; it survives kills, a database that is not there yet, is dropped or
# renamed, and a slot shortage; it rests on a standby and in a copy; visits end, old events go. And the same by maintain().
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

# The standby's receiver loads libpq: that of this PostgreSQL, not the system's.
export LD_LIBRARY_PATH=${PG_BINDIR%/bin}/lib

server=$WORKDIR/server database=shop standby=$WORKDIR/standby
settings=("shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'restart_after_crash = on')

workers="SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'"
coordinators="SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'tracardi coordinator'"
reload() { query -c "ALTER SYSTEM SET $1" -c 'SELECT pg_reload_conf()' >/dev/null; }
setup() { query -c 'CREATE EXTENSION tracardi' -c "SET client_min_messages = warning" -c 'SELECT tracardi.setup()' -c "SELECT tracardi.create_source('web')" >/dev/null; }
visit() { query -c "SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"$1\"}, \"events\": [{\"type\": \"page-view\"}]}') IS NOT NULL" >/dev/null; }

cluster_start "$server" "${settings[@]}"
cluster_env "$server"

# The database is not there yet; nobody asks for it again and again.
database=postgres until_it_is 'a coordinator' 1 "$coordinators"
database=postgres expect 'no worker without its database' 0 "$(database=postgres query -c "$workers")"
database=postgres query -c 'CREATE DATABASE shop'
until_it_is 'a worker for the new database' 1 "$workers"

# Set up later: the worker notices, and does a round of everything.
setup
until_it_is 'set up: the round of upkeep is done' t "SELECT worker FROM tracardi.ingest_status"
query -c 'ALTER SYSTEM SET tracardi.last_seen_lag = 0' -c "ALTER SYSTEM SET tracardi.session_timeout = '1s'" -c 'SELECT pg_reload_conf()' >/dev/null

# It sleeps without an end; the visit that starts wakes it, for the moment when it may be over.
visit first
until_it_is 'the visit has ended' 'ended|t' "SELECT status, ended_at = last_seen_at + interval '1 second' FROM tracardi.session WHERE external_id = 'first'"
expect 'visit-ended' 'system|web|t|t|{"reason": "timeout"}|{event:system}' "$(query -c "
  SELECT kind, e.source_id, e.profile_id = s.profile_id, e.time = s.ended_at, e.properties - 'last_seen_at', tags FROM tracardi.event e JOIN tracardi.session s ON s.id = e.session_id WHERE type = 'visit-ended'")"
visit first
expect 'it comes back' 'active|2' "$(query -c "SELECT status, (SELECT count(*) FROM tracardi.event WHERE type = 'visit-started') FROM tracardi.session WHERE external_id = 'first'")"
until_it_is 'and ends again' 2 "SELECT count(*) FROM tracardi.event WHERE type = 'visit-ended'"

# A workflow that loops hears of it, and is stopped; a trigger on the data tables never runs as a superuser.
query >/dev/null <<'SQL'
CREATE ROLE shop_owner NOLOGIN;
SELECT tracardi.setup(owner => 'shop_owner');
CREATE TABLE seen (who name, super boolean, type text);
GRANT INSERT ON seen TO PUBLIC;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen SELECT current_user, rolsuper, NEW.type FROM pg_roles WHERE rolname = current_user;
  RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER note_at_last AFTER INSERT ON tracardi.event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION loops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN LOOP NULL; END LOOP; END $$;
SELECT tracardi.create_workflow('loops', 'loops', event_type => 'visit-ended', timeout => '100 ms');
SQL
visit second
until_it_is 'the workflow was stopped' 'loops|57014' "SELECT workflow, code FROM tracardi.workflow_failure"
until_it_is 'and the visit has ended' ended "SELECT status FROM tracardi.session WHERE external_id = 'second'"
expect 'who ran the triggers in the background' 'shop_owner|f|2' "$(query -c "SELECT who, super, count(*) FROM seen WHERE type = 'visit-ended' GROUP BY 1, 2")"
query -c "SELECT tracardi.drop_workflow('loops')" -c 'DROP TRIGGER note ON tracardi.event' -c 'DROP TRIGGER note_at_last ON tracardi.event' >/dev/null

# kill -9 of the worker, and of a backend: everybody starts anew.
for victim in "tracardi worker" "tracardi coordinator" backend; do
  case $victim in
    backend)
      "$PG_BINDIR/psql" -XAtq -d shop -c "SET application_name = 'victim'" -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
      until_it_is 'a victim' 1 "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active'"
      pid=$(query -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'") ;;
    *) pid=$(query -c "SELECT pid FROM pg_stat_activity WHERE backend_type = '$victim'") ;;
  esac
  as_server kill -KILL "$pid"
  until_it_is "$victim is killed" 't|1' "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid), ($workers)"
  visit "after $victim"
  until_it_is "$victim was killed: visits end" ended "SELECT status FROM tracardi.session WHERE external_id = 'after $victim'"
done

# A worker that somebody ends comes back.
query -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'" >/dev/null
until_it_is 'terminated' 1 "$workers"

# Of a large merge, the call moves a thousand events, the worker all others, and nobody calls anything.
query >/dev/null <<'SQL'
SELECT tracardi.create_identification_point('who', 'who', '{email}');
SELECT tracardi.track('who', '{"email": "a@example.com"}', profile_id => 'phone');
SELECT tracardi.track('read', '{}', profile_id => 'laptop') FROM generate_series(1, 2500);
SQL
left="SELECT count(*) FROM tracardi.event WHERE profile_id = tracardi.id('laptop')"
expect 'left to the worker' t "$(query -c BEGIN -c "SELECT tracardi.track('who', '{\"email\": \"a@example.com\"}', profile_id => 'laptop')" \
  -c "SELECT ($left) > 1000" -c COMMIT | tail -n 1)"
until_it_is 'the worker has moved them' 0 "$left"
expect 'all are there' 2500 "$(query -c "SELECT count(*) FROM tracardi.event WHERE profile_id = tracardi.id('phone') AND type = 'read'")"

# More of them, and fewer; more than there are slots for.
reload 'tracardi.workers = 3'
until_it_is 'three workers' 3 "$workers"
reload 'tracardi.workers = 30'
until_it_is 'as many as there are slots' t "SELECT ($workers) BETWEEN 2 AND 7"
for _ in $(seq 100); do ! grep 'no background worker can be started' "$server.log" >/dev/null || break; sleep 0.1; done
grep 'Raise max_worker_processes, or lower tracardi.workers' "$server.log" >/dev/null || { echo 'no word of the slots'; exit 1; }
reload 'tracardi.workers = 1'
until_it_is 'one worker' 1 "$workers"
visit one
until_it_is 'one worker: visits end' ended "SELECT status FROM tracardi.session WHERE external_id = 'one'"

# Retention: whole months, and types by themselves, in the worker's next round. What comes late for a month that is gone goes to the history.
query >/dev/null <<'SQL'
-- As it is when tracardi was set up three months ago.
SET ROLE shop_owner;
ALTER TABLE tracardi.event DETACH PARTITION tracardi.event_history;
SELECT tracardi.make_partition(now() - interval '1 month'), tracardi.make_partition(now() - interval '2 months'), tracardi.make_partition(now() - interval '3 months');
RESET ROLE;
SET timezone = 'UTC';
SELECT format('ALTER TABLE tracardi.event ATTACH PARTITION tracardi.event_history FOR VALUES FROM (MINVALUE) TO (%L)', date_trunc('month', now() - interval '3 months')) \gexec
SELECT tracardi.track('old', '{}', "time" => date_trunc('month', now()) - make_interval(months => n, days => -2)) FROM generate_series(1, 5) n;
SELECT tracardi.create_event_type('short', retention => '1 day');
SELECT tracardi.track('short', '{}', "time" => now() - make_interval(hours => n)) FROM generate_series(1, 40) n;
SQL
expect 'before' '5|40' "$(query -c "SELECT count(*) FILTER (WHERE type = 'old'), count(*) FILTER (WHERE type = 'short') FROM tracardi.event")"
partitions=$(query -c 'SELECT partitions FROM tracardi.ingest_status')
reload "tracardi.event_retention = '35d'"
reload "tracardi.upkeep_interval = '1s'"
query -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'" >/dev/null
until_it_is 'old events are gone' '1|t' "SELECT count(*) FILTER (WHERE type = 'old'), count(*) FILTER (WHERE type = 'short') <= 24 FROM tracardi.event"
expect 'two months are gone' "$((partitions - 2))|t" "$(query -c "SELECT partitions, history_ends = date_trunc('month', now() - interval '1 month', 'UTC') FROM tracardi.ingest_status")"
query -c "SELECT tracardi.track('late', '{}', \"time\" => now() - interval '100 days')" >/dev/null
until_it_is 'a late event goes its way, too' 0 "SELECT count(*) FROM tracardi.event WHERE type = 'late'"
reload "tracardi.event_retention = 0"
reload "tracardi.upkeep_interval = '1h'"

# What is the worker's alone it leaves to maintain() where there is none: in steps that commit, or in the caller's transaction.
reload "tracardi.session_timeout = '1h'"
visit by_hand
query -c "SET tracardi.session_timeout = '1s'" -c 'SELECT pg_sleep(1.1)' -c 'CALL tracardi.maintain()' >/dev/null
expect 'maintain() ends visits' ended "$(query -c "SELECT status FROM tracardi.session WHERE external_id = 'by_hand'")"
visit by_hand
query -c "SET tracardi.session_timeout = '1s'" -c 'SELECT pg_sleep(1.1)' -c BEGIN -c 'CALL tracardi.maintain()' -c ROLLBACK >/dev/null
expect 'maintain() in a transaction that is rolled back' active "$(query -c "SELECT status FROM tracardi.session WHERE external_id = 'by_hand'")"
reload "tracardi.session_timeout = '1s'"
until_it_is 'the worker ends it' ended "SELECT status FROM tracardi.session WHERE external_id = 'by_hand'"

# On a standby it rests; it begins at the promotion.
cluster_standby "$standby" "${settings[@]}"
cluster_env "$standby"
until_it_is 'a standby' t 'SELECT pg_is_in_recovery()'
expect 'no worker on a standby' '0|0' "$(query -c "SELECT ($workers), ($coordinators)")"
query -c 'CALL tracardi.maintain()'
query -c 'SELECT pg_promote()' >/dev/null
until_it_is 'a worker after the promotion' 1 "$workers"
visit promoted
until_it_is 'promoted: visits end' ended "SELECT status FROM tracardi.session WHERE external_id = 'promoted'"
cluster_stop "$standby"
cluster_env "$server"

# A copy is left alone until somebody adopts it.
query -c 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = $$tracardi worker$$' >/dev/null
"$PG_BINDIR/pg_dump" -Fc -d shop -f "$WORKDIR/dump"
# Neither renaming nor dropping nor copying the database is in the way of the worker, or the other way round.
database=postgres query -c 'ALTER DATABASE shop RENAME TO shop_was'
database=shop_was expect 'no worker in the renamed database' 0 "$(database=shop_was query -c "$workers")"
database=postgres query -c 'CREATE DATABASE shop TEMPLATE template0'
until_it_is 'a worker in the new one' 1 "$workers"
# One that is open as the dump has it would be ended at once.
"$PG_BINDIR/pg_restore" -d shop "$WORKDIR/dump"
query -c "UPDATE tracardi.session SET status = 'active', ended_at = NULL WHERE external_id = 'one'"
sleep 2
expect 'the copy is left alone' 'active|f' "$(query -c "SELECT status, database = (SELECT oid FROM pg_database WHERE datname = 'shop') FROM tracardi.session, tracardi.instance WHERE external_id = 'one'")"
query -c "SELECT tracardi.track('adopts', '{}')" >/dev/null
until_it_is 'adopted' ended "SELECT status FROM tracardi.session WHERE external_id = 'one'"
database=postgres query -c 'CREATE DATABASE shop_copy TEMPLATE shop'
until_it_is 'the worker is back after the copy was made' 1 "$workers"
database=postgres query -c 'DROP DATABASE shop'
database=postgres expect 'dropped: no worker' 0 "$(database=postgres query -c "$workers")"
database=postgres query -c 'ALTER DATABASE shop_copy RENAME TO shop'
until_it_is 'a worker again' 1 "$workers"
database=postgres query -c 'DROP DATABASE shop WITH (FORCE)'
database=postgres query -c 'CREATE DATABASE shop'
until_it_is 'a worker once more' 1 "$workers"
setup
visit anew
until_it_is 'and it works' ended "SELECT status FROM tracardi.session WHERE external_id = 'anew'"
query -c 'SET client_min_messages = warning' -c 'DROP EXTENSION tracardi CASCADE' -c 'DROP SCHEMA tracardi CASCADE'
sleep 1
expect 'without the extension it sleeps' 1 "$(query -c "$workers")"
! grep -E 'PANIC|TRAP|signal (6|11)' "$server.log"
