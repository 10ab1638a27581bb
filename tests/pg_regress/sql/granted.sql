-- Who may do what with each object of tracardi's schemas, from the catalogs: the expected file is what was granted on purpose, so a
-- right more or less shows here. What the rights are good for: rights, http_rights.
SELECT test.reset();
CREATE ROLE regress_nobody;
CREATE ROLE regress_web;
CREATE ROLE regress_tracker;
CREATE ROLE regress_analyst;
CREATE ROLE regress_consumer;
CREATE ROLE regress_workflow;
CREATE ROLE regress_admin;
-- Each right is given by these functions and no others.
SELECT string_agg(proname, ', ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'tracardi'::regnamespace AND starts_with(proname, 'grant_');
SELECT tracardi.grant_web('regress_web'), tracardi.grant_tracker('regress_tracker'), tracardi.grant_analyst('regress_analyst'), tracardi.grant_consumer('regress_consumer'),
       tracardi.grant_workflow_owner('regress_workflow'), tracardi.grant_admin('regress_admin');
-- nobody has what PUBLIC has; owner is the owner of the data tables.
CREATE VIEW test.may AS
SELECT o.kind, o.name, o.privilege,
       array_to_string(ARRAY(
         SELECT r.label
         FROM (VALUES (1, 'nobody', 'regress_nobody'), (2, 'web', 'regress_web'), (3, 'tracker', 'regress_tracker'), (4, 'analyst', 'regress_analyst'), (5, 'consumer', 'regress_consumer'),
                      (6, 'workflow', 'regress_workflow'), (7, 'admin', 'regress_admin'), (8, 'owner', 'regress_owner')) AS r (n, label, role)
         WHERE CASE o.kind WHEN 'function' THEN has_function_privilege(r.role, o.oid, o.privilege)
                           WHEN 'relation' THEN has_table_privilege(r.role, o.oid, o.privilege)
                           WHEN 'column' THEN has_column_privilege(r.role, o.oid, o.attnum, o.privilege) AND NOT has_table_privilege(r.role, o.oid, o.privilege)
                           WHEN 'sequence' THEN has_sequence_privilege(r.role, o.oid, o.privilege)
                           WHEN 'schema' THEN has_schema_privilege(r.role, o.oid, o.privilege)
                           WHEN 'type' THEN has_type_privilege(r.role, o.oid, o.privilege) END
         ORDER BY r.n), ', ') AS roles
FROM (
  SELECT 'function' AS kind, oid, NULL::smallint AS attnum, proname || '/' || pronargs AS name, 'EXECUTE' AS privilege, pronamespace AS namespace FROM pg_proc
  UNION ALL
  SELECT 'relation', oid, NULL, regexp_replace(relname, '^event_\d{4}_\d\d$', 'event_YYYY_MM'), p, relnamespace
  FROM pg_class, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT 'column', c.oid, a.attnum, relname || '.' || attname, p, relnamespace
  FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped, unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) AS p WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT 'sequence', oid, NULL, relname, p, relnamespace FROM pg_class, unnest('{USAGE,SELECT,UPDATE}'::text[]) AS p WHERE relkind = 'S'
  UNION ALL
  SELECT 'schema', oid, NULL, nspname, p, oid FROM pg_namespace, unnest('{USAGE,CREATE}'::text[]) AS p
  UNION ALL
  -- Row types and arrays go with their tables and elements.
  SELECT 'type', oid, NULL, typname, 'USAGE', typnamespace FROM pg_type WHERE typrelid = 0 AND typcategory <> 'A'
) AS o
WHERE o.namespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace);
\pset format unaligned
\pset tuples_only on
SELECT format(E'%s, %s: %s\n    %s', kind, privilege, coalesce(nullif(roles, ''), 'none of them'), string_agg(DISTINCT name, ', ' ORDER BY name))
FROM test.may WHERE kind <> 'column' GROUP BY kind, privilege, roles ORDER BY kind COLLATE "C", privilege COLLATE "C", roles COLLATE "C";
SELECT format(E'%s, %s: %s\n    %s', kind, privilege, roles, string_agg(name, ', ' ORDER BY name)) FROM test.may WHERE kind = 'column' AND roles <> '' GROUP BY kind, privilege, roles;
\pset format aligned
\pset tuples_only off
-- No right may be handed on; none was given that is not above; none waits for what will be made; there are no large objects.
SELECT count(*) AS grantable FROM (SELECT relacl AS acl, relnamespace AS n FROM pg_class UNION ALL SELECT proacl, pronamespace FROM pg_proc UNION ALL SELECT nspacl, oid FROM pg_namespace) AS o, aclexplode(acl) AS a
WHERE n IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace) AND a.is_grantable AND a.grantee <> a.grantor;
SELECT DISTINCT a.privilege_type FROM pg_class, aclexplode(relacl) AS a WHERE relnamespace = 'tracardi'::regnamespace AND a.grantee <> relowner ORDER BY 1;
SELECT (SELECT count(*) FROM pg_default_acl WHERE defaclnamespace IN (0, 'tracardi'::regnamespace, 'tracardi_api'::regnamespace)) AS defaults,
       (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects;
-- Two functions run with their owner's rights, both triggers of segments; each has a path of its own unless it is C, or commits, or
-- setup() gives it one.
SELECT proname, prosecdef FROM pg_proc JOIN pg_language l ON l.oid = prolang
WHERE pronamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace)
  AND (prosecdef OR (lanname NOT IN ('c', 'internal') AND NOT coalesce(array_to_string(proconfig, ',') LIKE '%search\_path=%', false))) ORDER BY 1;
-- Views read with the rights of who reads, but those of status, which read nothing but a function.
SELECT relname, pg_get_viewdef(oid) LIKE '%FROM tracardi.read\_%' AS a_function FROM pg_class
WHERE relnamespace = 'tracardi'::regnamespace AND relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false) ORDER BY 1;
DROP VIEW test.may;
DROP OWNED BY regress_nobody, regress_web, regress_tracker, regress_analyst, regress_consumer, regress_workflow, regress_admin;
DROP ROLE regress_nobody, regress_web, regress_tracker, regress_analyst, regress_consumer, regress_workflow, regress_admin;
