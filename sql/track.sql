-- The doors for SQL. The C functions run with the caller's rights; EXECUTE on them is the right to track. Inside, they
-- act as the owner of the data tables, as foreign keys do.

CREATE FUNCTION tracardi.id(text) RETURNS uuid
  IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_id';
COMMENT ON FUNCTION tracardi.id(text) IS
  'the uuid of a client''s profile or session id: a canonical UUID as it is, any other text as a UUIDv5 that never changes; null for a blank text; 22001 above 255 characters';

CREATE FUNCTION tracardi.event_id(source_id text, id text) RETURNS uuid
  IMMUTABLE STRICT PARALLEL SAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_event_id';
COMMENT ON FUNCTION tracardi.event_id(text, text) IS
  'the uuid of a client''s event id: a canonical UUID as it is, any other text as a UUIDv5 that is scoped by its source; null for a blank text; 22001 above 255 characters';

CREATE FUNCTION tracardi.track(jsonb) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_track_payload';
COMMENT ON FUNCTION tracardi.track(jsonb) IS
  'takes a tracker payload {source, session, profile, context, properties, options, events} and returns {task, events, profile, session, response, ux, errors, warnings}; null without events';

CREATE FUNCTION tracardi.track(
  event_type text,
  properties jsonb,
  source_id text DEFAULT 'sql',
  profile_id text DEFAULT NULL,
  session_id text DEFAULT NULL,
  context jsonb DEFAULT '{}',
  options jsonb DEFAULT '{}',
  event_id text DEFAULT NULL,
  "time" timestamptz DEFAULT NULL
) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_track_event';
COMMENT ON FUNCTION tracardi.track(text, jsonb, text, text, text, jsonb, jsonb, text, timestamptz) IS
  'tracks one event and returns what track(jsonb) returns; without a profile and a session the event is profileless, without a session no session is made';

CREATE FUNCTION tracardi.collect(event_type text, source_id text, properties jsonb, session_id text DEFAULT NULL) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_collect';
COMMENT ON FUNCTION tracardi.collect(text, text, jsonb, text) IS
  'the webhook''s door: tracks one event of a source that has the bridge webhook; profileless without a session';

CREATE FUNCTION tracardi.retry_rejected(id uuid) RETURNS jsonb
  VOLATILE PARALLEL UNSAFE STRICT LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_retry_rejected';
COMMENT ON FUNCTION tracardi.retry_rejected(uuid) IS
  'tracks an event of tracardi.event_rejected again, with its session, profile and moment of arrival, and returns what track() returns; the row is gone once the event is accepted; P0002 if there is none';
