-- The shop's workflows: ordinary trigger functions, owned by a role with few rights.
GRANT CREATE ON SCHEMA public TO shop;
SELECT tracardi.grant_workflow_owner('shop');
SET ROLE shop;

-- Answers the page at once; its event is ephemeral, so nothing of it is stored.
CREATE FUNCTION public.offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tracardi.respond(jsonb_build_object('offer', jsonb_build_object(
    'text', 'Free shipping today', 'visits', (SELECT visit_count FROM tracardi.profile WHERE id = NEW.profile_id))));
  PERFORM tracardi.add_ux('{"tag": "div", "props": {"class": "offer"}, "content": "Free shipping today"}');
  RETURN NEW;
END
$$;

-- Keeps what the person has spent, in the transaction of the purchase.
CREATE FUNCTION public.add_to_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracardi.profile
  SET traits = traits || jsonb_build_object('total',
        coalesce((traits ->> 'total')::numeric, 0) + (NEW.properties ->> 'value')::numeric)
  WHERE id = NEW.profile_id;
  RETURN NEW;
END
$$;

-- Fails, to show that nothing else does.
CREATE FUNCTION public.send_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the mail server does not answer';
END
$$;

RESET ROLE;
SELECT tracardi.create_workflow('offer', 'public.offer', event_type => 'exit-intent', kinds => '{ephemeral}');
SELECT tracardi.create_workflow('total', 'public.add_to_total', event_type => 'purchase-order',
                                condition => '$.properties.value > 0');
SELECT tracardi.create_workflow('mail', 'public.send_mail', event_type => 'form-submitted');
