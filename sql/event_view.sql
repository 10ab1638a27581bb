-- Views for analysts: the events of one type, with a typed column for each property, and session and profile beside.

CREATE FUNCTION tracardi.event_properties(event_type text) RETURNS TABLE (key text, type text, description text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH schemas AS (
    SELECT t.schema, '' AS name FROM tracardi.event_type t
    WHERE t.type = $1 AND pg_catalog.jsonb_typeof(t.schema -> 'properties') = 'object'
    UNION ALL
    SELECT s.schema, s.name FROM tracardi.event_schema s
    WHERE s.event_type = $1 AND s.target = 'properties' AND s.enabled
      AND pg_catalog.jsonb_typeof(s.schema -> 'properties') = 'object'
  ), defined AS (
    -- Where two schemas define a property, the type's own counts, then the first by name.
    SELECT DISTINCT ON (p.key) p.key,
      CASE WHEN pg_catalog.jsonb_typeof(p.value) <> 'object' THEN '{}'::jsonb
           WHEN p.value ->> '$ref' LIKE '#/%' THEN
             COALESCE(s.schema #> ARRAY(
               SELECT pg_catalog.replace(pg_catalog.replace(step, '~1', '/'), '~0', '~')
               FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.substr(p.value ->> '$ref', 3), '/'))
                    WITH ORDINALITY AS steps (step, place)
               ORDER BY place), '{}') || p.value
           ELSE p.value END AS definition
    FROM schemas s, pg_catalog.jsonb_each(s.schema -> 'properties') AS p
    ORDER BY p.key, s.name COLLATE "C"
  ), template AS (
    SELECT t.reshape -> 'properties' AS properties FROM tracardi.event_type t WHERE t.type = $1 AND t.reshape ? 'properties'
  ), stored AS (
    SELECT d.key, d.definition FROM defined d WHERE NOT EXISTS (SELECT FROM template)
    UNION ALL
    -- Reshaped events have the template's properties; one that is taken over as it came keeps its definition.
    SELECT p.key, COALESCE(d.definition, '{}')
    FROM template t CROSS JOIN pg_catalog.jsonb_each(t.properties) AS p
    LEFT JOIN defined d ON p.value #>> '{}' IN ('$.properties.' || d.key, '$.properties."' || d.key || '"')
  ), typed AS (
    SELECT s.key, s.definition,
      CASE pg_catalog.jsonb_typeof(s.definition -> 'type')
        WHEN 'string' THEN s.definition ->> 'type'
        WHEN 'array' THEN (SELECT CASE WHEN pg_catalog.count(*) = 1 THEN pg_catalog.min(t #>> '{}') END
                           FROM pg_catalog.jsonb_array_elements(s.definition -> 'type') AS t WHERE t <> '"null"')
        ELSE CASE WHEN pg_catalog.jsonb_typeof(s.definition -> 'enum') = 'array'
                   AND NOT pg_catalog.jsonb_path_exists(s.definition, '$.enum[*] ? (@.type() != "string")') THEN 'string' END
      END AS type
    FROM stored s
  )
  SELECT t.key,
    CASE WHEN t.type = 'string' AND t.definition ->> 'format' = 'date-time' THEN 'timestamptz'
         WHEN t.type = 'string' THEN 'text'
         WHEN t.type = 'number' THEN 'numeric'
         WHEN t.type = 'integer' THEN 'bigint'
         WHEN t.type = 'boolean' THEN 'boolean'
         ELSE 'jsonb' END,
    COALESCE(t.definition ->> 'description', t.definition ->> 'title')
  FROM typed t ORDER BY t.key COLLATE "C"
$$;
COMMENT ON FUNCTION tracardi.event_properties(text) IS
  'the properties that stored events of a type have by its schemas and its template, and the column types that fit';

CREATE FUNCTION tracardi.snake_case(text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
  -- Room is left for a suffix in the 63 bytes that a name may have.
  SELECT COALESCE(NULLIF(pg_catalog.left(pg_catalog.btrim(pg_catalog.regexp_replace(pg_catalog.lower(
    pg_catalog.regexp_replace(pg_catalog.regexp_replace($1, '([a-z0-9])([A-Z])', '\1_\2', 'g'), '([A-Z])([A-Z][a-z])', '\1_\2', 'g')),
    '[^a-z0-9]+', '_', 'g'), '_'), 58), ''), 'x')
$$;
COMMENT ON FUNCTION tracardi.snake_case(text) IS
  'a name for a column or view: lower case, words joined by _, at most 58 letters a to z, digits and _';

CREATE FUNCTION tracardi.event_view_columns(event_type text, existing regclass DEFAULT NULL)
  RETURNS TABLE (name text, expression text, comment text)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  names text[] := '{}';
  expressions text[] := '{}';
  comments text[] := '{}';
  reserved text[];
  given record;
  property record;
  wanted text;
  value text;
  n int;
BEGIN
  FOR given IN
    SELECT r.prefix || a.attname AS name, pg_catalog.format('%s.%I', r.alias, a.attname) AS expression,
           pg_catalog.col_description(a.attrelid, a.attnum) AS comment
    FROM (VALUES (1, 'tracardi.event'::regclass, 'e', '', '{xact}'::text[]),
                 (2, 'tracardi.session', 's', 'session_', '{id,profile_id,source_id}'),
                 (3, 'tracardi.profile', 'p', 'profile_', '{id,fields}')) AS r (place, relation, alias, prefix, without)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.relation
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (r.without)
    ORDER BY r.place, a.attnum
  LOOP
    names := names || given.name;
    expressions := expressions || given.expression;
    comments := comments || given.comment;
  END LOOP;
  reserved := names;
  FOR property IN SELECT p.key, p.type, p.description FROM tracardi.event_properties($1) AS p LOOP
    wanted := tracardi.snake_case(property.key);
    IF wanted = ANY (reserved) THEN
      wanted := pg_catalog.left('property_' || wanted, 58);
    END IF;
    n := 2;
    WHILE wanted = ANY (names) LOOP
      wanted := pg_catalog.regexp_replace(wanted, '(_\d+)?$', '_' || n);
      n := n + 1;
    END LOOP;
    value := pg_catalog.format('(e.properties -> %L)', property.key);
    names := names || wanted;
    -- Whatever stands there, the view can be read: what is not of the type is null.
    expressions := expressions || CASE property.type
      WHEN 'jsonb' THEN value
      WHEN 'bigint' THEN pg_catalog.format(
        'CASE WHEN jsonb_typeof(%1$s) = ''number'' THEN CASE WHEN %1$s::numeric = trunc(%1$s::numeric)'
        ' AND %1$s::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN %1$s::bigint END END', value)
      WHEN 'timestamptz' THEN pg_catalog.format(
        'CASE WHEN jsonb_typeof(%1$s) = ''string'' THEN tracardi.parse_time(%1$s #>> ''{}'') END', value)
      WHEN 'text' THEN pg_catalog.format('CASE WHEN jsonb_typeof(%1$s) = ''string'' THEN %1$s #>> ''{}'' END', value)
      ELSE pg_catalog.format('CASE WHEN jsonb_typeof(%1$s) = %2$L THEN %1$s::%3$s END', value,
                             CASE property.type WHEN 'numeric' THEN 'number' ELSE property.type END, property.type)
      END;
    comments := comments || COALESCE(property.description, pg_catalog.format('properties.%s', property.key));
  END LOOP;
  -- Columns that are there keep their place: so a view can be replaced while others depend on it.
  RETURN QUERY
    SELECT c.name, c.expression, c.comment
    FROM ROWS FROM (pg_catalog.unnest(names), pg_catalog.unnest(expressions), pg_catalog.unnest(comments)) WITH ORDINALITY AS c (name, expression, comment, place)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = existing AND a.attname = c.name AND NOT a.attisdropped
    ORDER BY a.attnum NULLS LAST, c.place;
END
$$;
COMMENT ON FUNCTION tracardi.event_view_columns(text, regclass) IS
  'the columns of a view of events of a type; existing: the view that is to be replaced';

CREATE FUNCTION tracardi.make_event_view(event_type text, view text, existing regclass DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given record;
  names text := '';
  expressions text := '';
BEGIN
  -- A name, and nothing but a name.
  view := (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.part), '.' ORDER BY n.place)
           FROM pg_catalog.unnest(pg_catalog.parse_ident(view)) WITH ORDINALITY AS n (part, place));
  SELECT pg_catalog.string_agg(pg_catalog.quote_ident(c.name), ', ' ORDER BY c.place),
         pg_catalog.string_agg(c.expression, ', ' ORDER BY c.place)
  INTO names, expressions
  FROM tracardi.event_view_columns($1, existing) WITH ORDINALITY AS c (name, expression, comment, place);
  -- With the reader's rights: a view opens nothing that the tables don't.
  EXECUTE pg_catalog.format(
    'CREATE %s VIEW %s (%s) WITH (security_invoker = true) AS SELECT %s FROM tracardi.event e'
    ' LEFT JOIN tracardi.session s ON s.id = e.session_id LEFT JOIN tracardi.profile p ON p.id = e.profile_id'
    ' WHERE e.type = %L', CASE WHEN existing IS NULL THEN '' ELSE 'OR REPLACE' END, view, names, expressions, $1);
  EXECUTE pg_catalog.format('COMMENT ON VIEW %s IS %L', view, pg_catalog.format('events of type "%s", by tracardi.create_event_view', $1));
  FOR given IN SELECT c.name, c.comment FROM tracardi.event_view_columns($1, existing) AS c LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', view, given.name, given.comment);
  END LOOP;
END
$$;
COMMENT ON FUNCTION tracardi.make_event_view(text, text, regclass) IS
  'the statements of create_event_view and refresh_event_view; view: its qualified name';

CREATE FUNCTION tracardi.create_event_view(
  event_type text,
  name text DEFAULT NULL,
  schema text DEFAULT pg_catalog.current_schema()
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  normal CONSTANT text := tracardi.normalize_type($1);
  view CONSTANT text := pg_catalog.quote_ident($3) || '.' || pg_catalog.quote_ident(COALESCE($2, tracardi.snake_case(normal)));
BEGIN
  PERFORM tracardi.check_setup();
  IF $3 IS NULL THEN
    RAISE EXCEPTION 'no schema for the view of event type "%"', normal
      USING ERRCODE = 'invalid_schema_name', HINT = 'Name one by schema => …, or set search_path.';
  END IF;
  PERFORM tracardi.make_event_view(normal, view);
  RETURN view;
EXCEPTION WHEN duplicate_table THEN
  RAISE EXCEPTION '% already exists', view
    USING ERRCODE = 'duplicate_table',
          HINT = pg_catalog.format('SELECT tracardi.refresh_event_view(%L, %L, %L);', normal, COALESCE($2, tracardi.snake_case(normal)), $3);
END
$$;
COMMENT ON FUNCTION tracardi.create_event_view(text, text, text) IS
  'makes a view of the events of a type, with a typed column for each property of its schemas, and returns its qualified name; name: by default the type''s; schema: by default the first of the search_path; 42P07 if it exists';

CREATE FUNCTION tracardi.refresh_event_view(
  event_type text,
  name text DEFAULT NULL,
  schema text DEFAULT pg_catalog.current_schema()
) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  normal CONSTANT text := tracardi.normalize_type($1);
  view CONSTANT text := pg_catalog.quote_ident($3) || '.' || pg_catalog.quote_ident(COALESCE($2, tracardi.snake_case(normal)));
  existing CONSTANT regclass := pg_catalog.to_regclass(view);
  former record;
  dependents text;
  given record;
BEGIN
  PERFORM tracardi.check_setup();
  IF $3 IS NULL THEN
    RAISE EXCEPTION 'no schema for the view of event type "%"', normal
      USING ERRCODE = 'invalid_schema_name', HINT = 'Name one by schema => …, or set search_path.';
  END IF;
  SELECT c.relkind, c.relowner, c.relacl INTO former FROM pg_catalog.pg_class c WHERE c.oid = existing;
  IF existing IS NULL THEN
    RAISE EXCEPTION 'view % does not exist', view
      USING ERRCODE = 'undefined_table',
            HINT = pg_catalog.format('SELECT tracardi.create_event_view(%L, %L, %L);', normal, COALESCE($2, tracardi.snake_case(normal)), $3);
  END IF;
  -- Nothing else of the user's is replaced. The definition has no E'…', which %L has for a backslash.
  IF former.relkind <> 'v' OR pg_catalog.strpos(pg_catalog.pg_get_viewdef(existing),
       pg_catalog.format('(e.type = ''%s''::text)', pg_catalog.replace(normal, '''', ''''''))) = 0 THEN
    RAISE EXCEPTION '% is not a view of events of type "%"', view, normal USING ERRCODE = 'wrong_object_type';
  END IF;
  BEGIN
    PERFORM tracardi.make_event_view(normal, view, existing);
    RETURN view;
  EXCEPTION WHEN invalid_table_definition THEN
    NULL;  -- a column went, or changed its type: PostgreSQL can't replace such a view
  END;
  BEGIN
    EXECUTE pg_catalog.format('DROP VIEW %s', view);
  EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'can''t refresh view %: a column goes or changes its type, and other objects depend on the view', view
      USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependents,
            HINT = 'Drop these objects first, or make a view by another name.';
  END;
  PERFORM tracardi.make_event_view(normal, view);
  FOR given IN
    SELECT a.privilege_type, a.is_grantable, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
    FROM pg_catalog.aclexplode(former.relacl) AS a WHERE a.grantee <> former.relowner
  LOOP
    EXECUTE pg_catalog.format('GRANT %s ON %s TO %s%s', given.privilege_type, view, given.grantee,
                              CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF former.relowner <> current_user::regrole THEN
    EXECUTE pg_catalog.format('ALTER VIEW %s OWNER TO %s', view, former.relowner::regrole);
  END IF;
  RETURN view;
END
$$;
COMMENT ON FUNCTION tracardi.refresh_event_view(text, text, text) IS
  'brings a view that create_event_view made up to date with the schemas of its type; rights on it stay; 42P01 if there is none, 2BP01 if a column goes or changes its type while others depend on the view';
