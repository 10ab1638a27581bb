-- A database with something of everything: run by psql with the variable owner, as a superuser, where there is a role dump_reader.
-- It tracks the past, the present and the future, in words that every release understands.
CREATE EXTENSION tracardi;
SET search_path = public;
SELECT tracardi.setup(owner => :'owner');
RESET search_path;

-- What a user adds.
CREATE TABLE audit (event uuid, time timestamptz, by name);
GRANT INSERT ON audit TO PUBLIC;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO audit VALUES (NEW.id, NEW.time, current_user); RETURN NULL; END $$;
CREATE TRIGGER audit AFTER INSERT ON tracardi.event FOR EACH ROW EXECUTE FUNCTION audit();
CREATE INDEX event_path_idx ON tracardi.event USING gin (properties jsonb_path_ops);
ALTER TABLE tracardi.event ADD COLUMN tenant text NOT NULL DEFAULT 'acme';
ALTER TABLE tracardi.profile ADD COLUMN score numeric DEFAULT 1.50;
COMMENT ON COLUMN tracardi.profile.score IS 'a user''s';
GRANT SELECT ON tracardi.event TO dump_reader WITH GRANT OPTION;
SELECT tracardi.grant_analyst('dump_reader'), tracardi.grant_tracker('dump_reader');
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email.main,identifier.pk}', 'web', E'two\nlines');
SELECT tracardi.create_source('web', 'Shop'), tracardi.create_source('gone', enabled => false);
INSERT INTO tracardi.event_type (type, description, ephemeral) VALUES ('mouse-move', 'noise', true);
SELECT tracardi.create_event_type('purchase', schema => '{"properties": {"price": {"type": "number"}, "at": {"type": "string", "format": "date-time"}}}',
  tags => '{sale,"a, b"}', journey_state => 'purchase', retention => '1 year', reshape => '{"context": {"price": "$.properties.price"}}');
INSERT INTO tracardi.event_schema (name, event_type, target, schema, condition, on_invalid)
VALUES ('no jokes', 'purchase', 'properties', '{"not": {"required": ["joke"]}}', '$.properties.joke ? (@ like_regex "^h\\w+")', 'reject');
SELECT tracardi.create_event_mapping('Purchase', 'traits."total, in all"', 'properties.price', '+', '0.50', '$.properties.price > 1', 3, E'two\nlines');
SELECT tracardi.create_segment('buyers', '$.traits."total, in all" > 2', E'two\nlines');
INSERT INTO tracardi.profile_field (path, type, event_types) VALUES ('traits.tier', 'text', '{"a b",c}');
UPDATE tracardi.event_mapping SET enabled = false WHERE event_type = 'sign-in' AND profile_path = 'primary_id';
SELECT tracardi.create_consent_type('news, letter', E'two\nlines', 'grant', false, '1 year 2 days 03:04:05');
SELECT tracardi.create_consent_rule('a "rule"', 'properties."e mail".0', '{"news, letter",b}', 'hash', 'Purchase');
SELECT tracardi.create_event_view('purchase');
INSERT INTO tracardi.system_event (type) VALUES ('stock-empty');
UPDATE tracardi.system_event SET enabled = false WHERE type = 'session-opened';
CREATE FUNCTION answer() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM tracardi.respond(jsonb_build_object(TG_NAME, current_user)); RETURN NULL; END $$;
ALTER FUNCTION answer() OWNER TO dump_reader;
SELECT tracardi.create_workflow('Answer "all"', 'answer', event_type => 'Mouse Move', kinds => '{ephemeral}', condition => '$.type == "mouse-move"', timeout => '2 s',
  description => E'two\nlines', search_path => 'public, pg_temp');
SELECT tracardi.create_workflow('off', 'answer', consents => '{"news, letter",b}');
UPDATE tracardi.workflow SET enabled = false, status = 'broken' WHERE name = 'off';
SELECT tracardi.create_workflow('after', 'answer', kinds => '{system}', mode => 'async', delay => '2 s', unless_event_type => 'gone', retry_limit => 3, retry_delay => '1 s'),
       tracardi.create_subscription('out', 'purchase', kinds => '{profile}', condition => '$.properties.price > 1', description => E'two\nlines');
SET search_path = public;
SELECT tracardi.setup();
RESET search_path;

-- Past, present and future.
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "first"}, "context": {"screen": {"width": 1280}},
  "events": [{"type": "page-view", "id": "one", "properties": {"title": "Caf\u00e9 \"tab\u0009\\"}, "tags": ["a b", "c,d"]},
             {"type": 7, "note": "\\N"}, {"type": "click", "id": "0192F3A0-0000-7000-8000-00000000000A"}]}');
SELECT tracardi.track('purchase', '{"price": 13.45}', profile_id => 'customer-42', event_id => 'order-' || n, "time" => t)
FROM generate_series(1, 3) AS n, LATERAL (VALUES (1, '2020-02-29 12:00Z'::timestamptz), (2, now() - interval '1 day'), (3, now())) AS v (i, t)
WHERE i = n;
SELECT tracardi.track('temperature', '{"value": 21.5}');
INSERT INTO tracardi.event (id, type, kind, time)
VALUES (gen_random_uuid(), 'forecast', 'profileless', now() + interval '40 days'),
       (gen_random_uuid(), 'stock-empty', 'system', now() + interval '70 days');
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "phone"}, "events": [{"type": "sign-in", "properties": {"email": {"main": "ann@example.com"}}}]}');
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "laptop"}, "events": [{"type": "page-view"}]}');
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "laptop"}, "events": [{"type": "sign-in", "properties": {"email": {"main": "ann@example.com"}}}]}');
INSERT INTO tracardi.profile_alias (id, profile_id) SELECT tracardi.id('old-42'), id FROM tracardi.profile WHERE external_id = 'customer-42';
INSERT INTO tracardi.workflow_failure (workflow, code, message) VALUES ('w', 'P0001', E'two\nlines');
SELECT tracardi.run_workflows() FROM tracardi.poll('out');
SELECT tracardi.replay_workflow('after', '2020-01-01Z', '2021-01-01Z');
