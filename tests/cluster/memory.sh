# 200,000 calls in one backend, from SQL and over HTTP, with batches, new visitors, repeated ids, rejected events and errors among them: its memory
# stays as it was after the first ones.
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
. "$TRACARDI_ROOT/tests/lib/expect.sh"

server=$WORKDIR/server

cluster_start "$server" 'max_wal_size = 4GB' 'synchronous_commit = off'
cluster_env "$server"
query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION tracardi;
SELECT tracardi.setup();
SELECT tracardi.create_source('web'), tracardi.create_source('mouse', ephemeral => true);

-- Twenty calls a round, one transaction each, or one that is undone.
CREATE PROCEDURE calls(rounds int) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN 1 .. rounds LOOP
    FOR i IN 1 .. 12 LOOP
      PERFORM tracardi.track('page-view', '{"url": "https://example.com/a"}', profile_id => 'x', session_id => 'known');
    END LOOP;
    COMMIT;
    PERFORM tracardi.track('{"source": {"id": "mouse"}, "session": {"id": "known"}, "events": [{"type": "move"}, {"type": "move"}]}');
    PERFORM tracardi.track('order', '{"price": 13.45}', profile_id => 'x', event_id => 'k' || n % 100);
    PERFORM tracardi.track('{"source": {"id": "web"}, "session": {"id": "list"}, "context": {"screen": {"width": 1280}},
      "events": [{"type": "a", "tags": ["t"]}, {"type": "b", "properties": {"deep": [1, {"x": "y"}]}}, {"type": "c"}]}');
    PERFORM tracardi.track('{"source": {"id": "web"}, "events": [{"type": "temperature"}]}'::jsonb || '{"profile_less": true}');
    PERFORM set_config('request.headers', format('{"user-agent": "Mozilla/5.0 (Linux; Android 14; SM-%s) Chrome/140.0.0.0 Mobile", "accept-language": "de"}', n), true),
      tracardi_api.track('{"source": {"id": "web"}, "session": {"id": "8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"}, "events": [{"type": "a", "properties": {"é": "\u00e9"}}]}'::text),
      tracardi_api.track('{"source": '::text), tracardi_api.collect('a', 'web', '{"a": 1}');
    IF n % 20 = 0 THEN
      PERFORM tracardi_api.track(format('{"source": {"id": "web"}, "session": {"id": "%s"}, "events": [{"type": "a"}, {"type": "\u0000"}]}', gen_random_uuid())::json);
      PERFORM tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', 's' || n),
                                                'events', '[{"type": "a"}, {"type": 7}]'::jsonb));
      DELETE FROM tracardi.event_rejected;
      PERFORM tracardi.create_source('t' || n);
      PERFORM tracardi.drop_source('t' || n);
    ELSE
      PERFORM tracardi.collect('sensor', 'web', '{"celsius": 21}');
    END IF;
    COMMIT;
    -- Errors: an unknown source, a payload that is none, one that a constraint of the user's refuses.
    BEGIN
      PERFORM tracardi.track('a', '{}', source_id => 'nowhere');
    EXCEPTION WHEN invalid_authorization_specification THEN NULL;
    END;
    BEGIN
      PERFORM tracardi.track('[]'::jsonb);
    EXCEPTION WHEN invalid_parameter_value THEN NULL;
    END;
    BEGIN
      PERFORM tracardi.track('{"source": {"id": "web"}, "session": {"id": "known"}, "events": [{"type": "a"}, {"type": "refused"}]}');
      RAISE EXCEPTION 'not refused';
    EXCEPTION WHEN check_violation THEN NULL;
    END;
    BEGIN
      PERFORM tracardi_api.track('{"source": {"id": "web"}, "session": {"id": "8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"}, "events": [{"type": "refused"}]}'::json);
      RAISE EXCEPTION 'not refused';
    EXCEPTION WHEN internal_error THEN NULL;
    END;
    COMMIT;
    PERFORM tracardi.track('undone', '{}', profile_id => 'u' || n, session_id => 'u' || n, event_id => 'u' || n);
    ROLLBACK;
    -- So that the tables stay small: this measures memory.
    IF n % 500 = 0 THEN
      DELETE FROM tracardi.event;
      COMMIT;
    END IF;
  END LOOP;
END
$$;
ALTER TABLE tracardi.event ADD CONSTRAINT user_check CHECK (type <> 'refused');
SQL

used="SELECT sum(used_bytes) || '|' || sum(total_bytes) FROM pg_backend_memory_contexts"
private="\\! sed -n 's/^RssAnon:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/\`cat '$WORKDIR/pid'\`/status"
largest="SELECT 'largest: ' || string_agg(name || ' ' || n, ', ') FROM (
  SELECT name, sum(total_bytes) AS n FROM pg_backend_memory_contexts GROUP BY name ORDER BY 2 DESC LIMIT 8) t"
{
  echo "SELECT pg_backend_pid() \\g '$WORKDIR/pid'"
  for rounds in 1000 3000 3000 3000; do printf '%s\n' "CALL calls($rounds);" "$used;" "$private" "$largest;"; done
} | query >"$WORKDIR/out"
cat "$WORKDIR/out"
mapfile -t bytes < <(grep '|' "$WORKDIR/out")
mapfile -t resident < <(grep -x '[0-9]*' "$WORKDIR/out")
status=0
# flat WHAT BEFORE AFTER SLACK
flat() {
  echo "$1: $2 after 20,000 calls, $3 after 200,000"
  [ $(($3 - $2)) -le "$4" ] || { echo "$1 grew"; status=1; }
}
flat 'used bytes' "${bytes[0]%|*}" "${bytes[3]%|*}" 100000
flat 'allocated bytes' "${bytes[0]#*|}" "${bytes[3]#*|}" 1000000
flat 'private resident kB' "${resident[0]}" "${resident[3]}" 1000
exit $status
