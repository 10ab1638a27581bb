# Asynchronous workflows run by the background workers: woken by the commit, and by a retry that comes due; each event once and in
# order, also when a worker is killed in the middle.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server database=shop

cluster_start "$server" "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'tracardi.workers = 2' 'restart_after_crash = on'
cluster_env "$server"
"$PG_BINDIR/psql" -Xq -d postgres -c 'CREATE DATABASE shop' -c 'CREATE ROLE tracardi_owner NOLOGIN' -c 'CREATE ROLE app NOLOGIN'
query >/dev/null <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner');
CREATE TABLE ran (n int GENERATED ALWAYS AS IDENTITY, workflow text, event uuid, profile uuid, place int, who name);
GRANT SELECT, INSERT ON ran TO app;
SELECT tracardi.grant_workflow_owner('app');
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ran (workflow, event, profile, place, who) VALUES (TG_NAME, NEW.id, NEW.profile_id, (NEW.properties ->> 'place')::int, current_user);
  RETURN NULL;
END $$;
CREATE FUNCTION once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Fails at the first attempt: then there is a row of its failure.
  IF NOT EXISTS (SELECT FROM public.failures WHERE event_id = NEW.id) THEN RAISE EXCEPTION 'not yet'; END IF;
  INSERT INTO public.ran (workflow, event) VALUES (TG_NAME, NEW.id);
  RETURN NULL;
END $$;
CREATE VIEW failures WITH (security_invoker = false) AS SELECT event_id FROM tracardi.workflow_failure;
GRANT SELECT ON failures TO app;
ALTER FUNCTION note() OWNER TO app;
ALTER FUNCTION once() OWNER TO app;
SELECT tracardi.create_workflow('note', 'note', event_type => 'placed', mode => 'async');
SELECT tracardi.create_workflow('once', 'once', event_type => 'twice', mode => 'async', retry_delay => '1 s');
SQL
until_it_is 'the workers are there' 2 "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'tracardi worker'"

# Nobody calls anything: the commit is enough.
query -c "SELECT tracardi.track('placed', '{\"place\": 0}', profile_id => 'first')" >/dev/null
until_it_is 'run after the commit' 'note|0|app' 'SELECT workflow, place, who FROM ran'

# So is that of a prepared transaction, by whoever commits it.
query -c BEGIN -c "SELECT tracardi.track('placed', '{\"place\": 1}', profile_id => 'first')" -c "PREPARE TRANSACTION 'p'" >/dev/null
expect 'not before' 1 "$(query -c 'SELECT count(*) FROM ran')"
query -c "COMMIT PREPARED 'p'"
until_it_is 'run after COMMIT PREPARED' 2 'SELECT count(*) FROM ran'

# A retry comes due while nothing is committed.
query -c "SELECT tracardi.track('twice', '{}')" >/dev/null
until_it_is 'run at the second attempt' 1 "SELECT count(*) FROM ran WHERE workflow = 'once'"
until_it_is 'its failure is gone' 0 'SELECT count(*) FROM tracardi.workflow_failure'

# Who listens hears of it from the worker, and not more often than once a second.
query -c "SELECT tracardi.create_subscription('ear', 'placed')" >/dev/null 2>&1
{
  echo 'LISTEN tracardi_subscription;'
  until [ -e "$WORKDIR/heard" ]; do echo 'SELECT;'; sleep 0.1; done
} | query >"$WORKDIR/notifications" &
listener=$!
until [ "$(query -c "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT;'")" = 1 ]; do sleep 0.05; done
began=$(query -c 'SELECT extract(epoch FROM clock_timestamp())')
for _ in $(seq 200); do echo "SELECT tracardi.track('placed', '{\"place\": 1}') \g /dev/null"; done | query
until_it_is 'told of all' t "SELECT told_at > (SELECT max(received_at) FROM tracardi.event WHERE type = 'placed') FROM tracardi.subscription"
for _ in $(seq 300); do ! grep Asynchronous "$WORKDIR/notifications" >/dev/null || break; sleep 0.1; done
touch "$WORKDIR/heard"
wait $listener
heard=$(grep -c 'Asynchronous notification "tracardi_subscription" with payload "ear"' "$WORKDIR/notifications" || true)
expect "heard $heard times" t "$(query -c "SELECT $heard BETWEEN 1 AND extract(epoch FROM clock_timestamp()) - $began + 2")"
query -c "SELECT tracardi.drop_subscription('ear')" >/dev/null

# Many at once, and a worker is killed in the middle: that is a crash of the server, which starts again.
query -c 'TRUNCATE ran' >/dev/null
clients=()
for client in 1 2 3 4; do
  for n in $(seq 100); do
    echo "SELECT tracardi.track('placed', '{\"place\": $n}', profile_id => 'person-$client', event_id => '$client-$n') \\g /dev/null"
  done | "$PG_BINDIR/psql" -XAtq -d shop >/dev/null 2>&1 &
  clients+=($!)
done
until_it_is 'some have run' t 'SELECT count(*) > 20 FROM ran'
as_server kill -KILL "$(query -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'tracardi worker' LIMIT 1")"
wait "${clients[@]}" || true
until_it_is 'the server is back' 1 'SELECT 1'
# What was lost on the way is sent again, as clients do: the ids keep it from being stored twice.
for client in 1 2 3 4; do
  for n in $(seq 100); do
    echo "SELECT tracardi.track('placed', '{\"place\": $n}', profile_id => 'person-$client', event_id => '$client-$n') \\g /dev/null"
  done | query >/dev/null
done
until_it_is 'all have run' 400 'SELECT count(DISTINCT event) FROM ran'
expect 'each event once' '400|400' "$(query -c "SELECT (SELECT count(*) FROM ran), (SELECT count(*) FROM tracardi.event WHERE type = 'placed' AND external_id IS NOT NULL)")"
expect 'by whom' app "$(query -c 'SELECT DISTINCT who FROM ran')"
expect 'each profile in the order in which its events were stored' 0 "$(query -c "
  SELECT count(*) FROM (SELECT e.xact < lag(e.xact) OVER (PARTITION BY r.profile ORDER BY r.n) AS wrong
                        FROM ran r JOIN tracardi.event e ON e.id = r.event) w WHERE wrong")"
until_it_is 'nothing waits' '0|0' "SELECT sum(lag_events), sum(recorded_failures) FROM tracardi.workflow_status"
