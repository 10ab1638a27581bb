-- The doors for HTTP. Thin functions, no tables: the one schema that PostgREST exposes. A body of application/json comes to the
-- function with one unnamed json, text/plain (sendBeacon) to that with one unnamed text. json, not jsonb: a cast to jsonb would
-- lose the whole batch for one \u0000 in it, before our code runs.

CREATE FUNCTION tracardi_api.track(json) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_track';
COMMENT ON FUNCTION tracardi_api.track(json) IS
  'takes a tracker payload and answers as Tracardi''s POST /track does';

CREATE FUNCTION tracardi_api.track(text) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_track';
COMMENT ON FUNCTION tracardi_api.track(text) IS
  'the same for bodies of text/plain, as navigator.sendBeacon sends them';

CREATE FUNCTION tracardi_api.collect(json) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_collect';
COMMENT ON FUNCTION tracardi_api.collect(json) IS
  'takes a webhook''s event: the body is its properties; the headers x-tracardi-event-type, x-tracardi-source and x-tracardi-session tell its type, source and session, x-tracardi-query a query string';

CREATE FUNCTION tracardi_api.collect(text) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_collect';
COMMENT ON FUNCTION tracardi_api.collect(text) IS
  'the same for bodies of text/plain';

CREATE FUNCTION tracardi_api.collect(event_type text, source_id text, properties json DEFAULT '{}', session_id text DEFAULT NULL) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_collect_event';
COMMENT ON FUNCTION tracardi_api.collect(text, text, json, text) IS
  'the same with names, for those without a proxy';

CREATE FUNCTION tracardi_api.consent(json) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_consent';
COMMENT ON FUNCTION tracardi_api.consent(json) IS
  'takes {source, session, profile, consents: {name: boolean or {"revoke": time}}, all: boolean}: what the visitor agrees to, and takes back; all, also as a query string in x-tracardi-query: everything that there are types for; 403 unless the session is that profile''s';

CREATE FUNCTION tracardi_api.consent(text) RETURNS json
  VOLATILE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_consent';
COMMENT ON FUNCTION tracardi_api.consent(text) IS
  'the same for bodies of text/plain';

CREATE FUNCTION tracardi_api.health() RETURNS json
  STABLE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_health';
COMMENT ON FUNCTION tracardi_api.health() IS
  'answers {status, version}; 503 where tracardi is not set up';

-- PostgREST answers with this type whatever a browser accepts; the function says what it is.
CREATE DOMAIN tracardi_api."*/*" AS bytea;
COMMENT ON DOMAIN tracardi_api."*/*" IS 'a body whose type the header Content-Type tells';

CREATE FUNCTION tracardi_api.tracker() RETURNS tracardi_api."*/*"
  STABLE PARALLEL UNSAFE LANGUAGE c AS 'MODULE_PATHNAME', 'tracardi_api_tracker';
COMMENT ON FUNCTION tracardi_api.tracker() IS
  'the browser tracker, a script';

-- PostgREST keeps what it knows of the schema.
SELECT pg_catalog.pg_notify('pgrst', 'reload schema');
