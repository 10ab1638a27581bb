# The doors for HTTP where a server's state shows: on a standby they answer 503 for what would be stored; an error that is kept
# from the client stands in the log, without its text unless that is wanted.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

primary=$WORKDIR/primary standby=$WORKDIR/standby

# answer CALL: status, body without ids and times, and the first header but the time.
answer() {
  query <<SQL | tail -n 1
BEGIN;
SELECT set_config('request.headers', '{"authorization": "Bearer crumbs", "cookie": "crumbs=crumbs"}', true);
SET LOCAL ROLE web;
SELECT tracardi_api.$1 AS body \gset
SELECT coalesce(nullif(current_setting('response.status', true), ''), '200'), :'body'::jsonb - '{task,events,session}'::text[],
       (current_setting('response.headers')::jsonb -> 0) - 'X-Process-Time';
COMMIT;
SQL
}

cluster_start "$primary" 'log_statement = none' 'log_min_error_statement = panic'
cluster_env "$primary"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('shop');
CREATE ROLE web LOGIN;
SELECT tracardi.grant_web('web');
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the secret is %', NEW.properties USING DETAIL = 'in detail'; END $$;
CREATE TRIGGER fail BEFORE INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'fail') EXECUTE FUNCTION fail();
SQL

event='{"source": {"id": "shop"}, "events": [{"type": "a"}]}'
ephemeral='{"source": {"id": "shop"}, "options": {"saveEvents": false}, "events": [{"type": "a"}]}'
failing='{"source": {"id": "shop"}, "events": [{"type": "fail", "properties": {"card": 4111}}]}'
tracked='{"ux": [], "errors": [], "profile": {"id": null}, "response": {}, "warnings": []}'

log() { grep -A 9 'tracardi_api: error' "$primary.log" | grep -oE 'tracardi_api: error .*|(DETAIL|CONTEXT): .*' | paste -sd '|'; }
expect 'an error, as it reaches the client' 'ERROR:  internal error' "$(answer "track('$failing'::json)" 2>&1 | sed -n '/^ERROR/p')"
expect 'the log: the error' 'tracardi_api: error P0001|CONTEXT: PL/pgSQL function fail() line 1 at RAISE' "$(log)"
query -c 'ALTER DATABASE postgres SET tracardi.log_error_details = on'
: >"$primary.log"
answer "track('$failing'::json)" >/dev/null 2>&1 || true
expect 'the log: its text, where it is wanted' \
  'tracardi_api: error P0001: the secret is {"card": 4111}|DETAIL: in detail|CONTEXT: PL/pgSQL function fail() line 1 at RAISE' "$(log)"

cluster_standby "$standby"
cluster_env "$standby"
expect 'standby: health' '200|{"status": "ok", "version": "'"$(query -c "SELECT extversion FROM pg_extension WHERE extname = 'tracardi'")"'"}|{}' "$(answer 'health()')"
expect 'standby: an event' '503|{"detail": "this server is read-only"}|{"Retry-After": "10"}' "$(answer "track('$event'::json)")"
expect 'standby: a rejected event' 503 "$(answer "track('{\"source\": {\"id\": \"shop\"}, \"events\": [{}]}'::json)" | cut -d '|' -f 1)"
expect 'standby: an ephemeral event' "200|$tracked|{}" "$(answer "track('$ephemeral'::json)")"
