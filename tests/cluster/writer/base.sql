-- What each comparison starts from: 500 payloads, the same for everyone, and the run that sends them.
CREATE EXTENSION tracardi;
CREATE EXTENSION amcheck;
SELECT tracardi.setup(owner => 'events');
SELECT tracardi.create_source('shop', static_profile_id => true);
CREATE TABLE public.log (what text);
GRANT INSERT ON public.log TO events;

-- Moments are told by their distance from the beginning of this month, so that they fall into several partitions.
CREATE TABLE public.payload AS
SELECT i, jsonb_build_object(
    'source', '{"id": "shop"}'::jsonb,
    'profile', jsonb_build_object('id', 'person-' || i % 40),
    'session', CASE WHEN i % 9 <> 5 THEN jsonb_build_object('id', 'visit-' || i % 60) END,
    'profile_less', i % 13 = 2,
    'context', jsonb_build_object('screen', i % 3, 'page', repeat('x', i % 700)),
    'events', (
      SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
          'type', CASE WHEN i % 17 = 4 AND e = 1 THEN '' ELSE 'type-' || (i + e) % 5 END,
          'id', CASE WHEN i % 4 = 1 THEN 'event-' || (i / 3) % 90 || '-' || e % 12 END,
          'time', jsonb_build_object('insert', to_char(
              date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(days => (i * 7 + e) % 60 - 60, secs => i + e * 0.001),
              'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
          'properties', jsonb_build_object('number', i, 'place', e, 'text', repeat(chr(97 + i % 26), CASE i % 50 WHEN 7 THEN 9000 ELSE i % 90 END)),
          'context', CASE WHEN i % 5 = 0 THEN jsonb_build_object('page', jsonb_build_object('path', '/' || i)) END,
          'tags', CASE WHEN i % 6 = 0 THEN '["a", "b"]'::jsonb END,
          'options', CASE WHEN i % 11 = 3 AND e % 2 = 0 THEN '{"saveEvent": false}'::jsonb END)) ORDER BY e)
      FROM generate_series(1, CASE WHEN i = 77 THEN 1200 WHEN i % 10 = 0 THEN 20 WHEN i % 10 = 5 THEN 3 ELSE 1 END) e)) AS payload
FROM generate_series(1, 500) i;

CREATE TABLE public.answer (i int, code text, answer jsonb);

-- Sends them one by one; each is a subtransaction, and some are rolled back on purpose.
CREATE PROCEDURE public.send() LANGUAGE plpgsql AS $$
DECLARE
  p record;
  said jsonb;
BEGIN
  FOR p IN SELECT * FROM public.payload ORDER BY i LOOP
    BEGIN
      said := tracardi.track(p.payload);
      IF p.i % 50 = 49 THEN
        RAISE EXCEPTION USING ERRCODE = 'TT000';
      END IF;
      INSERT INTO public.answer VALUES (p.i, '00000', said - 'task');
    EXCEPTION WHEN OTHERS THEN
      INSERT INTO public.answer VALUES (p.i, SQLSTATE);
    END;
  END LOOP;
END
$$;
