-- Rights. PUBLIC may look names up in schema tracardi, answer from within a workflow, and nothing else; the rest is given by these functions, which
-- whoever owns the extension and the data tables calls. Roles live outside databases: the extension makes none.

CREATE FUNCTION tracardi.grant_tracker(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.track(jsonb), '
    'tracardi.track(text, jsonb, text, text, text, jsonb, jsonb, text, timestamptz), '
    'tracardi.collect(text, text, jsonb, text), tracardi.consent(text, jsonb, timestamptz, boolean), '
    'tracardi.has_consent(jsonb, text, timestamptz) TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_tracker(regrole) IS 'lets a role track events from SQL, and say what people agree to: track, collect, consent, has_consent';

CREATE FUNCTION tracardi.grant_web(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA tracardi_api TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tracardi_api TO %s', role);
  -- PostgREST shows a role the functions that it may call.
  PERFORM pg_catalog.pg_notify('pgrst', 'reload schema');
END
$$;
COMMENT ON FUNCTION tracardi.grant_web(regrole) IS 'lets a role call the functions of tracardi_api, for PostgREST''s anonymous role';

CREATE FUNCTION tracardi.grant_analyst(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.check_setup();
  EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.event, tracardi.person_event, tracardi.profile, tracardi.profile_alias, tracardi.session, '
    'tracardi.event_rejected, tracardi.workflow_failure, tracardi.workflow_cursor, tracardi.event_source, tracardi.event_type, '
    'tracardi.event_schema, tracardi.event_mapping, tracardi.profile_field, tracardi.system_event, tracardi.workflow, '
    'tracardi.identification_point, tracardi.segment, tracardi.consent_type, tracardi.consent_rule, '
    'tracardi.workflow_status, tracardi.source_status, tracardi.ingest_status TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.counters(text, text), tracardi.read_workflow_status(), '
    'tracardi.read_source_status(), tracardi.read_ingest_status(), tracardi.id(text), tracardi.event_id(text, text), '
    'tracardi.normalize_type(text), tracardi.parse_time(text), tracardi.holds(jsonb, jsonpath), tracardi.has_consent(jsonb, text, timestamptz), tracardi.check_event(text, jsonb, jsonb), '
    'tracardi.check_setup(), tracardi.snake_case(text), tracardi.event_properties(text), tracardi.event_view_columns(text, regclass), '
    'tracardi.make_event_view(text, text, regclass), tracardi.create_event_view(text, text, text), '
    'tracardi.refresh_event_view(text, text, text) TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_analyst(regrole) IS 'lets a role read events, profiles, sessions and the configuration';

CREATE FUNCTION tracardi.grant_workflow_owner(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.grant_tracker(role);
  EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.event, tracardi.person_event, tracardi.profile_alias TO %s', role);
  EXECUTE pg_catalog.format('GRANT SELECT, UPDATE ON tracardi.profile, tracardi.session TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_workflow_owner(regrole) IS
  'lets a role own workflow functions: read events, read and change profiles and sessions, track';

CREATE FUNCTION tracardi.grant_consumer(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.poll(text, int), tracardi.poll_batch(text, int), '
    'tracardi.advance(text, text) TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_consumer(regrole) IS 'lets a role read the events of every subscription: poll, advance';

CREATE FUNCTION tracardi.grant_admin(role regrole) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tracardi.grant_tracker(role);
  PERFORM tracardi.grant_analyst(role);
  EXECUTE pg_catalog.format('GRANT INSERT, UPDATE, DELETE ON tracardi.event_source, tracardi.event_type, '
    'tracardi.event_schema, tracardi.event_mapping, tracardi.profile_field, tracardi.system_event, tracardi.workflow, '
    'tracardi.identification_point, tracardi.segment, tracardi.consent_type, tracardi.consent_rule TO %s', role);
  EXECUTE pg_catalog.format('GRANT UPDATE, DELETE ON tracardi.event_rejected, tracardi.workflow_failure TO %s', role);
  PERFORM tracardi.grant_consumer(role);
  EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON tracardi.subscription, tracardi.workflow_replay TO %s', role);
  EXECUTE pg_catalog.format('GRANT SELECT ON tracardi.workflow_tick TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.retry_rejected(uuid), tracardi.retry_failure(uuid), '
    'tracardi.forget(text), tracardi.anonymize(text), tracardi.export(text), '
    'tracardi.replay_workflow(text, timestamptz, timestamptz), tracardi.event_snapshot(), tracardi.prepare_delivery(boolean), '
    'tracardi.create_subscription(text, text, text, text[], jsonpath, text), tracardi.drop_subscription(text), '
    'tracardi.create_source(text, text, text, text[], boolean, boolean, boolean, text, text, int, int, int), tracardi.drop_source(text), '
    'tracardi.create_event_type(text, text, jsonb, text, jsonb, text[], text, boolean, interval), tracardi.drop_event_type(text), '
    'tracardi.create_event_mapping(text, text, text, text, jsonb, jsonpath, int, text), tracardi.drop_event_mapping(text, text, int), '
    'tracardi.create_workflow(text, regproc, text, text, text[], jsonpath, text, interval, text, text, text[], interval, text, int, interval), '
    'tracardi.drop_workflow(text), tracardi.create_identification_point(text, text, text[], text, text), '
    'tracardi.drop_identification_point(text), tracardi.create_segment(text, jsonpath, text), tracardi.drop_segment(text), '
    'tracardi.create_consent_type(text, text, text, boolean, interval), '
    'tracardi.drop_consent_type(text), tracardi.create_consent_rule(text, text, text[], text, text, text), '
    'tracardi.drop_consent_rule(text) TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON FUNCTION tracardi.export_configuration(), tracardi.import_configuration(jsonb) TO %s', role);
  EXECUTE pg_catalog.format('GRANT EXECUTE ON PROCEDURE tracardi.refresh_segment(text, int) TO %s', role);
  EXECUTE pg_catalog.format('GRANT UPDATE (segments) ON tracardi.profile TO %s', role);
END
$$;
COMMENT ON FUNCTION tracardi.grant_admin(regrole) IS
  'lets a role configure sources, event types, system events, workflows, subscriptions, identification points, segments, consent types and consent rules, tend rejected events and failures, and forget, anonymize and export people';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracardi FROM PUBLIC;
REVOKE ALL ON ALL PROCEDURES IN SCHEMA tracardi FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tracardi_api FROM PUBLIC;
REVOKE ALL ON TYPE tracardi_api."*/*" FROM PUBLIC;
-- So that workflow functions can name tracardi's objects; it gives no right on any of them.
GRANT USAGE ON SCHEMA tracardi TO PUBLIC;
-- Whoever owns a workflow's function may answer; outside of a running workflow both refuse.
GRANT EXECUTE ON FUNCTION tracardi.respond(jsonb), tracardi.add_ux(jsonb) TO PUBLIC;
