-- The configuration as a document: taken out, brought in again, also over DROP EXTENSION.
BEGIN;
SET client_min_messages = warning;
SELECT test.reset();
CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SELECT tracardi.create_source('kept', 'a "name"', bridges => '{rest}', bots => 'mark', payload_size_limit => 100000, event_limit => 100, rate_limit => 50);
SELECT tracardi.create_event_type('kept', schema => '{"type": "object"}', tags => '{a,"b c"}', retention => '1 year', reshape => '{"context": {"x": "$.properties.x"}}');
INSERT INTO tracardi.event_schema (name, event_type, schema, condition) VALUES ('kept', 'kept', '{}', '$.tags[*] ? (@ like_regex "^a")');
SELECT tracardi.create_event_mapping('kept', 'traits.kept', 'properties.kept', 'add', '0.50', '$.properties.kept > 1', 3);
SELECT tracardi.create_identification_point('kept', 'kept', '{a.b,c}');
SELECT tracardi.create_segment('kept', '$.traits.kept > 0');
SELECT tracardi.create_workflow('kept', 'keeps', 'kept', kinds => '{profile,system}', condition => '$.kind == "profile"', timeout => '1.5 s');
UPDATE tracardi.system_event SET enabled = false WHERE type = 'session-opened';
CREATE TEMP TABLE taken AS SELECT tracardi.export_configuration() AS configuration;
SELECT jsonb_object_agg(k, jsonb_array_length(v) > 0) FROM taken, jsonb_each(configuration) AS e (k, v) WHERE k NOT LIKE 'consent%';

SELECT tracardi.drop_source('kept'), tracardi.drop_workflow('kept'), tracardi.drop_segment('kept');
UPDATE tracardi.event_type SET tags = '{}', schema = NULL WHERE type = 'kept';
INSERT INTO tracardi.event_source (id) VALUES ('more');
SELECT tracardi.import_configuration(configuration) FROM taken;
SELECT tracardi.export_configuration() = configuration AS same FROM taken;
SELECT status, owner = current_user AS owned FROM tracardi.workflow WHERE name = 'kept';
SELECT tgenabled FROM pg_trigger WHERE tgrelid = 'tracardi.profile'::regclass AND tgname = '~~keep_segments';

-- One table alone; the others stay.
SELECT tracardi.import_configuration('{"identification_point": []}');
SELECT (SELECT count(*) FROM tracardi.identification_point) AS points, (SELECT count(*) FROM tracardi.event_source WHERE id = 'kept') AS sources;

SAVEPOINT refused;
SELECT tracardi.import_configuration('{"event": []}');
ROLLBACK TO refused;
SELECT tracardi.import_configuration('[]');
ROLLBACK TO refused;
SELECT test.code($$SELECT tracardi.import_configuration('{"event_source": [{"id": " bad"}]}')$$);

-- What DROP EXTENSION takes along.
DROP EXTENSION tracardi CASCADE;
CREATE EXTENSION tracardi;
SELECT tracardi.setup(search_path => '"$user", public');
SELECT tracardi.export_configuration() = configuration AS same FROM taken;
SELECT tracardi.import_configuration(configuration) FROM taken;
SELECT tracardi.export_configuration() = configuration AS same FROM taken;
ROLLBACK;
