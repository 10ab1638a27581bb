# Of an ephemeral event nothing stays: after workflows that succeed and fail on it, and a checkpoint, its content is nowhere
# in the data directory (tables, WAL, statistics) nor in the server's log, which is as verbose as it is by default.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

cluster=$WORKDIR/marker
marker=Xq7vWm3kTz9pLr5d

# A large value is kept in pieces, and compressed: pieces of it would be found, too.
cluster_start "$cluster" 'default_toast_compression = pglz' 'wal_compression = off'
cluster_env "$cluster"
data=$(realpath "$cluster")/data
expect 'log_min_messages' warning "$(query -c 'SHOW log_min_messages')"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
CREATE ROLE tracardi_owner NOLOGIN;
SELECT tracardi.setup(owner => 'tracardi_owner');
SELECT tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true);
INSERT INTO tracardi.event_type (type, ephemeral) VALUES ('hover', true);
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "page-view"}]}');
CREATE TABLE counted (n int);
CREATE FUNCTION answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('echo', NEW.properties)), tracardi.add_ux(jsonb_build_object('echo', NEW.context));
  RETURN NEW;
END
$$;
CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counted VALUES (length(NEW.properties::text));
  RETURN NEW;
END
$$;
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counted VALUES (0);
  RAISE EXCEPTION 'it failed over %', NEW.properties USING DETAIL = NEW.properties ->> 'text', HINT = NEW.context ->> 'text', TABLE = NEW.properties ->> 'text';
END
$$;
CREATE FUNCTION is_slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep(10), NEW.properties;
  RETURN NEW;
END
$$;
CREATE FUNCTION casts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM (NEW.properties ->> 'text')::int;
  RETURN NEW;
END
$$;
CREATE FUNCTION on_ephemeral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.add_ux(jsonb_build_object('trigger', NEW.properties ->> 'text'));
  RETURN NEW;
END
$$;
GRANT USAGE ON SCHEMA public TO tracardi_owner;
CREATE TRIGGER answer BEFORE INSERT ON tracardi.ephemeral_event FOR EACH ROW EXECUTE FUNCTION on_ephemeral();
SELECT tracardi.create_workflow('answers', 'answers', kinds => '{ephemeral,profile}'), tracardi.create_workflow('counts', 'counts', kinds => '{ephemeral,profile}'),
       tracardi.create_workflow('fails', 'fails', kinds => '{ephemeral,profile}'), tracardi.create_workflow('slow', 'is_slow', kinds => '{ephemeral,profile}', timeout => '20 ms'),
       tracardi.create_workflow('casts', 'casts', kinds => '{ephemeral,profile}'),
       tracardi.create_workflow('condition', 'answers', kinds => '{ephemeral,profile}', condition => 'strict $.properties.text.nowhere'),
       tracardi.create_workflow('hears', 'counts', event_type => 'workflow-failed');
ALTER FUNCTION answers() RENAME TO gone;
SELECT tracardi.track('hover', '{}', source_id => 'web');
ALTER FUNCTION gone() RENAME TO answers;
UPDATE tracardi.workflow SET status = 'ready';
SQL
query -c CHECKPOINT

# The statement comes as text from a client, alone in a transaction, with others, of somebody known or unknown, and many at once.
call() {
  query -v payload="$1" <<'SQL'
SELECT jsonb_array_length(a -> 'errors'), a #>> '{response,echo,text}' LIKE 'Xq7%', a #>> '{ux,0,trigger}' LIKE 'Xq7%' FROM tracardi.track((:'payload')::jsonb) a;
SQL
}
event='"properties": {"text": "'$marker'", "more": {"'$marker'": ["'$marker'"]}}, "context": {"text": "'$marker'"}, "tags": ["'$marker'"]'
expect 'a known visitor' '4|t|t' "$(call '{"source": {"id": "mouse"}, "session": {"id": "known"}, "context": {"x": "'$marker'"}, "properties": {"x": "'$marker'"}, "events": [{"type": "a", "id": "'$marker'", '"$event"'}]}')"
expect 'an unknown one' '4|t|t' "$(call '{"source": {"id": "mouse"}, "session": {"id": "'$marker'"}, "profile": {"id": "'$marker'"}, "events": [{"type": "a", '"$event"'}]}')"
expect 'by type' '4|t|t' "$(call '{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "hover", '"$event"'}]}')"
expect 'by options' '4|t|t' "$(call '{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "a", "options": {"saveEvent": false}, '"$event"'}]}')"
# Beside a stored one: that one fails as well, with a content of its own.
expect 'mixed' '8|' "$(call '{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "a", "options": {"saveEvent": false}, '"$event"'}, {"type": "a", "properties": {"text": "other"}}]}' | cut -d '|' -f 1)|"
expect 'one that can not be read' '1||' "$(call '{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": 1, '"$event"'}]}')"
large=$(printf "$marker%.0s" {1..5000})
expect 'a large one' '4|t|t' "$(call '{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "a", "properties": {"text": "'"$large"'"}}]}')"
query <<'SQL' | grep -qx 400
SELECT jsonb_array_length(tracardi.track(jsonb_build_object('source', '{"id": "mouse"}'::jsonb, 'events', (SELECT jsonb_agg(jsonb_build_object('type', 'a', 'properties', jsonb_build_object('text', 'Xq7v' || 'Wm3kTz9pLr5d'))) FROM generate_series(1, 100)))) -> 'errors');
SQL
# The failures were recorded.
expect 'recorded' t "$(query -c "SELECT count(*) > 400 AND bool_and(event IS NULL) FROM tracardi.workflow_failure WHERE message = 'workflow failed for an ephemeral event'")"

query -c CHECKPOINT
# The search finds what is there: the same text, stored on purpose, in a file and in WAL.
kept=Zz8yNn4bQw2s
query -c "CREATE TABLE on_purpose AS SELECT '$kept'::text AS t" -c CHECKPOINT
found=$(as_server grep -rlaF "$kept" "$data" | sed "s|^$data/||; s|/.*||" | sort -u | tr '\n' ' ')
expect 'what is stored on purpose is found in' 'base pg_wal ' "$found"
expect 'what is left of the marker' '' "$(as_server grep -rlaF "$marker" "$data" || true)"
expect 'what is left of the marker in another case' '' "$(as_server grep -rlaiF "$marker" "$data" || true)"
expect 'the log' '' "$(grep -aF "$marker" "$cluster.log" || true)"
# Also after the server has written what it keeps in memory at its end.
cluster_stop "$cluster"
expect 'what is left of the marker after the end' '' "$(as_server grep -rlaiF "$marker" "$data" || true)"
expect 'the log after the end' '' "$(grep -aF "$marker" "$cluster.log" || true)"
