# A payload of ephemeral events alone takes no transaction id and writes no WAL; it works in READ ONLY transactions and on
# a standby, where an event that would be stored gives 25006.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

primary=$WORKDIR/primary standby=$WORKDIR/standby

refused() { query -v VERBOSITY=sqlstate "$@" 2>&1 | sed -n 's/^ERROR: *//p'; }

cluster_start "$primary" 'autovacuum = off'
cluster_env "$primary"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true);
INSERT INTO tracardi.event_type (type, ephemeral) VALUES ('hover', true);
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "page-view"}]}');
SELECT tracardi.track('order', '{}', profile_id => 'customer-42');
SQL
expect 'data checksums' on "$(query -c 'SHOW data_checksums')"

calls=(
  # of a known session
  "tracardi.track('{\"source\": {\"id\": \"mouse\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": \"move\", \"id\": \"m\"}, {\"type\": \"move\"}]}')"
  # of an unknown one
  "tracardi.track('{\"source\": {\"id\": \"mouse\"}, \"session\": {\"id\": \"new\"}, \"profile\": {\"id\": \"who\"}, \"events\": [{\"type\": \"move\"}]}')"
  # of nobody
  "tracardi.track('{\"source\": {\"id\": \"mouse\"}, \"events\": [{\"type\": \"move\"}]}')"
  # by type
  "tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": \"Hover\"}]}')"
  # by the payload's word, and the event's
  "tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"known\"}, \"options\": {\"saveEvents\": false}, \"events\": [{\"type\": \"a\"}]}')"
  "tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": \"a\", \"options\": {\"saveEvent\": false}}]}')"
  # by the short form, and the webhook's
  "tracardi.track('hover', '{}', profile_id => 'customer-42')"
  "tracardi.track('hover', '{}', profile_id => 'nobody-yet')"
  "tracardi.collect('a', 'mouse', '{}', 'known')"
  # over HTTP, by both bodies, and as a webhook
  "tracardi_api.track('{\"source\": {\"id\": \"mouse\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": \"move\"}]}'::json)::jsonb"
  "tracardi_api.track('{\"source\": {\"id\": \"mouse\"}, \"session\": {\"id\": \"seen first\"}, \"events\": [{\"type\": \"move\"}]}'::text)::jsonb"
  "tracardi_api.collect('a', 'mouse', '{}', 'known')::jsonb"
  # with one that is refused
  "tracardi.track('{\"source\": {\"id\": \"mouse\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": 1}, {\"type\": \"b\"}]}')"
)

query -c 'VACUUM' -c 'CHECKPOINT'
before=$(query -c 'SELECT pg_current_wal_insert_lsn()')
for call in "${calls[@]}"; do
  # The first call of a backend, and a later one.
  for plan in "$(query -c "EXPLAIN (ANALYZE, WAL, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT $call")" \
    "$(query -c "DO \$\$ BEGIN PERFORM $call; END \$\$" -c "EXPLAIN (ANALYZE, WAL, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT $call")"; do
    expect "the plan of $call" 'Result (actual rows=N loops=1)' "$(sed 's/rows=1\(\.00\)\?/rows=N/' <<<"$plan")"
  done
  expect "the transaction id of $call" t "$(query -c BEGIN -c "SELECT $call" -c 'SELECT pg_current_xact_id_if_assigned() IS NULL' -c COMMIT | tail -n 1)"
  expect "READ ONLY: $call" t "$(query -c 'BEGIN READ ONLY' -c "SELECT jsonb_array_length($call -> 'events') > 0" -c COMMIT)"
done
# What the background processes write of their own accord: a checkpoint at rest, or a snapshot of running transactions.
for attempt in 1 2 3 4 5; do
  before=$(query -c 'SELECT pg_current_wal_insert_lsn()')
  for call in "${calls[@]}"; do query -c "SELECT $call" >/dev/null; done
  after=$(query -c 'SELECT pg_current_wal_insert_lsn()')
  [ "$before" != "$after" ] || break
done
expect 'the end of WAL after ephemeral calls' "$before" "$after"
expect 'what was stored' '2|1|2' "$(query -c "
  SELECT (SELECT count(*) FROM tracardi.event WHERE kind <> 'system'), (SELECT count(*) FROM tracardi.session), (SELECT count(*) FROM tracardi.profile)")"

stored="SELECT tracardi.track('order', '{}', profile_id => 'customer-42', event_id => 'standby')"
mixed="SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": \"hover\"}, {\"type\": \"a\"}]}')"
bad="SELECT tracardi.track('{\"source\": {\"id\": \"web\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": 1}]}')"
for statement in "$stored" "$mixed" "$bad"; do
  expect "READ ONLY: $statement" 25006 "$(refused -c 'BEGIN READ ONLY' -c "$statement")"
done

cluster_standby "$standby" 'autovacuum = off'

# replayed: until the standby has what the primary wrote.
replayed() {
  local lsn
  lsn=$(query -c 'SELECT pg_current_wal_insert_lsn()')
  for _ in $(seq 300); do
    [ "$(cluster_psql "$standby" -At -c "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" != t ] || return 0
    sleep 0.1
  done
  echo 'the standby does not follow'
  exit 1
}

# A profile that the primary made since is known on the standby, and a change of the configuration counts there.
exec 3> >(cluster_env "$standby"; exec "$PG_BINDIR/psql" -XAtq -d postgres -v VERBOSITY=sqlstate >"$WORKDIR/standby.out" 2>&1)
follower=$!
answers() {
  echo "SELECT '$1';" >&3
  for _ in $(seq 100); do ! grep -qsx "$1" "$WORKDIR/standby.out" || return 0; sleep 0.1; done
  cat "$WORKDIR/standby.out"
  exit 1
}
echo "SELECT tracardi.track('drag', '{}', source_id => 'web', profile_id => 'customer-42');" >&3
answers before
query -c "INSERT INTO tracardi.event_type (type, ephemeral) VALUES ('drag', true)" -c "SELECT tracardi.track('order', '{}', profile_id => 'customer-43')" >/dev/null
replayed
echo "SELECT tracardi.track('drag', '{}', source_id => 'web', profile_id => 'customer-43') #>> '{profile,id}';" >&3
answers after
exec 3>&-
wait $follower || true
expect 'an open connection to the standby' 'ERROR:  25006 before customer-43 after' "$(tr '\n' ' ' <"$WORKDIR/standby.out" | sed 's/ $//')"

cluster_env "$standby"
expect 'recovery' t "$(query -c 'SELECT pg_is_in_recovery()')"
for call in "${calls[@]}"; do
  expect "standby: $call" t "$(query -c "SELECT jsonb_array_length($call -> 'events') > 0")"
done
expect 'standby: whose session it is' t "$(query -c "
  SELECT ${calls[0]} #>> '{profile,id}' = (SELECT profile_id::text FROM tracardi.session) AND ${calls[0]} #>> '{session,id}' = 'known'")"
for statement in "$stored" "$mixed" "$bad"; do
  expect "standby: $statement" 25006 "$(refused -c "$statement")"
done
query -c 'CALL tracardi.maintain()'

cluster_stop "$primary"
query -c 'SELECT pg_promote()' >/dev/null
expect 'promoted: an event' '["standby"]|[]' "$(query -c "SELECT a -> 'events', a -> 'warnings' FROM (${stored} AS a) t")"
expect 'promoted: again' 1 "$(query -c "SELECT jsonb_array_length(a -> 'warnings') FROM (${stored} AS a) t")"
expect 'promoted: stored' 1 "$(query -c "SELECT count(*) FROM tracardi.event WHERE external_id = 'standby'")"
