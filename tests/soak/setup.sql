-- What the soak loads: people, types, workflows of both modes, mappings, a segment, merges, retention, and what analysts ask.
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner');
SELECT tracardi.create_source('web'), tracardi.create_event_type('cursor-move', ephemeral => true);
SELECT tracardi.create_event_type('heartbeat', retention => '30 seconds');
SELECT tracardi.create_event_type('purchase', schema => '{"type": "object", "required": ["price"], "properties": {"price": {"type": "number", "minimum": 0}}}', tags => '{sale}');
SELECT tracardi.create_event_mapping('purchase', 'traits.spent', 'properties.price', '+');
SELECT tracardi.create_segment('buyers', '$.traits.spent > 100');
SELECT tracardi.create_identification_point('sign-in', 'sign-in', '{email}');

CREATE TABLE public.sale (day date PRIMARY KEY, events bigint NOT NULL DEFAULT 0, total numeric NOT NULL DEFAULT 0);
-- A row in place, so that its versions are few and small: what bloats here would not be tracardi's.
CREATE FUNCTION public.add_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.sale AS s VALUES (NEW.time::date, 1, (NEW.properties ->> 'price')::numeric)
  ON CONFLICT (day) DO UPDATE SET events = s.events + 1, total = s.total + EXCLUDED.total;
  RETURN NULL;
END $$;
CREATE FUNCTION public.thank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('thanks', NEW.properties -> 'price'));
  RETURN NULL;
END $$;
SELECT tracardi.create_workflow('thank', 'public.thank', event_type => 'purchase'),
       tracardi.create_workflow('add sale', 'public.add_sale', event_type => 'purchase', mode => 'async');
SELECT tracardi.create_subscription('out', 'sign-in');
CREATE ROLE soak_analyst LOGIN;
SELECT tracardi.grant_analyst('soak_analyst');
CREATE EXTENSION pgstattuple;
CREATE EXTENSION amcheck;
-- Visits end all the time, as they do where people come and go.
ALTER DATABASE soak SET tracardi.session_timeout = '5min';
