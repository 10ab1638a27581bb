-- Several tenants in one database: who tracks for one tracks for no other, and who analyses for one sees the others' rows nowhere.
-- As a superuser, after tracardi.setup():
--
--   psql -d shop -f docs/examples/multi-tenant.sql
--   psql -d shop -c "SELECT tenant.add('red'), tenant.add('blue')"
--
-- A tenant is what its sources are: tenant.source says whose each is. Nothing is added to the data tables but policies, so tracking
-- is as fast as without. The manual says what is kept apart this way, and what is not ("Several tenants").

CREATE SCHEMA tenant;
-- All analysts of tenants, and who tracks for them; both see and do nothing by themselves.
CREATE ROLE tenant_analyst NOLOGIN;
CREATE ROLE tenant_tracker NOLOGIN;
SELECT tracardi.grant_tracker('tenant_tracker');
GRANT USAGE ON SCHEMA tenant TO tenant_analyst;

CREATE TABLE tenant.source (
  source_id text PRIMARY KEY,
  tenant name NOT NULL
);
COMMENT ON TABLE tenant.source IS 'whose a source is: a tenant has the name of its analysts'' role';
GRANT SELECT ON tenant.source TO tenant_analyst;
ALTER TABLE tenant.source ENABLE ROW LEVEL SECURITY;
-- A right, not a setting: anybody may change a setting.
CREATE POLICY tenant ON tenant.source FOR SELECT TO tenant_analyst USING (pg_has_role(tenant, 'usage'));

-- Not tracardi.grant_analyst: configuration and failures of workflows are everybody's.
GRANT SELECT ON tracardi.event, tracardi.session, tracardi.profile, tracardi.profile_alias, tracardi.person_event, tracardi.event_rejected TO tenant_analyst;
GRANT EXECUTE ON FUNCTION tracardi.id(text) TO tenant_analyst;

ALTER TABLE tracardi.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.session ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.event_rejected ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracardi.profile_alias ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tracardi.event FOR SELECT TO tenant_analyst USING (source_id IN (SELECT s.source_id FROM tenant.source s));
CREATE POLICY tenant ON tracardi.session FOR SELECT TO tenant_analyst USING (source_id IN (SELECT s.source_id FROM tenant.source s));
CREATE POLICY tenant ON tracardi.event_rejected FOR SELECT TO tenant_analyst USING (source_id IN (SELECT s.source_id FROM tenant.source s));
-- A profile is whose source made it.
CREATE POLICY tenant ON tracardi.profile FOR SELECT TO tenant_analyst
  USING (EXISTS (SELECT FROM tracardi.event e WHERE e.profile_id = profile.id AND e.type = 'profile-created'));
CREATE POLICY tenant ON tracardi.profile_alias FOR SELECT TO tenant_analyst
  USING (EXISTS (SELECT FROM tracardi.profile p WHERE p.id = profile_alias.profile_id));

-- Row-level security is for all but superusers and the owner of the tables, as whom tracardi.track acts. Who serves all tenants
-- (analysts of your own, owners of workflows) gets a policy, too:
--   CREATE POLICY everything ON tracardi.event TO operator USING (true);

CREATE FUNCTION tenant.add(tenant name) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Its analysts, or their group; and its applications.
  EXECUTE format('CREATE ROLE %I LOGIN IN ROLE tenant_analyst', tenant);
  EXECUTE format('CREATE ROLE %I LOGIN', tenant || '_app');
  -- Where its applications track, and where its web pages do.
  PERFORM tracardi.create_source(tenant, bridges => '{sql}', static_profile_id => true),
          tracardi.create_source(tenant || '-web', bridges => '{rest}', rate_limit => 1000);
  INSERT INTO tenant.source VALUES (tenant, tenant), (tenant || '-web', tenant);
  -- Its own track: to its own source, with ids that no other tenant can name.
  EXECUTE format('CREATE SCHEMA %I', tenant);
  EXECUTE format($track$
    CREATE FUNCTION %1$I.track(event_type text, properties jsonb, profile_id text DEFAULT NULL, session_id text DEFAULT NULL, event_id text DEFAULT NULL)
    RETURNS jsonb LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    RETURN tracardi.track($1, $2, %1$L, profile_id => %2$L || nullif(btrim($3), ''), session_id => %2$L || nullif(btrim($4), ''),
                          event_id => %2$L || nullif(btrim($5), ''))
  $track$, tenant, tenant || ':');
  EXECUTE format('REVOKE ALL ON FUNCTION %I.track FROM PUBLIC', tenant);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenant_tracker, %I', tenant, tenant || '_app');
  EXECUTE format('GRANT EXECUTE ON FUNCTION %I.track TO %I', tenant, tenant || '_app');
  EXECUTE format('ALTER FUNCTION %I.track OWNER TO tenant_tracker', tenant);
END
$$;
REVOKE ALL ON FUNCTION tenant.add FROM PUBLIC;
COMMENT ON FUNCTION tenant.add(name) IS 'makes a tenant: a role for its analysts, one for its applications, two sources, and a schema with its track()';
