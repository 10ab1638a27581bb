-- One visit to a web shop, as Tracardi's browser tracker sends it, and what is stored of it. `make demo` runs this.
\set QUIET on
\pset pager off
\pset footer off
\pset null '-'
\set ON_ERROR_STOP on
SET client_min_messages = warning;

-- The payloads are recorded: here they get the visitor's clock of today, and the profile id which the browser keeps
-- from the first answer (at first it has none).
CREATE FUNCTION pg_temp.recorded(payload jsonb, profile_id text) RETURNS jsonb LANGUAGE sql AS $$
  WITH clock AS (SELECT to_jsonb(to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS iso)
  SELECT jsonb_set(jsonb_set(payload, '{context,time,local}', iso, false), '{events,0,time,create}', iso)
         || CASE WHEN profile_id <> '' THEN jsonb_build_object('profile', jsonb_build_object('id', profile_id)) ELSE '{}' END
  FROM clock
$$;
CREATE TEMP TABLE answer (n int GENERATED ALWAYS AS IDENTITY, payload text, answer jsonb);
\set profile_id ''

\set payload `cat page-view.json`
INSERT INTO answer (payload, answer) VALUES ('page view', tracardi.track(pg_temp.recorded(:'payload', :'profile_id')))
RETURNING answer, answer #>> '{profile,id}' AS profile_id \gset
\set payload `cat click.json`
INSERT INTO answer (payload, answer) VALUES ('click', tracardi.track(pg_temp.recorded(:'payload', :'profile_id')));
\set payload `cat login.json`
INSERT INTO answer (payload, answer) VALUES ('login', tracardi.track(pg_temp.recorded(:'payload', :'profile_id')));
\set payload `cat form.json`
INSERT INTO answer (payload, answer) VALUES ('form', tracardi.track(pg_temp.recorded(:'payload', :'profile_id')));
\set payload `cat purchase.json`
INSERT INTO answer (payload, answer) VALUES ('purchase', tracardi.track(pg_temp.recorded(:'payload', :'profile_id')));
-- The visitor is about to leave: the page asks for an answer, nothing is to be stored.
INSERT INTO answer (payload, answer)
SELECT 'exit intent', tracardi.track(jsonb_build_object(
  'source', '{"id": "shop"}'::jsonb, 'session', answer -> 'session', 'profile', answer -> 'profile',
  'events', '[{"type": "exit-intent", "options": {"saveEvent": false}}]'::jsonb))
FROM answer WHERE payload = 'page view' RETURNING answer AS offer \gset
-- A device's event belongs to nobody.
\set payload `cat temperature.json`
INSERT INTO answer (payload, answer) VALUES ('temperature', tracardi.track(pg_temp.recorded(:'payload', '')));

\echo
\echo 'SELECT tracardi.track(payload) answers the visitor''s first page view'
\echo
\pset format unaligned
\t on
SELECT jsonb_pretty(:'answer');
\t off
\pset format aligned

\echo
\echo 'All answers: the ids of event, profile and session'
\echo
SELECT payload, answer #>> '{events,0}' AS event, answer #>> '{profile,id}' AS profile,
       answer #>> '{session,id}' AS session, jsonb_array_length(answer -> 'errors') AS errors
FROM answer ORDER BY n;

\echo 'The events'
\echo
SELECT to_char(time, 'HH24:MI:SS.US') AS time, kind, type, properties
FROM tracardi.event ORDER BY event.time, id;

\echo 'Of these, the system events: what tracardi noticed by itself'
\echo
SELECT to_char(time, 'HH24:MI:SS.US') AS time, type, session_id, profile_id
FROM tracardi.event WHERE kind = 'system' ORDER BY event.time, id;

\echo 'Events by kind'
\echo
SELECT kind, count(*) AS events, count(DISTINCT profile_id) AS profiles, count(DISTINCT session_id) AS sessions
FROM tracardi.event GROUP BY kind ORDER BY kind;

\echo 'An ephemeral event, answered by a workflow and not stored'
\echo
\pset format unaligned
\t on
SELECT jsonb_pretty(jsonb_build_object('response', :'offer'::jsonb -> 'response', 'ux', :'offer'::jsonb -> 'ux'));
\t off
\pset format aligned

\echo
\echo 'What the purchase''s workflow made of the profile, and the workflow that failed: its event is stored all the same'
\echo
SELECT traits FROM tracardi.profile WHERE traits <> '{}';
SELECT f.workflow, f.code, f.message, e.type AS event FROM tracardi.workflow_failure f JOIN tracardi.event e ON e.id = f.event_id;

\x on
\echo 'The profile'
\echo
SELECT id, external_id, visit_count, first_seen_at, last_seen_at, data, traits, segments FROM tracardi.profile;

\echo
\echo 'The session'
\echo
SELECT id, profile_id, source_id, status, started_at, last_seen_at, context #>> '{time,tz}' AS time_zone,
       context #>> '{browser,local,browser,language}' AS language,
       concat_ws(' x ', context #>> '{screen,local,width}', context #>> '{screen,local,height}') AS screen
FROM tracardi.session;
