\set visitor random_zipfian(1, 50000, 1.05)
SELECT tracardi.track(jsonb_build_object('source', '{"id": "web"}'::jsonb, 'session', jsonb_build_object('id', 'visit-' || :visitor), 'events',
  (SELECT jsonb_agg(jsonb_build_object('type', CASE n % 4 WHEN 0 THEN 'heartbeat' ELSE 'click' END, 'properties', jsonb_build_object('n', n, 'element', 'button-' || n))) FROM generate_series(1, 20) n))) \gset
