# Workflows on a hot standby: an ephemeral event whose workflow reads is answered as on the primary; one that writes fails with
# 25006 in the answer's errors, the others run, and nothing is recorded anywhere.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

# The standby's receiver loads libpq: that of this PostgreSQL, not the system's.
export LD_LIBRARY_PATH=${PG_BINDIR%/bin}/lib

primary=$WORKDIR/primary standby=$WORKDIR/standby

cluster_start "$primary"
cluster_env "$primary"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
CREATE ROLE flow;
CREATE ROLE app;
SELECT tracardi.setup(), tracardi.grant_workflow_owner('flow'), tracardi.grant_tracker('app');
SELECT tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true);
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "page-view"}]}');
CREATE TABLE written (n int);
GRANT INSERT ON written TO flow;
GRANT CREATE ON SCHEMA public TO flow;
SET ROLE flow;
CREATE FUNCTION reads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('visits', (SELECT visit_count FROM tracardi.profile WHERE id = NEW.profile_id), 'session', (SELECT external_id FROM tracardi.session WHERE id = NEW.session_id),
    'stored', (SELECT count(*) FROM tracardi.event WHERE session_id = NEW.session_id AND kind = 'profile'), 'user', current_user, 'said', NEW.properties -> 'said'));
  PERFORM tracardi.add_ux('{"tag": "div"}');
  RETURN NULL;
END
$$;
CREATE FUNCTION writes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond('{"written": true}');
  INSERT INTO written VALUES (1);
  RETURN NULL;
END
$$;
CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'it failed';
END
$$;
CREATE FUNCTION tracks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('nested', tracardi.track('nested', '{}', options => '{"saveEvent": false}') -> 'response'));
  PERFORM tracardi.track('stored', '{}');
  RETURN NULL;
END
$$;
CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep(20);
  RETURN NULL;
END
$$;
RESET ROLE;
SELECT tracardi.create_workflow('reads', 'reads', kinds => '{ephemeral}', condition => '$.session.status == "active"'),
       tracardi.create_workflow('writes', 'writes', event_type => 'write'), tracardi.create_workflow('raises', 'raises', event_type => 'raise'),
       tracardi.create_workflow('tracks', 'tracks', event_type => 'track'), tracardi.create_workflow('sleeps', 'sleeps', event_type => 'sleep', timeout => '100 ms'),
       tracardi.create_workflow('gone', 'sleeps', event_type => 'gone');
-- The registry keeps the name of a function that is not there any more.
CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE tracardi.workflow SET function = 'public.gone' WHERE name = 'gone';
DROP FUNCTION gone();
SQL

event() { echo "SELECT a -> 'response', a -> 'ux', (SELECT string_agg(concat_ws(' ', e ->> 'event', e ->> 'code', e ->> 'message'), '; ') FROM jsonb_array_elements(a -> 'errors') e)
  FROM tracardi.track('{\"source\": {\"id\": \"mouse\"}, \"session\": {\"id\": \"known\"}, \"events\": [{\"type\": \"$1\", \"properties\": {\"said\": 7}}]}') a"; }
read='{"said": 7, "user": "flow", "stored": 1, "visits": 1, "session": "known"}|[{"tag": "div"}]'
expect 'primary: reads' "$read|" "$(query -c "$(event hover)")"

cluster_standby "$standby"
cluster_env "$standby"
expect 'recovery' t "$(query -c 'SELECT pg_is_in_recovery()')"
expect 'reads' "$read|" "$(query -c "$(event hover)")"
expect 'reads, with the rights of one who may track only' "$read|" "$(query -c 'SET ROLE app' -c "$(event hover)")"
expect 'writes' "$read|0 25006 workflow \"writes\" failed: cannot execute INSERT in a read-only transaction" "$(query -c "$(event write)")"
expect 'raises' "$read|0 P0001 workflow \"raises\" failed: it failed" "$(query -c "$(event raise)")"
expect 'tracks' "$read|0 25006 workflow \"tracks\" failed: cannot execute track() in a read-only transaction" \
  "$(query -c "$(event track)" | sed 's/track() during recovery/track() in a read-only transaction/')"
expect 'takes too long' "$read|0 57014 workflow \"sleeps\" failed: workflow took longer than its timeout" "$(query -c "$(event sleep)")"
# One whose function is gone can't be marked here: it is told each time.
for time in first second; do
  expect "gone, $time" "$read|0 42883" "$(query -c "$(event gone)" | sed 's/ workflow "gone".*//')"
done
# All in one transaction, in one session that goes on.
expect 'in one transaction' "$read|" "$(query -c BEGIN -c "$(event write)" -c "$(event raise)" -c "$(event hover)" -c COMMIT | tail -n 1)"
expect 'what is recorded' '0|0' "$(query -c 'SELECT (SELECT count(*) FROM tracardi.workflow_failure), (SELECT count(*) FROM written)')"

# A workflow that comes on the primary counts here.
cluster_env "$primary"
query -c "UPDATE tracardi.workflow SET enabled = false WHERE name = 'writes'" >/dev/null
lsn=$(query -c 'SELECT pg_current_wal_flush_lsn()')
cluster_env "$standby"
for _ in $(seq 300); do [ "$(query -c "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" != t ] || break; sleep 0.1; done
expect 'switched off on the primary' "$read|" "$(query -c "$(event write)")"
cluster_stop "$primary"
query -c 'SELECT pg_promote()' >/dev/null
expect 'promoted: raises' "$read|0 P0001 workflow \"raises\" failed: it failed" "$(query -c "$(event raise)")"
expect 'promoted: recorded' 'raises|P0001' "$(query -c 'SELECT workflow, code FROM tracardi.workflow_failure')"
