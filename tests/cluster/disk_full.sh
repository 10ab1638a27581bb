# A full disk: calls fail clearly and leave nothing half; when there is room again all goes on, and nothing that was acknowledged is
# lost. Once the disk of the data, once that of the WAL, where PostgreSQL ends itself. On small file systems in memory.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server database=shop

whole() { expect "$1: invariants" '' "$(query -f "$TRACARDI_ROOT/tests/lib/invariants.sql")"; }

# disk DIR MEGABYTES: a file system of its own, until the test ends.
disks=()
disk() {
  cluster_dir "$1"
  mount -t tmpfs -o "size=$2m,mode=700,uid=$(stat -c %u "$1/")" none "$(realpath "$1")" 2>/dev/null ||
    { echo 'skipped: no file system can be mounted here'; exit 0; }
  disks+=("$(realpath "$1")")
}
trap 'cluster_stop_all; for d in "${disks[@]}"; do umount "$d" || umount -l "$d"; done' EXIT
fill() { as_server dd if=/dev/zero of="$1/ballast" bs=64k count="${2:-100000}" 2>/dev/null || true; }

# send NAME: event after event, until one fails; writes down what was acknowledged.
send() {
  local n
  for n in $(seq 20000); do
    echo "SELECT tracardi.track('kept', jsonb_build_object('n', $n, 'text', repeat(md5('$n'), 30)), profile_id => 'person-$1-$((n / 20))', session_id => 'visit-$1-$((n / 10))', event_id => '$1-$n') #>> '{events,0}';"
  done | query -v VERBOSITY=verbose >>"$WORKDIR/acknowledged" 2>"$WORKDIR/failed.$1" || true
}
# Read by the client alone: a table would need room.
acknowledged() {
  grep -xE '[a-z]+-[0-9]+' "$WORKDIR/acknowledged" | LC_ALL=C sort >"$WORKDIR/told"
  [ "$(wc -l <"$WORKDIR/told")" -gt 50 ] || { echo 'hardly anything was acknowledged'; exit 1; }
  query -c "SELECT external_id FROM tracardi.event WHERE type = 'kept' AND external_id IS NOT NULL" | LC_ALL=C sort >"$WORKDIR/stored"
  expect "$1: stored twice" '' "$(uniq -d "$WORKDIR/stored")"
  expect "$1: acknowledged and lost" '' "$(LC_ALL=C comm -23 "$WORKDIR/told" "$WORKDIR/stored")"
}

settings=("shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" "tracardi.session_timeout = '1h'" 'autovacuum = off'
  "min_wal_size = '32MB'" "max_wal_size = '48MB'" 'wal_recycle = off' 'wal_init_zero = on')
disk "$WORKDIR/data" 100
cluster_start "$server" "${settings[@]}" 'restart_after_crash = on'
cluster_env "$server"
as_server mkdir "$WORKDIR/data/space"
database=postgres query -c "CREATE TABLESPACE small LOCATION '$(realpath "$WORKDIR/data")/space'"
database=postgres query -c 'CREATE DATABASE shop TABLESPACE small'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
CREATE EXTENSION amcheck;
SELECT tracardi.setup();
CREATE TABLE ran (event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (NEW.id); RETURN NULL; END $$;
SELECT tracardi.create_workflow('note', 'note', event_type => 'kept', mode => 'async');
SELECT tracardi.create_event_type('short', retention => '1 day');
SELECT tracardi.track('short', '{}', "time" => now() - make_interval(hours => n)) FROM generate_series(1, 40) n;
SQL
: >"$WORKDIR/acknowledged"
send before &
sender=$!
until_it_is 'some are stored' t "SELECT count(*) > 100 FROM tracardi.event WHERE type = 'kept'"
fill "$WORKDIR/data"
wait $sender
expect 'data: the error' 53100 "$(sed -nE 's/^.*ERROR:  ([0-9A-Z]{5}):.*/\1/p' "$WORKDIR/failed.before" | head -n 1)"
grep -q 'HINT:  Check free disk space' "$WORKDIR/failed.before" || { cat "$WORKDIR/failed.before"; exit 1; }
acknowledged 'data, full'
whole 'data, full'
for n in 1 2 3; do
  expect "data, full: call $n" 53100 "$(query -v VERBOSITY=sqlstate -c "SELECT count(tracardi.track('kept', jsonb_build_object('text', repeat(md5(n::text), 60)))) FROM generate_series(1, 20000) n" 2>&1 | sed 's/ERROR:  //')"
done
expect 'data, full: nothing half' "$(grep -c . "$WORKDIR/acknowledged")" "$(query -c "SELECT count(*) FROM tracardi.event WHERE type = 'kept'")"
as_server rm "$WORKDIR/data/ballast"
query -c "SELECT tracardi.track('kept', '{}', event_id => 'after')" >/dev/null
until_it_is 'data: the worker goes on' 0 "SELECT count(*) FROM tracardi.event e WHERE type = 'kept' AND 1 <> (SELECT count(*) FROM ran WHERE event = e.id)"
short="SELECT count(*) <= 24 FROM tracardi.event WHERE type = 'short'"
# The worker may be at it at that moment: then maintain() leaves it to the worker.
for _ in $(seq 100); do
  query -c 'CALL tracardi.maintain()'
  [ "$(query -c "$short")" != t ] || break
  sleep 0.1
done
expect 'data: retention goes on' t "$(query -c "$short")"
acknowledged data
whole data
query -o /dev/null -f "$TRACARDI_ROOT/tests/lib/indexes.sql"

# The WAL: its directory moves to a disk of its own, with room for a few segments. Whoever writes when it is full ends the server.
cluster_stop "$server"
disk "$WORKDIR/wal" 80
data=$(realpath "$server")/data
as_server cp -a "$data/pg_wal" "$WORKDIR/wal/pg_wal"
as_server rm -r "$data/pg_wal"
as_server ln -s "$(realpath "$WORKDIR/wal")/pg_wal" "$data/pg_wal"
cluster_start "$server" "${settings[@]}" 'restart_after_crash = off' "checkpoint_timeout = '1h'"
cluster_env "$server"
# No checkpoint may make room meanwhile.
query -o /dev/null -c "SELECT pg_create_physical_replication_slot('holds', true)"
fill "$WORKDIR/wal"
send wal
for _ in $(seq 100); do cluster_pid "$server" >/dev/null || break; sleep 0.1; done
expect 'WAL: the server has ended' '' "$(cluster_pid "$server" || true)"
grep -qE 'PANIC:  could not (write|create|extend).*No space left on device' "$server.log" || { tail -n 30 "$server.log"; exit 1; }
as_server rm "$WORKDIR/wal/ballast"
cluster_start "$server" "${settings[@]}"
cluster_env "$server"
query -c "SELECT pg_drop_replication_slot('holds')"
acknowledged WAL
whole WAL
query -c "SELECT tracardi.track('kept', '{}', event_id => 'at-last')" >/dev/null
until_it_is 'WAL: the worker goes on' 0 "SELECT count(*) FROM tracardi.event e WHERE type = 'kept' AND 1 <> (SELECT count(*) FROM ran WHERE event = e.id)"
