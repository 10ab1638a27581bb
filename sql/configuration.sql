-- The configuration as one document: to keep it beside the code, to carry it to another database, or over DROP EXTENSION, which
-- leaves the data tables and takes the configuration along.

CREATE FUNCTION tracardi.export_configuration() RETURNS jsonb
  STABLE LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation regclass;
  rows jsonb;
  document jsonb := '{}';
BEGIN
  -- What pg_dump takes along is what is configuration.
  FOR relation IN SELECT pg_catalog.unnest(e.extconfig) FROM pg_catalog.pg_extension e WHERE e.extname = 'tracardi' LOOP
    EXECUTE pg_catalog.format(
      'SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t) ORDER BY pg_catalog.to_jsonb(t)::text COLLATE "C") FROM %s t', relation) INTO rows;
    document := document || pg_catalog.jsonb_build_object(
      (SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = relation), COALESCE(rows, '[]'));
  END LOOP;
  RETURN document;
END
$$;
COMMENT ON FUNCTION tracardi.export_configuration() IS
  'all rows of the configuration tables: {table: [row, …]}; for import_configuration';

CREATE FUNCTION tracardi.import_configuration(configuration jsonb) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names CONSTANT name[] := ARRAY(
    SELECT c.relname FROM pg_catalog.pg_extension e, pg_catalog.unnest(e.extconfig) WITH ORDINALITY AS t (oid, place)
    JOIN pg_catalog.pg_class c ON c.oid = t.oid
    WHERE e.extname = 'tracardi' ORDER BY t.place);
  unknown text;
  relation name;
  columns text;
BEGIN
  PERFORM tracardi.check_setup();
  IF pg_catalog.jsonb_typeof(configuration) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'a configuration is a JSON object'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT tracardi.export_configuration();';
  END IF;
  SELECT k INTO unknown FROM pg_catalog.jsonb_object_keys(configuration) k WHERE k <> ALL (names::text[]) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no configuration table "%"', unknown
      USING ERRCODE = 'undefined_table', HINT = pg_catalog.format('The tables are %s.', pg_catalog.array_to_string(names, ', '));
  END IF;
  FOREACH relation IN ARRAY names LOOP
    CONTINUE WHEN NOT configuration ? relation;
    EXECUTE pg_catalog.format('DELETE FROM tracardi.%I', relation);
    -- Columns that no row names, of a later version, have their defaults.
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = pg_catalog.format('tracardi.%I', relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(configuration -> relation) r WHERE r ? a.attname);
    CONTINUE WHEN columns IS NULL;
    EXECUTE pg_catalog.format(
      'INSERT INTO tracardi.%I (%s) SELECT %2$s FROM pg_catalog.jsonb_populate_recordset(NULL::tracardi.%1$I, $1)', relation, columns)
      USING configuration -> relation;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.import_configuration(jsonb) IS
  'makes the configuration tables that the document names hold what it says, and nothing else; the others stay as they are; 42P01 for a table that is none';
