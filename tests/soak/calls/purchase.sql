\set visitor random_zipfian(1, 50000, 1.05)
\set price random(1, 90)
SELECT tracardi.track('purchase', jsonb_build_object('price', :price::int), 'web', session_id => 'visit-' || :visitor, event_id => gen_random_uuid()::text) \gset
