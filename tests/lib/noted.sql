-- What shows that asynchronous workflows run once for each event: tracardi, set up, with two that note what they ran for.
CREATE EXTENSION amcheck;
CREATE EXTENSION tracardi;
SELECT tracardi.setup(owner => 'tracardi_owner');
CREATE TABLE ran (workflow text, event uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ran VALUES (TG_NAME, NEW.id); RETURN NULL; END $$;
SELECT tracardi.create_workflow('one', 'note', event_type => 'kept', mode => 'async'),
       tracardi.create_workflow('two', 'note', event_type => 'kept', mode => 'async', condition => '$.properties.n > 0');
