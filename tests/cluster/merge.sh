# Eight connections identify people at random for MERGE_SECONDS (10), while others come for visits and maintain() runs; then
# everything is compared with a model that knows the requests alone. Nobody gets an error (in the stricter isolation levels:
# but 40001, and is tried again).
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server clients=8 seconds=${MERGE_SECONDS:-10}

# load NAME SECONDS TRIES: a load in which no transaction fails.
load() {
  query -c 'TRUNCATE tracardi.event, tracardi.event_key, tracardi.session, tracardi.profile, tracardi.profile_alias, tracardi.merge_key, called' \
    -c 'ALTER SEQUENCE tick RESTART'
  if ! "$PG_BINDIR/pgbench" -n -M prepared -c $clients -j 2 -T "$2" --max-tries="$3" -f "$WORKDIR/call.bench@300" -f "$WORKDIR/maintain.bench@1" postgres \
    >"$WORKDIR/$1.log" 2>&1 || ! grep -q '^number of failed transactions: 0 ' "$WORKDIR/$1.log"; then
    echo "$1: pgbench"
    cat "$WORKDIR/$1.log"
    exit 1
  fi
  echo "$1: $(sed -n 's/^tps = //p' "$WORKDIR/$1.log" | head -n 1) transactions per second"
}

cluster_start "$server" 'deadlock_timeout = 100ms'
cluster_env "$server"
query >/dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web'), tracardi.create_identification_point('sign-in', 'sign-in', '{key.a, key.b, key.c}');
ALTER DATABASE postgres SET tracardi.last_seen_lag = 0;
ALTER DATABASE postgres SET tracardi.merge_limit = 1000000;
CREATE SEQUENCE tick MINVALUE 0;
CREATE TABLE called (tick bigint PRIMARY KEY, type text, session text, client text, keys text[] NOT NULL DEFAULT '{}', answer jsonb);

-- One call, which is noted. Neighbours in time share a group of sessions, clients and keys; sometimes it is joined with another.
CREATE FUNCTION call(tick bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kind float := random() * 100;
  c called;
  place CONSTANT text := (tick / 60)::text;
BEGIN
  c.tick := tick;
  c.type := 'page-view';
  c.keys := '{}';
  IF kind < 55 THEN
    c.session := 's' || place || '-' || floor(random() * 6);
  ELSE
    c.client := 'c' || place || '-' || floor(random() * 3);
    IF kind < 80 THEN c.session := 'n' || tick; END IF;
  END IF;
  IF kind < 30 OR kind > 70 THEN
    c.type := 'sign-in';
    c.keys := ARRAY(SELECT DISTINCT 'Key ' || place || '-' || floor(random() * 8) FROM generate_series(1, (1 + random() * 2)::int));
    IF kind < 2 THEN
      c.keys := c.keys[1:2] || ('key ' || floor(random() * (tick / 60 + 1)) || '-' || floor(random() * 8));
    END IF;
  ELSIF kind < 33 THEN
    -- Of a session that is there.
    c.session := (SELECT d.session FROM called d WHERE d.tick > call.tick - 60 AND d.session IS NOT NULL ORDER BY d.tick LIMIT 1);
    c.type := CASE WHEN c.session IS NOT NULL THEN 'visit-ended' ELSE 'page-view' END;
    c.session := coalesce(c.session, 'n' || tick);
  END IF;
  c.answer := tracardi.track(jsonb_build_object('source', jsonb_build_object('id', CASE WHEN c.client IS NULL THEN 'web' ELSE 'sql' END),
    'session', jsonb_build_object('id', c.session), 'profile', jsonb_build_object('id', c.client),
    'options', jsonb_build_object('saveSession', c.session IS NOT NULL),
    'events', jsonb_build_array(jsonb_build_object('type', c.type, 'id', 'e' || tick,
      'properties', jsonb_build_object('key', jsonb_build_object('a', c.keys[1])) || '{"key.b": "not a path"}'
        || CASE WHEN c.keys[2] IS NULL THEN '{}' ELSE jsonb_build_object('key', jsonb_build_object('a', c.keys[1], 'b', c.keys[2], 'c', c.keys[3])) END))));
  INSERT INTO called VALUES (c.*);
END
$$;

-- The model: calls by the first call of their person, and what they name.
CREATE TABLE person (tick bigint PRIMARY KEY, first bigint NOT NULL);
CREATE TABLE edge (tick bigint, node text, PRIMARY KEY (node, tick));
CREATE INDEX ON edge (tick);
-- Who shares a session, a client's id or a key is one person. (The same value under another path is another key.)
CREATE FUNCTION model() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE person, edge;
  INSERT INTO edge
  SELECT DISTINCT c.tick, n.node
  FROM called c, LATERAL (SELECT 'session ' || c.session WHERE c.session IS NOT NULL
                          UNION ALL SELECT 'client ' || c.client WHERE c.client IS NOT NULL
                          UNION ALL SELECT k.place || ' ' || lower(k.key) FROM unnest(c.keys) WITH ORDINALITY k (key, place) WHERE k.key IS NOT NULL) n (node);
  INSERT INTO person SELECT tick, tick FROM called;
  ANALYZE person, edge;
  LOOP
    WITH lowest AS (SELECT e.node, min(p.first) AS first FROM edge e JOIN person p USING (tick) GROUP BY 1),
         better AS (SELECT e.tick, min(l.first) AS first FROM edge e JOIN lowest l USING (node) GROUP BY 1)
    UPDATE person p SET first = b.first FROM better b WHERE b.tick = p.tick AND b.first < p.first;
    EXIT WHEN NOT FOUND;
  END LOOP;
END
$$;

-- Every id there ever was, and whose it is.
CREATE VIEW resolved AS
SELECT id, id AS profile FROM tracardi.profile
UNION ALL SELECT a.id, p.id FROM tracardi.profile_alias a JOIN tracardi.profile p ON p.id = a.profile_id;

-- Everything that is lost, doubled or can't be reached, or is not as the model says.
CREATE VIEW broken AS
WITH answered AS MATERIALIZED (
  SELECT c.tick, c.session, c.client, c.type, p.first, r.id, r.profile
  FROM called c JOIN person p USING (tick) LEFT JOIN resolved r ON r.id = tracardi.id(c.answer #>> '{profile,id}')
), event AS MATERIALIZED (SELECT external_id, kind, id, profile_id FROM tracardi.event),
  person_event AS MATERIALIZED (SELECT external_id, id, person_id FROM tracardi.person_event),
  sessions AS MATERIALIZED (SELECT s.id, r.profile FROM tracardi.session s LEFT JOIN resolved r ON r.id = s.profile_id)
SELECT 'a person with several profiles' AS what, first::text AS which FROM answered GROUP BY first HAVING count(DISTINCT profile) <> 1
UNION ALL SELECT 'a profile of several people', profile::text FROM answered GROUP BY profile HAVING count(DISTINCT first) <> 1
UNION ALL SELECT 'an answered id that does not resolve, or to two', tick::text FROM answered GROUP BY tick HAVING count(profile) <> 1
UNION ALL SELECT 'a client''s id that does not resolve, or to another', client
  FROM answered a LEFT JOIN resolved r ON r.id = tracardi.id(a.client) WHERE client IS NOT NULL AND r.profile IS DISTINCT FROM a.profile
UNION ALL SELECT 'a profile of nobody', p.id::text FROM tracardi.profile p LEFT JOIN answered a ON a.profile = p.id WHERE a.tick IS NULL
UNION ALL SELECT 'an event that is lost or doubled', 'e' || c.tick FROM called c LEFT JOIN event e ON e.external_id = 'e' || c.tick
  GROUP BY c.tick HAVING count(e.id) <> 1
UNION ALL SELECT 'an event of a call that failed', e.external_id
  FROM event e LEFT JOIN called c ON 'e' || c.tick = e.external_id WHERE e.kind = 'profile' AND c.tick IS NULL
UNION ALL SELECT 'an event that is not its person''s', 'e' || a.tick
  FROM answered a LEFT JOIN person_event v ON v.external_id = 'e' || a.tick WHERE v.person_id IS DISTINCT FROM a.profile
UNION ALL SELECT 'an event that person_event loses or doubles', e.id::text
  FROM (SELECT id, count(*) FROM event GROUP BY 1) e FULL JOIN (SELECT id, count(*) FROM person_event GROUP BY 1) v USING (id, count)
  WHERE e.id IS NULL OR v.id IS NULL
UNION ALL SELECT 'an event of nobody', v.id::text FROM person_event v LEFT JOIN tracardi.profile p ON p.id = v.person_id WHERE p.id IS NULL
UNION ALL SELECT 'a session that is lost, or not its person''s', a.session
  FROM answered a LEFT JOIN sessions s ON s.id = tracardi.id(a.session) WHERE a.session IS NOT NULL AND s.profile IS DISTINCT FROM a.profile
UNION ALL SELECT 'an alias of a profile that is there', id::text FROM tracardi.profile_alias JOIN tracardi.profile USING (id)
UNION ALL SELECT 'an alias that leads nowhere', a.id::text
  FROM tracardi.profile_alias a LEFT JOIN tracardi.profile p ON p.id = a.profile_id WHERE p.id IS NULL
UNION ALL SELECT 'a key that leads nowhere', k.id::text FROM tracardi.merge_key k LEFT JOIN resolved r ON r.id = k.profile_id WHERE r.id IS NULL
UNION ALL SELECT 'keys', count(*)::text FROM tracardi.merge_key HAVING count(*) <> (SELECT count(DISTINCT node) FROM edge WHERE node ~ '^\d')
UNION ALL SELECT 'merges that were told', coalesce(t.id, a.id)
  FROM (SELECT jsonb_array_elements_text(properties -> 'losers') AS id FROM tracardi.event WHERE type = 'profile-merged') t
  FULL JOIN (SELECT id::text FROM tracardi.profile_alias) a USING (id) GROUP BY 2 HAVING count(t.id) <> 1 OR count(a.id) <> 1
UNION ALL SELECT 'profiles that were made', count(*)::text FROM tracardi.event WHERE type = 'profile-created'
  HAVING count(*) <> (SELECT count(*) FROM resolved)
UNION ALL SELECT 'visits', p.id::text FROM tracardi.profile p LEFT JOIN sessions s ON s.profile = p.id GROUP BY p.id HAVING p.visit_count <> count(s.id)
UNION ALL SELECT 'an event that was not moved', e.id::text FROM event e JOIN tracardi.profile_alias a ON a.id = e.profile_id WHERE a.settled
UNION ALL SELECT 'a failure', workflow FROM tracardi.workflow_failure;
SQL
echo "SELECT call(nextval('tick'));" >"$WORKDIR/call.bench"
echo 'CALL tracardi.maintain();' >"$WORKDIR/maintain.bench"

# check NAME: the model's word, before and after what was left has been moved.
check() {
  query -c 'ANALYZE' -c 'SET client_min_messages = warning; SELECT model()' >/dev/null
  query -c "SELECT format('%s calls, %s people, of whom %s had more than one profile, %s merged profiles, %s events under an old id', (SELECT count(*) FROM called), (SELECT count(*) FROM tracardi.profile),
    (SELECT count(DISTINCT profile_id) FROM tracardi.profile_alias), (SELECT count(*) FROM tracardi.profile_alias), (SELECT count(*) FROM tracardi.event e JOIN tracardi.profile_alias a ON a.id = e.profile_id))"
  expect "$1: calls" t "$(query -c "SELECT count(*) > 100 AND count(*) FILTER (WHERE answer -> 'errors' <> '[]') = 0 FROM called")"
  expect "$1: merges" t "$(query -c "SELECT count(*) > 20 FROM tracardi.profile_alias")"
  expect "$1: broken" '' "$(query -c 'SELECT what, count(*), min(which) FROM broken GROUP BY 1')"
  query -c "UPDATE tracardi.profile_alias SET created_at = created_at - interval '2 days'" -c 'CALL tracardi.maintain()'
  expect "$1: events under an old id after maintain()" 0 "$(query -c 'SELECT count(*) FROM tracardi.event e JOIN tracardi.profile_alias a ON a.id = e.profile_id')"
  expect "$1: sessions under an old id after maintain()" 0 "$(query -c 'SELECT count(*) FROM tracardi.session s JOIN tracardi.profile_alias a ON a.id = s.profile_id')"
  expect "$1: aliases that are not settled" 0 "$(query -c 'SELECT count(*) FROM tracardi.profile_alias WHERE NOT settled')"
  expect "$1: broken after maintain()" '' "$(query -c 'SELECT what, count(*), min(which) FROM broken GROUP BY 1')"
}

load read-committed "$seconds" 1
check read-committed
expect 'deadlocks' 0 "$(query -c 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')"

for level in 'repeatable read' serializable; do
  query -c "ALTER DATABASE postgres SET default_transaction_isolation = '$level'"
  load "${level/ /-}" $((seconds / 3)) 10000
  query -c 'ALTER DATABASE postgres RESET default_transaction_isolation'
  check "$level"
done
