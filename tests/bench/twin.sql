-- The opponents: twins of the data tables in schema bench (same columns, defaults, constraints, indexes, partitions), and
-- what one would write by hand in SQL and PL/pgSQL. Run once, as the superuser, after tracardi.setup().
SET client_min_messages = warning;
CREATE SCHEMA bench;

-- ---- Tables --------------------------------------------------------------------------------------------------------

CREATE TABLE bench.event (LIKE tracardi.event INCLUDING ALL) PARTITION BY RANGE (time);
DO $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'tracardi.event'::regclass ORDER BY c.oid
  LOOP
    EXECUTE format('CREATE TABLE bench.%I PARTITION OF bench.event %s', p.relname, p.bound);
  END LOOP;
END
$$;
CREATE TABLE bench.event_key (LIKE tracardi.event_key INCLUDING ALL);
CREATE TABLE bench.profile (LIKE tracardi.profile INCLUDING ALL);
CREATE TABLE bench.session (LIKE tracardi.session INCLUDING ALL);
-- The known visitors: the same in both sets of tables.
CREATE TABLE bench.visitor (n int PRIMARY KEY, session_id uuid NOT NULL, profile_id uuid NOT NULL);

-- An id of version 7, made of a moment and a number.
CREATE FUNCTION bench.id_at(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
          || '8' || substr(md5(n::text), 4, 15))::uuid
$$;

-- A fresh id of version 7. PostgreSQL 18 has it built in; before, this is how it is written in SQL. Both are inlined.
SELECT current_setting('server_version_num')::int >= 180000 AS has_uuidv7 \gset
\if :has_uuidv7
CREATE FUNCTION bench.new_id() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT uuidv7()';
\else
CREATE FUNCTION bench.new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;
\endif

-- Empties the tables and makes so many known visitors. When they were seen is spread over the last minute, so that
-- last_seen_at becomes due at a steady rate.
CREATE PROCEDURE bench.reset(visitors int) LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE tracardi.event, tracardi.event_key, tracardi.session, tracardi.profile, tracardi.profile_alias,
    tracardi.event_rejected, tracardi.workflow_failure, tracardi.workflow, tracardi.event_type, tracardi.event_mapping,
    tracardi.identification_point, tracardi.merge_key,
    bench.event, bench.event_key, bench.session, bench.profile, bench.visitor;
  INSERT INTO bench.visitor
  SELECT n, bench.id_at(now() - '1 hour'::interval, -n), bench.id_at(now() - '1 hour'::interval, n) FROM generate_series(1, visitors) n;
  INSERT INTO bench.profile (id, first_seen_at, last_seen_at, visit_count)
  SELECT profile_id, now() - '1 hour'::interval, now() - random() * '1 minute'::interval, 1 FROM bench.visitor;
  INSERT INTO bench.session (id, profile_id, source_id, status, started_at, last_seen_at)
  SELECT v.session_id, v.profile_id, 'shop', 'active', now() - '1 hour'::interval, p.last_seen_at
  FROM bench.visitor v JOIN bench.profile p ON p.id = v.profile_id;
  INSERT INTO tracardi.profile SELECT * FROM bench.profile;
  INSERT INTO tracardi.session SELECT * FROM bench.session;
END
$$;

-- Stored events, the same rows on both sides, spread over this month until now.
CREATE PROCEDURE bench.grow(events bigint, visitors int) LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  begins CONSTANT timestamptz := date_trunc('month', now());
  lasts CONSTANT interval := now() - begins;
BEGIN
  INSERT INTO bench.event (id, type, kind, time, received_at, source_id, session_id, profile_id, properties, context)
  SELECT bench.id_at(at, i), 'page-view', 'profile', at, at, 'shop', v.session_id, v.profile_id,
         jsonb_build_object('category', 'espresso machines', 'sku', 'ESP-' || i, 'price', 449.9, 'currency', 'EUR'),
         jsonb_build_object('page', jsonb_build_object(
           'url', 'https://shop.example.com/espresso/classic-' || i || '?utm_source=newsletter&utm_medium=email',
           'path', '/espresso/classic-' || n, 'hash', '', 'title', 'Classic ' || i || ' – Example Shop',
           'referer', jsonb_build_object('host', 'www.example.org', 'query', NULL), 'history', jsonb_build_object('length', 2)))
  FROM generate_series(1, events) i
  CROSS JOIN LATERAL (SELECT begins + lasts * (i::float8 / events) AS at) t
  JOIN bench.visitor v ON v.n = 1 + abs(hashint8(i)::bigint) % visitors;
  INSERT INTO tracardi.event SELECT * FROM bench.event;
END
$$;

-- Of many known visitors, those that are there now: they were seen in the last minute, and only they send events.
CREATE PROCEDURE bench.wake(visitors int) LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM bench.visitor WHERE n NOT IN (SELECT n FROM bench.visitor ORDER BY random() LIMIT visitors);
  UPDATE bench.profile p SET last_seen_at = now() - random() * '1 minute'::interval FROM bench.visitor v WHERE p.id = v.profile_id;
  UPDATE bench.session s SET last_seen_at = p.last_seen_at
  FROM bench.visitor v JOIN bench.profile p ON p.id = v.profile_id WHERE s.id = v.session_id;
  UPDATE tracardi.profile t SET last_seen_at = p.last_seen_at FROM bench.profile p JOIN bench.visitor v ON v.profile_id = p.id WHERE t.id = p.id;
  UPDATE tracardi.session t SET last_seen_at = s.last_seen_at FROM bench.session s JOIN bench.visitor v ON v.session_id = s.id WHERE t.id = s.id;
END
$$;

-- ---- By hand -------------------------------------------------------------------------------------------------------

-- What is seldom due: a visitor that is new, that came back, or that was last seen a minute ago.
CREATE FUNCTION bench.visit(source text, known_session uuid, INOUT known_profile uuid) LANGUAGE plpgsql AS $$
DECLARE
  made boolean := false;
BEGIN
  IF known_profile IS NULL THEN
    known_profile := bench.new_id();
    INSERT INTO bench.session (id, profile_id, source_id, status) VALUES (known_session, known_profile, source, 'active')
    ON CONFLICT (id) DO NOTHING;
    IF FOUND THEN
      INSERT INTO bench.profile (id, visit_count) VALUES (known_profile, 1);
      INSERT INTO bench.event (id, type, kind, source_id, session_id, profile_id, tags)
      SELECT bench.new_id(), t, 'system', source, known_session, known_profile, '{event:system}'
      FROM unnest('{profile-created,session-opened,visit-started}'::text[]) t;
      RETURN;
    END IF;
    SELECT s.profile_id INTO known_profile FROM bench.session s WHERE s.id = known_session;
  END IF;
  UPDATE bench.session s SET last_seen_at = now(), status = 'active' WHERE s.id = known_session;
  UPDATE bench.profile p SET last_seen_at = now() WHERE p.id = known_profile;
END
$$;

-- The best set-based function: one look-up of source, session and profile, one INSERT … SELECT. It trusts its input: it
-- knows no options, rejects nothing by itself, and calls no workflows.
CREATE FUNCTION bench.track_set(payload jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  source text := payload #>> '{source,id}';
  session uuid := payload #>> '{session,id}';
  profile uuid;
  due boolean;
  ids jsonb;
BEGIN
  SELECT p.id, (s.status = 'ended' OR s.last_seen_at < now() - '1 minute'::interval OR p.last_seen_at < now() - '1 minute'::interval)
         IS NOT FALSE
  INTO profile, due
  FROM tracardi.event_source o LEFT JOIN bench.session s ON s.id = session LEFT JOIN bench.profile p ON p.id = s.profile_id
  WHERE o.id = source AND o.enabled AND 'sql' = ANY (o.bridges);
  IF NOT FOUND THEN
    RAISE invalid_authorization_specification USING MESSAGE = format('source "%s" is not known', source);
  END IF;
  IF due THEN
    profile := bench.visit(source, session, profile);
  END IF;
  WITH stored AS (
    INSERT INTO bench.event (id, type, kind, time, source_id, session_id, profile_id, properties, context)
    SELECT bench.new_id(), replace(lower(btrim(e.type)), ' ', '-'), 'profile',
           least(COALESCE((e.time ->> 'create')::timestamptz, now()), now() + '1 hour'::interval),
           source, session, profile, COALESCE(e.properties, '{}'), COALESCE(e.context, '{}')
    FROM jsonb_to_recordset(payload -> 'events') AS e (type text, time jsonb, properties jsonb, context jsonb)
    RETURNING id
  )
  SELECT jsonb_agg(id) INTO ids FROM stored;
  RETURN jsonb_build_object('task', bench.new_id(), 'events', ids, 'profile', jsonb_build_object('id', profile),
    'session', jsonb_build_object('id', session), 'response', '{}'::jsonb, 'ux', '[]'::jsonb, 'errors', '[]'::jsonb,
    'warnings', '[]'::jsonb);
END
$$;

-- The same, event by event.
CREATE FUNCTION bench.track_loop(payload jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  source text := payload #>> '{source,id}';
  session uuid := payload #>> '{session,id}';
  profile uuid;
  due boolean;
  e jsonb;
  event_id uuid;
  ids uuid[] := '{}';
BEGIN
  SELECT p.id, (s.status = 'ended' OR s.last_seen_at < now() - '1 minute'::interval OR p.last_seen_at < now() - '1 minute'::interval)
         IS NOT FALSE
  INTO profile, due
  FROM tracardi.event_source o LEFT JOIN bench.session s ON s.id = session LEFT JOIN bench.profile p ON p.id = s.profile_id
  WHERE o.id = source AND o.enabled AND 'sql' = ANY (o.bridges);
  IF NOT FOUND THEN
    RAISE invalid_authorization_specification USING MESSAGE = format('source "%s" is not known', source);
  END IF;
  IF due THEN
    profile := bench.visit(source, session, profile);
  END IF;
  FOR e IN SELECT jsonb_array_elements(payload -> 'events') LOOP
    event_id := bench.new_id();
    INSERT INTO bench.event (id, type, kind, time, source_id, session_id, profile_id, properties, context)
    VALUES (event_id, replace(lower(btrim(e ->> 'type')), ' ', '-'), 'profile',
            least(COALESCE((e #>> '{time,create}')::timestamptz, now()), now() + '1 hour'::interval),
            source, session, profile, COALESCE(e -> 'properties', '{}'), COALESCE(e -> 'context', '{}'));
    ids := ids || event_id;
  END LOOP;
  RETURN jsonb_build_object('task', bench.new_id(), 'events', to_jsonb(ids), 'profile', jsonb_build_object('id', profile),
    'session', jsonb_build_object('id', session), 'response', '{}'::jsonb, 'ux', '[]'::jsonb, 'errors', '[]'::jsonb,
    'warnings', '[]'::jsonb);
END
$$;

-- ---- In a loop inside the server -----------------------------------------------------------------------------------

CREATE FUNCTION bench.loop_track(payloads text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  FOR i IN 1 .. cardinality(payloads) LOOP
    answer := tracardi.track(payloads[i]::jsonb);
  END LOOP;
END
$$;

CREATE FUNCTION bench.loop_insert(ids uuid[], times timestamptz[], sessions uuid[], profiles uuid[], properties text[], contexts text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. cardinality(ids) LOOP
    INSERT INTO bench.event (id, type, kind, time, source_id, session_id, profile_id, properties, context)
    VALUES (ids[i], 'page-view', 'profile', times[i], 'shop', sessions[i], profiles[i], properties[i]::jsonb, contexts[i]::jsonb);
  END LOOP;
END
$$;

-- ---- Workflows and their twins -------------------------------------------------------------------------------------

CREATE FUNCTION bench.offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('offer', 'more ' || (NEW.properties ->> 'category'), 'for', NEW.profile_id));
  RETURN NULL;
END
$$;
CREATE FUNCTION bench.answer_offer(payload jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  source text := payload #>> '{source,id}';
  session uuid := payload #>> '{session,id}';
  profile uuid;
  response jsonb := '{}';
  ids jsonb := '[]';
  e jsonb;
BEGIN
  SELECT p.id INTO profile
  FROM tracardi.event_source o LEFT JOIN bench.session s ON s.id = session LEFT JOIN bench.profile p ON p.id = s.profile_id
  WHERE o.id = source AND o.enabled AND 'sql' = ANY (o.bridges);
  IF NOT FOUND THEN
    RAISE invalid_authorization_specification USING MESSAGE = format('source "%s" is not known', source);
  END IF;
  FOR e IN SELECT jsonb_array_elements(payload -> 'events') LOOP
    ids := ids || to_jsonb(bench.new_id());
    response := response || jsonb_build_object('offer', 'more ' || (e #>> '{properties,category}'), 'for', profile);
  END LOOP;
  RETURN jsonb_build_object('task', bench.new_id(), 'events', ids, 'profile', jsonb_build_object('id', profile),
    'session', jsonb_build_object('id', session), 'response', response, 'ux', '[]'::jsonb, 'errors', '[]'::jsonb,
    'warnings', '[]'::jsonb);
END
$$;

CREATE FUNCTION bench.remember_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile SET traits = traits || jsonb_build_object('page', NEW.context #>> '{page,path}'), updated_at = now()
  WHERE id = NEW.profile_id;
  RETURN NULL;
END
$$;
CREATE FUNCTION bench.remember_page_twin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE bench.profile SET traits = traits || jsonb_build_object('page', NEW.context #>> '{page,path}'), updated_at = now()
  WHERE id = NEW.profile_id;
  RETURN NULL;
END
$$;

-- A plain event, and what a mapping would do, by hand.
CREATE FUNCTION bench.hand_track(payload jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := tracardi.track(payload);
BEGIN
  UPDATE tracardi.profile SET traits = traits || jsonb_build_object(
      'category', payload #> '{events,0,properties,category}', 'name', payload #> '{events,0,properties,name}',
      'sku', payload #> '{events,0,properties,sku}', 'price', payload #> '{events,0,properties,price}',
      'currency', payload #> '{events,0,properties,currency}'), updated_at = now()
  WHERE id = (answer #>> '{profile,id}')::uuid;
  RETURN answer;
END
$$;

CREATE FUNCTION bench.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

-- So many identification points, none of which is for the event's type.
CREATE PROCEDURE bench.identification(points int) LANGUAGE sql AS $$
  DELETE FROM tracardi.identification_point;
  INSERT INTO tracardi.identification_point (name, event_type, properties)
  SELECT 'p' || n, 'type-' || n, '{email.main}' FROM generate_series(1, points) n;
$$;

-- 1,000 workflows that don't match an event page-view of the source shop, and 1,000 event types. "any": workflows that look
-- at every type, but from another source or of another kind.
CREATE PROCEDURE bench.unmatched(how text) LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE tracardi.workflow, tracardi.event_type, tracardi.event_schema, tracardi.event_mapping;
  IF how <> 'none' THEN
    INSERT INTO tracardi.workflow (name, function, owner, event_type, source_id, kinds)
    SELECT 'workflow ' || n, 'bench.nothing', '', CASE WHEN how = 'type' THEN 'type-' || n END,
           CASE WHEN how = 'any' AND n % 2 = 0 THEN 'source ' || n END, CASE WHEN how = 'any' AND n % 2 = 1 THEN '{ephemeral}'::text[] END
    FROM generate_series(1, 1000) n;
    INSERT INTO tracardi.event_type (type, ephemeral) SELECT 'type-' || n, n % 2 = 0 FROM generate_series(1, 1000) n;
    INSERT INTO tracardi.event_schema (name, event_type, schema) SELECT 'schema ' || n, 'type-' || n, '{"type": "object"}' FROM generate_series(1, 1000) n;
    INSERT INTO tracardi.event_mapping (event_type, profile_path, source) SELECT 'type-' || n, 'traits.sku', 'properties.sku' FROM generate_series(1, 1000) n;
  END IF;
END
$$;

-- An asynchronous workflow, and its index of events; or none.
CREATE PROCEDURE bench.asynchronous(wanted boolean) LANGUAGE plpgsql AS $$
BEGIN
  IF wanted THEN
    PERFORM tracardi.create_workflow('asynchronous', 'bench.nothing', mode => 'async') WHERE NOT EXISTS (SELECT FROM tracardi.workflow);
  ELSE
    DELETE FROM tracardi.workflow;
    DROP INDEX IF EXISTS tracardi.event_xact_idx;
  END IF;
END
$$;

-- Has an asynchronous workflow with an empty function see so many events, in steps of a thousand: how many a second.
CREATE PROCEDURE bench.deliver(events int, INOUT per_second numeric DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
  seen bigint;
  total bigint := 0;
  began timestamptz;
BEGIN
  CALL bench.asynchronous(false);
  CALL bench.asynchronous(true);
  FOR payload IN 1 .. events / 100 LOOP
    PERFORM tracardi.track(jsonb_build_object('source', '{"id": "shop"}'::jsonb, 'options', '{"profileLess": true}'::jsonb, 'events',
      (SELECT jsonb_agg(jsonb_build_object('type', 'page-view', 'properties', jsonb_build_object('n', n))) FROM generate_series(1, 100) n)));
    COMMIT;
  END LOOP;
  COMMIT;
  began := clock_timestamp();
  LOOP
    seen := tracardi.run_workflows(1000);
    EXIT WHEN seen = 0;
    total := total + seen;
    COMMIT;
  END LOOP;
  per_second := round(total / extract(epoch FROM clock_timestamp() - began));
  CALL bench.asynchronous(false);
END
$$;

-- ---- Bytes on disk -------------------------------------------------------------------------------------------------

CREATE VIEW bench.disk AS
SELECT CASE WHEN i.indexrelid IS NULL THEN 'heap' ELSE pg_get_indexdef(i.indexrelid) END AS part, i.indexrelid IS NOT NULL AS is_index,
       pg_relation_size(COALESCE(i.indexrelid, p.relid)) AS bytes, p.relid
FROM pg_partition_tree('tracardi.event') p
LEFT JOIN LATERAL (SELECT NULL::oid AS indexrelid UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = p.relid) i ON true
WHERE p.isleaf;

-- ---- Rights: the application is no superuser -----------------------------------------------------------------------

DO $$ BEGIN IF to_regrole('app') IS NULL THEN CREATE ROLE app LOGIN; END IF; END $$;
GRANT pg_read_all_stats TO app;
SELECT tracardi.grant_tracker('app');
SELECT tracardi.create_source('shop');
SELECT tracardi.create_source('pixel', ephemeral => true);
GRANT USAGE ON SCHEMA bench TO PUBLIC;
GRANT SELECT ON tracardi.event_source TO app;
GRANT SELECT, INSERT, UPDATE ON bench.event, bench.event_key, bench.profile, bench.session, bench.visitor TO app;
GRANT SELECT, UPDATE ON tracardi.profile TO app;
ALTER FUNCTION bench.offer() OWNER TO app;
ALTER FUNCTION bench.remember_page() OWNER TO app;
