# No value of an event, of a header or of a profile gets into the server's log, however much PostgreSQL is told to log, nor into
# an answer over HTTP but where it is the client's own: failures of all kinds, of calls and in the background worker.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

# Every value that clients send has the word canary in it, in some case; no name of ours has.
server=$WORKDIR/server answers=$WORKDIR/answers database=shop

cluster_start "$server" "shared_preload_libraries = 'tracardi'" "tracardi.database = 'shop'" 'log_min_messages = debug1' \
  'log_error_verbosity = verbose' 'log_min_error_statement = panic' 'log_statement = none'
cluster_env "$server"
database=postgres query -c 'CREATE DATABASE shop'
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('shop'), tracardi.create_source('hook', '{webhook}');
CREATE ROLE web LOGIN;
SELECT tracardi.grant_web('web');
CREATE TABLE slip (word text PRIMARY KEY, n int CHECK (n > 0));

-- What fails, by the word in NEW.properties: with values in message, DETAIL, HINT and CONTEXT.
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  word text := NEW.properties ->> 'word';
  n int;
BEGIN
  CASE NEW.properties ->> 'how'
    WHEN 'raise' THEN
      RAISE EXCEPTION 'raised %', word USING DETAIL = NEW.properties, HINT = word;
    WHEN 'cast' THEN n := word;
    WHEN 'json' THEN PERFORM word::json;
    WHEN 'statement' THEN EXECUTE format('SELECT 1 / 0 AS %I, %L', word, E'\nPL/pgSQL function ' || word || ' line 1 at RAISE');
    WHEN 'check' THEN INSERT INTO public.slip VALUES (word, 0);
    WHEN 'unique' THEN INSERT INTO public.slip VALUES (word, 1), (word, 1);
    WHEN 'null' THEN INSERT INTO tracardi.session (id, external_id, source_id) VALUES (NULL, word, word);
  END CASE;
  RETURN NULL;
END $$;
CREATE TRIGGER fail AFTER INSERT ON tracardi.event FOR EACH ROW WHEN (NEW.type = 'whole') EXECUTE FUNCTION fail();
ALTER TABLE tracardi.event ADD CONSTRAINT small CHECK (properties ->> 'big' IS NULL);
SELECT tracardi.create_workflow('at once', 'fail', event_type => 'sync'),
       tracardi.create_workflow('later', 'fail', event_type => 'async', mode => 'async', retry_limit => 0);
SELECT tracardi.create_event_type('flagged', schema => '{"properties": {"word": {"type": "number"}, "other": {"enum": [1]}, "mail": {"format": "ipv4"}}, "additionalProperties": false}'),
       tracardi.create_event_type('refused', schema => '{"properties": {"word": {"maxLength": 1}}}', on_invalid => 'reject');
SELECT tracardi.create_event_mapping('mapped', 'traits.n', 'properties.word', 'add'),
       tracardi.create_event_mapping('mapped', 'data.pii.birth_date', 'properties.word'),
       tracardi.create_event_mapping('mapped', 'interests.{properties.word}', operation => 'increment');
SQL

# call FUNCTION ARGUMENT…: as PostgREST does; keeps the answer.
call() {
  local arguments=$2
  PGOPTIONS='-c client_min_messages=warning' query -v "body=$3" >>"$answers" 2>&1 <<SQL || true
BEGIN;
SELECT set_config('request.headers', '{"authorization": "Bearer canary-token", "cookie": "id=canary-cookie", "origin": "http://canary.example", "user-agent": "canary-agent/1.0", "accept-language": "canary", "referer": "http://canary.example/canary", "x-tracardi-event-type": "sync", "x-tracardi-source": "hook", "x-tracardi-session": "canary-session", "x-tracardi-query": "how=canary"}', true),
       set_config('request.cookies', '{"id": "canary-cookie"}', true) \g /dev/null
SET LOCAL ROLE web;
SELECT tracardi_api.$1($arguments);
SELECT current_setting('response.status', true), current_setting('response.headers', true);
COMMIT;
SQL
}
track() { call track ":'body'::json" "$1"; }
events() { track '{"source": {"id": "shop"}, "session": {"id": "canary-session"}, "profile": {"id": "canary-profile"}, "context": {"page": {"title": "Canary"}}, "events": ['"$1"']}'; }

ways='raise cast json statement check unique null'
for how in $ways; do
  for type in whole sync async; do
    events '{"type": "'$type'", "id": "canary-'$type-$how'", "properties": {"how": "'$how'", "word": "canary '$how'"}}'
  done
done
events '{"type": "any", "properties": {"big": "canary@example.com"}}'
events '{"type": "flagged", "properties": {"word": "canary", "other": "canary", "mail": "canary@example.com", "canary": 1}}'
events '{"type": "refused", "properties": {"word": "canary"}}'
events '{"type": "mapped", "properties": {"word": "canary", "list": ["canary"]}}'
# What can't be read or accepted.
events '{"type": {"canary": "canary"}}, {"canary": "canary"}, "canary", {"type": "canary\u0000"}, {"type": "a", "properties": "canary"}, {"type": "a", "properties": {"canary": "canary\u0000", "n": 1e999999}}, {"type": "a", "time": "canary"}, {"type": "a", "time": {"create": "canary"}}, {"type": "a", "id": ["canary"]}, {"type": "a", "tags": "canary"}'
events '{"type": "canary", "id": "canary", "time": {"create": "canary"}, "context": "canary", "config": "canary", "options": "canary", "tags": ["canary"], "properties": {"canary": "canary"}}'
for field in source session profile context properties request options events metadata; do
  track '{"source": {"id": "shop"}, "events": [{"type": "a"}], "'$field'": "canary"}'
  track '{"source": {"id": "shop"}, "events": [{"type": "a"}], "'$field'": {"id": {"canary": "canary"}, "canary": "canary"}}'
done
track '{"source": {"id": "canary"}, "events": [{"type": "a"}]}'
call track ":'body'::text" '{"source": {"id": "shop"}, "events": [{"type": "canary'
call track ":'body'::text" 'canary'
call collect ":'body'::json" '{"how": "raise", "word": "canary"}'
call collect ":'body'::text" 'canary'
call collect "'whole', 'hook', :'body'::json, 'canary'" '{"how": "raise", "word": "canary"}'
call collect "'sync', 'canary', :'body'::json, 'canary'" '{"how": "canary"}'
for consents in '"canary"' '{"canary": "canary"}' '{"canary": {"revoke": "canary"}}' '{"canary": true}'; do
  call consent ":'body'::json" '{"source": {"id": "shop"}, "session": {"id": "canary-session"}, "profile": {"id": "canary-profile"}, "consents": '"$consents"'}'
  call consent ":'body'::text" '{"source": {"id": "shop"}, "session": {"id": "canary"}, "profile": {"id": "01890a5d-ac96-774b-bcce-b302099a8057"}, "consents": '"$consents"'}'
done
count() { wc -w <<<"$ways"; }
until_it_is 'the worker has failed' "$(count)" "SELECT count(*) FROM tracardi.workflow_failure WHERE workflow = 'later'"
until_it_is 'the worker tells of what failed' t "SELECT count(*) >= $(count) FROM tracardi.event WHERE type = 'track-failed'"

expect 'what failed, in the log' "$(sort <<'TEXT'
error 22012
error 22P02
error 22P02
error 23502, schema "tracardi", table "session", column "id"
error 23505, schema "public", table "slip", constraint "slip_pkey"
error 23514, schema "public", table "slip", constraint "slip_n_check"
error 23514, schema "tracardi", table "event", constraint "small"
error P0001
error P0001
TEXT
)" "$(grep -oP 'tracardi_api: \Kerror .*' "$server.log" | sed 's/event_[0-9_]*"/event"/' | sort)"
expect 'and where' t "$(grep -qE 'CONTEXT: PL/pgSQL function fail\(\) line [0-9]+ at RAISE' "$server.log" && echo t)"
expect 'no canary in the log' '' "$(grep -i canary "$server.log" || true)"
# What clients are told on purpose: ids that they chose, the source that they named, a property that a schema has no place for.
own='s/"(id|events)":\[?"canary[a-z-]*"/"\1":/g; s/source \\"canary\\" does not exist//; s/\(.canary. was unexpected\)//'
leaks() { sed -E "$own" "$answers" | grep -i canary || true; }
expect 'no canary in an answer' '' "$(leaks)"
expect 'answers of all kinds' t "$(for status in 226 401 422; do grep -q "^$status|" "$answers" || echo "no $status"; done; grep -q '^ERROR:  internal error' "$answers" && echo t)"

# Who looks for a mistake gets the text; the stranger does not ask for it.
expect 'web may not' 1 "$(query -c 'SET ROLE web' -c 'SET tracardi.log_error_details = on' 2>&1 | grep -c 'permission denied to set parameter')"
query -c 'ALTER DATABASE shop SET tracardi.log_error_details = on'
events '{"type": "whole", "properties": {"how": "raise", "word": "canary whole"}}'
events '{"type": "whole", "properties": {"how": "json", "word": "canary"}}'
expect 'the whole text' 'raised canary whole|DETAIL: {"how": "raise", "word": "canary whole"}|HINT: canary whole|DETAIL: Token "canary" is invalid.|CONTEXT: JSON data, line 1: canary' \
  "$(grep -oE 'raised .*|DETAIL: .*|HINT: canary.*|CONTEXT: JSON data.*' "$server.log" | paste -sd '|')"
expect 'not for the client' '' "$(leaks)"
