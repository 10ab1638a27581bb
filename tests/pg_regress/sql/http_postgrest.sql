-- Requests as PostgREST runs them: a transaction each, with its settings and modes, a prepared statement with the body as
-- its parameter, and status and headers read in that same statement.
SELECT test.reset();
SELECT current_user AS owner \gset
CREATE ROLE regress_authenticator LOGIN NOINHERIT;
GRANT regress_web_anon TO regress_authenticator;
\c - regress_authenticator
PREPARE request (text, text, text) AS
  SELECT set_config('search_path', '"tracardi_api", "public"', true), set_config('role', 'regress_web_anon', true),
    set_config('request.jwt.claims', '{"role":"regress_web_anon"}', true), set_config('request.method', $1, true),
    set_config('request.path', $2, true), set_config('request.headers', $3, true), set_config('request.cookies', '{}', true);
BEGIN;
\o /dev/null
EXECUTE request ('POST', '/', '{}');
\o
PREPARE track_json AS
  WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT "tracardi_api"."track"($1::json) pgrst_scalar) pgrst_call)
  SELECT null::bigint AS total_result_set, 1 AS page_total, coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body,
    nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted
  FROM (SELECT "track".* FROM "pgrst_source" AS "track") _postgrest_t;
PREPARE track_text AS
  WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT "tracardi_api"."track"($1::text) pgrst_scalar) pgrst_call)
  SELECT coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body, nullif(current_setting('response.headers', true), '') AS response_headers, nullif(current_setting('response.status', true), '') AS response_status
  FROM (SELECT "track".* FROM "pgrst_source" AS "track") _postgrest_t;
PREPARE collect AS
  WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT $1::json AS json_data) pgrst_payload,
      LATERAL (SELECT "event_type", "source_id", "properties" FROM json_to_record(pgrst_payload.json_data) AS _("event_type" text, "source_id" text, "properties" json)) pgrst_body,
      LATERAL (SELECT "tracardi_api"."collect"("event_type" := pgrst_body."event_type", "source_id" := pgrst_body."source_id", "properties" := pgrst_body."properties") pgrst_scalar) pgrst_call)
  SELECT coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body, nullif(current_setting('response.status', true), '') AS response_status
  FROM (SELECT "collect".* FROM "pgrst_source" AS "collect") _postgrest_t;
PREPARE health AS
  WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT "tracardi_api"."health"() pgrst_scalar) pgrst_call)
  SELECT coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null') AS body, nullif(current_setting('response.status', true), '') AS response_status
  FROM (SELECT "health".* FROM "pgrst_source" AS "health") _postgrest_t;
PREPARE tracker AS
  WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT "tracardi_api"."tracker"() pgrst_scalar) pgrst_call)
  SELECT length((array_agg(_postgrest_t.pgrst_scalar))[1]::bytea) > 1000 AS body, nullif(current_setting('response.headers', true), '')::json #>> '{0,Content-Type}' AS content_type
  FROM (SELECT "tracker".* FROM "pgrst_source" AS "tracker") _postgrest_t;
COMMIT;

\t on
\a
-- POST /rpc/track, six times, for PostgreSQL to settle on a plan.
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{"user-agent":"x"}'); EXECUTE track_json ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"a"}]}'); COMMIT;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{"user-agent":"x"}'); EXECUTE track_json ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"a"}]}'); COMMIT;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{"user-agent":"x"}'); EXECUTE track_json ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"a"}]}'); COMMIT;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{"user-agent":"x"}'); EXECUTE track_json ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"a"}]}'); COMMIT;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{"user-agent":"x"}'); EXECUTE track_json ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"a"}]}'); COMMIT;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{"user-agent":"x"}'); EXECUTE track_json ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"a"}]}'); COMMIT;
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{}'); EXECUTE track_text ('{"source":{"id":"web"},"session":{"id":"8e5b1f6a-7c2d-4f39-a1b4-92d0c6e7f385"},"events":[{"type":"beacon"}]}'); COMMIT;
\o
-- The next requests of the same database session know nothing of these.
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT '[' || current_setting('request.headers') || ']', '[' || current_setting('response.headers') || ']', current_user; COMMIT;
\set ECHO none
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{}');
\o
EXECUTE track_json ('{"source":{"id":"nobody"},"events":[]}') \gset
COMMIT;
SELECT 'track', :'response_status', :'body';
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/track', '{}');
\o
EXECUTE track_text ('{"source":{"id":"web"},"events":[{"type":"a\u0000"}]}') \gset
COMMIT;
SELECT 'track', :'response_status', :'body'::json #>> '{errors,0,code}';
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; EXECUTE request ('GET', '/rpc/track', '{}');
\o
EXECUTE track_json ('{"source":{"id":"web"},"events":[{"type":"a"}]}') \gset
COMMIT;
SELECT 'track', :'response_status', :'body';
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; EXECUTE request ('POST', '/rpc/collect', '{}');
\o
EXECUTE collect ('{"event_type":"hook","source_id":"web","properties":{"a":1}}') \gset
COMMIT;
SELECT 'collect', :{?response_status} AS failed, :'body'::json -> 'errors';
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; EXECUTE request ('GET', '/rpc/health', '{}');
\o
EXECUTE health;
COMMIT;
\o /dev/null
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; EXECUTE request ('GET', '/rpc/tracker', '{"accept":"*/*"}');
\o
EXECUTE tracker;
COMMIT;
\set ECHO all
\c - :owner
SELECT type, count(*), count(DISTINCT session_id), count(DISTINCT profile_id) FROM tracardi.event WHERE kind <> 'system' GROUP BY type ORDER BY type;
\a
\t off
