\set visitor random_zipfian(1, 50000, 1.05)
SELECT tracardi.track('cursor-move', '{"x": 17, "y": 4}', 'web', session_id => 'visit-' || :visitor) \gset
