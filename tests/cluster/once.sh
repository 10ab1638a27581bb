# Eight connections at once: the same event ids in crossed orders, the same new sessions, the same new profiles. Nobody gets
# an error (in the stricter isolation levels: but 40001, and is tried again), and each is there once.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server clients=8 each=250

# load NAME <SCRIPT: a bounded load, in which no transaction fails; tries: how often one is tried that ends with 40001.
tries=1
load() {
  cat >"$WORKDIR/$1.bench"
  query -c 'TRUNCATE tracardi.event, tracardi.event_key, tracardi.session, tracardi.profile' -c 'ALTER SEQUENCE tick RESTART'
  if ! "$PG_BINDIR/pgbench" -n -M prepared -c $clients -j 2 -t $each --max-tries=$tries -f "$WORKDIR/$1.bench" postgres >"$WORKDIR/$1.log" 2>&1 ||
    ! grep -q "^number of transactions actually processed: $((clients * each))/$((clients * each))\$" "$WORKDIR/$1.log" ||
    ! grep -q '^number of failed transactions: 0 ' "$WORKDIR/$1.log"; then
    echo "$1: pgbench"
    cat "$WORKDIR/$1.log"
    exit 1
  fi
  echo "$1: $(sed -n 's/^tps = //p' "$WORKDIR/$1.log") transactions per second"
}

cluster_start "$server" 'deadlock_timeout = 100ms'
cluster_env "$server"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web');
-- Eight ticks follow one another within a moment: who shares a group is at work at the same time.
CREATE SEQUENCE tick MINVALUE 0;
SQL

# Up to twelve of sixteen neighbouring ids, which neighbours in time share, in any order; one of them twice.
load ids <<'SQL'
SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'profile_less', true, 'events', e.list || (e.list -> 0)))
FROM nextval('tick') AS tick,
  LATERAL (SELECT jsonb_agg(jsonb_build_object('type', 'k', 'id', 'k' || n)) AS list
           FROM (SELECT tick / 4 + g AS n FROM generate_series(1, 16) AS g ORDER BY random() LIMIT 12) n) e;
SQL
expect 'ids: each event once' t "$(query -c "SELECT count(*) = count(DISTINCT external_id) AND count(*) >= $((clients * each / 4)) FROM tracardi.event")"
expect 'ids: a key for each event' 0 "$(query -c 'SELECT count(*) FROM tracardi.event FULL JOIN tracardi.event_key USING (id) WHERE event.id IS NULL OR event_key.id IS NULL')"

whole='SELECT count(*) FROM tracardi.event e LEFT JOIN tracardi.session s ON s.id = e.session_id LEFT JOIN tracardi.profile p ON p.id = e.profile_id
       WHERE s.id IS NULL OR p.id IS NULL OR s.profile_id <> e.profile_id'
orphans='SELECT count(*) FROM tracardi.profile p WHERE NOT EXISTS (SELECT FROM tracardi.session s WHERE s.profile_id = p.id)'
counts="SELECT (SELECT count(*) FROM tracardi.session), (SELECT count(*) FROM tracardi.profile), (SELECT sum(visit_count) FROM tracardi.profile),
  count(*) FILTER (WHERE type = 'a'), count(*) FILTER (WHERE type = 'profile-created'), count(*) FILTER (WHERE type = 'session-opened'),
  count(*) FILTER (WHERE type = 'visit-started') FROM tracardi.event"
n=$((clients * each)) groups=$((clients * each / 8))

# The same new session of nobody known.
load sessions <<'SQL'
SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', 's' || tick / 8),
                                         'events', '[{"type": "a"}]'::jsonb))
FROM nextval('tick') AS tick;
SQL
expect 'sessions: counts' "$groups|$groups|$groups|$n|$groups|$groups|$groups" "$(query -c "$counts")"
expect 'sessions: events without theirs' 0 "$(query -c "$whole")"
expect 'sessions: profiles without a session' 0 "$(query -c "$orphans")"

# The same new profile, each time in a session of its own.
load profiles <<'SQL'
SELECT tracardi.track('a', '{}', profile_id => 'p' || tick / 8, session_id => 's' || tick) FROM nextval('tick') AS tick;
SQL
expect 'profiles: counts' "$n|$groups|$n|$n|$groups|$n|$n" "$(query -c "$counts")"
expect 'profiles: each with eight visits' 8 "$(query -c 'SELECT DISTINCT visit_count FROM tracardi.profile')"
expect 'profiles: events without theirs' 0 "$(query -c "$whole")"

# Both the same, and the same event too.
load everything <<'SQL'
SELECT tracardi.track('a', '{}', profile_id => 'p' || tick / 16, session_id => 's' || tick / 8, event_id => 'e' || tick / 4)
FROM nextval('tick') AS tick;
SQL
expect 'everything: counts' "$groups|$((n / 16))|$groups|$((n / 4))|$((n / 16))|$groups|$groups" "$(query -c "$counts")"
expect 'everything: events without theirs' 0 "$(query -c "$whole")"

# Sessions and profiles in any combination: the session's own profile wins, and last_seen_at is due each time.
query -c 'ALTER DATABASE postgres SET tracardi.last_seen_lag = 0'
load crossed <<'SQL'
\set s random(0, 20)
\set p random(0, 20)
SELECT tracardi.track('a', '{}', profile_id => 'p' || tick / 100 || '-' || :p, session_id => 's' || tick / 50 || '-' || :s)
FROM nextval('tick') AS tick;
SQL
expect 'crossed: sessions, visits and their system events' t "$(query -c "
  SELECT sessions = visits AND sessions = opened AND sessions = started AND profiles = created AND a = $n
  FROM ($counts) AS c (sessions, profiles, visits, a, created, opened, started)")"
expect 'crossed: events without theirs' 0 "$(query -c "$whole")"
expect 'crossed: profiles without a session' 0 "$(query -c "$orphans")"
expect 'deadlocks' 0 "$(query -c 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')"

# Under the stricter isolation levels a transaction may fail with 40001, and is tried again as a whole; then it is as above,
# visits that end within and a workflow that counts included.
query >/dev/null <<'SQL'
ALTER DATABASE postgres RESET tracardi.last_seen_lag;
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = jsonb_build_object('n', coalesce((traits ->> 'n')::int, 0) + 1) WHERE id = NEW.profile_id;
  RETURN NULL;
END
$$;
SELECT tracardi.create_workflow('count', 'count_up', event_type => 'a');
SQL
tries=1000
for level in 'repeatable read' serializable; do
  query -c "ALTER DATABASE postgres SET default_transaction_isolation = '$level'"
  load "${level/ /-}" <<'SQL'
SELECT nextval('tick') AS tick \gset
BEGIN;
SELECT tracardi.track('a', '{}', profile_id => 'p' || :tick / 16, session_id => 's' || :tick / 8, event_id => 'e' || :tick / 4);
SELECT tracardi.track('visit-ended', '{}', profile_id => 'p' || :tick / 16, session_id => 's' || :tick / 8);
COMMIT;
SQL
  expect "$level: sessions, visits and their system events" t "$(query -c "
    SELECT sessions = visits AND sessions = opened AND profiles = created
    FROM ($counts) AS c (sessions, profiles, visits, a, created, opened, started)")"
  expect "$level: each event once" 0 "$(query -c "SELECT count(*) - count(DISTINCT external_id) FROM tracardi.event WHERE type = 'a'")"
  expect "$level: events without theirs" 0 "$(query -c "$whole")"
  expect "$level: what the workflow counted" 0 "$(query -c "
    SELECT count(*) FROM tracardi.profile p WHERE coalesce((traits ->> 'n')::int, 0) <> (SELECT count(*) FROM tracardi.event e WHERE e.type = 'a' AND e.profile_id = p.id)")"
  expect "$level: failures of the workflow" 0 "$(query -c 'SELECT count(*) FROM tracardi.workflow_failure')"
done
