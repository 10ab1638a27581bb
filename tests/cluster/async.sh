# Asynchronous workflows see each event once: while transactions are open, prepared or idle elsewhere, with two workers and
# merges, across kill -9, and in copies whose clusters count transactions from less or from more.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

track() { query -c "SELECT tracardi.track('$1', '{}')" >/dev/null; }
maintain() { query -c 'CALL tracardi.maintain()'; }
got() { query -c "SELECT coalesce(string_agg(type, ' ' ORDER BY n), '') FROM got WHERE workflow = '$1'"; }

cluster_start "$server" 'autovacuum = off'
cluster_env "$server"
query -c 'CREATE DATABASE elsewhere'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
CREATE TABLE got (n bigint GENERATED ALWAYS AS IDENTITY, workflow text, id uuid, type text, profile_id uuid, client text, seq int);
CREATE FUNCTION get() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.got (workflow, id, type, profile_id, client, seq)
  VALUES (TG_NAME, NEW.id, NEW.type, NEW.profile_id, NEW.properties ->> 'client', (NEW.properties ->> 'seq')::int);
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('all', 'get', kinds => '{profile,profileless}', mode => 'async');
SQL

# ---- Who listens is told ------------------------------------------------------------------------------------------------

# Once for all that came, not again within a second, and of nothing that is not wanted. The second is over when told_at says so.
ago="UPDATE tracardi.subscription SET told_at = now() - interval '1 hour'" just="UPDATE tracardi.subscription SET told_at = now() + interval '1 hour'"
run='SELECT tracardi.run_workflows()' track="SELECT tracardi.track('heard', '{}')"
listen() {
  query -c 'LISTEN tracardi_subscription' "$@" | { grep -o 'Asynchronous notification "tracardi_subscription" with payload "[a-z]*"' || true; } | cut -d'"' -f4 | xargs
}
query -c "SELECT tracardi.create_subscription('ear', 'heard'), tracardi.create_subscription('other', 'unheard')" >/dev/null 2>&1
expect 'told' ear "$(listen -c "$ago" -c "$track" -c "$track" -c "$track" -c "$run")"
expect 'told just before' '' "$(listen -c "$just" -c "$track" -c "$run")"
expect 'a second later, of the same' 'ear' "$(listen -c "$ago" -c "$run" -c "$run" -c "$ago" -c "$run")"
expect 'nothing that is wanted' '' "$(listen -c "$ago" -c "SELECT tracardi.track('a', '{}')" -c "$run")"
expect 'rolled back' '' "$(listen -c "$ago" -c BEGIN -c "$track" -c "$run" -c ROLLBACK)"
query -c "SELECT tracardi.drop_subscription('ear'), tracardi.drop_subscription('other')" -c 'CALL tracardi.maintain()' -c 'TRUNCATE got' >/dev/null

# ---- Transactions that don't end ----------------------------------------------------------------------------------------

# A session that is told its statements through a pipe.
sessions=()
session() {
  mkfifo "$WORKDIR/$1"
  database=$2 query <"$WORKDIR/$1" >"$WORKDIR/$1.out" 2>&1 3>&- 4>&- 5>&- &
  sessions+=($!)
}
session open postgres
exec 3>"$WORKDIR/open"
session idle elsewhere
exec 4>"$WORKDIR/idle"
session reader postgres
exec 5>"$WORKDIR/reader"
until_in() { until query -d "$1" -c "SELECT $2" | grep t >/dev/null; do sleep 0.05; done; }
echo "BEGIN; SELECT tracardi.track('slow', '{}');" >&3
echo "CREATE TABLE t (i int); BEGIN; INSERT INTO t VALUES (1);" >&4
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tracardi.event;" >&5
until_in postgres "count(*) = 3 FROM pg_stat_activity WHERE state = 'idle in transaction'"
query >/dev/null <<'SQL'
BEGIN;
SELECT tracardi.track('prepared', '{}');
PREPARE TRANSACTION 'forgotten';
SQL
track quick
maintain
expect 'while others are open' 'quick' "$(got all)"
track next
maintain
echo "COMMIT; SELECT tracardi.track('slow', '{}');" >&3
until_in postgres "count(*) = 2 FROM tracardi.event WHERE type = 'slow'"
maintain
# The one that began first comes first.
expect 'after the slow one' 'quick next slow slow' "$(got all)"
maintain
expect 'once' 'quick next slow slow' "$(got all)"
query -c "COMMIT PREPARED 'forgotten'"
maintain
expect 'after the prepared one' 'quick next slow slow prepared' "$(got all)"
expect 'the writer elsewhere still holds the horizon' t \
  "$(query -c "SELECT pg_snapshot_xmax(after)::text::bigint - pg_snapshot_xmin(after)::text::bigint > 5 FROM tracardi.workflow_cursor")"
# What the reader keeps from being removed: a version of the cursor a step, and nothing an event.
query -c "SELECT count(tracardi.track('many', '{}')) FROM generate_series(1, 1000)" >/dev/null
query -c 'SELECT pg_stat_force_next_flush(), tracardi.run_workflows()' >/dev/null
maintain
expect 'all of many' 1000 "$(query -c "SELECT count(DISTINCT id) FROM got WHERE type = 'many'")"
query -c 'VACUUM tracardi.workflow_cursor' -c 'SELECT pg_stat_force_next_flush()' >/dev/null
expect 'dead rows' t "$(query -c "
  SELECT sum(n_dead_tup) < 30 FROM pg_stat_user_tables WHERE schemaname = 'tracardi'")"
exec 3>&- 4>&- 5>&-
wait "${sessions[@]}"

# ---- Two workers, merges, and kill -9 -----------------------------------------------------------------------------------

query >/dev/null <<'SQL'
TRUNCATE got, tracardi.event;
SELECT tracardi.create_identification_point('told', 'told', '{who}');
CREATE PROCEDURE send(client int, calls int) LANGUAGE plpgsql AS $$
BEGIN
  FOR seq IN 1 .. calls LOOP
    PERFORM tracardi.track('page', jsonb_build_object('seq', seq, 'client', format('%s-%s', client, seq % 7)),
                           profile_id => format('%s-%s', client, seq % 7));
    IF seq % 40 = 0 THEN
      -- Now and then two of them are one person.
      PERFORM tracardi.track('told', jsonb_build_object('who', client * 1000 + seq), profile_id => format('%s-%s', client, p))
      FROM unnest(ARRAY[seq % 7, (seq + 3) % 7]) p;
    END IF;
    COMMIT;
  END LOOP;
END
$$;
CREATE PROCEDURE work(shard int, shards int) LANGUAGE plpgsql AS $$
DECLARE
  idle int := 0;
BEGIN
  WHILE idle < 50 LOOP
    idle := CASE WHEN tracardi.run_workflows(20, shard, shards) > 0 THEN 0 ELSE idle + 1 END;
    COMMIT;
    IF idle > 0 THEN
      PERFORM pg_sleep(0.02);
    END IF;
  END LOOP;
END
$$;
CREATE FUNCTION divided() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'a window was divided'; RETURN NULL; END $$;
CREATE TRIGGER divided AFTER INSERT ON tracardi.workflow_cursor FOR EACH ROW WHEN (NEW.shard > 0) EXECUTE FUNCTION divided();
SQL
# A backlog first, so that there is something to divide.
clients=() workers=()
for client in 1 2 3; do
  query -c "CALL send($client, 400)" 2>"$WORKDIR/client.$client" &
  clients+=($!)
done
wait "${clients[@]}"
work() { until query -c "CALL work($1, 2)" 2>>"$WORKDIR/work.$1"; do sleep 0.2; done; }
for shard in 0 1; do
  work $shard &
  workers+=($!)
done
for client in 4 5; do
  query -c "CALL send($client, 400)" >/dev/null 2>&1 &
  clients+=($!)
done
for kill in 1 2 3; do
  sleep 0.$((RANDOM % 5 + 1))
  pid=$(query -c "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CALL work%' ORDER BY random() LIMIT 1" 2>/dev/null || true)
  if [ -n "$pid" ]; then as_server kill -KILL "$pid" || kill -KILL "$pid" || true; fi
  until query -c 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done
done
wait "${clients[@]:3}" || true
wait "${workers[@]}"
grep 'a window was divided' "$server.log" >/dev/null || { echo 'no window was divided'; exit 1; }
grep 'was terminated by signal 9' "$server.log" >/dev/null || { echo 'nothing was killed'; exit 1; }
query -c 'CALL work(0, 1)'
expect 'merges' t "$(query -c 'SELECT count(*) > 10 FROM tracardi.profile_alias')"
expect 'lost or doubled' '0|0' "$(query -c "
  SELECT count(*) FILTER (WHERE g.n IS NULL), count(*) FILTER (WHERE g.n > 1)
  FROM tracardi.event e FULL JOIN (SELECT id, count(*) AS n FROM got GROUP BY id) g USING (id)
  WHERE e.kind <> 'system' OR e.id IS NULL")"
expect 'events' t "$(query -c "SELECT count(*) >= 1200 FROM got WHERE type = 'page'")"
expect 'failures' 0 "$(query -c 'SELECT count(*) FROM tracardi.workflow_failure')"
# Within a profile; one that is merged goes on as another.
expect 'out of order' 0 "$(query -c "
  SELECT count(*) FROM (SELECT seq, lag(seq) OVER (PARTITION BY client, profile_id ORDER BY n) AS before FROM got WHERE type = 'page') v
  WHERE before > seq")"

# ---- Copies ---------------------------------------------------------------------------------------------------------

# The backlog: what the dump finds undelivered.
query -c 'TRUNCATE got' -c "SELECT tracardi.create_workflow('later', 'get', kinds => '{profile,profileless}', mode => 'async', delay => '1 hour')" \
  -c "SELECT tracardi.create_subscription('outside', kinds => '{profile,profileless}')" >/dev/null
track old-1
maintain
track old-2
track old-3
expect 'before the dump' 'old-1|' "$(got all)|$(got later)"
"$PG_BINDIR/pg_dump" -d postgres -f "$WORKDIR/dump.sql"
last=$(query -c 'SELECT max(xact::text::bigint) FROM tracardi.event')

# copy: every event of the dump that was not delivered, and every new one, is delivered once.
copy() {
  query -c "SELECT tracardi.track('new-1', '{}')" >/dev/null
  expect "$1: event.xact grows" t "$(query -c "SELECT bool_and(xact::text::bigint > $last) FROM tracardi.event WHERE type LIKE 'new%'")"
  maintain
  expect "$1: once" 'old-1 old-2 old-3 new-1' "$(got all)"
  # Until the ids have passed all of the original's.
  query -c 'CALL burn(3000)'
  track new-2
  maintain
  maintain
  expect "$1: later" 'old-1 old-2 old-3 new-1 new-2' "$(got all)"
  expect "$1: a consumer" 'old-1 old-2 old-3 new-1 new-2' "$(query -c "
    SELECT string_agg(event ->> 'type', ' ' ORDER BY ordinality) FROM tracardi.poll('outside') WITH ORDINALITY")"
  # A tick a while after the last one; and an hour later.
  query -c "UPDATE tracardi.workflow_tick SET at = at - interval '1 minute'"
  maintain
  query -c 'UPDATE tracardi.workflow_tick SET due_at = now()'
  maintain
  expect "$1: with a delay" 'old-1 old-2 old-3 new-1 new-2' "$(got later)"
  expect "$1: a workflow that is registered now" '' "$(query -c "
    SELECT tracardi.create_workflow('fresh', 'get', kinds => '{profile,profileless}', mode => 'async')" >/dev/null; maintain; got fresh)"
  track new-3
  maintain
  expect "$1: and what comes then" 'new-3' "$(got fresh)"
}
burn='CREATE PROCEDURE burn(n int) LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1 .. n LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$'

cluster_start "$WORKDIR/fresh"
cluster_env "$WORKDIR/fresh"
query -1 -f "$WORKDIR/dump.sql" >/dev/null
query -c "$burn"
expect 'the fresh cluster counts from less' t "$(query -c "SELECT pg_current_xact_id()::text::bigint < $last")"
expect 'a copy that is not adopted is silent' 0 "$(query -c 'SELECT tracardi.run_workflows()')"
copy 'a fresh cluster'
# And a copy of the copy, in yet another one.
"$PG_BINDIR/pg_dump" -d postgres -f "$WORKDIR/dump.sql"
last=$(query -c 'SELECT max(xact::text::bigint) FROM tracardi.event')
cluster_stop "$WORKDIR/fresh"

cluster_env "$server"
query -c 'CREATE DATABASE copy TEMPLATE template0' -c "$burn" -c 'CALL burn(10)'
database=copy
query -1 -f "$WORKDIR/dump.sql" >/dev/null
expect 'before new events' 'old-1 old-2 old-3 new-1 new-2 new-3' "$(maintain; got all)"
track new-4
expect 'event.xact grows again' t "$(query -c "SELECT xact::text::bigint > $last FROM tracardi.event WHERE type = 'new-4'")"
expect 'in a copy of the copy' 'old-1 old-2 old-3 new-1 new-2 new-3 new-4' "$(maintain; got all)"
database=postgres
expect 'the original goes on' 'old-1 old-2 old-3' "$(maintain; got all)"
