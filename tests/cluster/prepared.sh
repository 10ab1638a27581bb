# PREPARE TRANSACTION with track() in it: invisible until COMMIT PREPARED, gone after ROLLBACK PREPARED, across a crash, and
# the backend goes on at once.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

events="SELECT string_agg(type, ' ' ORDER BY time) FROM tracardi.event WHERE kind <> 'system'"
warnings="-> 'warnings' -> 0 ->> 'message'"
known='event was stored before; it is stored once'

cluster_start "$server"
cluster_env "$server"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SQL

expect 'one backend' ' a2 a2 a1 a2 a3' "$(query <<SQL | tr '\n' ' ' | sed 's/ $//'
BEGIN;
SELECT tracardi.track('a1', '{}', profile_id => 'x', session_id => 'v', event_id => 'k1') \g /dev/null
PREPARE TRANSACTION 'one';
-- Of another visitor, in the same backend: what is prepared is not there.
$events;
SELECT tracardi.track('a2', '{}', profile_id => 'y', session_id => 'w', event_id => 'k2') \g /dev/null
BEGIN;
SELECT tracardi.track('r1', '{}', profile_id => 'z', session_id => 'u', event_id => 'k3') \g /dev/null
PREPARE TRANSACTION 'two';
$events;
ROLLBACK PREPARED 'two';
$events;
COMMIT PREPARED 'one';
SELECT tracardi.track('a3', '{}', profile_id => 'z', session_id => 'u', event_id => 'k3') \g /dev/null
$events;
SQL
)"
expect 'one backend: sessions, profiles, visits' '3|3|3' "$(query -c "
  SELECT (SELECT count(*) FROM tracardi.session), count(*), sum(visit_count) FROM tracardi.profile")"
expect 'sent again' "$known" "$(query -c "SELECT tracardi.track('a1', '{}', profile_id => 'x', event_id => 'k1') $warnings")"

# Who meets a prepared transaction waits for it, also after a crash; then it counts.
query <<'SQL' >/dev/null
BEGIN;
SELECT tracardi.track('b1', '{}', profile_id => 'p', session_id => 's', event_id => 'k4');
PREPARE TRANSACTION 'three';
BEGIN;
SELECT tracardi.track('b2', '{}', profile_id => 'q', session_id => 't', event_id => 'k5');
PREPARE TRANSACTION 'four';
BEGIN;
SELECT tracardi.create_source('later');
PREPARE TRANSACTION 'five';
SQL
for round in before after; do
  for call in "tracardi.track('c', '{}', profile_id => 'p')" "tracardi.track('c', '{}', profile_id => 'x', session_id => 's')" \
    "tracardi.track('c', '{}', event_id => 'k5')"; do
    expect "$round the crash: $call" 55P03 "$(query -v VERBOSITY=sqlstate -c 'SET lock_timeout = 100' -c "SELECT $call" 2>&1 | sed 's/^ERROR: *//')"
  done
  expect "$round the crash: an uncommitted source" 28000 "$(query -v VERBOSITY=sqlstate \
    -c "SELECT tracardi.track('c', '{}', source_id => 'later')" 2>&1 | sed 's/^ERROR: *//')"
  if [ $round = before ]; then
    cluster_stop "$server" KILL
    cluster_start "$server"
    cluster_env "$server"
  fi
done
expect 'a configuration change that was prepared' '["28000"] 1' "$(query -v VERBOSITY=sqlstate <<'SQL' 2>&1 | tr '\n' ' ' | sed 's/ERROR: *\(.....\)/["\1"]/; s/ $//'
\set ON_ERROR_STOP off
SELECT tracardi.track('c', '{}', source_id => 'later');
COMMIT PREPARED 'five';
SELECT jsonb_array_length(tracardi.track('c1', '{}', source_id => 'later') -> 'events');
SQL
)"
query -c "COMMIT PREPARED 'three'" -c "ROLLBACK PREPARED 'four'"
expect 'committed: sent again' "$known" "$(query -c "SELECT tracardi.track('b1', '{}', profile_id => 'p', session_id => 's', event_id => 'k4') $warnings")"
expect 'rolled back: sent again' '' "$(query -c "SELECT tracardi.track('b2', '{}', profile_id => 'q', session_id => 't', event_id => 'k5') $warnings")"
expect 'events' 'a1 a2 a3 b1 b2 c1' "$(query -c "SELECT string_agg(type, ' ' ORDER BY type) FROM tracardi.event WHERE kind <> 'system'")"
expect 'sessions, profiles, visits, keys' '5|5|5|5' "$(query -c "
  SELECT (SELECT count(*) FROM tracardi.session), count(*), sum(visit_count), (SELECT count(*) FROM tracardi.event_key) FROM tracardi.profile")"
