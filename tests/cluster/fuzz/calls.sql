-- Something of everything, for calls to find.
SELECT tracardi.setup(owner => 'events');
SELECT tracardi.grant_tracker('tracker'), tracardi.grant_analyst('analyst'), tracardi.grant_admin('administrator'), tracardi.grant_web('web'),
  tracardi.grant_consumer('consumer'), tracardi.grant_workflow_owner('flows');
CREATE FUNCTION public.wf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM tracardi.respond(NEW.properties); RETURN NEW; END';
CREATE FUNCTION public."odd name'"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE FUNCTION public.not_a_trigger() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT tracardi.create_workflow('wf', 'public.wf', event_type => 'a'), tracardi.create_workflow('broken', 'public."odd name''"', event_type => 'b'),
  tracardi.create_workflow('later', 'public.wf', mode => 'async'), tracardi.create_segment('seg', '$.visit_count > 0'),
  tracardi.create_subscription('sub'), tracardi.create_identification_point('point', 'typed', '{properties.email}'),
  tracardi.create_consent_type('newsletter'), tracardi.create_consent_rule('rule', 'properties.secret', '{newsletter}'),
  tracardi.create_event_type('typed', schema => '{"properties": {"email": {"type": "string"}, "n": {"type": "integer"}}}'),
  tracardi.create_event_mapping('typed', 'traits.n', 'properties.n', 'add');
SELECT tracardi.create_event_view('typed', schema => 'public');
SELECT tracardi.track('{"source": {"id": "web"}, "session": {"id": "s1"}, "events":
    [{"type": "a"}, {"type": "b"}, {"type": 7}, {"type": "typed", "properties": {"email": "a@example.com", "n": 1}}]}'),
  tracardi.track('a', '{}', profile_id => 'customer-1');
