-- Views for analysts: a typed column for each property of a type's schema.
SELECT test.reset();
CREATE SCHEMA views;
SET search_path = views, public;
CREATE FUNCTION test.columns_of(view regclass) RETURNS TABLE (name name, type text, comment text) LANGUAGE sql AS $$
  SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute
  WHERE attrelid = $1 AND attnum > (SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = 'profile_updated_at') ORDER BY attnum
$$;

-- Of each JSON type, and of what has none; names become snake case and don't meet; definitions may be referred to.
SELECT tracardi.create_event_type('Order Placed', schema => '{
  "properties": {
    "orderId": {"type": "string", "description": "the number on the invoice"}, "order-id": {"type": "string"}, "total": {"type": "number", "title": "in euros"}, "count": {"type": "integer"},
    "paid": {"type": "boolean"}, "at": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"}, "lines": {"type": "array"}, "address": {"type": "object"}, "any": {},
    "maybe": {"type": ["integer", "null"]}, "either": {"type": ["integer", "string"]}, "status": {"enum": ["open", "paid"]}, "mixed": {"enum": ["a", 1]}, "yes": true,
    "HTTPStatus": {"$ref": "#/$defs/a~1b"}, "time": {"type": "string"}, "profile_id": {"type": "integer"}, "Größe in cm": {"type": "number"}, "it''s \"odd\"": {"type": "string"}, "!": {"type": "string"}
  }, "$defs": {"a/b": {"type": "integer", "description": "as in RFC 9110"}}}');
SELECT tracardi.create_event_view('order placed');
SELECT * FROM test.columns_of('order_placed');
-- Beside: the event's own columns, those of its session and of its profile, each with its comment.
SELECT count(*) FILTER (WHERE attname IN ('id', 'time', 'received_at', 'source_id', 'session_id', 'profile_id', 'properties', 'context', 'tags', 'valid', 'errors', 'journey_state')) AS event,
  count(*) FILTER (WHERE attname LIKE 'session\__%') AS session, count(*) FILTER (WHERE attname LIKE 'profile\__%') AS profile,
  count(*) FILTER (WHERE col_description(attrelid, attnum) IS NULL) AS without_comment
FROM pg_attribute WHERE attrelid = 'order_placed'::regclass AND attnum > 0;
SELECT obj_description('order_placed'::regclass), pg_get_userbyid(relowner) = current_user AS mine, reloptions FROM pg_class WHERE oid = 'order_placed'::regclass;

-- Good values; others are null, and no error, whether the event was valid or written by somebody else.
SELECT events FROM test.answer(tracardi.track('{"source": {"id": "shop"}, "session": {"id": "s1"}, "profile": {"id": "customer-1"}, "events": [
  {"id": "good", "type": "order-placed", "properties": {"orderId": "o1", "order-id": "o2", "total": 13.45, "count": 3.0, "paid": true, "at": "2024-02-29T12:00:00+02:00", "day": "2024-02-29", "lines": [1], "address": {"city": "Bonn"}, "any": null,
    "maybe": null, "either": "x", "status": "open", "mixed": 1, "yes": "y", "HTTPStatus": 200, "time": "noon", "profile_id": 7, "Größe in cm": 180, "it''s \"odd\"": "o", "!": "e"}},
  {"id": "bad", "type": "order-placed", "properties": {"orderId": 1, "order-id": null, "total": "13.45", "count": 1.5, "paid": "yes", "at": "2023-02-29T12:00:00Z", "day": 1, "lines": 1, "HTTPStatus": 1e30, "Größe in cm": {}}},
  {"id": "other", "type": "something-else", "properties": {"total": 1}}]}'));
INSERT INTO tracardi.event (id, type, kind, properties) VALUES (gen_random_uuid(), 'order-placed', 'profileless', '{"at": "tomorrow", "count": -9223372036854775808, "HTTPStatus": 9223372036854775808, "total": 1e200, "paid": 1}'),
  (gen_random_uuid(), 'order-placed', 'profileless', '[1, 2]');
SET timezone = 'UTC';
SELECT external_id, order_id, order_id_2, total < 1000 AS total, count, paid, at, day, lines, maybe, either, status, http_status, property_time, property_profile_id, gr_e_in_cm, it_s_odd, x, valid
FROM order_placed ORDER BY external_id, count;
SELECT external_id, profile_external_id, profile_visit_count, session_external_id, session_status FROM order_placed WHERE external_id = 'good';

-- The planner sees through it: months that can't have any are not read, the type's index is used, and what is not asked for is not joined.
INSERT INTO tracardi.event (id, type, kind, time)
SELECT tracardi.event_id('etl', n::text), 'type-' || n % 1000, 'profileless', '2020-02-01 00:00:00+00'::timestamptz + n * interval '2 minutes' FROM generate_series(1, 20000) AS n;
ANALYZE tracardi.event;
EXPLAIN (COSTS OFF) SELECT order_id, total FROM order_placed WHERE time >= '2020-02-10 00:00:00+00' AND time < '2020-02-12 00:00:00+00' ORDER BY time DESC LIMIT 5;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT total, session_status FROM order_placed WHERE time >= '2020-02-10 00:00:00+00' AND time < '2020-02-12 00:00:00+00';
RESET enable_seqscan;

-- It opens nothing to its readers that the tables don't.
CREATE ROLE regress_reader;
CREATE ROLE regress_stranger;
SELECT tracardi.grant_analyst('regress_reader');
GRANT USAGE, CREATE ON SCHEMA views TO regress_reader;
GRANT USAGE ON SCHEMA views, test TO regress_reader, regress_stranger;
GRANT SELECT ON order_placed TO regress_reader, regress_stranger WITH GRANT OPTION;
SET ROLE regress_stranger;
SELECT test.code('SELECT count(*) FROM views.order_placed');
SELECT test.code($$SELECT tracardi.create_event_view('order-placed')$$);
SET ROLE regress_reader;
SELECT count(at) FROM views.order_placed;
-- An analyst makes one, in the schema that comes first in the path, or another one, by the type's name or another one.
SELECT tracardi.create_event_view('order-placed', 'my orders'), tracardi.create_event_view('unknown', schema => 'views');
SELECT count(*) FROM views."my orders";
SELECT count(*) FROM views.unknown;
SELECT test.error($$SELECT tracardi.create_event_view('order-placed', 'my orders')$$);
SELECT test.code($$SELECT tracardi.create_event_view('order-placed', schema => 'tracardi')$$);
SELECT test.code($$SELECT tracardi.refresh_event_view('order-placed')$$);
RESET ROLE;

-- After a change of the schema: what is new comes last, and whoever depends on the view may stay.
CREATE VIEW dependent AS SELECT order_id, total FROM order_placed;
UPDATE tracardi.event_type SET schema = '{"properties": {"total": {"type": "number"}, "orderId": {"type": "string"}, "coupon": {"type": "string"}, "count": {"type": "integer"}}}';
SELECT test.error($$SELECT tracardi.refresh_event_view('order-placed')$$);
DROP VIEW dependent;
SELECT tracardi.refresh_event_view('Order Placed');
SELECT name, type FROM test.columns_of('order_placed');
CREATE VIEW dependent AS SELECT order_id, total FROM order_placed;
UPDATE tracardi.event_type SET schema = jsonb_set(schema, '{properties,agent}', '{"type": "string", "description": "who sold it"}');
INSERT INTO tracardi.event_schema (name, event_type, schema) VALUES ('more', 'order-placed', '{"properties": {"gift": {"type": "boolean"}, "total": {"type": "string"}}}');
SELECT tracardi.refresh_event_view('order-placed');
SELECT name, type, comment FROM test.columns_of('order_placed');
-- Rights and owner stay, also when it had to be made anew.
DROP VIEW dependent;
UPDATE tracardi.event_type SET schema = '{"properties": {"total": {"type": "string"}}}';
SELECT tracardi.refresh_event_view('order-placed'), tracardi.refresh_event_view('order-placed', 'my orders');
SELECT relname, pg_get_userbyid(relowner) AS owner, has_table_privilege('regress_stranger', oid, 'SELECT WITH GRANT OPTION') AS stranger FROM pg_class WHERE relnamespace = 'views'::regnamespace ORDER BY 1;
SELECT name, type FROM test.columns_of('"my orders"');
-- Columns that are added to the events are there, too.
ALTER TABLE tracardi.event ADD COLUMN tenant text DEFAULT 'acme';
SELECT tracardi.refresh_event_view('order-placed');
SELECT DISTINCT tenant FROM order_placed;
SELECT test.code('ALTER TABLE tracardi.event DROP COLUMN tenant');
DROP VIEW order_placed, "my orders", unknown;
ALTER TABLE tracardi.event DROP COLUMN tenant;

-- Reshaped events have the template's properties.
UPDATE tracardi.event_type SET schema = '{"properties": {"order": {"type": "object"}, "total": {"type": "number", "description": "in euros"}, "a b": {"type": "boolean"}}}',
  reshape = '{"properties": {"total": "$.properties.total", "flag": "$.properties.\"a b\"", "first": "$.properties.order.lines[0]", "fixed": "x"}}';
SELECT tracardi.create_event_view('order-placed');
SELECT * FROM test.columns_of('order_placed');

-- Nothing else of the user's is replaced.
CREATE VIEW other AS SELECT 1 AS one;
CREATE TABLE kept (e int);
SELECT test.error($$SELECT tracardi.refresh_event_view('order-placed', 'other')$$);
SELECT test.error($$SELECT tracardi.refresh_event_view('order-placed', 'kept')$$);
SELECT test.error($$SELECT tracardi.refresh_event_view('other-type', 'order_placed')$$);
SELECT test.error($$SELECT tracardi.refresh_event_view('order-placed', 'nothing')$$);
SELECT test.error($$SELECT tracardi.create_event_view('order-placed')$$);
-- Names that would be SQL are names.
INSERT INTO tracardi.event_type (type, schema) VALUES ($$it's;"odd"$$, jsonb_build_object('properties', jsonb_build_object($$'); DROP TABLE views.kept; --$$, '{"type": "integer"}'::jsonb)));
SELECT tracardi.create_event_view($$it's;"odd"$$), tracardi.create_event_view($$it's;"odd"$$, $$"; DROP TABLE views.kept; --$$);
SELECT tracardi.refresh_event_view($$it's;"odd"$$, $$"; DROP TABLE views.kept; --$$);
SELECT name, comment FROM test.columns_of('it_s_odd');
SELECT count(*) FROM kept;

-- What a text says of a moment.
SELECT t, tracardi.parse_time(t) FROM unnest('{2024-02-29T12:00:00Z,2024-02-29T12:00:00.123456+05:30,2024-02-29 12:00:00,2023-02-29T12:00:00Z,2024-02-29,noon,"",1700000000,infinity}'::text[]) AS t;

SET client_min_messages = warning;
DROP SCHEMA views CASCADE;
RESET client_min_messages;
RESET search_path;
-- A type with quotes and backslashes; names that are none; no schema.
SELECT tracardi.create_event_view('it''s \n "odd"', 'odd'), tracardi.refresh_event_view('it''s \n "odd"', 'odd');
DROP VIEW odd;
SELECT test.error($$SELECT tracardi.make_event_view('a', 'x AS SELECT 1; DROP TABLE tracardi.event; --')$$);
SELECT test.error($$SELECT tracardi.create_event_view('a', schema => NULL)$$), test.error($$SELECT tracardi.refresh_event_view('a', schema => NULL)$$);
RESET timezone;
DROP OWNED BY regress_reader, regress_stranger;
DROP ROLE regress_reader, regress_stranger;
DROP FUNCTION test.columns_of(regclass);
SELECT test.reset();
