-- What an installed and set up tracardi is, a line each: members, definitions, rights, comments, seeded rows. Two databases in which it is the
-- same print the same, however they came to it. Partitions are left out: which there are depends on the day;
-- so is the default of event.xact, which depends on the cluster.
SET search_path = pg_catalog;
CREATE TEMPORARY VIEW relation AS
SELECT c.* FROM pg_class c
WHERE c.relnamespace::regnamespace::text IN ('tracardi', 'tracardi_api') AND NOT c.relispartition;

SELECT 'member ' || pg_describe_object(classid, objid, 0)
FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'tracardi')
ORDER BY 1;

SELECT concat_ws(' ', 'configuration', c, f)
FROM pg_extension, unnest(extconfig::regclass[]::text[], extcondition) AS u(c, f)
WHERE extname = 'tracardi' ORDER BY 1;

SELECT concat_ws(' | ', 'schema', nspname, nspowner::regrole, nspacl, obj_description(oid, 'pg_namespace'))
FROM pg_namespace WHERE nspname IN ('tracardi', 'tracardi_api') ORDER BY 1;

SELECT concat_ws(' | ', 'function', pg_get_functiondef(oid), proowner::regrole, proacl, obj_description(oid, 'pg_proc'))
FROM pg_proc WHERE pronamespace::regnamespace::text IN ('tracardi', 'tracardi_api') ORDER BY 1;

SELECT concat_ws(' | ', 'relation', oid::regclass, relkind, relpersistence, relowner::regrole, relacl, reloptions, relrowsecurity, relforcerowsecurity, obj_description(oid, 'pg_class'))
FROM relation WHERE relkind NOT IN ('i', 'I') ORDER BY 1;

SELECT concat_ws(' | ', 'column', r.oid::regclass, row_number() OVER (PARTITION BY r.oid ORDER BY attnum), attname, format_type(atttypid, atttypmod), attnotnull,
  attgenerated, attidentity, attcollation::regcollation, attstorage, attcompression, attacl, CASE WHEN attname <> 'xact' THEN pg_get_expr(adbin, adrelid) END, col_description(r.oid, attnum))
FROM relation r JOIN pg_attribute ON attrelid = r.oid LEFT JOIN pg_attrdef ON adrelid = r.oid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind NOT IN ('i', 'I')
ORDER BY r.oid::regclass::text COLLATE "C", attnum;

SELECT concat_ws(' | ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(c.oid), convalidated, obj_description(c.oid, 'pg_constraint'))
FROM pg_constraint c JOIN relation r ON r.oid = conrelid WHERE contype <> 'n' ORDER BY 1;

SELECT concat_ws(' | ', 'index', pg_get_indexdef(indexrelid), indisvalid, indisreplident, obj_description(indexrelid, 'pg_class'))
FROM pg_index JOIN relation r ON r.oid = indrelid ORDER BY 1;

SELECT concat_ws(' | ', 'trigger', pg_get_triggerdef(t.oid), tgenabled, obj_description(t.oid, 'pg_trigger'))
FROM pg_trigger t JOIN relation r ON r.oid = tgrelid WHERE NOT tgisinternal ORDER BY 1;

SELECT concat_ws(' | ', 'view', oid::regclass, pg_get_viewdef(oid)) FROM relation WHERE relkind = 'v' ORDER BY 1;

SELECT concat_ws(' | ', 'policy', schemaname, tablename, policyname, roles, cmd, qual, with_check)
FROM pg_policies WHERE schemaname = 'tracardi' ORDER BY 1;

SELECT concat_ws(' | ', 'default rights', defaclrole::regrole, defaclobjtype, defaclacl)
FROM pg_default_acl WHERE defaclnamespace::regnamespace::text IN ('tracardi', 'tracardi_api') ORDER BY 1;

SELECT format($$SELECT '%s ' || (to_jsonb(t) - '{created_at,updated_at}'::text[])::text FROM %s AS t ORDER BY 1$$, c, c)
FROM pg_extension, unnest(extconfig::regclass[]::text[]) AS c
WHERE extname = 'tracardi' ORDER BY c COLLATE "C" \gexec
